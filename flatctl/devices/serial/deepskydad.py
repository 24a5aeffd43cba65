"""Deep Sky Dad FP1 and FP2: 115200 baud, `[` + name + value + `]`, answered by `(` + value + `)`.

Nothing ends a line in either direction. The words are those that INDI's drivers for both models
send; `GFRM` tells the models apart, which say where the cover is in different words.
"""

import re

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap

_REPLY = re.compile(r"\(([^()]*)\Z")
_BOARD = re.compile(r"Board=DeepSkyDad\.(FP\d)\b")
# Word that asks for the position, and what it says when closed and when open.
_POSITIONS = {"FP1": ("GPOS", 270, 0), "FP2": ("GOPS", 0, 1)}
_FLAGS = {"0": False, "1": True}
_TARGETS = {CoverState.OPEN: 0, CoverState.CLOSED: 270}


def encode(name: str, value: str = "") -> bytes:
    """Return the bytes of a command."""
    return f"[{name}{value}]".encode("ascii")


def encode_brightness(brightness: int) -> bytes:
    """Return the bytes that set the brightness, 0 to 4096, in four digits."""
    return encode("SLBR", f"{brightness:04d}")


def parse(frame: bytes) -> str:
    """Return what stands between the brackets of an answer, its `)` cut off.

    Raises `ValueError` for anything else; junk before the bracket doesn't matter.
    """
    reply = _REPLY.search(frame.decode("ascii"))
    if reply is None:
        raise ValueError("no answer in brackets")
    return reply[1].strip()


def parse_ok(frame: bytes) -> None:
    """Accept the answer to a command that tells something."""
    if parse(frame) != "OK":
        raise ValueError("not OK")


def parse_number(frame: bytes) -> int:
    """Return the number in an answer."""
    return int(parse(frame))


def parse_flag(frame: bytes) -> bool:
    """Return a yes or no, 1 or 0."""
    flag = parse(frame)
    if flag not in _FLAGS:
        raise ValueError("neither 0 nor 1")
    return _FLAGS[flag]


def parse_board(frame: bytes) -> str:
    """Return the model out of the firmware's text: `FP1`, `FP2`."""
    board = _BOARD.search(parse(frame))
    if board is None or board[1] not in _POSITIONS:
        raise ValueError("neither FP1 nor FP2")
    return board[1]


def cover_at(board: str, position: int) -> CoverState:
    """Return where a cover at rest is, by what the model says of its position."""
    _, closed, opened = _POSITIONS[board]
    return {closed: CoverState.CLOSED, opened: CoverState.OPEN}.get(position, CoverState.UNKNOWN)


class DeepSkyDadPanel(SerialFlap):
    """A Deep Sky Dad flap panel at `port`."""

    make = "Deep Sky Dad"
    kind = "deepskydad"
    baud = 115200
    ends = b")"
    reply_s = 1.0
    steps = range(4097)
    off_command = encode("SLON", "0")
    _board = "FP1"

    def _greet(self, timeout_s: float) -> None:
        self._board = self._link.greet(encode("GFRM"), parse_board, timeout_s)

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._link.ask(encode_brightness(brightness), parse_ok, deadline)
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._link.ask(encode("SLON", "1" if on else "0"), parse_ok, deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._link.ask(encode("GLBR"), parse_number, deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._link.ask(encode("GLON"), parse_flag, deadline)

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        self._link.ask(encode("STRG", str(_TARGETS[goal])), parse_ok, deadline)
        self._link.ask(encode("SMOV"), parse_ok, deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        if self._link.ask(encode("GMOV"), parse_flag, deadline):
            return CoverState.MOVING
        word, _, _ = _POSITIONS[self._board]
        return cover_at(self._board, self._link.ask(encode(word), parse_number, deadline))
