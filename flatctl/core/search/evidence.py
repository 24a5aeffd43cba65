"""What the frames of a search prove, for any panel whose light grows with its steps.

Nothing here models anything. A frame that was too dim proves that no setting with less light in
both coordinates (brightness and exposure) can reach the band; a frame that was too bright proves
the same of every setting with more. The search may guess as it likes inside what is left open:
these bounds see to it that it ends, and ends right.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isfinite, sqrt

from flatctl.core.types import Setting

# A median may be this much off for noise alone before it is taken for a change of the light.
NOISE_FRAC = 0.02
# What two exposures predict about a third is believed with this factor of safety (a cold lamp
# brightens by almost half while it warms up).
GROWTH_MARGIN = 1.5
# An exposure read back or rounded may differ by this much and still be the same one.
SAME_EXPOSURE = 1e-6
# Two levels in whole ADU may be this much further apart than they seem.
ROUNDED_ADU = 1.0
# A limit so near (a ratio) ends the halving of exposures.
_NEAR = 4.0


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold what the panel and the camera can do; `exposures_s` is empty where any time goes."""

    dimmest: int
    brightest: int
    shortest_s: float
    longest_s: float
    exposures_s: tuple[float, ...] = ()

    @staticmethod
    def checked(
        brightness_range: tuple[int, int],
        exposure_range_s: tuple[float, float],
        exposures_s: Sequence[float] = (),
    ) -> "Limits":
        """Return the limits, `exposures_s` sorted and reduced to the range.

        Raises:
            ValueError: a limit is not finite, out of order, or leaves no exposure.

        """
        dimmest, brightest = brightness_range
        whole = all(isfinite(b) and b == int(b) for b in brightness_range)
        if not whole or not 0 <= dimmest <= brightest:
            raise ValueError(
                f"brightness_range must be two whole numbers, 0 <= min <= max: {brightness_range}"
            )
        shortest, longest = exposure_range_s
        if not 0 < shortest <= longest < float("inf"):
            raise ValueError(
                f"exposure_range_s must be two times in seconds, 0 < min <= max: {exposure_range_s}"
            )
        listed = tuple(sorted({float(t) for t in exposures_s}))
        within = tuple(t for t in listed if shortest <= t <= longest)
        if listed and not within:
            raise ValueError(f"none of exposures_s lies within {shortest:g}..{longest:g} s")
        if within:
            shortest, longest = within[0], within[-1]
        return Limits(int(dimmest), int(brightest), float(shortest), float(longest), within)

    def clamp(self, brightness: float, exposure_s: float) -> Setting:
        """Return the possible setting nearest to the one given."""
        step = round(min(max(brightness, self.dimmest), self.brightest))
        exposure = min(max(float(exposure_s), self.shortest_s), self.longest_s)
        if self.exposures_s:
            exposure = min(self.exposures_s, key=lambda t: abs(t / exposure - 1))
        return Setting(step, exposure)

    def between(self, low_s: float, high_s: float) -> float:
        """Return the middle (in ratio) of two exposures, or the limit among them if that is near.

        A limit is worth trying itself, while the bounds between limits were tried before.
        """
        if high_s <= _NEAR * low_s:
            for limit_s, bound_s in ((self.shortest_s, low_s), (self.longest_s, high_s)):
                if bound_s == limit_s:
                    return limit_s
        return sqrt(low_s * high_s)


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold one exposure and how it was judged.

    `bright` is the side of the band it fell on. The level of a `clipped` frame is only a lower
    bound of the light, but one not far below it if just a part of the pixels clip.
    """

    brightness: int
    exposure_s: float
    level_adu: float
    bright: bool
    clipped: bool
    partly: bool = False

    @property
    def setting(self) -> Setting:
        """Return what the frame was exposed with."""
        return Setting(self.brightness, self.exposure_s)


class Evidence:
    """Collect the frames of one search and tell what they leave open.

    A new frame that can't be squared with an older one, both panel and camera being monotone,
    means that the light itself has changed: what came before the change is forgotten.
    """

    def __init__(self, limits: Limits, noise_adu: float) -> None:
        self._limits = limits
        self._noise_adu = noise_adu
        self.frames: list[Frame] = []
        self.changes: list[float] = []
        """Ratio of new level to old of every change of the light seen."""

    def add(self, frame: Frame) -> None:
        """Take a frame in, and forget the older ones that it disproves."""
        kept: list[Frame] = []
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

    def at_best(self, brightness: int, *foreseen: Frame) -> float:
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
                if gap < 0.3 * later.exposure_s:
                    continue
                noise = 0.003 * later.level_adu + ROUNDED_ADU
                grown = max(later.level_adu - earlier.level_adu, 0.0) + noise
                best = min(best, later.level_adu + GROWTH_MARGIN * rest * grown / gap)
        return best

    def _dim(self) -> Iterator[Frame]:
        return (f for f in self.frames if not f.bright)

    def _bright(self) -> Iterator[Frame]:
        return (f for f in self.frames if f.bright)


_SLIGHTLY_LESS = 1 - SAME_EXPOSURE
_SLIGHTLY_MORE = 1 + SAME_EXPOSURE


def _exposure(frame: Frame) -> float:
    return frame.exposure_s


def _contradiction(older: Frame, newer: Frame, noise_adu: float) -> float | None:
    """Return newer/older level if no steady monotone light can have given both, else None.

    At one brightness the level grows at most in proportion to the exposure (the pedestal only
    makes it grow less), so a frame with no more brightness and a level r times higher needs an
    exposure r times longer at least.
    """
    more, less = (newer, older) if newer.level_adu > older.level_adu else (older, newer)
    if more.brightness > less.brightness or less.clipped:
        return None
    longer = max(more.exposure_s / less.exposure_s, 1.0) * (1 + NOISE_FRAC)
    if more.level_adu <= longer * less.level_adu + noise_adu:
        return None
    return newer.level_adu / max(older.level_adu, noise_adu)
