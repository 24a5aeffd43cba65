"""Dust that came or went, and a pattern of dust that moved as a whole."""

from dataclasses import dataclass

import numpy as np

from flatctl.core.quality.findings import Spot
from flatctl.core.quality.shape import DARK, Cells, Shape, filled, polynomial, scatter, smoothed

SPOTS_MAX = 12
_SPOT_SIGMA = 6.0
_SPOT_REACH = 3
_SURROUNDINGS = 11  # cells: larger than any shadow that is sharp enough to matter
_MOVE_MAX = 8  # cells
_MOVE_MIN = 0.25
_ALIKE_MIN = 0.35  # correlation of two patterns that are one and the same
_CLEARER_BY = 0.05
_DEGREE = 4


def spots(rest: Cells, cell_px: int, limit_frac: float) -> tuple[Spot, ...]:
    """Return the spots of a difference of shapes, the strongest first, at most twelve.

    `rest` is the difference on each cell, gradients taken out. A spot is darker or brighter than
    its surroundings by `limit_frac` on its worst cell, and by six times the noise over 3 × 3.
    """
    if min(rest.shape) < _SURROUNDINGS:
        return ()
    local = rest - smoothed(rest, _SURROUNDINGS)
    mean = smoothed(local, 3)
    # Nine cells scatter a third as much as one.
    enough = _SPOT_SIGMA * scatter(local) / 3.0
    found: list[Spot] = []
    open_ = np.abs(mean) >= enough
    while open_.any() and len(found) < SPOTS_MAX:
        row, col = np.unravel_index(int(np.where(open_, np.abs(mean), -1.0).argmax()), mean.shape)
        top, left = max(0, int(row) - 1), max(0, int(col) - 1)
        around = local[top : int(row) + 2, left : int(col) + 2]
        depth = float(around[np.unravel_index(int(np.abs(around).argmax()), around.shape)])
        if abs(depth) >= limit_frac:
            row_px, col_px = (int((place + 0.5) * cell_px) for place in (row, col))
            found.append(Spot(row_px, col_px, -depth))
        reach = _SPOT_REACH
        open_[
            max(0, int(row) - reach) : int(row) + reach + 1,
            max(0, int(col) - reach) : int(col) + reach + 1,
        ] = False
    return tuple(sorted(found, key=lambda spot: -abs(spot.depth_frac)))


@dataclass(frozen=True)
class Move:
    """How far a pattern moved, in pixels of the frame."""

    down_px: float
    right_px: float

    @property
    def length_px(self) -> float:
        """Return the way as the crow flies."""
        return float(np.hypot(self.down_px, self.right_px))


def moved(new: Shape, reference: Shape) -> Move | None:
    """Return how far the dust's pattern moved, None where it did not or where there is none.

    The two patterns are correlated (by Fourier transform) at shifts up to eight cells; the place
    of the maximum is refined by a parabola. A third of a cell is the least that is believed.
    """
    now, before = _pattern(new), _pattern(reference)
    if now is None or before is None:
        return None
    size = [2 * length for length in now.shape]
    spectrum = np.fft.rfft2(now, size) * np.conj(np.fft.rfft2(before, size))
    alike = np.fft.irfft2(spectrum, size) / (np.linalg.norm(now) * np.linalg.norm(before))
    reach = min(_MOVE_MAX, *(length // 3 for length in now.shape))
    near = np.roll(alike, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    row, col = np.unravel_index(int(near.argmax()), near.shape)
    down = int(row) - reach + _between(near[:, col], int(row))
    right = int(col) - reach + _between(near[row, :], int(col))
    peak, still = float(near[row, col]), float(near[reach, reach])
    within = float(np.hypot(down, right)) < 1.0
    clearer = within or peak > still + _CLEARER_BY
    if peak < _ALIKE_MIN or np.hypot(down, right) < _MOVE_MIN or not clearer:
        return None
    return Move(down * new.cell_px, right * new.cell_px)


def _pattern(shape: Shape) -> Cells | None:
    """Return the small structure of a shape, edges faded out; None for a tiny frame.

    The vignetting is taken out by a polynomial of the fourth degree in both directions.
    """
    cells = np.maximum(filled(shape), DARK)
    if min(cells.shape) < _SURROUNDINGS:
        return None
    small = np.where(shape.lit, cells / np.maximum(polynomial(cells, _DEGREE), DARK) - 1.0, 0.0)
    rows, cols = (np.hanning(length + 2)[1:-1] ** 0.25 for length in small.shape)
    faded: Cells = (small - small.mean()) * rows[:, None] * cols[None, :]
    return faded


def _between(values: Cells, place: int) -> float:
    """Return how far the top of a parabola through a maximum and its neighbours lies from it."""
    if not 0 < place < values.size - 1:
        return 0.0
    before, top, after = values[place - 1 : place + 2]
    bend = before - 2 * top + after
    return float(0.5 * (before - after) / bend) if bend < 0 else 0.0
