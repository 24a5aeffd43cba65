"""What to do next about one frame, for whoever sets light and exposure by hand.

Light scales with exposure and brightness, a level does not: the level without light is taken off
first. Where that is not known the ratio is only a bound, and where pixels are full there is none.
"""

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from flatctl.core.band import Band
from flatctl.core.shutter import Ladder, Speed, speed_of, stepped
from flatctl.core.types import Verdict

# A full frame may have had any light above full: halve it and look again.
_HALF = 0.5
# As little light (a fraction of full scale) is that of no lamp, but the noise about the pedestal.
_DARK_FRAC = 0.001
# Where nobody knows the pedestal, a level below this fraction of full scale may be nothing else: so
# high is that of some cameras.
_PEDESTAL_FRAC = 0.02


class Bound(StrEnum):
    """How a ratio is to be understood."""

    EXACT = "exact"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"


@dataclass(frozen=True, slots=True)
class Advice:
    """What a frame's level is worth, and what brings it to the target.

    `level` is a fraction of full scale, as `low` and `high` of the band are. `ratio` is by how much
    the light has to change, `None` where nothing has to or nobody can say; `bound` says how exact
    that is. `dark` frames show no light. `exposure_s` is how long it was exposed, `next_s` what
    would do instead with the same light, `None` where no exposure would or none is known; `speed`
    and `next_speed` are those as speeds of a shutter. `expected` is the level that `next_s` gives,
    a fraction of full scale, `None` where only a bound is known.
    """

    verdict: Verdict
    level: float
    low: float
    high: float
    clipped_frac: float
    ratio: float | None = None
    bound: Bound = Bound.EXACT
    dark: bool = False
    exposure_s: float | None = None
    next_s: float | None = None
    speed: Speed | None = None
    next_speed: Speed | None = None
    expected: float | None = None

    @property
    def expected_fits(self) -> bool:
        """Whether the exposure named brings the level into the band, as far as is known."""
        return self.expected is None or self.low <= self.expected <= self.high


def advise(
    band: Band,
    level_adu: float,
    clipped_frac: float,
    *,
    pedestal_adu: float | None,
    exposure_s: float | None = None,
    ladder: Ladder | None = None,
) -> Advice:
    """Return what to do about a frame whose level was held against the band.

    `pedestal_adu` is the level without light, `None` where nobody knows it. `ladder` are the only
    speeds of the camera's shutter, `None` where any exposure goes.

    Raises `ValueError` for a level or a fraction that is none.
    """
    verdict = band.judge(max(level_adu, 0.0), clipped_frac)
    known = exposure_s if exposure_s is not None and exposure_s > 0 else None
    ratio, bound, dark = _ratio(band, verdict, level_adu, pedestal_adu)
    speed = speed_of(known, ladder) if known and ladder else None
    next_s, next_speed, expected = None, None, None
    if ratio is not None and known is not None:
        if speed is not None and ladder is not None:
            next_speed = stepped(speed, ladder, ratio)
            next_s = next_speed.nominal_s if next_speed else None
            made = next_speed.real_s / speed.real_s if next_speed else None
        else:
            next_s, made = known * ratio, ratio
        if made is not None and bound is Bound.EXACT and pedestal_adu is not None:
            expected = band.frac(pedestal_adu + made * (level_adu - pedestal_adu))
    return Advice(
        verdict=verdict,
        level=band.frac(level_adu),
        low=band.low,
        high=band.high,
        clipped_frac=clipped_frac,
        ratio=ratio,
        bound=bound,
        dark=dark,
        exposure_s=known,
        next_s=next_s,
        speed=speed,
        next_speed=next_speed,
        expected=expected,
    )


def _ratio(
    band: Band, verdict: Verdict, level_adu: float, pedestal_adu: float | None
) -> tuple[float | None, Bound, bool]:
    """Return by how much the light has to change, how exact that is, and whether there is any."""
    if verdict is Verdict.ACCEPTED:
        return None, Bound.EXACT, False
    if level_adu > band.linear_adu:
        return _HALF, Bound.AT_MOST, False
    aim = band
    if verdict is Verdict.CLIPPED:
        # The level is right, and its brightest pixels are full: a little less light frees them.
        lowered = band.below(level_adu)
        if lowered is None:
            return None, Bound.EXACT, False
        aim = lowered
    dark_frac = _DARK_FRAC if pedestal_adu is not None else _PEDESTAL_FRAC
    pedestal = pedestal_adu or 0.0
    light_adu = level_adu - pedestal
    if light_adu <= dark_frac * band.full_scale_adu or aim.aim_adu <= pedestal:
        return None, Bound.EXACT, True
    ratio = (aim.aim_adu - pedestal) / light_adu
    if not isfinite(ratio):
        return None, Bound.EXACT, True
    if pedestal_adu is not None:
        return ratio, Bound.EXACT, False
    # Whatever the pedestal is, the true ratio lies further from 1.
    return ratio, Bound.AT_LEAST if ratio > 1 else Bound.AT_MOST, False
