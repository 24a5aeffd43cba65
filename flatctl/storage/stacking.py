"""Frames averaged a few rows at a time, so that sets of any size fit into any memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import EllipsisType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.clipping import (
    SIGMAS,
    SKY_SIGMAS,
    clipped_mean,
    common_noise,
    mean_without_stars,
    median,
)
from flatctl.core.pixels.ordering import Floats
from flatctl.core.pixels.sixteen_bits import BZERO, STORED, to_stored
from flatctl.errors import StorageError
from flatctl.fits.header import NotReadable
from flatctl.images.fits_files import read_rows
from flatctl.storage.atomic import READING, storage_error

MONO = "M"
"""The pattern of a monochrome frame: one colour, on every pixel."""
# Of each value that is kept at a time: as it lies on disk, and the master dark flats'.
_BYTES_PER_VALUE = 4
# Pixels averaged at a time: few enough for a processor's cache, enough that Python costs nothing.
_TILE_PX = 16384
_NOISE_ROWS = 16

Progress = Callable[[int, int], None]
Place = tuple[EllipsisType, slice, slice]


class Method(Enum):
    """How the values of a pixel become one.

    `CLIPPED`: the mean of those within `SIGMAS` of their median. `STARS`: within `SKY_SIGMAS`, what
    is brighter first. `MEDIAN`: of few frames with stars in them, which no clipping finds.
    """

    CLIPPED = f"mean, clipped at {SIGMAS:g} sigma"
    STARS = f"mean, clipped at {SKY_SIGMAS:g} sigma, bright values first"
    MEDIAN = "median, as they are too few to clip stars"


@dataclass(frozen=True)
class Layer:
    """One frame of a stack; averaged is what its pixels have over `dark`, divided by `light_adu`.

    The file is a frame of flatctl's, whose data begin at `data_start`, None if compressed.
    `dark` is a level in ADU, or shares of master dark flats; `light_adu` is the level of each
    colour, 1 to leave it in ADU.
    """

    path: Path
    data_start: int | None
    dark: "float | Blend"
    light_adu: Mapping[str, float]


@dataclass(frozen=True)
class Dark:
    """A master dark flat on disk: its data begin at `data_start`, `level_adu` is their median."""

    path: Path
    data_start: int | None
    level_adu: float


@dataclass(frozen=True)
class Blend:
    """Master dark flats, each with the share of it that is subtracted."""

    shares: tuple[tuple[Dark, float], ...]

    @property
    def level_adu(self) -> float:
        """The level of what is subtracted."""
        return sum(share * dark.level_adu for dark, share in self.shares)


@dataclass(frozen=True)
class Stacked:
    """A clipped mean, shape (rows, cols), float32.

    By colour: `mean` of its pixels, and `noise` of one pixel of one frame. `clipped_frac` is the
    fraction of all values that were not averaged.
    """

    pixels: Floats
    mean: Mapping[str, float]
    noise: Mapping[str, float]
    clipped_frac: float


_AVERAGES: Mapping[Method, Callable[[Floats, Floats], tuple[Floats, int]]] = {
    Method.CLIPPED: clipped_mean,
    Method.STARS: mean_without_stars,
    Method.MEDIAN: lambda stack, _floor: (median(stack), 0),
}


def stack(
    layers: Sequence[Layer],
    shape: tuple[int, int],
    pattern: str,
    memory_bytes: int,
    progress: Progress | None = None,
    method: Method = Method.CLIPPED,
) -> Stacked:
    """Average frames of `shape` (rows, cols) whose colours lie in `pattern` (`MONO` or `RGGB`).

    Takes `memory_bytes` beside the result. Raises `StorageError` where a file can't be read.
    """
    rows, cols = shape
    noise = _noise(layers, shape, pattern)
    pixels = np.empty(shape, np.float32)
    clipped = 0
    height = max(2, _TILE_PX // cols // 2 * 2)
    room = np.empty((len(layers), min(height, rows), cols), np.float32)
    for first, last in _slabs(rows, cols, len(layers), memory_bytes):
        slab = _Slab.read(layers, first, last, cols)
        for top, end in _pieces(last - first, height):
            tile = room[:, : end - top]
            slab.fill(tile, top, pattern)
            floor = np.empty(tile.shape[1:], np.float32)
            for colour, place in places(pattern):
                floor[place] = noise[colour]
            averaged, left_out = _AVERAGES[method](tile.reshape(len(layers), -1), floor.ravel())
            pixels[first + top : first + end] = averaged.reshape(tile.shape[1:])
            clipped += left_out
        del slab, tile  # before as much is read again
        if progress is not None:
            progress(last, rows)
    parts: dict[str, list[Floats]] = {}
    for colour, place in places(pattern):
        parts.setdefault(colour, []).append(pixels[place])
    mean = {
        colour: sum(float(part.sum(dtype=np.float64)) for part in found)
        / sum(part.size for part in found)
        for colour, found in parts.items()
    }
    return Stacked(pixels, mean, noise, clipped / (len(layers) * pixels.size))


def places(pattern: str) -> Iterator[tuple[str, Place]]:
    """Yield each colour of a pattern with where its pixels lie, as an index of rows and columns."""
    step = 1 if pattern == MONO else 2
    for nth, colour in enumerate(pattern):
        yield colour, (..., slice(nth // 2, None, step), slice(nth % 2, None, step))


def _slabs(rows: int, cols: int, frames: int, memory_bytes: int) -> Iterator[tuple[int, int]]:
    """Yield the rows from and to which the frames are read at a time; they begin at even ones."""
    height = memory_bytes // (_BYTES_PER_VALUE * frames * cols) // 2 * 2
    yield from _pieces(rows, max(2, height))


def _pieces(rows: int, height: int) -> Iterator[tuple[int, int]]:
    for first in range(0, rows, height):
        yield first, min(rows, first + height)


def _noise(layers: Sequence[Layer], shape: tuple[int, int], pattern: str) -> dict[str, float]:
    """Return the noise of one pixel of one frame by colour, from rows in the middle."""
    rows, cols = shape
    first = max(0, (rows - _NOISE_ROWS) // 2) // 2 * 2
    last = min(rows, first + _NOISE_ROWS)
    values = np.empty((len(layers), last - first, cols), np.float32)
    _Slab.read(layers, first, last, cols).fill(values, 0, pattern)
    return {colour: common_noise(values[place]) for colour, place in places(pattern)}


@dataclass(frozen=True)
class _Slab:
    """The same rows of every layer as they lie on disk, and of each master dark flat."""

    layers: Sequence[Layer]
    frames: Sequence[NDArray[Any]]
    darks: Mapping[Path, Floats]

    @classmethod
    def read(cls, layers: Sequence[Layer], first: int, last: int, cols: int) -> Self:
        """Read rows `first` to `last`."""
        blends = [layer.dark for layer in layers if isinstance(layer.dark, Blend)]
        darks = {dark.path: dark for blend in blends for dark, _ in blend.shares}
        return cls(
            layers,
            [_rows(each.path, each.data_start, ">i2", first, last, cols) for each in layers],
            {
                path: _rows(path, dark.data_start, ">f4", first, last, cols).astype(np.float32)
                for path, dark in darks.items()
            },
        )

    def fill(self, values: Floats, top: int, pattern: str) -> None:
        """Put rows from `top` on into `values`, each layer less its dark, over its light."""
        wanted = slice(top, top + values.shape[1])
        for layer, frame, rows in zip(self.layers, self.frames, values, strict=True):
            rows[...] = frame[wanted]
            if isinstance(layer.dark, Blend):
                rows += BZERO
                for dark, share in layer.dark.shares:
                    dark_rows = self.darks[dark.path][wanted]
                    rows -= dark_rows if share == 1 else np.float32(share) * dark_rows
            else:
                rows += np.float32(BZERO - layer.dark)
            for colour, place in places(pattern):
                rows[place] /= np.float32(layer.light_adu[colour])


def _rows(
    path: Path, start: int | None, dtype: str, first: int, last: int, cols: int
) -> NDArray[Any]:
    if start is None:
        return _unpacked_rows(path, dtype, first, last)
    count, offset = (last - first) * cols, start + first * cols * np.dtype(dtype).itemsize
    try:
        found = np.fromfile(path, dtype, count, offset=offset)
    except OSError as error:
        raise storage_error(path, READING, error) from error
    if found.size < count:
        raise StorageError(f"{path}: it has become shorter while it was read; run it again")
    return found.reshape(last - first, cols)


def _unpacked_rows(path: Path, dtype: str, first: int, last: int) -> NDArray[Any]:
    try:
        pixels = read_rows(path, first, last)
    except NotReadable as error:
        raise StorageError(f"{path}: {error}") from error
    return to_stored(pixels) if dtype == STORED else pixels
