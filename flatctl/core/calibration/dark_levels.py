"""Pedestal and light leak, with the panel off."""

from collections.abc import Callable

from flatctl.core.calibration.full_scale import USUAL_FULL_ADU
from flatctl.core.limits import Limits

_PEDESTAL_FRAMES = 3
_LEAK_EXPOSURES_S = (1.0, 10.0)
# So much more (of full scale) than the pedestal, and a longer exposure would come near to the end.
_BRIGHT_FRAC = 0.03


def short_level(limits: Limits, dark: Callable[[float], float]) -> float:
    """Return the level (ADU) of the shortest exposure."""
    levels = sorted(dark(limits.shortest_s) for _ in range(_PEDESTAL_FRAMES))
    return levels[_PEDESTAL_FRAMES // 2]


def leak(limits: Limits, short_adu: float, dark: Callable[[float], float]) -> float:
    """Return by how much the level grows in a second (ADU) without light, never below 0.

    A frame of a second tells, and then a long one unless that would come near to full scale.
    """
    leak_adu_s, done_s = 0.0, limits.shortest_s
    for exposure_s in map(limits.exposure, _LEAK_EXPOSURES_S):
        if exposure_s > done_s:
            level_adu = dark(exposure_s)
            leak_adu_s = max(0.0, (level_adu - short_adu) / (exposure_s - limits.shortest_s))
            if level_adu > short_adu + _BRIGHT_FRAC * USUAL_FULL_ADU:
                break
            done_s = exposure_s
    return leak_adu_s
