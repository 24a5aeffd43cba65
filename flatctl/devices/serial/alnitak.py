"""Alnitak Flat-Man, Flip-Flat and Remote Dust Cover, and the many that speak like them.

Line and frames as in Optec's serial command set: 9600 baud, `>` + letter + three characters + CR
(or LF), answered by `*` + the same letter + two-digit product id + three characters + LF.
Look-alikes end their answers with CR LF or `#`; all are understood.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from typing import Literal

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap

REMOTE_DUST_COVER = 98
FLIP_FLAT = 99

_REPLY = re.compile(r"\*([A-Z])(\d\d)(...)\Z", re.DOTALL)
_FILLERS = ("000", "OOO")
_TERMINATORS = (b"\r", b"\n")
_WITH_NUMBER = "BJSV"


@dataclass(frozen=True)
class Reply:
    """An answer taken apart: the command's letter, the product id and the three characters."""

    letter: str
    product: int
    value: str

    @property
    def number(self) -> int:
        """The three characters as a number; fillers count as 0."""
        return 0 if self.value in _FILLERS else int(self.value)

    @property
    def lit(self) -> bool:
        """Whether the light is on; second digit of the state."""
        return self.value[1] == "1"

    @property
    def cover(self) -> CoverState:
        """Where the cover is; first (motor) and third digit of the state."""
        if self.value[0] == "1":
            return CoverState.MOVING
        known = {"1": CoverState.CLOSED, "2": CoverState.OPEN, "3": CoverState.FAILED}
        return known.get(self.value[2], CoverState.UNKNOWN)


def encode(letter: str, brightness: int | None = None, *, filler: str, terminator: bytes) -> bytes:
    """Return the bytes of a command; only `B` carries a brightness, 0 to 255."""
    value = filler if brightness is None else f"{brightness:03d}"
    return f">{letter}{value}".encode("ascii") + terminator


def parse(frame: bytes, letter: str) -> Reply:
    """Take apart an answer to the command `letter`; line ends and leading junk don't matter.

    Raises `ValueError` for anything else than an answer to that command.
    """
    text = frame.strip(b"\r\n#\0").decode("ascii")
    reply = _REPLY.match(text[max(text.rfind("*"), 0) :])
    if reply is None or reply[1] != letter:
        raise ValueError(f"no answer to {letter}")
    value = reply[3]
    if not (value.isdigit() or (letter not in _WITH_NUMBER and value in _FILLERS)):
        raise ValueError(f"no number in the answer to {letter}")
    return Reply(letter, int(reply[2]), value)


class AlnitakPanel(SerialFlap):
    """A panel of the Alnitak family at `port`; with a cover where the product has one.

    Product ids nobody has heard of are taken for lights without a cover. `make` is what
    users call it.
    """

    ends = b"\r\n#"
    steps = range(256)

    def __init__(
        self,
        port: str,
        *,
        terminator: Literal["cr", "lf"] = "cr",
        filler: Literal["000", "OOO"] = "000",
        boot_delay_s: float = 2.0,
        rts: bool = False,
        dtr: bool = True,
        make: str = "Alnitak",
    ) -> None:
        self._terminator = b"\r" if terminator == "cr" else b"\n"
        self._filler: str = filler
        self._product: int | None = None
        self.make = make
        self.off_command = self._encode("D")
        super().__init__(port, boot_delay_s=boot_delay_s, rts=rts, dtr=dtr)

    @property
    def has_cover(self) -> bool:
        """Whether this product has a cover; valid once opened."""
        return self._product in (REMOTE_DUST_COVER, FLIP_FLAT)

    @property
    def has_light(self) -> bool:
        """Whether this product has a light; valid once opened."""
        return self._product != REMOTE_DUST_COVER

    def open(self, timeout_s: float) -> range:
        """Reach the panel and return its brightness steps; a Remote Dust Cover has one."""
        steps = super().open(timeout_s)
        return steps if self.has_light else range(1)

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness`, 0 to 255; a Flip-Flat is closed first."""
        if not self.has_light:
            raise self._fault("a Remote Dust Cover has no light", _NO_LIGHT)
        super().set_brightness(brightness, timeout_s)

    def _greet(self, timeout_s: float) -> None:
        """Greet it as configured, else as look-alikes want it, and go on speaking like that."""
        self._product = None
        own = (self._filler, self._terminator)
        dialects = [own, *(d for d in product(_FILLERS, _TERMINATORS) if d != own)]
        hellos = [encode("P", filler=filler, terminator=end) for filler, end in dialects]
        spoken, reply = self._link.greet_in_any(hellos, self._parser("P"), timeout_s)
        self._filler, self._terminator = dialects[spoken]
        self.off_command = self._encode("D")
        self._product = reply.product

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        told = self._ask("B", deadline, brightness).number
        return self._ask_brightness(deadline) if told == brightness else told

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._ask("L" if on else "D", deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._ask("J", deadline).number

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._ask("S", deadline).lit

    def _put_out(self, deadline: Deadline) -> None:
        if self.has_light:
            super()._put_out(deadline)

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        self._ask("O" if goal is CoverState.OPEN else "C", deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        return self._ask("S", deadline).cover

    def _ask(self, letter: str, deadline: Deadline, brightness: int | None = None) -> Reply:
        return self._link.ask(self._encode(letter, brightness), self._parser(letter), deadline)

    def _encode(self, letter: str, brightness: int | None = None) -> bytes:
        return encode(letter, brightness, filler=self._filler, terminator=self._terminator)

    def _parser(self, letter: str) -> Callable[[bytes], Reply]:
        def understand(frame: bytes) -> Reply:
            reply = parse(frame, letter)
            if self._product is not None and reply.product != self._product:
                raise ValueError(f"product {reply.product} is not the one that was opened")
            return reply

        return understand


_NO_LIGHT = 'use a panel with a light; for a light switched by hand set kind = "manual"'
