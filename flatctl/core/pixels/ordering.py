"""The values of each pixel in order, for many pixels at once."""

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@cache
def network(count: int) -> tuple[tuple[int, int], ...]:
    """Return the pairs of places to put in order, one after the other, so that `count` values are.

    Batcher's merge exchange (Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M), for any
    count; about count * log2(count)**2 / 4 pairs.
    """
    return tuple(_merge_exchange(count))


def _merge_exchange(count: int) -> Iterator[tuple[int, int]]:
    highest = 1 << max(0, (count - 1).bit_length() - 1)
    step = highest if count > 1 else 0
    while step:
        skip, apart, odd = highest, step, 0
        while True:
            yield from ((low, low + apart) for low in range(count - apart) if (low & step) == odd)
            if skip == step:
                break
            apart, skip, odd = skip - step, skip // 2, step
        step //= 2


def in_order(rows: Sequence[Floats]) -> list[Floats]:
    """Return rows of which each column ascends; `rows`, each of shape (pixels,), are used up.

    Whole rows are compared, at the speed of memory: `numpy.sort` goes from pixel to pixel.
    """
    ordered = list(rows)
    spare = np.empty_like(ordered[0])
    for low, high in network(len(ordered)):
        np.minimum(ordered[low], ordered[high], out=spare)
        np.maximum(ordered[low], ordered[high], out=ordered[high])
        ordered[low], spare = spare, ordered[low]
    return ordered


def middle(ordered: Sequence[Floats]) -> Floats:
    """Return the median of rows that ascend, of an even number the mean of the middle two."""
    both: Floats = ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]
    both /= np.float32(2)
    return both


def deviation(ordered: Sequence[Floats], about: Floats) -> Floats:
    """Return the median distance of rows that ascend from their median `about`.

    The distances of the lower half ascend when they are read downwards, those of the upper half
    when they are read upwards: nothing is sorted once more.
    """
    count = len(ordered)
    below = [about - row for row in reversed(ordered[: count // 2])]
    above = [row - about for row in ordered[count // 2 :]]
    both = _smallest(below, above, (count - 1) // 2)
    if count % 2 == 0:
        both += _smallest(below, above, count // 2)
        both /= np.float32(2)
    return both


def _smallest(one: Sequence[Floats], other: Sequence[Floats], place: int) -> Floats:
    """Return what stands at `place` (from 0) of two lists that ascend, merged."""
    found = np.full_like(other[0], np.inf)
    for taken in range(max(0, place + 1 - len(other)), min(len(one), place + 1) + 1):
        left = place + 1 - taken
        ends = [rows[number - 1] for rows, number in ((one, taken), (other, left)) if number]
        np.minimum(found, np.maximum(*ends) if len(ends) > 1 else ends[0], out=found)
    return found
