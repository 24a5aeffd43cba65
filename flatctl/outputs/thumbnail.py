"""A frame as a small picture: averaged down, stretched between two percentiles, with contours."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from mmap import PROT_READ, mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatctl.errors import StorageError
from flatctl.fits.header import NotReadable
from flatctl.images.files import FRAME_MAX_PX
from flatctl.outputs.png import png

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_LONGEST_PX = 420
_SMALLER = 3
_AXES_MIN, _AXES_MAX = 2, 3
_BLACK_PERCENTILE = 0.5
_WHITE_PERCENTILE = 99.5
# Contours are drawn through the means of so many cells along the longer side, smoothed.
_CELLS_ALONG = 42
_CONTOURS_MAX = 10
_CONTOUR_STEPS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
_POINTS_MIN = 4


@dataclass(frozen=True)
class Contour:
    """Where the light is `level_frac` of the brightest place's: lines of (x, y) in pixels."""

    level_frac: float
    lines: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True)
class Thumbnail:
    """A PNG, its size in pixels, and the levels in ADU that show as black and as white.

    `small_png` is the same at a third of the size. The `contours` lie on the picture, the
    brightest first; those of a file's whole level, as it says nothing of a pedestal.
    """

    png: bytes
    width_px: int
    height_px: int
    black_adu: float
    white_adu: float
    small_png: bytes
    contours: tuple[Contour, ...] = ()


def load_thumbnail(path: Path) -> Thumbnail:
    """Return the thumbnail of an image file of any format.

    Raises:
        StorageError: there is no such file, or it can't be read as a picture.

    """
    try:
        try:
            return _thumbnail(_sent_by_a_camera(path))
        except NotReadable:
            return _thumbnail(_of_any_other(path))
    except FileNotFoundError as error:
        raise StorageError(f"{path.name}: the file is not there any more") from error
    except StorageError:
        raise
    except Exception as error:
        # What a damaged file makes a library raise is nothing that anybody could list.
        raise StorageError(f"{path.name}: the file can't be read ({error})") from error


@dataclass(frozen=True)
class _Frame:
    """Shape, values of the header, and what returns the rows from one up to another in ADU.

    Cells of the sensor's colours are `cell_px` long and wide.
    """

    shape: tuple[int, ...]
    header: Mapping[str, Any]
    rows: "Callable[[int, int], NDArray[Any]]"
    cell_px: int


def _sent_by_a_camera(path: Path) -> _Frame:
    """Return a frame as cameras send them and flats are stored, which needs no astropy."""
    from flatctl.core.pixels.sixteen_bits import to_unsigned
    from flatctl.fits.pixels import decode

    # Nobody waits for a pipe, which can't be mapped.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb"):
        image = decode(mmap(descriptor, 0, prot=PROT_READ))
    data = image.data

    def rows(first: int, last: int) -> "NDArray[Any]":
        return to_unsigned(data[first:last]) if image.unsigned else data[first:last]

    values = image.header.values
    return _Frame(data.shape, values, rows, 2 if "BAYERPAT" in values else 1)


def _of_any_other(path: Path) -> _Frame:
    from flatctl.images.reading import read_image

    image = read_image(path)
    side = 1 if image.pattern is None else math.isqrt(len(image.pattern))
    pixels = image.pixels
    return _Frame(
        pixels.shape, image.facts.values, lambda first, last: pixels[..., first:last, :], side
    )


def _thumbnail(frame: _Frame) -> Thumbnail:
    import numpy as np

    if not _AXES_MIN <= len(frame.shape) <= _AXES_MAX or math.prod(frame.shape) > FRAME_MAX_PX:
        raise ValueError(f"its shape is {frame.shape}, not that of a camera's image")
    small = _average_down(frame)
    if frame.header.get("ROWORDER") == "BOTTOM-UP":
        small = small[::-1]
    black, white = (
        float(v) for v in np.nanpercentile(small, (_BLACK_PERCENTILE, _WHITE_PERCENTILE))
    )
    # A frame of one level only has nothing to stretch.
    span = white - black if white > black else 1.0
    grey = np.nan_to_num(np.clip((small - black) / span, 0.0, 1.0))
    rows, cols = grey.shape
    return Thumbnail(png(grey), cols, rows, black, white, png(_smaller(grey)), _contours(small))


def _average_down(frame: _Frame) -> "NDArray[np.float32]":
    """Return block means (rows, cols); blocks of a colour sensor hold whole cells.

    A line of blocks is read at a time, so that a large frame needs no memory of its own.
    """
    import numpy as np

    height_px, width_px = frame.shape[-2:]
    factor = max(1, -(-max(height_px, width_px) // _LONGEST_PX))
    factor += -factor % frame.cell_px
    factor = min(factor, height_px, width_px)
    rows, cols = height_px // factor, width_px // factor
    means = np.empty((rows, cols), np.float32)
    for row in range(rows):
        line = frame.rows(row * factor, (row + 1) * factor)[..., : cols * factor]
        blocks = line.reshape(-1, factor, cols, factor)
        means[row] = blocks.mean(axis=(0, 1, 3), dtype=np.float64)
    return means


def _smaller(grey: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """Return means of cells of a picture, a third of its size."""
    side = min(_SMALLER, *grey.shape)
    rows, cols = (size // side for size in grey.shape)
    cells = grey[: rows * side, : cols * side].reshape(rows, side, cols, side)
    return cells.mean(axis=(1, 3))  # type: ignore[no-any-return]


def _contours(small: "NDArray[np.float32]") -> tuple[Contour, ...]:
    """Return lines of equal light of a picture, at round fractions of its brightest place."""
    import numpy as np
    from contourpy import contour_generator

    from flatctl.core.quality.shape import smoothed

    side = max(1, -(-max(small.shape) // _CELLS_ALONG))
    rows, cols = (size // side for size in small.shape)
    if min(rows, cols) < _POINTS_MIN:
        return ()
    cells = small[: rows * side, : cols * side].reshape(rows, side, cols, side).mean(axis=(1, 3))
    smooth = smoothed(smoothed(cells, 3), 3)
    brightest = float(smooth.max())
    if not (np.isfinite(smooth).all() and brightest > 0):
        return ()
    light = np.pad(smooth / brightest, 1, mode="edge")
    levels = _levels(float(light.min()))
    if not levels:
        return ()
    # The outermost lines run to the edge of the picture, half a cell beyond the centres.
    x, y = ((np.arange(-1, size + 1) + 0.5) * side for size in (cols, rows))
    x, y = x.clip(0, small.shape[1]), y.clip(0, small.shape[0])
    drawn = contour_generator(x, y, light)
    return tuple(
        Contour(
            level,
            tuple(
                tuple((round(float(a), 1), round(float(b), 1)) for a, b in line)
                for line in map(np.asarray, drawn.lines(level))
                if len(line) >= _POINTS_MIN
            ),
        )
        for level in reversed(levels)
    )


def _levels(darkest: float) -> list[float]:
    """Return round fractions between the darkest place and 1, at most ten, ascending."""
    for step in _CONTOUR_STEPS:
        count = int((1.0 - darkest) / step)
        if count <= _CONTOURS_MAX:
            return [round(1.0 - step * n, 4) for n in range(count, 0, -1)]
    return []


Load = Callable[[Path], Thumbnail]


class FrameFolder:
    """The frames of a run folder, found there even when the folder has moved since.

    `load` makes a picture of a file.
    """

    def __init__(self, folder: Path, was: Path | None, load: Load = load_thumbnail) -> None:
        self._folder = folder
        self._was = was or Path()
        self._load = load

    def missing(self, path: Path) -> bool:
        """Return whether the file is gone."""
        return not self._find(path).is_file()

    def thumbnail(self, path: Path) -> Thumbnail:
        """Return the frame as a small picture.

        Raises:
            StorageError: the file is gone or broken.

        """
        return self._load(self._find(path))

    def _find(self, path: Path) -> Path:
        try:
            here = self._folder / path.relative_to(self._was)
        except ValueError:
            return path
        return here if here.is_file() else path
