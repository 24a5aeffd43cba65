"""Shutter speeds as photographers write them, and how long a shutter of that speed is open.

A camera's dial is a ladder of thirds (or halves) of a stop, each a power of two of a second. What
is written on it is rounded: 1/30 s lasts 1/32 s, 30 s last 32 s. Files tell the one or the other.
"""

from dataclasses import dataclass
from fractions import Fraction
from math import log2

# A time this near (a ratio) to a speed, as written or as it is, is that speed: files round to two
# digits.
_SAME = 1.04
_LONGEST_STOPS = 5  # 30 s: beyond it there is only "bulb"


@dataclass(frozen=True, slots=True)
class Speed:
    """One shutter speed: as it is written, and its place on the ladder in stops from one second."""

    written: Fraction
    stops: Fraction

    @property
    def nominal_s(self) -> float:
        """The seconds that are written."""
        return float(self.written)

    @property
    def real_s(self) -> float:
        """The seconds that the shutter is open."""
        return float(2.0 ** float(self.stops))

    def __str__(self) -> str:
        """Return it as photographers do: `1/40 s`, `0.3 s`, `30 s`."""
        if self.written.numerator == 1 and self.written.denominator > 3:
            return f"1/{self.written.denominator} s"
        return f"{float(self.written):g} s"

    def is_of(self, exposure_s: float) -> bool:
        """Tell whether an exposure is one of this speed, whichever way it is told."""
        return any(
            1 / _SAME <= exposure_s / each <= _SAME for each in (self.nominal_s, self.real_s)
        )


Ladder = tuple[Speed, ...]


def _ladder(parts: int, denominators: str, seconds: str) -> Ladder:
    """Return the speeds from the shortest to 30 s, `parts` to a stop."""
    texts = [f"1/{one}" for one in denominators.split()] + seconds.split()
    places = range(_LONGEST_STOPS * parts, _LONGEST_STOPS * parts - len(texts), -1)
    pairs = zip(reversed(texts), places, strict=True)
    return tuple(Speed(Fraction(text), Fraction(place, parts)) for text, place in pairs)[::-1]


THIRDS = _ladder(
    3,
    "8000 6400 5000 4000 3200 2500 2000 1600 1250 1000 800 640 500 400 320 250 200 160 125 100 80 "
    "60 50 40 30 25 20 15 13 10 8 6 5 4",
    "0.3 0.4 0.5 0.6 0.8 1 1.3 1.6 2 2.5 3.2 4 5 6 8 10 13 15 20 25 30",
)
HALVES = _ladder(
    2,
    "8000 6000 4000 3000 2000 1500 1000 750 500 350 250 180 125 90 60 45 30 20 15 10 8 6 4",
    "0.3 0.5 0.7 1 1.5 2 3 4 6 8 10 15 20 30",
)


def speed_of(exposure_s: float, ladder: Ladder) -> Speed | None:
    """Return the speed of a ladder that an exposure is, None where it is none of them."""
    if not exposure_s > 0:
        return None
    nearest = min(ladder, key=lambda speed: abs(log2(exposure_s) - float(speed.stops)))
    return nearest if nearest.is_of(exposure_s) else None


def ladder_of(exposure_s: float) -> Ladder | None:
    """Return the ladder that an exposure is a speed of, None where it is of none."""
    return next((each for each in (THIRDS, HALVES) if speed_of(exposure_s, each)), None)


def stepped(speed: Speed, ladder: Ladder, ratio: float) -> Speed | None:
    """Return the speed whose light is nearest to `ratio` times that of another one.

    None where the ladder ends before it, and where no other speed is as near as the same.
    """
    wanted = float(speed.stops) + log2(ratio)
    first, last = ladder[0], ladder[-1]
    half = float(ladder[1].stops - first.stops) / 2
    if not float(first.stops) - half <= wanted <= float(last.stops) + half:
        return None
    found = min(ladder, key=lambda each: abs(float(each.stops) - wanted))
    return None if found == speed else found
