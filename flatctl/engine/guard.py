"""The lamp always goes out, and the cover ends where it is wanted."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from typing import TypeVar

from flatctl.devices.protocols import Cover, CoverState, LightPanel
from flatctl.engine.clock import Clock
from flatctl.engine.recovery import RigLost
from flatctl.engine.rig import Rig
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, StorageError

# A pulled cable may be back within half a minute, and the light is on meanwhile. But a panel that
# answers nothing takes minutes for each attempt, and somebody may wait for the program to end.
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0)
ATTEMPTS, ATTEMPTS_MIN, PATIENCE_S = len(PAUSES_S), 3, 45.0

T = TypeVar("T")


@dataclass(eq=False)
class LampGuard:
    """Open the panel, and whatever ends the block, put its light out and let go of it.

    `cover_at_end` is where its cover, if it has one, is left once the light is out: `OPEN`,
    `CLOSED`, or as it is.

    After the block `failure` is the error of the last attempt where the panel could not be
    reached any more, or the cover did not move, and `overcome` that of an attempt that a later one
    made good; else they are `None`; `dark` says that the light is out. An attempt after the first
    opens the panel anew, since a line that failed once may only be out of step. Raises the panel's
    own error when it can't be opened.
    """

    panel: LightPanel
    _: KW_ONLY
    clock: Clock
    signals: StopSignals
    timeout_s: float
    cover_at_end: CoverState | None = None
    failure: DeviceError | None = field(default=None, init=False)
    overcome: DeviceError | None = field(default=None, init=False)
    dark: bool = field(default=False, init=False)

    def __enter__(self) -> range:
        """Open the panel and return its brightness steps."""
        try:
            return self.panel.open(self.timeout_s)
        except DeviceError:
            self.panel.close()
            raise
        except BaseException:
            # Stopped while it opens; a run that was killed before may have left it lit.
            with self.signals.held(), suppress(DeviceError):
                self.panel.close()
                self.panel.open(self.timeout_s)
                self.panel.light_off(self.timeout_s)
            self.panel.close()
            raise

    def __exit__(self, *_: object) -> None:
        """Put the light out, then see to the cover; signals wait until that is done."""
        with self.signals.held():
            self.failure = self._put_out()
            self.dark = self.failure is None
            if self.dark:
                self.failure = self._leave_cover()
            self.panel.close()

    def _put_out(self) -> DeviceError | None:
        failure: DeviceError | None = None
        until_s = self.clock.monotonic() + PATIENCE_S
        for attempt, pause_s in enumerate(PAUSES_S):
            if attempt >= ATTEMPTS_MIN and self.clock.monotonic() > until_s:
                break
            try:
                if attempt:
                    self.clock.sleep(pause_s)
                    self.panel.close()
                    self.panel.open(self.timeout_s)
                self.panel.light_off(self.timeout_s)
            except DeviceError as error:
                failure = error
            else:
                self.overcome = failure
                return None
        return failure

    def _leave_cover(self) -> DeviceError | None:
        cover = self.panel
        if self.cover_at_end is None or not isinstance(cover, Cover) or not cover.has_cover:
            return None
        try:
            if self.cover_at_end is CoverState.OPEN:
                cover.open_cover(self.timeout_s)
            else:
                cover.close_cover(self.timeout_s)
        except DeviceError as failure:
            return failure
        return None


def _put_back(rig: Rig, signals: StopSignals) -> DeviceError | None:
    """Put the camera's settings back; return why that failed, which changes no ending."""
    try:
        with signals.held():
            rig.put_back()
    except DeviceError as failure:
        return failure
    return None


def under_guard(
    rig: Rig,
    do: Callable[[range], T],
    *,
    signals: StopSignals,
    tell_fault: Callable[[DeviceError, bool], None],
) -> T:
    """Do something with a rig whose panel is open, and leave lamp and rig as they should be.

    `do` gets the panel's steps. Raises what a device that stayed away said last, also where that
    is the panel that can't be put out.
    """
    guard = LampGuard(
        rig.panel,
        clock=rig.clock,
        signals=signals,
        timeout_s=rig.timeouts.panel_s,
        cover_at_end=rig.cover_at_end,
    )
    try:
        with guard as steps:
            result = do(steps)
    except RigLost as lost:
        raise lost.error from lost
    finally:
        changed = _put_back(rig, signals)
        rig.close()
        ends = ((guard.overcome, True), (guard.failure, False), (changed, False))
        for fault, recovered in ends:
            if fault is not None:
                # A lamp that stays lit is what has to be heard of, not the disk beside it.
                with suppress(StorageError):
                    tell_fault(fault, recovered)
    if guard.failure is not None:
        raise guard.failure
    return result
