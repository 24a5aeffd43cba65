"""SnapCap: 38400 baud, `>` + letter + three characters + CR LF, answered by `*` and the same.

The letters are Alnitak's, but the answers have no product id, and the digit of the cover counts the
other way round: 1 is open, 2 is closed (as INDI's driver reads it).
"""

import re
from functools import partial

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap

_REPLY = re.compile(r"\*([A-Za-z])(\d{3})\Z")
_AT_REST = {"1": CoverState.OPEN, "2": CoverState.CLOSED, "0": CoverState.UNKNOWN}
_TROUBLES = {
    "3": "it says that its move timed out",
    "4": "it says that its motor's circuit is open",
    "5": "it says that its motor draws too much current",
    "6": "it was stopped",
}


def encode(letter: str, value: int = 0) -> bytes:
    """Return the bytes of a command; only `B` has a value, the brightness 0 to 255."""
    return f">{letter}{value:03d}\r\n".encode("ascii")


def parse(frame: bytes, letter: str) -> str:
    """Return the three digits of the answer to the command `letter`; junk before doesn't matter.

    Raises `ValueError` for anything else.
    """
    text = frame.decode("latin-1")
    reply = _REPLY.match(text[max(text.rfind("*"), 0) :])
    if reply is None or reply[1] != letter:
        raise ValueError(f"no answer to {letter}")
    return reply[2]


def cover_of(state: str) -> CoverState:
    """Return where the cover is; first (motor) and third digit of the state."""
    if state[0] == "1":
        return CoverState.MOVING
    return _AT_REST.get(state[2], CoverState.FAILED)


class SnapCapPanel(SerialFlap):
    """A SnapCap at `port`."""

    make = "SnapCap"
    baud = 38400
    reply_s = 1.0
    steps = range(256)
    off_command = encode("D")
    _state = "000"

    def _greet(self, timeout_s: float) -> None:
        self._link.greet(encode("V"), partial(parse, letter="V"), timeout_s)

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        told = int(self._ask("B", deadline, brightness))
        return self._ask_brightness(deadline) if told == brightness else told

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._ask("L" if on else "D", deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return int(self._ask("J", deadline))

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._ask("S", deadline)[1] == "1"

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        self._ask("O" if goal is CoverState.OPEN else "C", deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        self._state = self._ask("S", deadline)
        return cover_of(self._state)

    def _why_not_there(self, state: CoverState) -> str:
        return _TROUBLES.get(self._state[2]) or super()._why_not_there(state)

    def _ask(self, letter: str, deadline: Deadline, value: int = 0) -> str:
        return self._link.ask(encode(letter, value), partial(parse, letter=letter), deadline)
