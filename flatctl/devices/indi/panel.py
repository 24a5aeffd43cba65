"""A light panel behind INDI, with or without a motorised cover."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.session import DeviceSession, IndiDevice, begin_anew
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Property
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.transports import Role
from flatctl.errors import DeviceError, Fault, InUse, NoReply, Unfit

_LIGHT = "FLAT_LIGHT_CONTROL"
_LEVEL = "FLAT_LIGHT_INTENSITY"
_LEVEL_VALUE = "FLAT_LIGHT_INTENSITY_VALUE"
_ON, _OFF = "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"
_CAP = "CAP_PARK"
_FIXED = range(1, 2)
_STEPS_MAX = 1_000_000
_LAST_WORD_S = 1.0
# So much of the time granted may the first run of a cover take, for there may have to be another.
_SHARE_OF_FIRST_RUN = 0.6


class IndiPanel(IndiDevice):
    """A light panel behind INDI, by its device name; also a `Cover` where it has one.

    Light boxes listen to the filter wheel and drive their lamp to a brightness of their own for
    each filter, without a word about it. So they are kept from listening while this is open, and
    the brightness is always sent, even where it is the reported one.
    """

    def __init__(self, client: IndiClient, device: str) -> None:
        super().__init__(client, device)
        self._session = DeviceSession(client, device, _LIGHT)
        self._steps = _FIXED
        self._opened = False
        self._doubted = False
        self._answered = 0  # the report up to which its refusals are dealt with
        self.disturbs: Callable[[], InUse | None] = lambda: None

    @property
    def has_cover(self) -> bool:
        """Whether this unit has a cover; valid once opened."""
        return self._client.find(self._device, _CAP) is not None

    def open(self, timeout_s: float) -> range:
        """Reach the panel, connect it if it is not connected; return its brightness steps."""
        begin_anew(self._client)
        self._connect(timeout_s)
        self._session.take()
        self._answered = self._heard()
        level = self._client.find(self._device, _LEVEL)
        if level is not None:
            self._steps = self._steps_of(level)
        self._opened = True
        self._leave_wheel()
        return self._steps

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness` and wait until exactly that is reported.

        Closes the cover first where there is an open one: such panels only shine closed. Raises
        `ValueError` outside the range, `Fault` where its driver was restarted or the connection
        renewed since `open`.
        """
        if brightness not in self._steps:
            allowed = f"{self._steps.start} to {self._steps.stop - 1}"
            raise ValueError(f"brightness {brightness} of {self._device} is outside {allowed}")
        with self._dark_on_refusal():
            self._shine(brightness, timeout_s)

    def _shine(self, brightness: int, timeout_s: float) -> None:
        deadline = Deadline(timeout_s)
        self._session.check(timeout_s)
        if self.has_cover and self._cover_state() is not CoverState.CLOSED:
            self._move("PARK", "UNPARK", deadline.left_s)
        # Some drivers refuse a brightness while the light is off, others only store it.
        if not self._lit():
            self._client.set_switch(self._device, _LIGHT, _ON, deadline.left_s)
        if self._client.find(self._device, _LEVEL) is not None:
            values = {_LEVEL_VALUE: float(brightness)}
            self._client.set(self._device, _LEVEL, values, deadline.left_s)
        if brightness > 0 and not self._lit():
            self._client.set_switch(self._device, _LIGHT, _ON, deadline.left_s)

    def light_off(self, timeout_s: float) -> None:
        """Put the light out and wait until that is reported.

        Also where it is not open any more. Closes the cover where the light is refused under an
        open one and that disturbs nobody. Where its driver was restarted or the connection renewed
        since `open`, raises `Fault` once it is out.
        """
        deadline = Deadline(timeout_s)
        changed = self._session.change(timeout_s)
        if changed is not None:
            self._connect(deadline.left_s)
        try:
            self._put_out(deadline)
        except Fault as refusal:
            if not self.has_cover or self._cover_state() is CoverState.CLOSED:
                raise
            self._put_out_covered(refusal, deadline)
        if changed is not None and self._session.identity is not None:
            raise changed

    def status(self, timeout_s: float) -> PanelStatus:
        """Return how the driver reports the light."""
        self._session.check(timeout_s)
        level = self._client.find(self._device, _LEVEL)
        value = level.number(_LEVEL_VALUE) if level else None
        brightness = None if value is None else round(value)
        return PanelStatus(lit=self._reported_lit(), brightness=brightness, confirmed=True)

    def close(self) -> None:
        """Let go of the panel; it stays connected, and the light as it is."""
        self._session.drop()
        opened, self._opened = self._opened, False
        with suppress(DeviceError):  # there may be nobody left to hear it
            if opened:
                self._client.as_found.put_back(self._client, self._device, _LAST_WORD_S)

    def open_cover(self, timeout_s: float) -> None:
        """Put the light out, open the cover and follow the move to its end."""
        deadline = Deadline(timeout_s)
        with self._dark_on_refusal():
            self._session.check(timeout_s)
            if self._lit():
                self.light_off(deadline.left_s)
            self._move("UNPARK", "PARK", deadline.left_s)

    def close_cover(self, timeout_s: float) -> None:
        """Close the cover and follow the move to its end."""
        deadline = Deadline(timeout_s)
        with self._dark_on_refusal():
            self._session.check(timeout_s)
            self._move("PARK", "UNPARK", deadline.left_s)

    def cover_state(self, timeout_s: float) -> CoverState:
        """Return where the driver reports the cover."""
        self._session.check(timeout_s)
        return self._cover_state()

    def _connect(self, timeout_s: float) -> None:
        connect(self._client, self._device, Role.PANEL, (_LIGHT,), timeout_s)

    def _steps_of(self, level: Property) -> range:
        limits = level.elements.get(_LEVEL_VALUE)
        if limits is None or (limits.min is None and limits.max is None):
            return _FIXED
        low, high = (0.0 if limits.min is None else limits.min), limits.max
        if high is None or not 0 <= low < high <= _STEPS_MAX:
            what = f"says that its brightness goes from {limits.range_words}"
            raise Unfit(self._device, what, "restart its driver, and see what it says there")
        return range(math.ceil(low), math.floor(high) + 1)

    def _lit(self) -> bool:
        known = self._client.find(self._device, _LIGHT)
        return known is not None and known.on(_ON)

    def _reports_off(self) -> bool:
        known = self._client.find(self._device, _LIGHT)
        return known is not None and known.chosen(_OFF)

    def _reported_lit(self) -> bool | None:
        """Return how the driver reports the light; `None` while it can't be told from that.

        Off in a refusal is no word, nor is what follows it: some report what they were sent with
        it, others Ok at once after it.
        """
        known = self._client.find(self._device, _LIGHT)
        if known is None or known.state == "Busy" or known.chosen(_ON) == known.chosen(_OFF):
            return None
        if known.chosen(_OFF) and known.alerted > self._answered:
            return None
        return known.chosen(_ON)

    def _heard(self) -> int:
        """Return the number of its last report."""
        known = self._client.find(self._device, _LIGHT)
        return known.serial if known is not None else 0

    def _cover_state(self) -> CoverState:
        cap = self._client.find(self._device, _CAP)
        match cap:
            case None:
                return CoverState.UNKNOWN
            case Property(state="Busy"):
                return CoverState.MOVING
            case Property(state="Alert"):
                return CoverState.FAILED
        # Both are off in some drivers that don't know.
        if cap.on("PARK") == cap.on("UNPARK"):
            return CoverState.UNKNOWN
        return CoverState.CLOSED if cap.on("PARK") else CoverState.OPEN

    @contextmanager
    def _dark_on_refusal(self) -> Iterator[None]:
        try:
            yield
        except Fault:
            # After silence the connection has to be made anew first, as `light_off` does.
            with suppress(DeviceError):
                self._client.send(self._device, _LIGHT, {_OFF: True}, _LAST_WORD_S)
            raise

    def _put_out(self, deadline: Deadline) -> None:
        was_off = self._reports_off() and not self._doubted
        self._doubted = True
        try:
            self._client.set_switch(self._device, _LIGHT, _OFF, deadline.left_s)
        except Fault:
            # A driver may refuse what is already so; but what it first reports with its refusal
            # is only what it was sent.
            if not (was_off and self._reports_off()):
                raise
        self._doubted = False
        self._answered = self._heard()

    def _put_out_covered(self, refusal: Fault, deadline: Deadline) -> None:
        """Close the cover and try again: such lamps obey under a closed one only."""
        if used := self.disturbs():
            what = f"{refusal.what}, and its cover is left open: {used.device} {used.what}"
            raise Fault(self._device, what, "once that is done: flatctl safe") from refusal
        try:
            self._move("PARK", "UNPARK", deadline.left_s)
        except DeviceError as stuck:
            remedy = "close its cover by hand, then put the light out (flatctl safe)"
            what = f"{refusal.what}, and {stuck.what}"
            raise Fault(self._device, what, f"{refusal.remedy}; {remedy}".strip("; ")) from stuck
        self._put_out(deadline)

    def _move(self, wanted: str, other: str, timeout_s: float) -> None:
        """Move the cover and follow it to its end; a move that fails is tried once more."""
        deadline = Deadline(timeout_s)
        if self._run_cover(wanted, other, _SHARE_OF_FIRST_RUN * timeout_s) is not None:
            failure = self._run_cover(wanted, other, deadline.left_s)
            if isinstance(failure, NoReply):
                raise self._client.silent(failure.device, failure.what, failure.remedy)
            if failure is not None:
                raise failure

    def _run_cover(self, wanted: str, other: str, timeout_s: float) -> DeviceError | None:
        """Move it once; return why it did not arrive, `None` where it did."""
        deadline = Deadline(timeout_s)
        since = self._client.send(self._device, _CAP, {wanted: True}, timeout_s)
        moved = self._client.await_change(
            self._device,
            _CAP,
            since,
            lambda now: not now.on(other),
            deadline.left_s,
            doing="while the cover moved",
        )
        if moved is None:
            what = f"the cover did not end its move ({wanted}) within {timeout_s:.0f} s"
            return NoReply(self._device, what, "look whether something blocks it")
        if moved.alerted > since:
            what = f"the cover did not move ({wanted})"
            return self._client.refusal(self._device, since, what, remedy="")
        return None

    def _leave_wheel(self) -> None:
        """Let the panel listen to no wheel."""
        known = self._client.find(self._device, "ACTIVE_DEVICES")
        wheel = known.text("ACTIVE_FILTER") if known else None
        if known is not None and wheel is not None:
            none = {"ACTIVE_FILTER": ""}
            self._client.as_found.before(known, none)
            if wheel:
                # Not every driver answers this, so nobody waits for it.
                self._client.send(self._device, "ACTIVE_DEVICES", none, _LAST_WORD_S)
