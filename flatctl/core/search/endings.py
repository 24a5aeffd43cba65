"""Why a search or a set ended without its frames: the kind, its figures, and the proofs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search.evidence import Judged
from flatctl.core.types import Measurement, Outcome

Span = tuple[float, float]

# Two levels this near (a ratio) are the same: five times the scatter of frames, 0.2 %.
SAME_FRAC = 0.01
# A level at its ceiling scatters much less.
_CEILING_FRAC = 0.001
# A pedestal lies below this fraction of full scale.
_PEDESTAL_MAX_FRAC = 0.1
# The ceilings of 8 to 15 bits; a pedestal lies at one of them only by a rare chance.
_CEILINGS_ADU = tuple(2.0**bits - 1 for bits in range(8, 16))
# Levels that differ by less than this fraction of full scale tell no light: 20 ADU of 16 bits.
_LIT_FRAC = 0.0003
# An exposure so many times the longest allowed is no advice.
_ADVICE_MAX = 100.0


class EndingKind(StrEnum):
    """What kept a search or a set from its frames."""

    PLATEAU = "plateau"  # too dim: the level stops below the full scale that was stated
    UNRESPONSIVE = "unresponsive"  # too dim, and brightness changes nothing
    UNRESPONSIVE_TO_ALL = "unresponsive_to_all"  # too dim, nor does exposure
    NO_LIGHT = "no_light"  # too dim by far
    NEEDS_LONGER = "needs_longer"  # too dim: a longer exposure would do
    NEEDS_SHORTER = "needs_shorter"  # too bright: a shorter exposure would do
    ALWAYS_BRIGHT = "always_bright"  # too bright, and brightness changes nothing
    PIXELS_CLIP = "pixels_clip"  # part of the pixels clip even at the lower end of the band
    TOO_COARSE = "too_coarse"  # the band lies between two settings next to each other
    UNSTABLE = "unstable"  # the light changed by itself, both ways
    NOT_FOUND = "not_found"  # the exposures of the search were used up
    OTHER_LIGHT = "other_light"  # too bright, with the panel off as well
    BROKEN_FRAMES = "broken_frames"  # the camera sent frames that no light can have given
    FADED = "faded"  # during the set, and no setting makes up for it
    GREW = "grew"  # during the set, and no setting makes up for it
    UNSTEADY = "unsteady"  # during the set, too often


@dataclass(frozen=True, slots=True)
class Ending:
    """What kept a search or a set from its frames: the `band`, and the figures to tell it by.

    `brightness`, `exposure_s` and `level_adu` are those of the frame that tells most: the last, or
    the one nearest to the band (where it is too coarse, below it: `above_...` is the other one).
    An exposure between `enough_min_s` and `enough_max_s` would meet the aim; `shortest_s` is the
    shortest allowed. `clipped_frac`, `change_frac` (the greatest change of the light by itself),
    `trials`, `frames`, `kept` and `rejected` belong to their kinds.
    `lit` names a filter through which the panel was seen to shine in the same run. A `stepless`
    light has one brightness only.
    """

    kind: EndingKind
    band: Band
    figures: Mapping[str, float]
    lit: str = ""
    stepless: bool = False


def too_dim(frames: Sequence[Judged], band: Band, limits: Limits, enough_s: Span) -> Ending:
    """Return why even the most light is too little; an exposure within `enough_s` would do."""
    last = max(frames, key=lambda f: (f.level_adu, f.exposure_s, f.brightness))
    if _plateau(frames, band):
        return _ending(band, EndingKind.PLATEAU, last)
    if unresponsive(frames):
        times = {f.exposure_s for f in frames}
        if len(times) > 1 and _same([f.level_adu for f in frames]):
            return _ending(band, EndingKind.UNRESPONSIVE_TO_ALL, last)
        return _ending(band, EndingKind.UNRESPONSIVE, last)
    if enough_s[0] < _ADVICE_MAX * limits.longest_s and _is_lit(frames, band):
        return _ending(band, EndingKind.NEEDS_LONGER, last, **_enough(enough_s))
    return _ending(band, EndingKind.NO_LIGHT, last)


def too_bright(frames: Sequence[Judged], band: Band, limits: Limits, enough_s: Span) -> Ending:
    """Return why even the least light is too much; an exposure within `enough_s` would do."""
    last = min(frames, key=lambda f: (f.exposure_s, f.brightness))
    kind = EndingKind.ALWAYS_BRIGHT if unresponsive(frames) else EndingKind.NEEDS_SHORTER
    enough = {} if last.clipped else _enough(enough_s)
    return _ending(band, kind, last, shortest_s=limits.shortest_s, **enough)


def other_light(frame: Measurement, band: Band) -> Ending:
    """Return that a frame taken with the panel off is as bright as with it at its dimmest."""
    return _ending(band, EndingKind.OTHER_LIGHT, frame)


def pixels_clip(frame: Measurement, band: Band) -> Ending:
    """Return that no level within the band keeps the pixels from clipping."""
    return _ending(band, EndingKind.PIXELS_CLIP, frame, clipped_frac=frame.clipped_frac)


def too_coarse(frames: Sequence[Judged], band: Band) -> Ending:
    """Return between which two settings the band lies unreached."""
    below = max((f for f in frames if not f.bright), key=lambda f: f.brightness)
    above = min((f for f in frames if f.bright), key=lambda f: f.brightness)
    return _ending(
        band,
        EndingKind.TOO_COARSE,
        below,
        above_brightness=above.brightness,
        above_exposure_s=above.exposure_s,
        above_level_adu=above.level_adu,
    )


def unstable(frames: Sequence[Judged], band: Band, changes: Iterable[float]) -> Ending:
    """Return by how much the light changed by itself; `changes` are ratios of levels."""
    by = max((abs(change - 1) for change in changes), default=0.0)
    return _ending(band, EndingKind.UNSTABLE, frames[-1], change_frac=by)


def not_found(frames: Sequence[Judged], band: Band, trials: int) -> Ending:
    """Return how far a search came before its exposures were used up."""
    return _ending(band, EndingKind.NOT_FOUND, frames[-1], trials=trials)


def broken_frames(frame: Measurement, band: Band, count: int) -> Ending:
    """Return that `count` frames, `frame` the last, can't be those of any light."""
    return _ending(band, EndingKind.BROKEN_FRAMES, frame, frames=count)


def set_broken(outcome: Outcome, last: Measurement, band: Band, kept: int, rejected: int) -> Ending:
    """Return why a set could not be finished."""
    kinds = {Outcome.TOO_DIM: EndingKind.FADED, Outcome.TOO_BRIGHT: EndingKind.GREW}
    kind = kinds.get(outcome, EndingKind.UNSTEADY)
    return _ending(band, kind, last, kept=kept, rejected=rejected)


UNLIT = (EndingKind.NO_LIGHT, EndingKind.UNRESPONSIVE, EndingKind.UNRESPONSIVE_TO_ALL)
"""The endings of a search that saw no light of the panel."""


def _ending(band: Band, kind: EndingKind, frame: Measurement, **figures: float) -> Ending:
    brightness, exposure_s = frame.setting
    seen = {"brightness": brightness, "exposure_s": exposure_s, "level_adu": frame.level_adu}
    return Ending(kind, band, {**seen, **figures})


def _enough(seconds: Span) -> dict[str, float]:
    return {"enough_min_s": seconds[0], "enough_max_s": seconds[1]}


def unresponsive(frames: Sequence[Judged]) -> bool:
    """Tell whether the brightest and the dimmest step tried gave the same level.

    Full frames are alike whatever the light, and tell nothing.
    """
    seen = [f for f in frames if not f.clipped]
    if not seen:
        return False
    low = min(seen, key=lambda f: f.brightness)
    same_time = [f for f in seen if f.exposure_s == low.exposure_s]
    high = max(same_time, key=lambda f: f.brightness)
    return high.brightness > low.brightness and _same([low.level_adu, high.level_adu])


def _is_lit(frames: Sequence[Judged], band: Band) -> bool:
    """Tell whether the levels differ by more than noise: less foretells nothing."""
    levels = [f.level_adu for f in frames]
    spread = max(levels) - min(levels)
    return len({f.setting for f in frames}) < 2 or spread > _LIT_FRAC * band.full_scale_adu


def _same(levels: Sequence[float]) -> bool:
    return max(levels) - min(levels) <= SAME_FRAC * max(min(levels), 1.0)


def _plateau(frames: Sequence[Judged], band: Band) -> bool:
    """Tell whether more light did not exceed the highest level, and it is no mere pedestal."""
    top = max(frames, key=lambda f: f.level_adu)
    more_light = any(
        f.setting != top.setting and f.level_adu >= (1 - _CEILING_FRAC) * top.level_adu
        for f in frames
    )
    at_end = any((1 - _CEILING_FRAC) * end <= top.level_adu <= end for end in _CEILINGS_ADU)
    return more_light and (at_end or top.level_adu > _PEDESTAL_MAX_FRAC * band.full_scale_adu)
