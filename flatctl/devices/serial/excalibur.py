"""RBF Excalibur: a flat panel in a motorised cover, 9600 baud, words and answers end in `#`.

Words as in INDI's driver: `L<n>##` sets the light (0 is off), `O#` asks for it, `S1#` closes, `S0#`
opens, `P#` asks for the position. The light is answered by a word that nobody tells, moves are not
answered at all; so both are followed by a question.
"""

import re

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap

HELLO = b"#"
ASK_LIGHT = b"O#"
ASK_POSITION = b"P#"
CLOSE = b"S1#"
OPEN = b"S0#"

_NUMBER = re.compile(rb"-?\d{1,5}\Z")


def encode_light(brightness: int) -> bytes:
    """Return the bytes that light it, 1 to 3000, or put it out (0)."""
    return f"L{brightness}##".encode("ascii")


def parse_hello(frame: bytes) -> None:
    """Accept the greeting of an Excalibur."""
    if frame != b"FLAT.FLAP!":
        raise ValueError("no Excalibur")


def parse_number(frame: bytes) -> int:
    """Return the light or the position that it tells."""
    if not _NUMBER.match(frame):
        raise ValueError("no number")
    return int(frame)


class ExcaliburPanel(SerialFlap):
    """An Excalibur at `port`.

    Its position is 0 or less when closed; how much it is when open is told nowhere, so any other
    position at rest counts as open.
    """

    make = "Excalibur"
    ends = b"#\r\n"
    steps = range(1, 3001)
    off_command = encode_light(0)
    _position = 0

    def _greet(self, timeout_s: float) -> None:
        self._link.greet(HELLO, parse_hello, timeout_s)
        self._position = self._link.ask(ASK_POSITION, parse_number, self._link.deadline(timeout_s))

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._link.ask(encode_light(brightness), _any_word, deadline)
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        # It is lit by its brightness.
        if not on:
            self._link.ask(encode_light(0), _any_word, deadline)

    def _ask_brightness(self, deadline: Deadline) -> int:
        return self._link.ask(ASK_LIGHT, parse_number, deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._ask_brightness(deadline) > 0

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:  # noqa: ARG002 because nothing is answered
        self._link.send(OPEN if goal is CoverState.OPEN else CLOSE)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        before, self._position = (
            self._position,
            self._link.ask(ASK_POSITION, parse_number, deadline),
        )
        if self._position <= 0:
            return CoverState.CLOSED
        return CoverState.OPEN if self._position == before else CoverState.MOVING


def _any_word(_frame: bytes) -> None:
    """Accept whatever the light is answered with."""
