"""Where the pixels of a frame end: light thins out towards its extremes, a clipped frame does not.

A camera that is full, whatever it claims, gives one and the same value for all that is too bright;
one whose read-out fails gives one for all that is lost. Such pixels pile up at the end of the
histogram, many times higher than at the levels beside it.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.histogram import Counts

Levels = NDArray[np.int64]

END_FRAC = 0.001
"""So many of the pixels reach the end of a frame; what lies beyond are odd ones."""

_PIXELS_MIN = 6
# A pile is so many times higher than the levels that occur beside it, and so many deviations of
# their count more.
_HIGHER, _SIGMAS, _BESIDE = 3.0, 4.0, 8
# Values fewer than these may have a common step by chance.
_VALUES_MIN = 8


class End(NamedTuple):
    """The last level (ADU) that a thousandth of the pixels reach, and the fraction piled up there.

    The fraction is 0 where they thin out towards the end.
    """

    adu: int
    frac: float


def top(counts: Counts, present: Levels) -> End:
    """Return the upper end; `present` are the levels that occur, rising."""
    return _end(counts, present[::-1])


def bottom(counts: Counts, present: Levels) -> End:
    """Return the lower end; `present` are the levels that occur, rising."""
    return _end(counts, present)


def _end(counts: Counts, inwards: Levels) -> End:
    """Return the end at which `inwards`, all levels that occur, begin."""
    there = counts[inwards]
    reached = np.cumsum(there)
    enough = max(math.ceil(END_FRAC * int(reached[-1])), _PIXELS_MIN)
    place = min(int(np.searchsorted(reached, enough)), len(inwards) - 1)
    piled, beside = int(there[place]), there[place + 1 : place + 1 + _BESIDE]
    usual = float(beside.mean()) if beside.size else 0.0
    is_pile = piled >= enough and piled > _HIGHER * usual + _SIGMAS * math.sqrt(usual)
    return End(int(inwards[place]), piled / int(reached[-1]) if is_pile else 0.0)


def step(present: Levels) -> int:
    """Return the greatest step of which all levels that occur are multiples apart, 0 for few."""
    if len(present) < _VALUES_MIN:
        return 0
    return int(np.gcd.reduce(np.diff(present)))
