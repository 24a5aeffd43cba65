"""The light across a frame, on a grid so coarse that a comparison costs nothing."""

import base64
import json
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.sixteen_bits import Pixels16, to_unsigned

Cells = NDArray[np.float64]

CELLS_ALONG = 64
DARK = 0.05
"""Cells with less light than this have no say: an obstruction, a masked edge."""

# Without a pedestal a line is unlit below this fraction of the brighter ones; one that is darker
# than this fraction of its neighbours is half unlit, or dead.
_UNLIT_FRAC, _HALF_LIT_FRAC, _NEIGHBOURS = 0.15, 0.75, 9
# From so many pairs of lines on a cell can tell which are odd, by so many deviations: a star.
_PAIRS_MIN, _ODD_SIGMA = 5, 4.0
VERSION = 1
_STEPS = 16_000  # of the stored figures for a light of 1: finer than the noise of any cell


@dataclass(frozen=True, eq=False)
class Shape:
    """The light on each cell of `cell_px` × `cell_px` pixels, shape (rows, cols), about 1.

    It is 0 where no light reaches part of a cell: overscan, a masked edge, a dead line.

    Cells hold an even number of rows and columns, so that every cell of a Bayer sensor holds
    each colour equally often and no pattern shows.
    """

    cells: Cells
    cell_px: int

    def fits(self, other: "Shape") -> bool:
        """Return whether the two are of frames of one size."""
        return self.cell_px == other.cell_px and self.cells.shape == other.cells.shape

    @property
    def lit(self) -> NDArray[np.bool_]:
        """Which cells light reaches."""
        return self.cells > DARK

    def to_json(self) -> str:
        """Return it as text of a few kilobytes."""
        stored = np.clip(np.rint(self.cells * _STEPS), 0, 65535).astype("<u2")
        packed = base64.b64encode(zlib.compress(stored.tobytes(), 9)).decode("ascii")
        rows, cols = self.cells.shape
        return json.dumps(
            {"version": VERSION, "cell_px": self.cell_px, "rows": rows, "cols": cols, "u2": packed}
        )

    @classmethod
    def from_json(cls, text: str) -> "Shape":
        """Return what `to_json` wrote.

        Raises:
            ValueError: it is of another version, or broken.

        """
        try:
            facts = json.loads(text)
            if facts["version"] != VERSION:
                raise ValueError(f"its version is {facts['version']}, not {VERSION}")
            raw = zlib.decompress(base64.b64decode(facts["u2"], validate=True))
            size = int(facts["rows"]), int(facts["cols"])
            stored = np.frombuffer(raw, "<u2").reshape(size)
            return cls(stored.astype(np.float64) / _STEPS, int(facts["cell_px"]))
        except (KeyError, TypeError, ValueError, zlib.error) as error:
            raise ValueError(f"no shape of a flat: {error}") from error


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums over a frame: `rows` of each pair of rows per column of cells, and `cols` likewise.

    Shapes: `rows` (row pairs, cell columns), `cols` (cell rows, column pairs); in mean ADU.
    """

    rows: Cells
    cols: Cells
    cell_px: int


def cell_size(rows: int, cols: int) -> int:
    """Return the side of a cell in pixels: even, at most 64 of them along the longer side."""
    return 2 * max(1, -(-max(rows, cols) // (2 * CELLS_ALONG)))


def native(pixels: Pixels16) -> NDArray[np.uint16]:
    """Return pixels as unsigned numbers in this computer's byte order, a copy if they are not."""
    if pixels.dtype.kind == "u":
        return pixels.astype(np.uint16, copy=False)
    return to_unsigned(pixels)


def sums(pixels: Pixels16) -> Sums:
    """Sum a frame of shape (rows, cols) up along its rows and its columns, band by band.

    Two numbers a pair of rows or columns and cell are all that the rest needs. Costs about 2 ns a
    pixel: 50 ms for 26 megapixels, 110 ms for 61. What fills no whole cell is left out.

    Raises:
        ValueError: the frame is smaller than one cell.

    """
    side = cell_size(*pixels.shape)
    down, across = pixels.shape[0] // side, pixels.shape[1] // side
    if not (down and across):
        raise ValueError(f"a frame of {pixels.shape} pixels is too small to have a shape")
    per_row = np.empty((down * side, across), dtype=np.uint32)
    per_col = np.empty((down, across * side), dtype=np.uint32)
    for row in range(down):
        lines = slice(row * side, (row + 1) * side)
        band = native(pixels[lines, : across * side])
        per_row[lines] = band.reshape(side, across, side).sum(axis=2, dtype=np.uint32)
        per_col[row] = band.sum(axis=0, dtype=np.uint32)
    pairs_of_rows = per_row.reshape(-1, 2, across).sum(axis=1) / (2.0 * side)
    pairs_of_cols = per_col.reshape(down, -1, 2).sum(axis=2) / (2.0 * side)
    return Sums(pairs_of_rows, pairs_of_cols, side)


@dataclass(frozen=True, eq=False)
class Lit:
    """Which pairs of rows, and of columns, light reaches: not overscan, masked and dead ones."""

    rows: NDArray[np.bool_]
    cols: NDArray[np.bool_]

    @property
    def area(self) -> tuple[slice, slice]:
        """Return the rows and columns, in pixels, from the first lit ones to the last."""
        return _span(self.rows, 2), _span(self.cols, 2)


def lit_lines(summed: Sums, pedestal_adu: float) -> Lit:
    """Return which lines of a frame are lit; all where so few would be that it is dark anyway."""
    return Lit(_lit(summed.rows, pedestal_adu), _lit(summed.cols.T, pedestal_adu))


def _lit(bands: Cells, pedestal_adu: float) -> NDArray[np.bool_]:
    """Return which pairs of lines are lit; `bands` has shape (pairs, bands)."""
    lines = np.quantile(bands, 0.75, axis=1)
    bright = float(np.quantile(lines, 0.75))
    lit = np.asarray(lines >= _UNLIT_FRAC * bright)
    lit &= lines - pedestal_adu >= DARK * (bright - pedestal_adu)
    if lit.sum() < max(len(lines) // 2, 1) or bright <= pedestal_adu:
        return np.ones_like(lit)
    # The neighbours are lit ones: beside overscan lies a pair that is half of it.
    light = lines[lit] - pedestal_adu
    reach = _NEIGHBOURS // 2
    padded = np.pad(light, reach, mode="reflect" if len(light) > reach else "edge")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(padded, _NEIGHBOURS), axis=1)
    there = np.flatnonzero(lit)
    lit[there[light < _HALF_LIT_FRAC * usual]] = False
    return lit


def _span(lit: NDArray[np.bool_], each: int) -> slice:
    there = np.flatnonzero(lit)
    return slice(each * int(there[0]), each * (int(there[-1]) + 1))


def shape_of(
    summed: Sums, pedestal_adu: float, lit: Lit | None = None, *, trails: bool = False
) -> Shape:
    """Return the shape of a frame whose level without light is `pedestal_adu`.

    Where there may be `trails` of stars they may lie along rows or columns.
    """
    pairs, across = summed.rows.shape
    half = summed.cell_px // 2
    light = _without_odd(summed.rows.reshape(pairs // half, half, across)) - pedestal_adu
    if trails:
        columns = summed.cols.reshape(pairs // half, across, half).swapaxes(1, 2)
        light = np.minimum(light, _without_odd(columns) - pedestal_adu)
    lit = lit or lit_lines(summed, pedestal_adu)
    down, over = (each.reshape(-1, half).all(axis=1) for each in (lit.rows, lit.cols))
    there = np.outer(down, over)
    mean = float(light[there].mean()) if there.any() else float(light.mean())
    return Shape(np.where(there, light, 0.0) / max(mean, 1.0), summed.cell_px)


def _without_odd(pairs: Cells) -> Cells:
    """Return the mean over the middle axis, without odd values: a star is in a few lines only."""
    if pairs.shape[1] < _PAIRS_MIN:
        return np.asarray(pairs.mean(axis=1))
    middle = np.median(pairs, axis=1, keepdims=True)
    off = np.abs(pairs - middle)
    usual = off <= _ODD_SIGMA * 1.4826 * np.median(off, axis=1, keepdims=True)
    return np.asarray((pairs * usual).sum(axis=1) / usual.sum(axis=1), np.float64)


def filled(shape: Shape) -> Cells:
    """Return the cells, those that no light reaches filled in from their neighbours."""
    cells = shape.cells.copy()
    for axis in (0, 1):
        lines, lit = np.moveaxis(cells, axis, 0), np.moveaxis(shape.lit, axis, 0)
        for nth in range(len(lines)):
            there = np.flatnonzero(lit[nth])
            if 0 < there.size < lit.shape[1]:
                gaps = np.flatnonzero(~lit[nth])
                lines[nth, gaps] = np.interp(gaps, there, lines[nth, there])
    return cells


def radial_profile(shape: Shape, rings: int = 10) -> tuple[float, ...]:
    """Return the light in rings of equal width from the centre to the corners, the brightest 1.

    The centre is that of what is lit. A ring that holds no cell gets its light from its neighbours.
    """
    lit = shape.lit
    if not lit.any():
        return (0.0,) * rings
    rows, cols = np.flatnonzero(lit.any(axis=1)), np.flatnonzero(lit.any(axis=0))
    y = np.arange(lit.shape[0])[:, None] - (rows[0] + rows[-1]) / 2
    x = np.arange(lit.shape[1])[None, :] - (cols[0] + cols[-1]) / 2
    radius, cells = np.hypot(y, x)[lit], shape.cells[lit]
    ring = np.minimum((radius / (radius.max() or 1.0) * rings).astype(int), rings - 1)
    there = np.unique(ring)
    medians = np.array([np.median(cells[ring == each]) for each in there])
    light = np.interp(np.arange(rings), there, medians / max(float(medians.max()), 1e-9))
    return tuple(float(value) for value in light)


def smoothed(cells: Cells, side: int) -> Cells:
    """Return the mean over `side` × `side` cells (`side` odd), edges mirrored."""
    reach = side // 2
    for axis in (0, 1):
        span = [(reach, reach) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(cells, span, mode="symmetric")
        windows = np.lib.stride_tricks.sliding_window_view(padded, side, axis=axis)
        cells = windows.mean(axis=-1)
    return cells


def scatter(cells: Cells) -> float:
    """Return the noise of a cell: a standard deviation that gradients and a few spots don't move.

    From the differences of neighbours, which structures larger than a cell leave alone.
    """
    steps = [np.diff(cells, axis=axis).ravel() for axis in (0, 1)]
    level = np.concatenate([each - np.median(each) for each in steps if each.size] or [np.zeros(1)])
    return float(1.4826 * np.median(np.abs(level)) / np.sqrt(2.0))


def polynomial(cells: Cells, degree: int) -> Cells:
    """Return the polynomial of that degree in each direction that fits best (least squares)."""
    smooth = cells
    for axis in (0, 1):
        length = cells.shape[axis]
        powers = np.polynomial.legendre.legvander(np.linspace(-1.0, 1.0, length), degree)
        basis = np.linalg.qr(powers[:, :length])[0]
        smooth = np.moveaxis(basis @ (basis.T @ np.moveaxis(smooth, axis, 0)), 0, axis)
    return smooth
