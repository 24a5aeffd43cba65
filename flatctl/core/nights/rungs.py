"""Dark flats of the sky: each flat has an exposure of its own, so they are taken at few rungs.

What a pixel has without light grows evenly with the exposure, so between two rungs it is known.
"""

from collections.abc import Iterable
from math import ceil, floor, log

FACTOR = 1.5
# Dark current that adds less than this part of the light in so long an exposure is none: then one
# short dark flat serves all exposures.
_LONG_S, _NOTHING_FRAC = 30.0, 0.001
# More than this part of a flat's light in a frame without light, and it was not without.
_LIT_FRAC = 0.05
_DIGITS = 6
_ROUNDING = 1e-6


def rungs(exposures_s: Iterable[float], shortest_s: float, longest_s: float) -> tuple[float, ...]:
    """Return the rungs on either side of each exposure, ascending, none outside the two limits."""
    found: set[float] = set()
    for each_s in exposures_s:
        place = log(each_s) / log(FACTOR)
        for step in (floor(place + _ROUNDING), ceil(place - _ROUNDING)):
            found.add(min(max(_rung(step), shortest_s), longest_s))
    return tuple(sorted(found))


def nearest_rung(exposure_s: float, shortest_s: float, longest_s: float) -> float:
    """Return the rung whose dark flats fit an exposure best if only those of one are taken."""
    return min(max(_rung(round(log(exposure_s) / log(FACTOR))), shortest_s), longest_s)


def is_lit(short: tuple[float, float], long: tuple[float, float], light_adu: float) -> bool:
    """Tell whether light reached two frames that should have none: their exposures and levels."""
    return dark_adu_s(short, long) * long[0] > _LIT_FRAC * light_adu


def is_bias_enough(short: tuple[float, float], long: tuple[float, float], light_adu: float) -> bool:
    """Tell whether exposures without light differ too little to matter for flats of that light."""
    return dark_adu_s(short, long) * _LONG_S < _NOTHING_FRAC * light_adu


def dark_adu_s(short: tuple[float, float], long: tuple[float, float]) -> float:
    """Return how fast the level grows without light: two exposures (s) and their levels (ADU)."""
    return max(0.0, long[1] - short[1]) / (long[0] - short[0]) if long[0] > short[0] else 0.0


def _rung(step: int) -> float:
    return float(f"{FACTOR**step:.{_DIGITS}g}")
