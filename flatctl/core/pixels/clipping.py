"""Means of a stack of frames, pixel by pixel, that no cosmic ray and no star pulls away."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.ordering import Floats, deviation, in_order, middle

SIGMAS = 4.0
"""A value farther than this from its pixel's centre, in units of the spread, is not averaged."""
SKY_SIGMAS = 3.0
"""The same for frames with stars in them, whose light is to go."""
_MAD_TO_STD = 1.4826  # of a normal distribution
_LEAST = 3  # Of two values nobody can say which is wrong.


def median(stack: Floats) -> Floats:
    """Return the median of each pixel of a stack of shape (frames, pixels)."""
    return middle(in_order([row.copy() for row in stack]))


def clipped_mean(stack: Floats, floor: Floats) -> tuple[Floats, int]:
    """Return the mean of each pixel without what lies far off, and how many values that was.

    `stack` has the shape (frames, pixels); far off is `SIGMAS` from the median. The spread is at
    least `floor`, which is what neighbouring pixels have: the deviation of a few values may be
    small by chance, and then good ones were thrown away. One pass is enough, as no outlier has
    moved the median.
    """
    if len(stack) < _LEAST:
        return _total(stack) / np.float32(len(stack)), 0
    ordered = in_order([row.copy() for row in stack])
    about = middle(ordered)
    width = spread(ordered, about, floor)
    low, high = about - width * SIGMAS, about + width * SIGMAS
    odd = np.flatnonzero((ordered[0] < low) | (ordered[-1] > high))
    part = stack[:, odd]
    return _mean(stack, about, odd, (part >= low[odd]) & (part <= high[odd]))


def mean_without_stars(stack: Floats, floor: Floats) -> tuple[Floats, int]:
    """Return the mean of each pixel without stars, and how many values were left out, as above.

    Many of the values may be odd, all of them brighter: these go first, and then what is
    `SKY_SIGMAS` from the mean of the rest.
    """
    if len(stack) < _LEAST:
        return _total(stack) / np.float32(len(stack)), 0
    ordered = in_order([row.copy() for row in stack])
    about = middle(ordered)
    width = spread(ordered, about, floor)
    top = about + width * SKY_SIGMAS
    others = _total(stack).astype(np.float64) / len(stack)
    starry = np.flatnonzero(ordered[-1] > top)
    total, count = _kept(stack[:, starry], stack[:, starry] <= top[starry])
    others[starry] = total.astype(np.float64) / count
    low, high = others - width * SKY_SIGMAS, others + width * SKY_SIGMAS
    odd = np.flatnonzero((ordered[0] < low) | (ordered[-1] > np.minimum(high, top)))
    part = stack[:, odd]
    keep = (part <= top[odd]) & (part >= low[odd]) & (part <= high[odd])
    return _mean(stack, about, odd, keep)


def spread(ordered: Sequence[Floats], about: Floats, floor: Floats | float) -> Floats:
    """Return the standard deviation of rows that ascend by their median distance, or the floor."""
    own: Floats = np.maximum(np.float32(_MAD_TO_STD) * deviation(ordered, about), floor)
    return own


def common_noise(stack: Floats) -> float:
    """Return the standard deviation that most pixels of the stack have; NaN for a single frame.

    It is the median of the pixels' variances over that of a chi-square distribution
    (Wilson and Hilferty, PNAS 17, 684, 1931), so that the few odd pixels don't count.
    """
    freedom = len(stack) - 1
    if freedom < 1:
        return math.nan
    variance = float(np.median(stack.var(axis=0, ddof=1)))
    return math.sqrt(variance / (1 - 2 / (9 * freedom)) ** 3)


def _mean(
    stack: Floats, about: Floats, odd: NDArray[np.intp], keep: NDArray[np.bool_]
) -> tuple[Floats, int]:
    """Return the mean of each pixel, of the `odd` ones of the values to `keep`.

    Where no value is to be kept it is what the pixel has `about`. Beside it how many were left out.
    """
    mean: Floats = _total(stack)
    mean /= np.float32(len(stack))
    total, count = _kept(stack[:, odd], keep)
    found = count > 0
    mean[odd] = np.where(found, total / np.maximum(count, 1).astype(np.float32), about[odd])
    return mean, keep.size - int(count.sum())


def _kept(part: Floats, keep: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.intp]]:
    return _total(np.where(keep, part, np.float32(0))), np.count_nonzero(keep, axis=0)


def _total(stack: Floats) -> Floats:
    """Add frame after frame, so that the result does not depend on how many pixels there are."""
    total: Floats = stack[0].copy()
    for row in stack[1:]:
        total += row
    return total
