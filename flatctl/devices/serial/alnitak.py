"""Alnitak Flat-Man, Flip-Flat and Remote Dust Cover, and the many that speak like them.

Line and frames as in Optec's serial command set: 9600 baud, `>` + letter + three characters + CR
(or LF), answered by `*` + the same letter + two-digit product id + three characters + LF.
Look-alikes end their answers with CR LF or `#`; all are understood.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal

from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.link import Deadline, SerialLink
from flatctl.errors import DeviceError, Fault

BAUD = 9600
STEPS = range(256)
REMOTE_DUST_COVER = 98
FLIP_FLAT = 99

_ENDS = b"\r\n#"
_REPLY_S = 2.0
_TRIES = 3
_REPLY = re.compile(r"\*([A-Z])(\d\d)(...)\Z", re.DOTALL)
_FILLERS = ("000", "OOO")
_WITH_NUMBER = "BJSV"

# INDI's driver gives a run of the cover as long; the units take 5 to 15 s.
_MOVE_LIMIT_S = 30.0
_POLL_S = 0.5
_MOTOR_START_S = 2.0
# The rest of the time that the caller grants is for asking where the cover is.
_SHARE_FOR_MOVING = 0.9


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


class AlnitakPanel:
    """A panel of the Alnitak family at `port`; with a cover where the product has one.

    A Flip-Flat's light shines only while it is closed: `set_brightness` closes it first, which
    takes up to 15 s, and `open_cover` puts the light out first. Product ids nobody has heard of
    are taken for lights without a cover.

    Whatever fails in a command that moves or lights something, the light-off command is sent
    last, once, without waiting for its answer.
    """

    def __init__(
        self,
        port: str,
        *,
        terminator: Literal["cr", "lf"] = "cr",
        filler: Literal["000", "OOO"] = "000",
        boot_delay_s: float = 2.0,
        rts: bool = False,
        dtr: bool = True,
    ) -> None:
        self._terminator = b"\r" if terminator == "cr" else b"\n"
        self._filler = filler
        self._product: int | None = None
        self._link = SerialLink(
            port,
            name=f"alnitak panel at {port}",
            baud=BAUD,
            rts=rts,
            dtr=dtr,
            boot_delay_s=boot_delay_s,
        )

    @property
    def name(self) -> str:
        """The name by which users know it."""
        return "Alnitak panel"

    @property
    def has_cover(self) -> bool:
        """Whether this product has a cover; valid once opened."""
        return self._product in (REMOTE_DUST_COVER, FLIP_FLAT)

    @property
    def has_light(self) -> bool:
        """Whether this product has a light; valid once opened."""
        return self._product != REMOTE_DUST_COVER

    def open(self, timeout_s: float) -> range:
        """Reach the panel and return its brightness steps, 0 to 255; the light is left as it is.

        The boot delay is granted on top of `timeout_s`. A Remote Dust Cover returns one step.

        Raises `Unreachable` when nobody answers, `BadReply` when somebody else does, `Busy`
        when another program has the port.
        """
        if self._product is None or not self._link.is_open:
            self._product = None
            self._product = self._link.greet(
                self._encode("P"),
                self._parser("P"),
                timeout_s=timeout_s,
                ends=_ENDS,
                reply_s=_REPLY_S,
            ).product
        return STEPS if self.has_light else range(1)

    def close(self) -> None:
        """Let go of the port; the light is left as it is."""
        self._link.close()

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness`, 0 to 255; brightness and light are read back.

        Closes a Flip-Flat first; `timeout_s` has to allow for that.
        """
        if brightness not in STEPS:
            raise ValueError(f"brightness {brightness} is outside 0 to {STEPS[-1]}")
        deadline = Deadline(timeout_s)
        with self._dark_on_failure():
            self._need(self.has_light, "a Remote Dust Cover has no light", _NO_LIGHT)
            if self.has_cover:
                self._move(CoverState.CLOSED, deadline)
            self._set_level(brightness, deadline)
            self._light(deadline)

    def light_off(self, timeout_s: float) -> None:
        """Put the light out and read back that it is."""
        if not self.has_light:
            return
        with self._dark_on_failure():
            self._put_out(Deadline(timeout_s))

    def status(self, timeout_s: float) -> PanelStatus:
        """Ask how the light stands."""
        deadline = Deadline(timeout_s)
        lit = self._ask("S", deadline).lit
        return PanelStatus(lit, self._ask("J", deadline).number, confirmed=True)

    def open_cover(self, timeout_s: float) -> None:
        """Put the light out, open the cover and follow it to the end."""
        deadline = Deadline(timeout_s)
        with self._dark_on_failure():
            self._need(self.has_cover, "this product has no cover", "open it by hand")
            if self.has_light:
                self._put_out(deadline)
            self._move(CoverState.OPEN, deadline)

    def close_cover(self, timeout_s: float) -> None:
        """Close the cover and follow it to the end."""
        with self._dark_on_failure():
            self._need(self.has_cover, "this product has no cover", "close it by hand")
            self._move(CoverState.CLOSED, Deadline(timeout_s))

    def cover_state(self, timeout_s: float) -> CoverState:
        """Ask where the cover is; `UNKNOWN` where there is none."""
        return self._ask("S", Deadline(timeout_s)).cover

    def _set_level(self, brightness: int, deadline: Deadline) -> None:
        told = -1
        for _ in range(_TRIES):
            told = self._ask("B", deadline, brightness).number
            if told == brightness and self._ask("J", deadline).number == brightness:
                return
        raise self._fault(
            f"asked for brightness {brightness}, it says {told}",
            f"set brightness.max in the configuration to what it can do ({told})",
        )

    def _light(self, deadline: Deadline) -> None:
        for _ in range(_TRIES):
            if self._ask("S", deadline).lit:
                return
            self._ask("L", deadline)
        if not self._ask("S", deadline).lit:
            raise self._fault("the light does not go on", "check the panel and its power")

    def _put_out(self, deadline: Deadline) -> None:
        for _ in range(_TRIES):
            self._ask("D", deadline)
            if not self._ask("S", deadline).lit:
                return
        raise self._fault("the light does not go out", "unplug the panel's power")

    def _move(self, goal: CoverState, deadline: Deadline) -> None:
        state = self._ask("S", deadline).cover
        for _ in range(2):
            if state is goal:
                return
            state = self._run_cover(goal, deadline)
            if deadline.over:
                break
        if state is not goal:
            raise self._fault(
                f"the cover is asked to be {goal.value}, but {_COVER_ENDED[state]}",
                "look for something in its way and at its power supply",
            )

    def _run_cover(self, goal: CoverState, deadline: Deadline) -> CoverState:
        """Start one move, follow it to its end, and return where the cover is then."""
        self._ask("O" if goal is CoverState.OPEN else "C", deadline)
        limit = Deadline(min(_MOVE_LIMIT_S, _SHARE_FOR_MOVING * deadline.left_s))
        starting = Deadline(_MOTOR_START_S)
        has_moved = False
        while True:
            time.sleep(min(_POLL_S, limit.left_s))
            state = self._ask("S", deadline).cover
            if state is goal or limit.over:
                return state
            if state is CoverState.MOVING:
                has_moved = True
            elif has_moved or starting.over:
                # At rest elsewhere. Before the motor starts that is where it comes from.
                return state

    @contextmanager
    def _dark_on_failure(self) -> Iterator[None]:
        try:
            yield
        except DeviceError:
            with suppress(DeviceError):
                self._link.send(self._encode("D"))
            raise

    def _need(self, condition: bool, what: str, mend: str) -> None:
        if not condition:
            raise self._fault(what, mend)

    def _fault(self, what: str, mend: str) -> Fault:
        return Fault(self._link.name, what, mend)

    def _ask(self, letter: str, deadline: Deadline, brightness: int | None = None) -> Reply:
        return self._link.ask(
            self._encode(letter, brightness),
            self._parser(letter),
            deadline=deadline,
            ends=_ENDS,
            reply_s=_REPLY_S,
        )

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
_COVER_ENDED = {
    CoverState.CLOSED: "it stays closed",
    CoverState.OPEN: "it stays open",
    CoverState.MOVING: "it is still moving",
    CoverState.UNKNOWN: "it stopped half-way",
    CoverState.FAILED: "it says that its move timed out",
}
