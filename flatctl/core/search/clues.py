"""What the frames of a search tell by themselves, before any panel is supposed."""

from collections.abc import Sequence

import numpy as np

from flatctl.core.band import Band
from flatctl.core.search.evidence import ROUNDED_ADU, Judged
from flatctl.core.search.panels import TRUST, Array

# Pedestals tried, so many: fractions of the lowest level seen, and no more than this of full scale.
_TRIED = 24
_PEDESTALS = (np.arange(_TRIED) + 0.5) / _TRIED
_PEDESTAL_MAX_FRAC = 0.045
# Below this fraction of the aim at least.
_PEDESTAL_MAX_OF_AIM = 0.9
# A lowest level that settings share, below this fraction of full scale, may be all pedestal.
_DARK_FRAC = 0.15
# A level this near to the lowest, in fractions of full scale, is as dark.
_AS_DARK_FRAC = 0.003
# Exposures so far apart (a ratio) tell a rate: nearer ones would tell their noise.
_APART = 1.1
# A known pedestal is off by so many of its errors, with these odds.
_ERRORS = np.array((-1.2, 0.0, 1.2))
_ERROR_ODDS = np.array((0.25, 0.5, 0.25))
# Where every useful frame is clipped: how many times full scale the dimmest may be ...
_OVER = (1.2, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
# ... where corners stayed below full scale while the median did not, mere vignetting.
PARTLY_OVER = (1.0, 1.1, 1.2, 1.3)


def onset(frames: Sequence[Judged], full: float) -> tuple[int, int]:
    """Return the highest step seen dark and the lowest one seen lit, -1 where there is none."""
    lowest = min(f.level_adu for f in frames) + _AS_DARK_FRAC * full
    dark = [f.brightness for f in frames if f.level_adu <= lowest and not f.bright]
    lit = [f.brightness for f in frames if f.level_adu > lowest]
    return max(dark, default=-1), min(lit, default=-1)


def pedestals(
    frames: Sequence[Judged], band: Band, known: tuple[float, float] | None
) -> tuple[Array, Array]:
    """Return the pedestals tried (ADU), none above the lowest level seen, and their odds.

    Higher ones than usual are tried where frames speak for them: two exposures of one step, or a
    level that different settings share and that is rather low.
    """
    lowest = min(f.level_adu for f in frames)
    possible = min(lowest, _PEDESTAL_MAX_OF_AIM * band.aim_adu)
    most = _PEDESTAL_MAX_FRAC * band.full_scale_adu
    tried = _PEDESTALS * min(possible, most)
    seen = _by_two_exposures(frames, band.aim_adu)
    alike = {f.setting for f in frames if f.level_adu <= lowest + ROUNDED_ADU}
    if len(alike) > 1 and lowest < _DARK_FRAC * band.full_scale_adu:
        seen.append(lowest)
    tried = np.concatenate([tried, [p for p in seen if most < p <= possible]])
    odds = np.full(len(tried), 1 / len(tried))
    if known is None:
        return tried, odds
    around = np.clip(known[0] + known[1] * _ERRORS, 0.0, possible)
    return (
        np.concatenate([tried, around]),
        np.concatenate([(1 - TRUST) * odds, TRUST * _ERROR_ODDS]),
    )


def _by_two_exposures(frames: Sequence[Judged], aim_adu: float) -> list[float]:
    """Return where a line through two exposures of one step starts (ADU), for each such step."""
    found = []
    for brightness in dict.fromkeys(f.brightness for f in frames):
        clear = [f for f in frames if f.brightness == brightness and not f.clipped]
        clear.sort(key=lambda f: abs(f.level_adu - aim_adu))
        for far in clear[1:]:
            near = clear[0]
            gap_s = near.exposure_s - far.exposure_s
            rate = (near.level_adu - far.level_adu) / gap_s if gap_s else 0.0
            apart = max(near.exposure_s / far.exposure_s, far.exposure_s / near.exposure_s)
            if rate >= 0 and apart > _APART:
                found.append(near.level_adu - rate * near.exposure_s)
                break
    return found


def anchors(frames: Sequence[Judged], band: Band) -> list[tuple[int, float, float]]:
    """Return the frames that may set the scale: (index, its level in ADU, share of belief)."""
    found = []
    levels = np.array([f.level_adu for f in frames])
    linear = [i for i, f in enumerate(frames) if not f.clipped]
    if linear:
        off = np.abs(np.log(np.maximum(levels, 1.0) / band.aim_adu))
        nearest = min(reversed(linear), key=off.__getitem__)
        found.append((nearest, float(levels[nearest]), 1.0))
    over = [i for i, f in enumerate(frames) if f.clipped]
    if over and np.all(levels[linear] < _PEDESTAL_MAX_FRAC * band.full_scale_adu):
        dimmest = min(over, key=lambda i: (frames[i].exposure_s, frames[i].brightness))
        tried = PARTLY_OVER if frames[dimmest].partly else _OVER
        found += [(dimmest, band.full_scale_adu * much, 1 / len(tried)) for much in tried]
    return found
