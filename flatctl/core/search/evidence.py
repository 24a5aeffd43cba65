"""What the frames of a search prove, for any panel whose light grows with its steps.

Nothing here models anything. A frame that was too dim proves that no setting with less light in
both coordinates (brightness and exposure) can reach the band; a frame that was too bright proves
the same of every setting with more. The search may guess as it likes inside what is left open:
these bounds see to it that it ends, and ends right.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flatctl.core.limits import Limits
from flatctl.core.types import Measurement

# A level may be this much off for noise alone before it is taken for a change of the light: ten
# times the scatter of a lamp, 0.2 %.
NOISE_FRAC = 0.02
# Near the dark it is rather this fraction of full scale: the read-out noise, and drifts of the
# pedestal, of the cameras we know.
NOISE_FULL_FRAC = 0.001
# What two exposures predict about a third is believed with this factor of safety (a cold lamp
# brightens by almost half while it warms up).
GROWTH_MARGIN = 1.5
# Two exposures predict a third if the longer one is this much (of itself) longer, at least: between
# nearer ones the scatter of the lamp counts for more than the light.
_GAP_MIN_FRAC = 0.3
# The growth of the level between them may be this much of the level more than was seen: scatter.
_SCATTER_FRAC = 0.003
# An exposure read back or rounded may differ by this much and still be the same one.
SAME_EXPOSURE = 1e-6
_SLIGHTLY_LESS, _SLIGHTLY_MORE = 1 - SAME_EXPOSURE, 1 + SAME_EXPOSURE
# Two levels in whole ADU may be this much further apart than they seem.
ROUNDED_ADU = 1.0
GROSS = 2.0
"""No lamp gets brighter or dimmer by this ratio between two frames; a broken frame differs so."""

# From this fraction on all pixels count as clipped: a few are always dead.
_ALL_CLIPPED = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(Measurement):
    """Hold what one exposure gave, and how it was judged.

    `bright` is the side of the band it fell on. The level of a `clipped` frame is only a lower
    bound of the light, but one not far below it if just a part of the pixels clip.
    """

    bright: bool
    clipped: bool

    @property
    def partly(self) -> bool:
        """Tell whether some pixels stayed below full scale."""
        return self.clipped_frac < _ALL_CLIPPED


class Evidence:
    """Collect the frames of one search and tell what they leave open.

    A new frame that can't be squared with an older one, both panel and camera being monotone,
    means that the light itself has changed: what came before the change is forgotten.
    """

    def __init__(self, limits: Limits, noise_adu: float) -> None:
        self._limits = limits
        self._noise_adu = noise_adu
        self.frames: list[Judged] = []
        self.changes: list[float] = []
        """Ratio of new level to old of every change of the light seen."""

    def add(self, frame: Judged) -> None:
        """Take a frame in, and forget the older ones that it disproves."""
        kept: list[Judged] = []
        changes: list[float] = []
        for older in self.frames:
            ratio = _contradiction(older, frame, self._noise_adu)
            if ratio is None:
                kept.append(older)
            else:
                kept.clear()
                changes = [ratio]
        self.changes += changes
        self.frames = [*kept, frame]

    def contradicts(self, frame: Judged) -> bool:
        """Tell whether a frame is grossly at odds with those so far: broken rather than changed."""
        ratios = (_contradiction(older, frame, self._noise_adu) for older in self.frames)
        return any(r is not None and not 1 / GROSS < r < GROSS for r in ratios)

    @property
    def swings(self) -> int:
        """Return how often the light changed by itself both ways, up and down."""
        return min(sum(c > 1 for c in self.changes), sum(c < 1 for c in self.changes))

    def open_steps(self, exposure_s: float) -> range:
        """Return the brightness steps that may still reach the band at an exposure."""
        low = max(
            (f.brightness + 1 for f in self._dim() if f.exposure_s >= exposure_s * _SLIGHTLY_LESS),
            default=self._limits.dimmest,
        )
        high = min(
            (f.brightness for f in self._bright() if f.exposure_s <= exposure_s * _SLIGHTLY_MORE),
            default=self._limits.brightest + 1,
        )
        return range(max(low, self._limits.dimmest), min(high, self._limits.brightest + 1))

    def open_exposures(self, brightness: int) -> tuple[float, float] | None:
        """Return the shortest and longest exposure (s) that may still do at a brightness."""
        low = max((f.exposure_s for f in self._dim() if f.brightness >= brightness), default=0.0)
        high = min(
            (f.exposure_s for f in self._bright() if f.brightness <= brightness),
            default=float("inf"),
        )
        limits = self._limits
        if low >= limits.longest_s * _SLIGHTLY_LESS or high <= limits.shortest_s * _SLIGHTLY_MORE:
            return None
        # A limit that was tried is a bound like any other, and must not pass for one still open.
        return max(low * _SLIGHTLY_MORE, limits.shortest_s), min(
            high * _SLIGHTLY_LESS, limits.longest_s
        )

    def at_best(self, brightness: int, *foreseen: Judged) -> float:
        """Return the highest level (ADU) that the longest exposure can give at a brightness.

        The camera is linear in time, so two exposures bound every longer one, with a margin; the
        origin counts as one, for no pedestal is negative. Infinite where nothing is known.
        `foreseen` are frames not taken yet.
        """
        frames = (*self.frames, *foreseen)
        times = sorted((f for f in frames if f.brightness >= brightness), key=_exposure)
        best = float("inf")
        for i, later in enumerate(times):
            if later.clipped:
                continue
            rest = self._limits.longest_s - later.exposure_s
            most = later.level_adu + ROUNDED_ADU / 2
            best = min(best, most * (1 + GROWTH_MARGIN * rest / later.exposure_s))
            for earlier in times[:i]:
                if earlier.brightness > later.brightness or earlier.clipped:
                    continue
                gap = later.exposure_s - earlier.exposure_s
                if gap < _GAP_MIN_FRAC * later.exposure_s:
                    continue
                noise = _SCATTER_FRAC * later.level_adu + ROUNDED_ADU
                grown = max(later.level_adu - earlier.level_adu, 0.0) + noise
                best = min(best, later.level_adu + GROWTH_MARGIN * rest * grown / gap)
        return best

    def _dim(self) -> Iterator[Judged]:
        return (f for f in self.frames if not f.bright)

    def _bright(self) -> Iterator[Judged]:
        return (f for f in self.frames if f.bright)


def _exposure(frame: Judged) -> float:
    return frame.exposure_s


def _contradiction(older: Judged, newer: Judged, noise_adu: float) -> float | None:
    """Return newer/older level if no steady monotone light can have given both, else None.

    At one brightness the level grows at most in proportion to the exposure (the pedestal only
    makes it grow less), so a frame with no more brightness and a level r times higher needs an
    exposure r times longer at least.
    """
    more, less = (newer, older) if newer.level_adu > older.level_adu else (older, newer)
    if more.brightness > less.brightness or less.clipped:
        return None
    longer = max(more.exposure_s / less.exposure_s, 1.0) * (1 + NOISE_FRAC)
    # The dimmer level may be rounded down, and a longer exposure multiplies what that took off.
    rounded_adu = ROUNDED_ADU / 2 * (longer - 1 - NOISE_FRAC)
    if more.level_adu <= longer * less.level_adu + rounded_adu + noise_adu:
        return None
    return newer.level_adu / max(older.level_adu, noise_adu)
