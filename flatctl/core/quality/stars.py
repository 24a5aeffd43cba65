"""Stars that stand on the same pixels in every flat of a set: the mount tracked, and nothing moved.

Looked for in the master: what moved from frame to frame is no longer in it. A star is brighter than
the light around it, whose shape is that of a point. Dust is darker, and the middle of its ring is
no brighter than what lies outside; a hot pixel is one pixel.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from flatctl.core.quality.findings import Spot

Floats = NDArray[np.float32]

# Fewer are no proof: a sensor may have some such places of its own, the more the larger it is.
_LEAST, _PX_EACH = 4, 4_000_000
_ROWS_AT_A_TIME = 512
_NEAR_PX, _FAR_PX = 6, 14
_SIGMAS, _LEAST_FRAC = 6.0, 0.005
_MAD_TO_STD = 1.4826
# Of a star's height: what the light around it may differ by, and what so many of its pixels have.
_RING_FRAC, _WIDE_PX, _WIDE_FRAC = 0.4, 4, 0.12
_AROUND = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if down or right]


def standing_stars(master: Floats) -> tuple[Spot, ...]:
    """Return the stars of a master of shape (rows, cols), 1 on average, the brightest first.

    Their `depth_frac` is negative, as they are brighter. None where they are too few to be stars.
    """
    rows, cols = master.shape
    if min(rows, cols) <= 4 * _FAR_PX:
        return ()
    found: list[Spot] = []
    for first in range(0, rows, _ROWS_AT_A_TIME):
        top = max(0, first - _FAR_PX - 2)
        part = master[top : first + _ROWS_AT_A_TIME + _FAR_PX + 2]
        found += [
            Spot(row + top, col, -height)
            for row, col, height in _points(part)
            if first <= row + top < first + _ROWS_AT_A_TIME
        ]
    if len(found) < max(_LEAST, master.size // _PX_EACH):
        return ()
    return tuple(sorted(found, key=lambda spot: spot.depth_frac))


def _points(light: Floats) -> Iterator[tuple[int, int, float]]:
    """Yield row, column and height of each point of light, as a fraction of what is around it."""
    mean, margin = _box(light), _FAR_PX + 2
    if min(light.shape) <= 2 * margin:
        return
    inner = _shifted(mean, margin, 0, 0)
    around = sum(_shifted(mean, margin, *shift) for shift in _four(_NEAR_PX)) / np.float32(4.0)
    excess = inner - around
    scatter = _MAD_TO_STD * float(np.median(np.abs(excess - np.median(excess))))
    bright = excess > np.maximum(_SIGMAS * scatter, _LEAST_FRAC * np.abs(around))
    for row, col in (np.argwhere(bright) + margin).tolist():
        if mean[row, col] < mean[row - 2 : row + 3, col - 2 : col + 3].max():
            continue
        near, far = (
            np.array([mean[row + down * px, col + right * px] for down, right in _AROUND])
            for px in (_NEAR_PX, _FAR_PX)
        )
        ground = float(np.median(near))
        height = float(mean[row, col]) - ground
        pixels = np.sort(light[row - 1 : row + 2, col - 1 : col + 2], axis=None) - ground
        is_alone = near.max() - ground < _RING_FRAC * height
        in_dark_ring = np.median(far) - ground > _RING_FRAC * height
        is_wide = pixels[-_WIDE_PX] > _WIDE_FRAC * pixels[-1]
        if ground > 0 and is_alone and is_wide and not in_dark_ring:
            yield row, col, height / ground


def _four(px: int) -> Iterator[tuple[int, int]]:
    return ((down * px, right * px) for down, right in _AROUND if not (down and right))


def _shifted(values: Floats, margin: int, down: int, right: int) -> Floats:
    """Return the inner part of values that are moved so far, all around `margin` less."""
    rows, cols = values.shape
    return values[margin + down : rows - margin + down, margin + right : cols - margin + right]


def _box(values: Floats) -> Floats:
    """Return the mean of each pixel with its eight neighbours; the edges are as they were."""
    mean = values.copy()
    shifts = [(0, 0), *_AROUND]
    mean[1:-1, 1:-1] = sum(_shifted(values, 1, *shift) for shift in shifts) / np.float32(9.0)
    return mean
