"""Deep Sky Dad FP1 and FP2: 115200 baud, `[` + name + value + `]`, answered by `(` + value + `)`.

Nothing ends a line in either direction. The words are those that INDI's drivers for both models
send; `GFRM` tells the models apart, which say where the cover is in different words.
"""

import re
from collections.abc import Callable
from typing import TypeVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.link import SerialLink
from flatctl.devices.serial.panel import SerialFlap

BAUD = 115200
STEPS = range(4097)

_REPLY_S = 1.0
_REPLY = re.compile(r"\(([^()]*)\Z")
_BOARD = re.compile(r"Board=DeepSkyDad\.(FP\d)\b")
# Word that asks for the position, and what it says when closed and when open.
_POSITIONS = {"FP1": ("GPOS", 270, 0), "FP2": ("GOPS", 0, 1)}
_FLAGS = {"0": False, "1": True}
_TARGETS = {CoverState.OPEN: 0, CoverState.CLOSED: 270}

T = TypeVar("T")


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

    def __init__(self, port: str, *, boot_delay_s: float = 2.0) -> None:
        link = SerialLink(
            port, name=f"deepskydad panel at {port}", baud=BAUD, boot_delay_s=boot_delay_s
        )
        super().__init__("Deep Sky Dad", link, STEPS)
        self._board = "FP1"

    @property
    def _off_command(self) -> bytes:
        return encode("SLON", "0")

    def _greet(self, timeout_s: float) -> None:
        self._board = self._link.greet(
            encode("GFRM"), parse_board, timeout_s=timeout_s, ends=b")", reply_s=_REPLY_S
        )

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._ask(encode_brightness(brightness), parse_ok, deadline)
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._ask(encode("SLON", "1" if on else "0"), parse_ok, deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._ask(encode("GLBR"), parse_number, deadline)

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._ask(encode("GLON"), parse_flag, deadline)

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        self._ask(encode("STRG", str(_TARGETS[goal])), parse_ok, deadline)
        self._ask(encode("SMOV"), parse_ok, deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        if self._ask(encode("GMOV"), parse_flag, deadline):
            return CoverState.MOVING
        word, _, _ = _POSITIONS[self._board]
        return cover_at(self._board, self._ask(encode(word), parse_number, deadline))

    def _ask(self, command: bytes, parse: Callable[[bytes], T], deadline: Deadline) -> T:
        return self._link.ask(command, parse, deadline=deadline, ends=b")", reply_s=_REPLY_S)
