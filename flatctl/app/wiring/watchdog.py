"""How long a run may be silent before its service counts as dead."""

from collections.abc import Callable

from flatctl.app.wiring.rig import open_timeout_s
from flatctl.engine.clock import SystemClock
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.settings.models import Settings
from flatctl.settings.plan import wanted

# Verifying the frames of an earlier run reads them all.
_READING_S = 900.0
# A mount goes to the sky by several slews at most.
_SLEWS = 4


class BeatingClock(SystemClock):
    """The computer's clock; whoever waits on it is alive and says so."""

    def __init__(self, beat: Callable[[], None]) -> None:
        self._beat = beat

    def sleep(self, seconds: float) -> None:
        """Wait for that long."""
        self._beat()
        super().sleep(seconds)


def patience_s(settings: Settings) -> float:
    """Return the longest time that can pass between two signs of life, in seconds.

    Each wait for a device has a deadline; this is their sum, the longest exposure included.
    """
    camera, wheel, mount = settings.camera, settings.wheel, settings.mount
    tables = [None, *settings.filters.values()]
    return (
        max(wanted(settings.flats, own, None).exposure_max_s for own in tables)
        + camera.readout_timeout_s
        + (camera.temperature_timeout_s if camera.temperature_c is not None else 0.0)
        + (wheel.timeout_s if wheel else 0.0)
        + 3 * open_timeout_s(settings)
        + 2 * PANEL_TIMEOUT_S
        + (_SLEWS * mount.slew_s if mount is not None and mount.move else 0.0)
        + max((t.wait_s for t in (settings.mount,) if t is not None and t.park), default=0.0)
        + _READING_S
    )
