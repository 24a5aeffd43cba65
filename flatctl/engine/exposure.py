"""An exposure under way, so that there is time for the frame before meanwhile."""

from collections.abc import Callable

from flatctl.core.types import Setting
from flatctl.devices.protocols import Frame
from flatctl.engine.clock import Clock
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig


class Exposure:
    """An exposure that `start` began with `setting`, to be read later.

    Where a device fails on the way, the rig is brought back and the exposure begun anew. Both
    the construction and `read` raise what `Recovery.surviving` does.
    """

    def __init__(
        self,
        rig: Rig,
        recovery: Recovery,
        clock: Clock,
        start: Callable[[], None],
        setting: Setting,
    ) -> None:
        self.setting = setting
        self._rig = rig
        self._recovery = recovery
        self._clock = clock
        self._start = start
        self._begun_s: float | None = recovery.surviving(self._begin)

    def read(self) -> tuple[Frame, float]:
        """Return the frame, and the middle of its exposure on the monotonic clock."""
        return self._recovery.surviving(self._read)

    def _begin(self) -> float:
        self._start()
        return self._clock.monotonic()

    def _read(self) -> tuple[Frame, float]:
        begun_s, self._begun_s = self._begun_s, None
        if begun_s is None:
            begun_s = self._begin()
        exposure_s = self.setting.exposure_s
        return self._rig.read(exposure_s), begun_s + exposure_s / 2
