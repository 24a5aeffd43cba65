"""A cover calibrator behind Alpaca: a light panel, with or without a motorised cover.

What devices do in the field: ready does not mean lit, and off may come with a brightness left over,
so dark is off *or* brightness 0. Right after an order the state may still be the old one, and only
the brightness tells. Some answer an order once it is carried out, up to half a minute later.
Lighting at 0 is legal and ends as ready: off is never said so. Lighting may move the cover.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flatctl.core.types import Light
from flatctl.devices.alpaca.asking import Linger, granted_s, optional, poll
from flatctl.devices.alpaca.cover import AlpacaCover
from flatctl.devices.alpaca.pulse import Pulse
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.errors import BadReply, DeviceError, Fault, InUse, NoReply, Unfit, Unreachable

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession

# CalibratorStatus of the API, which has also: 4, unknown.
_NOT_PRESENT, _OFF, _NOT_READY, _READY, _ERROR = 0, 1, 2, 3, 5
_WORDS = {_NOT_PRESENT: "is not there any more", _ERROR: "has a fault"}
_STEPS_MAX = 2**31 - 1
_CLOSED = CoverState.CLOSED
# So long an order may take that is answered once it is carried out.
_ORDER_S, _READ_BACK_S = 40.0, 5.0
_LINGERS_S = 5.0
_LAST_WORD_S = 1.0
_TELLS_CHANGES = 2  # the interface from which on it does


class _Silence(NoReply):
    """Neither orders nor questions are answered."""


@dataclass(frozen=True)
class _Report:
    """What a panel says of its light, at one moment."""

    state: int
    brightness: int | None
    changes: bool

    @property
    def settled(self) -> bool:
        """Whether it is what it will be."""
        return self.state != _NOT_READY and not self.changes

    @property
    def lit(self) -> bool | None:
        """Whether it shines; None where that can't be told."""
        dims = self.state in (_NOT_READY, _READY) and self.brightness == 0
        if not self.changes and (self.state == _OFF or dims):
            return False
        return True if self.settled and self.state == _READY else None

    @property
    def words(self) -> str:
        """It in words."""
        if self.lit is None:
            return f"its light {_WORDS.get(self.state, 'is in a state that it does not know')}"
        return f"shines at {self.brightness}" if self.lit else "is off"


class AlpacaPanel:
    """A cover calibrator, by its address; also a `Cover` where it has one."""

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device)
        self._cover = AlpacaCover(self._client)
        self._pulse = Pulse(session.client(device, connects=False))
        self._connects_s = session.timeout_s
        self._steps: range | None = None
        self.disturbs: Callable[[], InUse | None] = lambda: None

    @property
    def name(self) -> str:
        """Its address."""
        return self._client.name

    @property
    def has_cover(self) -> bool:
        """Whether this unit has a cover; valid once opened."""
        return self._cover.is_there

    def open(self, timeout_s: float) -> range:
        """Reach the panel, connect it if it is not connected; return its brightness steps.

        Raises `Unfit` where it has no light.
        """
        deadline = Deadline(min(timeout_s, self._connects_s))
        self._client.connect(deadline.left_s)
        self._cover.look(granted_s(deadline))
        state = self._client.whole("calibratorstate", granted_s(deadline))
        most = optional(self._client.whole, "maxbrightness", granted_s(deadline))
        if state == _NOT_PRESENT or most is None:
            raise self._unfit(has_lamp=state != _NOT_PRESENT or most is not None)
        if not 1 <= most <= _STEPS_MAX:
            raise BadReply(self.name, f"says that its brightness goes up to {most}")
        self._steps = range(1, most + 1)
        return self._steps

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Light it at `brightness` and wait until exactly that is reported.

        Closes the cover first where there is an open one. Raises `ValueError` outside the range.
        """
        if self._steps is None:
            raise Fault(self.name, "it is not ready", "open it again")
        if brightness not in self._steps:
            allowed = f"{self._steps.start} to {self._steps.stop - 1}"
            raise ValueError(f"brightness {brightness} of {self.name} is outside {allowed}")
        deadline = Deadline(timeout_s)
        self._pulse.begin()
        try:
            if self.has_cover:
                self._cover.move(_CLOSED, deadline.left_s)
            self._shine(brightness, deadline)
        except Fault:
            with suppress(DeviceError):  # what went wrong first is what is told
                self._client.put("calibratoroff", _LAST_WORD_S)
            raise

    def light_off(self, timeout_s: float) -> None:
        """Put the light out and wait until that is reported; also where it is not open any more.

        It is told once more where it does not obey or does not answer. Closes the cover where the
        light is refused under an open one and that disturbs nobody.
        """
        deadline = Deadline(timeout_s)
        failure = self._put_out(Deadline(timeout_s / 2))
        # Who answers nothing at all is reached anew, by whoever calls.
        if failure is not None and not isinstance(failure, Unreachable | _Silence):
            failure = self._put_out(deadline)
        if isinstance(failure, Fault) and self._is_uncovered(deadline):
            failure = self._put_out_covered(failure, deadline)
        if failure is not None:
            raise failure
        self._pulse.end()

    def status(self, timeout_s: float) -> PanelStatus:
        """Return how it reports its light."""
        now = self._report(Deadline(timeout_s))
        return PanelStatus(now.lit, now.brightness, confirmed=True)

    def close(self) -> None:
        """Let go of the panel; it stays connected, and the light as it is."""
        self._steps = None
        self._pulse.end()
        self._client.close()

    def open_cover(self, timeout_s: float) -> None:
        """Put the light out, open the cover and follow the move to its end."""
        deadline = Deadline(timeout_s)
        if self.status(deadline.left_s).lit is not False:
            self.light_off(deadline.left_s)
        self._cover.move(CoverState.OPEN, deadline.left_s)

    def close_cover(self, timeout_s: float) -> None:
        """Close the cover and follow the move to its end."""
        self._cover.move(_CLOSED, timeout_s)

    def cover_state(self, timeout_s: float) -> CoverState:
        """Return where the cover is reported to be."""
        return self._cover.state(timeout_s)

    def _unfit(self, *, has_lamp: bool) -> Unfit:
        what = "has no light: its calibrator is not present"
        remedy = "choose another device, or see its driver's settings"
        if has_lamp:
            return Unfit(self.name, "does not say what its light can do", remedy)
        unfit = Unfit(self.name, what, remedy)
        unfit.light = Light.OFF  # what is not there does not shine
        return unfit

    def _report(self, deadline: Deadline) -> _Report:
        changes = self._client.interface(granted_s(deadline)) >= _TELLS_CHANGES and optional(
            self._client.truth, "calibratorchanging", granted_s(deadline)
        )
        state = self._client.whole("calibratorstate", granted_s(deadline))
        brightness = optional(self._client.whole, "brightness", granted_s(deadline))
        return _Report(state, brightness, bool(changes))

    def _await(
        self, wanted: Callable[[_Report], bool], deadline: Deadline, lingers_s: float
    ) -> _Report | None:
        """Return its report that is as wanted, or stays otherwise; None while it still changes."""
        lingers = Linger(lingers_s)

        def look() -> _Report | None:
            now = self._report(deadline)
            if wanted(now) or (now.settled and lingers.over):
                return now
            if not now.settled:
                lingers.again()
            return None

        return poll(look, deadline)

    def _shine(self, brightness: int, deadline: Deadline) -> None:
        unanswered = self._order("calibratoron", deadline, Brightness=brightness)
        if unanswered is not None:
            deadline = Deadline(min(_READ_BACK_S, deadline.left_s))

        def shines(now: _Report) -> bool:
            return bool(now.lit) and now.brightness in (brightness, None)

        now = self._await(shines, deadline, _LINGERS_S)
        if now is None or (unanswered and not shines(now)):
            what = f"does not say that it shines at {brightness} in the time granted"
            raise unanswered or NoReply(self.name, what, "look at the panel and its driver")
        if not shines(now):
            raise Fault(self.name, f"is asked to shine at {brightness}, and {now.words}")
        if self.has_cover:
            self._cover.move(_CLOSED, deadline.left_s)  # it may have moved by itself

    def _put_out(self, deadline: Deadline) -> DeviceError | None:
        """Tell it once to go out; return why it is not known to be dark, None where it is."""
        failure: DeviceError | None = None
        lingers_s = _LINGERS_S
        try:
            failure = self._order("calibratoroff", deadline)
        except DeviceError as refusal:
            # Some refuse what is so already: what it reports counts.
            failure, lingers_s = refusal, 0.0
        try:
            wait = Deadline(max(deadline.left_s, _LAST_WORD_S))
            now = self._await(lambda now: now.lit is False, wait, lingers_s)
        except NoReply as silence:
            return _Silence(silence.device, silence.what, silence.remedy)
        except DeviceError as error:
            return failure or error
        if now is None:
            what = "does not say in the time granted that its light is off"
            return failure or NoReply(self.name, what, "look at the panel and its driver")
        if now.lit is False:
            return None
        what = "the light does not go out" if now.lit else now.words
        return failure or Fault(self.name, what, "unplug its power")

    def _is_uncovered(self, deadline: Deadline) -> bool:
        """Say whether it has a cover that is not closed; no where that can't be asked."""
        with suppress(DeviceError):
            self._cover.look(granted_s(deadline))
            return self.has_cover and self._cover.state(granted_s(deadline)) is not _CLOSED
        return False

    def _put_out_covered(self, refusal: Fault, deadline: Deadline) -> DeviceError | None:
        """Close the cover and try again: such lamps obey under a closed one only."""
        if used := self.disturbs():
            what = f"{refusal.what}, and its cover is left open: {used.device} {used.what}"
            return Fault(self.name, what, "once that is done: flatctl safe")
        try:
            self._cover.move(_CLOSED, max(deadline.left_s, _LAST_WORD_S))
        except DeviceError as stuck:
            remedy = "close its cover by hand, then put the light out (flatctl safe)"
            return Fault(self.name, f"{refusal.what}, and {stuck.what}", remedy)
        return self._put_out(deadline)

    def _order(self, member: str, deadline: Deadline, **form: int) -> NoReply | None:
        """Send an order; return its silence, where it may have been carried out all the same."""
        try:
            self._client.put(member, min(_ORDER_S, 0.8 * deadline.left_s), **form)
        except NoReply as silence:
            return silence
        return None
