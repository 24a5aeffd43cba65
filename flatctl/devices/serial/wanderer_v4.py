"""Wanderer Cover V4-EC and V4 Pro-EC: they tell their state once a second, and answer nothing.

Numbers + LF at 19200 baud, and the line of fields that each end in `A`, as in INDI's and INDIGO's
drivers. Every command is confirmed from the stream; brightness since firmware 20240618, before that
it is unconfirmed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.diagnosis import printable
from flatctl.devices.serial.flap import SerialFlap
from flatctl.devices.serial.panel import TRIES
from flatctl.devices.serial.stream import StreamLink
from flatctl.devices.serial.wanderer_v3 import BAUD, CLOSE, OFF, OPEN, STEPS, encode
from flatctl.errors import NoReply

MODELS = ("WandererCoverV4", "WandererCoverV4Pro")

# A line comes each second; one may be under way when the command is sent.
_CONFIRM_S = 3.5
_NEAR_DEG = 10.0
_STILL_DEG = 0.5
_LONGEST_NUMBER = 12
_FEWEST = 5  # numbers behind the name; later firmware tells more


@dataclass(frozen=True)
class Stand:
    """A line of the stream taken apart; angles in degrees, `brightness` 0 for off.

    `brightness` is `None` where the firmware doesn't tell it.
    """

    model: str
    firmware: int
    closed_deg: float
    open_deg: float
    position_deg: float
    brightness: int | None

    def cover(self, before: "Stand") -> CoverState:
        """Return where the cover is, `before` being the line before this one."""
        if abs(self.position_deg - before.position_deg) > _STILL_DEG:
            return CoverState.MOVING
        if abs(self.position_deg - self.closed_deg) <= _NEAR_DEG:
            return CoverState.CLOSED
        if abs(self.position_deg - self.open_deg) <= _NEAR_DEG:
            return CoverState.OPEN
        return CoverState.UNKNOWN


def parse(line: bytes) -> Stand:
    """Take apart a line of the stream; raises `ValueError` for anything else."""
    model, *fields = line.decode("ascii").strip().split("A")
    if model not in MODELS or len(fields) <= _FEWEST or fields[-1]:
        raise ValueError("no Wanderer Cover V4")
    firmware, closed, opened, position, *more = (_number(field) for field in fields[:-1])
    brightness = int(more[1]) if len(more) > 1 else None
    return Stand(model, int(firmware), closed, opened, position, brightness)


def _number(field: str) -> float:
    digits = field.replace(".", "", 1).removeprefix("-")
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"{field!r} is no number")
    return float(field)


class WandererV4Panel(SerialFlap):
    """A Wanderer Cover V4-EC or V4 Pro-EC at `port`."""

    make = "Wanderer Cover V4"
    kind = "wanderer-v4"
    baud = BAUD
    steps = STEPS
    off_command = encode(OFF)
    move_limit_s = 60.0
    start_s = 10.0  # until the first line has come
    silence_s = 5.0  # from one line to the next
    brightness_tries = 1  # each of which sends the command until it is heeded

    _link: StreamLink[Stand]

    def __init__(self, port: str, *, boot_delay_s: float = 2.0) -> None:
        super().__init__(port, boot_delay_s=boot_delay_s, link_to=partial(StreamLink, parse=parse))
        self._stand: Stand | None = None
        self._told: int | None = None

    def status(self, timeout_s: float) -> PanelStatus:
        """Return what it says next; with an old firmware what it was told last."""
        brightness = self._hear(self._link.deadline(timeout_s)).brightness
        confirmed = brightness is not None
        known = brightness if confirmed else self._told
        return PanelStatus(None if known is None else known > 0, known or None, confirmed)

    def _greet(self, timeout_s: float) -> None:
        self._told = None
        self._stand = self._link.listen(min(timeout_s, self.start_s))

    def _tell_brightness(self, brightness: int, deadline: Deadline) -> int | None:
        return self._tell(brightness, brightness, deadline)

    def _switch(self, deadline: Deadline, *, on: bool) -> None:
        # It is lit by its brightness.
        if not on:
            self._tell(OFF, 0, deadline)

    def _tell(self, number: int, brightness: int, deadline: Deadline) -> int | None:
        """Send a command until the stream tells that it was heard; return the brightness told."""
        command = encode(number)
        before = self._stand.brightness if self._stand else None
        self._told = None
        for tries_left in range(TRIES, 0, -1):
            self._link.send(command)
            told = self._hear(
                self._link.deadline(min(_CONFIRM_S, deadline.left_s / tries_left)),
                lambda stand: stand.brightness in (None, brightness),
            ).brightness
            if told in (None, brightness) or told != before:
                self._told = brightness
                return told
        raise NoReply(
            self._link.name,
            f"{printable(command)} is not heeded: it goes on telling brightness {before}",
            "check the cable, and switch the panel off and on again",
        )

    def _ask_brightness(self, deadline: Deadline) -> int | None:
        return self._hear(deadline).brightness

    def _ask_lit(self, deadline: Deadline) -> bool | None:  # noqa: ARG002 because what was told is fresh
        # Always asked behind a command, and the stream has confirmed that just now.
        brightness = self._stand.brightness if self._stand else None
        return None if brightness is None else brightness > 0

    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:  # noqa: ARG002 because nothing is answered
        self._link.send(encode(OPEN if goal is CoverState.OPEN else CLOSE))

    def _read_cover(self, deadline: Deadline) -> CoverState:
        before = self._stand
        stand = self._hear(deadline)
        return stand.cover(before or stand)

    def _hear(
        self, deadline: Deadline, wanted: Callable[[Stand], bool] = lambda _stand: True
    ) -> Stand:
        limit = self._link.deadline(min(deadline.left_s, self.silence_s))
        self._stand = self._link.until(wanted, limit)
        return self._stand
