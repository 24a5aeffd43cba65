"""Pegasus Astro FlatMaster WiFi and Neo on USB: commands and answers end in LF, steps are percent.

Words as in Pegasus' description of the protocol and INDI's drivers: `FL:n` and `FE:0|1` are echoed,
`FA` tells how it stands. The Neo adds a cap, `FS:0` to close and `FS:1` to open.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.flap import SerialFlap

STEPS = range(101)

_STANDS = re.compile(r"(?:FA|FMNEO):(\d{1,3}):([01])(?::([-.:\d]*))?\Z")
_CAP_FIELDS = 3
_CAP_AT_REST = {"1": CoverState.CLOSED, "3": CoverState.OPEN}


@dataclass(frozen=True)
class Stands:
    """The answer to `FA`: brightness in percent, light on, and the cap's fields of a Neo.

    These are the angle now, the angle wanted and the state, 1 closed or 3 open.
    """

    brightness: int
    lit: bool
    cap: tuple[str, ...] = ()

    @property
    def cover(self) -> CoverState:
        """Where the cap is."""
        if len(self.cap) < _CAP_FIELDS:
            return CoverState.UNKNOWN
        now, wanted, state = self.cap[:_CAP_FIELDS]
        moving = CoverState.UNKNOWN if now == wanted else CoverState.MOVING
        return _CAP_AT_REST.get(state, moving)


def encode(word: str, value: int | None = None) -> bytes:
    """Return the bytes of a command."""
    return (f"{word}\n" if value is None else f"{word}:{value}\n").encode("ascii")


def parse_echo(frame: bytes, word: str) -> int:
    """Return the number in the echo of a command that tells something."""
    told, _, value = frame.decode("ascii").partition(":")
    if told != word or not value.isdigit():
        raise ValueError(f"no echo of {word}")
    return int(value)


def parse_stands(frame: bytes) -> Stands:
    """Take apart the answer to `FA`."""
    stands = _STANDS.match(frame.decode("ascii"))
    if stands is None or int(stands[1]) not in STEPS:
        raise ValueError("no answer to FA")
    return Stands(int(stands[1]), stands[2] == "1", tuple((stands[3] or "").split(":")))


class FlatMasterWifiPanel(SerialFlap):
    """A FlatMaster WiFi on the USB port `port`; it has no cover."""

    make = "FlatMaster WiFi"
    baud = 115200
    reply_s = 1.0
    steps = STEPS
    off_command = encode("FE", 0)
    _has_cover = False
    _identity: ClassVar[bytes] = b"FMW_"

    def _greet(self, timeout_s: float) -> None:
        self._link.greet(encode("F#"), self._recognise, timeout_s)

    def _recognise(self, frame: bytes) -> None:
        if self._identity not in frame:
            raise ValueError("another device")

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        self._tell("FL", brightness, deadline)
        return self._ask_brightness(deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        self._tell("FE", int(on), deadline)

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._ask_stands(deadline).brightness

    def _ask_lit(self, deadline: Deadline) -> bool | None:
        return self._ask_stands(deadline).lit

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        self._tell("FS", int(goal is CoverState.OPEN), deadline)

    def _read_cover(self, deadline: Deadline) -> CoverState:
        return self._ask_stands(deadline).cover

    def _ask_stands(self, deadline: Deadline) -> Stands:
        return self._link.ask(encode("FA"), parse_stands, deadline)

    def _tell(self, word: str, value: int, deadline: Deadline) -> None:
        self._link.ask(encode(word, value), lambda frame: parse_echo(frame, word), deadline)


class FlatMasterNeoPanel(FlatMasterWifiPanel):
    """A FlatMaster Neo at `port`: the same light, with a motorised cap."""

    make = "FlatMaster Neo"
    baud = 9600
    _has_cover = True
    _identity: ClassVar[bytes] = b"FMNEO"
