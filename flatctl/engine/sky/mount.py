"""What stands around flats of the sky: the mount, roof and weather."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TypeVar

from flatctl.devices.protocols import MountState
from flatctl.engine.context import RunContext
from flatctl.engine.recovery import REOPEN_WAITS_S
from flatctl.engine.sharing import in_use
from flatctl.engine.sky.pointing import Pointing, SkyPointing
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, Fault, InUse, Unreachable

T = TypeVar("T")


class SkyMount:
    """The mount of a run, where one points the telescope, and the conditions around it.

    A server that is gone for a moment costs nothing. `here` is where the telescope pointed last,
    `left` how it stands in the end, both `None` where no mount was used. `tell_fault` hears why it
    could not be left as it should be.
    """

    def __init__(
        self,
        context: RunContext,
        pointing: SkyPointing | None,
        signals: StopSignals,
        tell_fault: Callable[[DeviceError, bool], None],
    ) -> None:
        self._context, self._pointing = context, pointing
        self._signals, self._tell_fault = signals, tell_fault
        self._touched = self._begun = False
        self.here: Pointing | None = None
        self.left: MountState | None = None

    def make_ready(self, closes: Callable[[], datetime], *, to_expose: bool) -> None:
        """See that all is as it must be, and the telescope points; at rest where it is `to_expose`.

        The window `closes` then. Raises as `Safety.check` and `SkyPointing` do.
        """
        self._over_link(partial(self._make_ready, closes, to_expose=to_expose))

    def unmet(self) -> str:
        """Return what is not as it must be; nothing where all is well."""
        return self._over_link(self._context.safety.unmet)

    def check(self) -> None:
        """Return where the telescope points as it should; raises as `SkyPointing.check` does."""
        if self._pointing is not None:
            self._over_link(self._pointing.check)

    def rest(self) -> None:
        """Have it not track while nothing is exposed."""
        if self._pointing is not None and self._touched:
            self._over_link(self._pointing.rest)

    def leave(self) -> DeviceError | None:
        """Leave the mount with its tracking off; return why that could not be done."""
        if self._pointing is None or not self._touched:
            return None
        self.left = MountState.UNKNOWN
        if used := self._used_by_others():
            # Its frames would be spoilt; who takes the camera has the mount as well.
            left = Fault(self._pointing.name, f"is left as it is: {used.device} {used.what}")
            self._tell_fault(left, True)
            return None
        with self._signals.held():
            failure = self._end(self._pointing)
        if failure is not None:
            self._tell_fault(failure, False)
        return failure

    def _make_ready(self, closes: Callable[[], datetime], *, to_expose: bool) -> None:
        safety, pointing = self._context.safety, self._pointing
        if pointing is not None and self._touched and safety.unmet():
            pointing.rest()
        safety.check()
        if pointing is None:
            return
        ensure_free = partial(self._context.recovery.retry, self._context.rig.ensure_free)
        if not self._begun:
            ensure_free()
            self._touched = True
            pointing.begin(closes())
            self._begun = True
        if to_expose:
            # Nor is the telescope moved in front of another program's exposure.
            ensure_free()
            self.here = pointing.before_frame()

    def _over_link(self, do: Callable[[], T]) -> T:
        name = self._pointing.name if self._pointing is not None else ""
        return self._context.recovery.over_link(do, name)

    def _used_by_others(self) -> InUse | None:
        with suppress(DeviceError):
            return in_use(self._context.rig.camera)
        return None

    def _end(self, pointing: SkyPointing) -> DeviceError | None:
        failure: DeviceError | None = None
        for pause_s in REOPEN_WAITS_S:
            self._context.clock.sleep(pause_s)
            try:
                self.left = pointing.end()
            except DeviceError as error:
                failure = error
                if error.device == pointing.name and not isinstance(error, Unreachable):
                    return failure
            else:
                return None
        return failure
