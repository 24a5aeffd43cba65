"""Why a search or a set ended without its frames: the last figures and the mend, in plain words."""

from collections.abc import Sequence
from math import log2, sqrt

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search.evidence import Judged
from flatctl.core.types import Outcome, Setting

Span = tuple[float, float]

# Two levels this near (a ratio) are the same.
_SAME_FRAC = 0.01
# An exposure foretold within this (a ratio) is as good as known.
_KNOWN = 1.25
_PAPER = "put a sheet of white paper over the panel"
_UNLIT = "see whether the panel is lit, in front of the telescope, and the cover open"


def too_dim(frames: Sequence[Judged], band: Band, limits: Limits, enough_s: Span) -> str:
    """Return why even the most light is too little; an exposure within `enough_s` would do."""
    last = max(frames, key=lambda f: (f.level_adu, f.exposure_s, f.brightness))
    seen = f"Too dim: {_frame(last, band)}, and the band starts at {_level(band.low_adu, band)}."
    plateau = _plateau(frames, band)
    if plateau is not None:
        return (
            f"{seen} The level stays at {plateau:.0f} ADU however much light there is, as if the "
            f"camera delivered {log2(plateau + 1):.0f} bits: set camera.full_scale_adu to that."
        )
    if deaf(frames):
        times = {f.exposure_s for f in frames}
        idle = "Brightness changes next to nothing"
        if len(times) > 1 and _same([f.level_adu for f in frames]):
            idle = "Brightness and exposure change nothing"
        return f"{seen} {idle}: {_UNLIT}."
    if enough_s[0] < 1000 * limits.longest_s:
        return f"{seen} Raise exposure_s.max to {_span(enough_s, 1.05)}."
    return f"{seen} There is next to no light: {_UNLIT}."


def too_bright(frames: Sequence[Judged], band: Band, limits: Limits, enough_s: Span) -> str:
    """Return why even the least light is too much; an exposure within `enough_s` would do."""
    last = min(frames, key=lambda f: (f.exposure_s, f.brightness))
    no_answer = " Brightness changes nothing: see whether the panel obeys." if deaf(frames) else ""
    to = f"below {limits.shortest_s:g} s" if last.clipped else f"to {_span(enough_s, 0.95)}"
    return (
        f"Too bright: {_frame(last, band)}, and the band ends at {_level(band.high_adu, band)}."
        f"{no_answer} {_PAPER.capitalize()}, or lower exposure_s.min {to}."
    )


def clipped_pixels(setting: Setting, level_adu: float, clipped_frac: float, band: Band) -> str:
    """Return why no level within the band keeps the pixels from clipping."""
    return (
        f"Too bright: step {setting.brightness} and {setting.exposure_s:.4g} s gave "
        f"{_level(level_adu, band)}, at the lower end of the band, and still "
        f"{100 * clipped_frac:.2f} % of the pixels clip. Lower flats.target, or see what makes "
        "part of the picture so bright."
    )


def too_coarse(frames: Sequence[Judged], band: Band) -> str:
    """Return between which two settings the band lies unreached."""
    below = max((f for f in frames if not f.bright), key=lambda f: f.brightness)
    above = min((f for f in frames if f.bright), key=lambda f: f.brightness)
    return (
        f"Steps too coarse: {_frame(below, band)}, {_frame(above, band)}, and the band from "
        f"{_level(band.low_adu, band)} to {_level(band.high_adu, band)} lies between. Allow more "
        f"exposures (exposure_s.min, exposure_s.max), widen flats.tolerance, or {_PAPER}."
    )


def unstable(frames: Sequence[Judged], band: Band, changes: Sequence[float]) -> str:
    """Return how the light changed by itself."""
    by = max((abs(change - 1) for change in changes), default=0.0)
    return (
        f"Unstable light: the level changed by up to {100 * by:.0f} % without a reason, at last "
        f"{_frame(frames[-1], band)}. Let the lamp warm up, keep stray light out, or raise "
        "panel.settle_s."
    )


def budget_spent(frames: Sequence[Judged], band: Band, trials: int) -> str:
    """Return how far a search came before its exposures were used up."""
    return (
        f"Not found within {trials} exposures: at last {_frame(frames[-1], band)}, the band goes "
        f"from {_level(band.low_adu, band)} to {_level(band.high_adu, band)}. See whether light "
        "and camera are steady, or widen flats.tolerance."
    )


def set_broken(
    outcome: Outcome, setting: Setting, level_adu: float, band: Band, kept: int, rejected: int
) -> str:
    """Return why a set could not be finished."""
    mend = {
        Outcome.TOO_DIM: "The light faded and no setting is left to make up for it: raise "
        "exposure_s.max, or let the lamp warm up.",
        Outcome.TOO_BRIGHT: "The light grew and no setting is left to make up for it: "
        f"{_PAPER}, or lower exposure_s.min.",
    }.get(
        outcome,
        "The light does not stand still: let the lamp warm up, keep stray light out, or raise "
        "panel.settle_s.",
    )
    return (
        f"{rejected} frames rejected, {kept} kept; at last step {setting.brightness} and "
        f"{setting.exposure_s:.4g} s gave {_level(level_adu, band)}, the band goes from "
        f"{_level(band.low_adu, band)} to {_level(band.high_adu, band)}. {mend}"
    )


def _frame(frame: Judged, band: Band) -> str:
    level = "full scale" if frame.clipped else _level(frame.level_adu, band)
    return f"step {frame.brightness} and {frame.exposure_s:.4g} s gave {level}"


def _level(level_adu: float, band: Band) -> str:
    return f"{level_adu:.0f} ADU ({100 * level_adu / band.full_scale_adu:.1f} %)"


def _span(seconds: Span, margin: float) -> str:
    """Return the words for an exposure known to lie within a span, with a margin (a ratio)."""
    low, high = seconds
    if high < _KNOWN * low:
        return f"about {_rounded(margin * sqrt(low * high))} s"
    return f"somewhere between {_rounded(low)} and {_rounded(high)} s"


def _rounded(seconds: float) -> str:
    return f"{float(f'{seconds:.2g}'):g}"


def deaf(frames: Sequence[Judged]) -> bool:
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


def _same(levels: Sequence[float]) -> bool:
    return max(levels) - min(levels) <= _SAME_FRAC * max(min(levels), 1.0)


def _plateau(frames: Sequence[Judged], band: Band) -> float | None:
    """Return the level that more light did not exceed, where it can't be just the pedestal."""
    top = max(frames, key=lambda f: f.level_adu)
    more_light = any(
        f.setting != top.setting and f.level_adu >= (1 - _SAME_FRAC / 10) * top.level_adu
        for f in frames
    )
    # The ceilings of 8 to 15 bits; a pedestal lies at one of them only by a rare chance.
    ends = [2.0**bits - 1 for bits in range(8, 16)]
    at_end = any(0.999 * end <= top.level_adu <= end for end in ends)
    if more_light and (at_end or top.level_adu > 0.1 * band.full_scale_adu):
        return top.level_adu
    return None
