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
VERSION = 1
_STEPS = 16_000  # of the stored figures for a light of 1: finer than the noise of any cell


@dataclass(frozen=True, eq=False)
class Shape:
    """The light on each cell of `cell_px` × `cell_px` pixels, shape (rows, cols), about 1.

    Cells hold an even number of rows and columns, so that every cell of a Bayer sensor holds
    each colour equally often and no pattern shows.
    """

    cells: Cells
    cell_px: int

    def fits(self, other: "Shape") -> bool:
        """Return whether the two are of frames of one size."""
        return self.cell_px == other.cell_px and self.cells.shape == other.cells.shape

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


def shape_of(summed: Sums, pedestal_adu: float) -> Shape:
    """Return the shape of a frame whose level without light is `pedestal_adu`."""
    pairs, across = summed.rows.shape
    half = summed.cell_px // 2
    light = summed.rows.reshape(pairs // half, half, across).mean(axis=1) - pedestal_adu
    return Shape(light / max(float(light.mean()), 1.0), summed.cell_px)


def radial_profile(shape: Shape, rings: int = 10) -> tuple[float, ...]:
    """Return the light in rings of equal width from the centre to the corners, the brightest 1.

    A ring that holds no cell gets its light from its neighbours.
    """
    rows, cols = shape.cells.shape
    y = np.arange(rows)[:, None] - (rows - 1) / 2
    x = np.arange(cols)[None, :] - (cols - 1) / 2
    radius = np.hypot(y, x)
    ring = np.minimum((radius / (radius.max() or 1.0) * rings).astype(int), rings - 1)
    there = np.unique(ring)
    medians = np.array([np.median(shape.cells[ring == each]) for each in there])
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
