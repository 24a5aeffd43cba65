"""A look through the camera, outside a run: what one short frame shows, and all put back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from flatctl.app.wiring.rig import claim_camera, open_timeout_s
from flatctl.core.calibration.record import clear_adu
from flatctl.core.pixels.statistics import measure
from flatctl.core.types import FrameKind
from flatctl.devices.protocols import Camera, Restorable
from flatctl.engine.rig import PUT_BACK_S
from flatctl.errors import Fault
from flatctl.settings.models import Settings

LOOK_S = 1.0
_SETTINGS_S, _READ_OUT_S = 30.0, 60.0
_FULL_ADU = 65535.0
# No pedestal lies as high.
_BRIGHT_ADU = 10_000.0


@contextmanager
def looking(camera: Camera, settings: Settings) -> Iterator[Callable[[], float]]:
    """Make the camera ready as a run would, its temperature aside; give back what measures a frame.

    That returns the median (ADU) of a frame of `LOOK_S`. The camera stands as it was afterwards.
    Raises `DeviceError` where the camera can't be had.
    """
    with claim_camera(settings):
        info = camera.open(open_timeout_s(settings))
        try:
            camera.prepare(replace(settings.camera.setup, temperature_c=None), _SETTINGS_S)
            exposure_s = max(LOOK_S, info.exposure_min_s or 0.0)

            def level_adu() -> float:
                camera.start(exposure_s, FrameKind.FLAT)
                frame = camera.read(exposure_s + _READ_OUT_S)
                return measure(frame.raw, _FULL_ADU).median

            yield level_adu
        finally:
            camera.close()
            if isinstance(camera, Restorable):
                camera.put_back(PUT_BACK_S)


def seen_of(panel: str, dark_adu: float, lit_adu: float) -> str:
    """Say what the camera saw of a panel's light.

    Raises `Fault` where a frame shows no more with it than without.
    """
    more_adu = lit_adu - dark_adu
    if more_adu > clear_adu(dark_adu):
        return f"; the camera sees it ({more_adu:.0f} ADU in {LOOK_S:g} s)"
    levels = f"{lit_adu:.0f} ADU with the light on and {dark_adu:.0f} with it off"
    remedy = "is it before the telescope and powered, is the cover open, what is in the beam?"
    if dark_adu > _BRIGHT_ADU:
        remedy = "daylight or another lamp reaches the sensor: keep it out, or wait until dark"
    raise Fault(panel, f"blinks, and the camera does not see it: {levels}", remedy)
