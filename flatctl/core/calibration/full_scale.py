"""Where the camera's levels end, and how bright the panel is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf

from flatctl.core.calibration.record import clear_adu
from flatctl.core.limits import Limits

FRAMES_MAX = 24
CLIPPED_FRAC = 0.93
USUAL_FULL_ADU = 65535.0
# A level that grows by less than a hundredth while the light grows by half stands still.
_GROWTH_FRAC = 0.01
_STRIDE = 1.5
# On the way up an exposure aims so far (a ratio) past the end, by strides between these.
_PAST_THE_END, _LONGER_MIN, _LONGER_MAX = 1.3, 2.0, 16.0


@dataclass(frozen=True)
class FullScale:
    """The level at which the median stops growing, and the light of the panel at its brightest.

    `full_adu` is `None` where the longest exposure does not reach it, `light_adu_s` where even the
    shortest exposure is full.
    """

    full_adu: float | None
    light_adu_s: float | None


def find_full_scale(
    limits: Limits, start_s: float, pedestal_adu: float, lit: Callable[[float], float]
) -> FullScale:
    """Find where the levels end, from an exposure of `start_s` on, the panel at its brightest."""
    seen: list[tuple[float, float]] = []
    full_adu = light_adu_s = None
    exposure_s = limits.exposure(start_s)
    while exposure_s not in dict(seen) and len(seen) < FRAMES_MAX:
        seen = sorted([*seen, (exposure_s, lit(exposure_s))])
        full_adu = full_adu or _standing(seen, pedestal_adu)
        light_adu_s = _light(seen, pedestal_adu, full_adu or inf)
        if full_adu is None:
            exposure_s = _longer(limits, *seen[-1], pedestal_adu)
        elif light_adu_s is None:
            # All frames so far were full.
            exposure_s = limits.exposure(seen[0][0] / 4)
    return FullScale(full_adu, light_adu_s)


def _light(
    seen: Sequence[tuple[float, float]], pedestal_adu: float, full_adu: float
) -> float | None:
    """Return the light of the brightest frame that was not full."""
    below = [(t, level) for t, level in seen if level < CLIPPED_FRAC * full_adu]
    return max(below[-1][1] - pedestal_adu, 0.0) / below[-1][0] if below else None


def _standing(seen: Sequence[tuple[float, float]], pedestal_adu: float) -> float | None:
    """Return the level at which the longest exposures stand, `None` while they grow."""
    last_s, last_adu = seen[-1]
    signal_adu = last_adu - pedestal_adu
    if signal_adu < clear_adu(pedestal_adu):
        # Standing still in the dark.
        return None
    for exposure_s, level_adu in seen[:-1]:
        if last_s >= _STRIDE * exposure_s and last_adu - level_adu < _GROWTH_FRAC * signal_adu:
            return max(level for _, level in seen)
    return None


def _longer(limits: Limits, last_s: float, last_adu: float, pedestal_adu: float) -> float:
    """Return the next exposure on the way up: past the end of 16 bits, or by a stride."""
    if last_s >= limits.longest_s:
        # The longest needs one to be compared with.
        return limits.exposure(last_s / 2)
    signal_adu = max(last_adu - pedestal_adu, 1.0)
    longer = min(max(_PAST_THE_END * USUAL_FULL_ADU / signal_adu, _LONGER_MIN), _LONGER_MAX)
    return limits.exposure(longer * last_s)
