"""The lamp always goes out, and the cover ends where it is wanted."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import KW_ONLY, dataclass, field
from types import TracebackType
from typing import TypeVar

from flatctl.core.types import Light
from flatctl.devices.protocols import Cover, CoverState, HandSwitched, LightPanel, PanelStatus
from flatctl.engine.clock import Clock
from flatctl.engine.recovery import RigLost
from flatctl.engine.rig import Rig
from flatctl.engine.stop import StopSignals
from flatctl.errors import (
    DeviceError,
    Fault,
    FlatctlError,
    InUse,
    LightUnknown,
    Stopped,
    StorageError,
)

# A pulled cable may be back within half a minute, and the light is on meanwhile. But a panel that
# answers nothing takes minutes for each attempt, and somebody may wait for the program to end.
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
ATTEMPTS, ATTEMPTS_MIN, PATIENCE_S = len(PAUSES_S), 3, 45.0
_ONCE = PAUSES_S[:1]
_SECOND_LOOK_S = 0.5

T = TypeVar("T")


@dataclass(eq=False)
class LampGuard:
    """Open the panel, and whatever ends the block, put its light out and let go of it.

    `cover_at_end` is where its cover, if it has one, is left once the light is out: `OPEN`,
    `CLOSED`, or as it is; also where moving it `disturbs` somebody. `tell` hears of each attempt
    that fails.

    After the block `light` is what is known of the light. `failure` is the error of the last
    attempt where the panel could not be reached any more, or the cover did not move, and
    `overcome` that of an attempt that a later one made good; else they are `None`. An attempt after
    the first opens the panel anew, since a line that failed once may only be out of step. `cover`
    is then where its cover was left, `None` where it has none or does not say.

    The block ends with `LightUnknown` where the light is not known to be off, whatever ended it;
    else with what ended it, or with the panel's error where the cover did not move.
    """

    panel: LightPanel
    _: KW_ONLY
    clock: Clock
    signals: StopSignals
    timeout_s: float
    cover_at_end: CoverState | None = None
    disturbs: Callable[[], InUse | None] = lambda: None
    tell: Callable[[DeviceError], None] = lambda _: None
    light: Light = field(default=Light.UNKNOWN, init=False)
    cover: CoverState | None = field(default=None, init=False)
    failure: DeviceError | None = field(default=None, init=False)
    overcome: DeviceError | None = field(default=None, init=False)
    _opened: bool = field(default=False, init=False)
    _ended: bool = field(default=False, init=False)

    def __enter__(self) -> range:
        """Open the panel and return its brightness steps."""
        try:
            steps = self.panel.open(self.timeout_s)
        except DeviceError as failure:
            self._ended = True
            self.light = _left(failure)
            self.panel.close()
            self.conclude(failure)
            raise
        except BaseException as ending:
            # Stopped while it opens; a run that was killed before may have left it lit.
            self.end(_ONCE)
            self.conclude(ending)
            raise
        self._opened = True
        return steps

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        ending: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Put the light out, then see to the cover; signals wait until that is done."""
        self.end()
        self.conclude(ending)

    @property
    def dark(self) -> bool:
        """Whether the light is off, as far as this panel can tell."""
        return self.light in (Light.OFF, Light.COMMANDED_OFF)

    def end(self, pauses_s: Sequence[float] = PAUSES_S, *, to_the_end: bool = True) -> None:
        """Put the light out, see to the cover, and let go; nothing happens a second time.

        A panel that is not open is opened. There are as many attempts as pauses before them. A
        signal waits until that is done; one that needs not go `to_the_end` raises `Stopped`.
        """
        if self._ended:
            return
        with self.signals.held() if to_the_end else nullcontext():
            self._ended = True
            try:
                self.failure = self._put_out(pauses_s)
                if self.failure is None:
                    self.failure = self._leave_cover()
                    self.cover = self._ask_cover()
            finally:
                self.panel.close()

    def lost(self, ending: BaseException | None) -> LightUnknown | None:
        """Return what to end with instead of `ending`; `None` where the light is off.

        Also where nothing was tried yet, and where it is a person who switches it.
        """
        if self.dark or not self._ended or self._by_hand:
            return None
        ends = (ending.first, ending.error) if isinstance(ending, RigLost) else (ending,)
        causes = [each for each in (*ends, self.failure) if each is not None]
        found = next((each for each in causes if isinstance(each, LightUnknown)), None)
        return found or LightUnknown(self.panel.name, self.light, causes)

    def conclude(self, ending: BaseException | None = None) -> None:
        """Raise what is to be heard of instead of `ending`, and write the light's state on it."""
        heard = ending.error if isinstance(ending, RigLost) else ending
        if lost := self.lost(ending):
            raise lost from heard
        heard = heard or self.failure
        if isinstance(heard, FlatctlError | Stopped):
            heard.light = self.light
        if ending is None and heard is not None:
            raise heard

    def _put_out(self, pauses_s: Sequence[float]) -> DeviceError | None:
        if self._by_hand:
            # Nobody is waited for at the end.
            self.light = light_of(self.panel.status(self.timeout_s))
            return None
        failure: DeviceError | None = None
        until_s = self.clock.monotonic() + PATIENCE_S
        for attempt, pause_s in enumerate(pauses_s):
            if attempt >= ATTEMPTS_MIN and self.clock.monotonic() > until_s:
                break
            self.light = Light.UNKNOWN
            try:
                if attempt or not self._opened:
                    self.clock.sleep(pause_s)
                    self.panel.close()
                    self.panel.open(self.timeout_s)
                    self._opened = True
                self._darken()
            except DeviceError as error:
                failure = error
                self.tell(error)
                if _left(error) is Light.OFF:
                    self.light = Light.OFF
                    break
            else:
                self.overcome = failure
                return None
        return failure

    def _darken(self) -> None:
        """Put the light out and note what is known of it then, also where that fails."""
        try:
            self.panel.light_off(self.timeout_s)
        except Fault:
            with suppress(DeviceError):
                if self._ask_light() is Light.ON:
                    self.light = Light.ON
            raise
        # Some take a command at once, and take it back.
        self.clock.sleep(_SECOND_LOOK_S)
        self.light = self._ask_light()
        if self.light is Light.ON:
            raise Fault(self.panel.name, "the light does not go out", "unplug its power")
        if self.light is Light.UNKNOWN:
            raise Fault(self.panel.name, "it does not say whether its light is off")

    def _ask_light(self) -> Light:
        """Ask how the light stands that has just taken the command to go out."""
        status = self.panel.status(self.timeout_s)
        if status.lit is None and not status.confirmed:
            return Light.COMMANDED_OFF
        return light_of(status)

    @property
    def _by_hand(self) -> bool:
        return isinstance(self.panel, HandSwitched)

    def _ask_cover(self) -> CoverState | None:
        """Ask where the cover was left; `None` for a panel without one, or that does not say."""
        cover = self.panel
        if isinstance(cover, Cover) and cover.has_cover:
            with suppress(DeviceError):
                return cover.cover_state(self.timeout_s)
        return None

    def _leave_cover(self) -> DeviceError | None:
        cover = self.panel
        if self.cover_at_end is None or not isinstance(cover, Cover) or not cover.has_cover:
            return None
        try:
            if cover.cover_state(self.timeout_s) is self.cover_at_end:
                return None
            if used := self.disturbs():
                raise Fault(
                    self.panel.name,
                    f"the cover is left as it is: {used.device} {used.what}",
                    "once that is done: flatctl safe",
                )
            if self.cover_at_end is CoverState.OPEN:
                cover.open_cover(self.timeout_s)
            else:
                cover.close_cover(self.timeout_s)
        except DeviceError as failure:
            return failure
        return None


def light_of(status: PanelStatus) -> Light:
    """Return what is known of a light by what its panel says of itself."""
    if status.lit is None:
        return Light.UNKNOWN
    if status.lit:
        return Light.ON
    return Light.OFF if status.confirmed else Light.COMMANDED_OFF


def _left(error: FlatctlError) -> Light:
    """Return how a light is left by what is said with an error: one that is not there is off."""
    return Light(error.light) if error.light else Light.UNKNOWN


def _put_back(rig: Rig, signals: StopSignals) -> DeviceError | None:
    """Put the camera's settings back; return why that failed, which changes no ending."""
    try:
        with signals.held():
            rig.put_back()
    except DeviceError as failure:
        return failure
    return None


def guard_of(rig: Rig, signals: StopSignals) -> LampGuard:
    """Return the guard of a rig's lamp."""
    return LampGuard(
        rig.panel,
        clock=rig.clock,
        signals=signals,
        timeout_s=rig.timeouts.panel_s,
        cover_at_end=rig.cover_at_end,
        disturbs=rig.disturbs,
    )


def under_guard(
    rig: Rig,
    do: Callable[[range], T],
    *,
    guard: LampGuard,
    tell_fault: Callable[[DeviceError, bool], None],
) -> T:
    """Do something with a rig whose panel is open, and leave lamp and rig as they should be.

    `do` gets the panel's steps. Raises `LightUnknown` where the light is not known to be off, else
    what a device that stayed away said last.
    """
    try:
        with guard as steps:
            return do(steps)
    except RigLost as lost:
        raise lost.error from lost
    finally:
        # Where a signal came on the way to it: there is no second one.
        guard.end()
        changed = _put_back(rig, guard.signals)
        rig.close()
        ends = ((guard.overcome, True), (guard.failure, False), (changed, False))
        for fault, recovered in ends:
            if fault is not None:
                # A lamp that stays lit is what has to be heard of, not the disk beside it.
                with suppress(StorageError):
                    tell_fault(fault, recovered)
