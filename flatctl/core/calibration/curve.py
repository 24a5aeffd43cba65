"""The panel's curve: its light at steps from the brightest down."""

from collections.abc import Callable

from flatctl.core.calibration.full_scale import CLIPPED_FRAC, FRAMES_MAX, USUAL_FULL_ADU
from flatctl.core.limits import Limits

# The brightest frame comes to this much of full scale.
CURVE_LEVEL_FRAC = 0.7
CURVE_STEPS = (1.0, 0.75, 0.5, 0.25, 0.125, 0.0625, 0.03)
CURVE_EXPOSURE_MAX_S = 10.0


def walk_curve(
    steps: range, full_scale_adu: float | None, lit: Callable[[int], float]
) -> tuple[tuple[int, float], ...]:
    """Walk down the panel's steps at one exposure and return (brightness, level), sorted.

    A top that clips is halved, and left out.
    """
    limit_adu = CLIPPED_FRAC * (full_scale_adu or USUAL_FULL_ADU)
    levels: dict[int, float] = {}
    brightness = top = steps[-1]
    for _ in range(FRAMES_MAX):
        level_adu = lit(brightness)
        if level_adu < limit_adu:
            levels[brightness] = level_adu
        else:
            levels = {lower: level for lower, level in levels.items() if lower < brightness}
            top = min(top, (steps[0] + brightness) // 2)
            if top >= brightness:
                break
        wanted = {steps[0] + round((top - steps[0]) * part) for part in CURVE_STEPS}
        left = wanted - levels.keys()
        if not left:
            break
        brightness = max(left)
    return tuple(sorted(levels.items()))


def curve_exposure(
    limits: Limits, light_adu_s: float | None, pedestal_adu: float, full_scale_adu: float | None
) -> float:
    """Return the exposure (s) at which the panel at its brightest comes near to full scale.

    `light_adu_s` is its light at its brightest; `None` where even the shortest exposure is full.
    """
    if light_adu_s is None:
        return limits.shortest_s
    wanted_adu = CURVE_LEVEL_FRAC * (full_scale_adu or USUAL_FULL_ADU) - pedestal_adu
    if light_adu_s <= 0 or wanted_adu <= 0:
        return limits.exposure(min(limits.longest_s, CURVE_EXPOSURE_MAX_S))
    return limits.exposure(min(wanted_adu / light_adu_s, CURVE_EXPOSURE_MAX_S))
