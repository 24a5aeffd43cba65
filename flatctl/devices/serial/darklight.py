"""DarkLight Cover/Calibrator: a home-built cover with a light in it, words and answers in `<>`.

Words and states as in its firmware's description. Commands are echoed; the highest brightness is
asked for; the light is "not ready" until it has settled, for a time that the firmware knows.
"""

import re
from functools import partial

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap

_READY_POLL_S = 0.2
# The rest of the time that the caller grants is for asking whether the light is ready.
_SHARE_FOR_SETTLING = 0.8
_NUMBER = re.compile(r"\d{1,5}\Z")
_NO_COVER = CoverState.UNKNOWN
_COVERS = {
    0: _NO_COVER,
    1: CoverState.CLOSED,
    2: CoverState.MOVING,
    3: CoverState.OPEN,
    4: CoverState.UNKNOWN,
    5: CoverState.FAILED,
}
_OFF, _SETTLING, _READY = 1, 2, 3


def encode(word: str) -> bytes:
    """Return the bytes of a command."""
    return f"<{word}>".encode("ascii")


def parse(frame: bytes) -> str:
    """Return what an answer says, without its brackets; junk before doesn't matter."""
    junk, bracket, said = frame.decode("ascii").rpartition("<")
    if not bracket:
        raise ValueError(f"no answer in {junk!r}")
    return said


def parse_echo(frame: bytes, word: str) -> None:
    """Accept the answer that repeats a command."""
    if parse(frame) != word:
        raise ValueError(f"no {word}")


def parse_number(frame: bytes) -> int:
    """Return the number that an answer tells."""
    said = parse(frame)
    if not _NUMBER.match(said):
        raise ValueError("no number")
    return int(said)


def parse_state(frame: bytes) -> int:
    """Return the state that an answer tells, 0 to 5."""
    state = parse_number(frame)
    if state not in _COVERS:
        raise ValueError("no state")
    return state


class DarkLightPanel(SerialFlap):
    """A DarkLight Cover/Calibrator at `port`; with a cover where the unit has one."""

    make = "DarkLight"
    baud = 115200
    ends = b">"
    steps = range(1, 256)
    off_command = encode("F")
    _has_cover = False

    def _greet(self, timeout_s: float) -> None:
        deadline = self._link.deadline(timeout_s)
        self._link.greet(encode("Z"), partial(parse_echo, word="?"), timeout_s)
        # Others might answer "?" to anything; from here on numbers are wanted.
        self._has_cover = self._link.ask(encode("P"), parse_state, deadline) != 0
        if self._link.ask(encode("L"), parse_state, deadline) == 0:
            raise self._fault("this unit has no light", 'for a light of its own: kind = "manual"')
        self.steps = self._steps_up_to(self._link.ask(encode("M"), parse_number, deadline))

    def _shine(self, brightness: int, deadline: Deadline) -> None:
        super()._shine(brightness, deadline)
        limit = self._link.deadline(_SHARE_FOR_SETTLING * deadline.left_s)
        while self._light(deadline) == _SETTLING:
            if limit.over:
                raise self._fault("the light does not get ready", "shorten its settling time")
            self._link.clock.sleep(min(_READY_POLL_S, limit.left_s))

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._tell(f"T{brightness}", deadline)
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        # It is lit by its brightness.
        if not on:
            self._tell("F", deadline)

    def _ask_brightness(self, deadline: Deadline) -> int:
        return self._link.ask(encode("B"), parse_number, deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._light(deadline) in (_SETTLING, _READY)

    def _light(self, deadline: Deadline) -> int:
        state = self._link.ask(encode("L"), parse_state, deadline)
        if state not in (_OFF, _SETTLING, _READY):
            raise self._fault(f"its light is in state {state}", "switch the unit off and on again")
        return state

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        self._tell("O" if goal is CoverState.OPEN else "C", deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        return _COVERS[self._link.ask(encode("P"), parse_state, deadline)]

    def _tell(self, word: str, deadline: Deadline) -> None:
        self._link.ask(encode(word), partial(parse_echo, word=word), deadline)
