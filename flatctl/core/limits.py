"""What the panel and the camera can do together."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log, sqrt

from flatctl.core.types import Setting

# A limit so near (a ratio) ends the halving of exposures.
_NEAR = 4.0


def nearest(possible_s: Sequence[float], wanted_s: float) -> float:
    """Return the possible exposure that is nearest in ratio, as light is."""
    return min(possible_s, key=lambda exposure_s: abs(log(exposure_s / wanted_s)))


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

    def exposure(self, wanted_s: float) -> float:
        """Return the possible exposure nearest to the one wanted."""
        within_s = min(max(float(wanted_s), self.shortest_s), self.longest_s)
        return nearest(self.exposures_s, within_s) if self.exposures_s else within_s

    def clamp(self, brightness: float, exposure_s: float) -> Setting:
        """Return the possible setting nearest to the one given."""
        allowed = round(min(max(brightness, self.dimmest), self.brightest))
        return Setting(allowed, self.exposure(exposure_s))

    def allow(self, setting: Setting) -> bool:
        """Tell whether a setting is possible."""
        return self.clamp(*setting) == setting

    def between(self, low_s: float, high_s: float) -> float:
        """Return the middle (in ratio) of two exposures, or the limit among them if that is near.

        A limit is worth trying itself, while the bounds between limits were tried before.
        """
        if high_s <= _NEAR * low_s:
            for limit_s, bound_s in ((self.shortest_s, low_s), (self.longest_s, high_s)):
                if bound_s == limit_s:
                    return limit_s
        return sqrt(low_s * high_s)
