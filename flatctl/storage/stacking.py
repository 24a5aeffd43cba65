"""Frames averaged a few rows at a time, so that sets of any size fit into any memory.

The only file that imports ccdproc, which does the clipping and the averaging.
"""

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.clipping import SIGMAS, SKY_SIGMAS, Floats, centre, common_noise, spread
from flatctl.core.pixels.sixteen_bits import BZERO, STORED, to_stored
from flatctl.errors import StorageError, UsageError, line_to_install
from flatctl.fits.header import NotReadable
from flatctl.images.fits_files import read_rows
from flatctl.storage.atomic import READING, storage_error

MONO = "M"
"""The pattern of a monochrome frame: one colour, on every pixel."""
# Of each value in a stack, more than ccdproc and the clipping were measured to keep at a time.
_BYTES_PER_VALUE = 48
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


def ensure_ccdproc() -> None:
    """Raise `UsageError` where ccdproc is not installed."""
    if importlib.util.find_spec("ccdproc") is None:
        raise UsageError(
            f"masters are made with ccdproc, which is not installed: {line_to_install('ccdproc')}"
        )


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
    for first, last in _slabs(rows, cols, len(layers), memory_bytes):
        slab = _read(layers, first, last, cols, pattern)
        floor = np.empty(slab.shape[1:], np.float32)
        for colour, place in places(pattern):
            floor[place] = noise[colour]
        if method is Method.MEDIAN:
            pixels[first:last], left_out = centre(slab), 0
        else:
            pixels[first:last], left_out = _clipped_mean(slab, floor, method)
        clipped += left_out
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
    height = max(2, height)
    for first in range(0, rows, height):
        yield first, min(rows, first + height)


def _noise(layers: Sequence[Layer], shape: tuple[int, int], pattern: str) -> dict[str, float]:
    """Return the noise of one pixel of one frame by colour, from rows in the middle."""
    rows, cols = shape
    first = max(0, (rows - _NOISE_ROWS) // 2) // 2 * 2
    slab = _read(layers, first, min(rows, first + _NOISE_ROWS), cols, pattern)
    return {colour: common_noise(slab[place]) for colour, place in places(pattern)}


def _read(layers: Sequence[Layer], first: int, last: int, cols: int, pattern: str) -> Floats:
    """Return rows `first` to `last` of every frame, less its dark, over its light."""
    slab = np.empty((len(layers), last - first, cols), np.float32)
    known: dict[Path, Floats] = {}
    for layer, rows in zip(layers, slab, strict=True):
        rows[...] = _rows(layer.path, layer.data_start, ">i2", first, last, cols)
        if isinstance(layer.dark, Blend):
            rows += BZERO
            for dark, share in layer.dark.shares:
                if dark.path not in known:
                    start = dark.data_start
                    known[dark.path] = _rows(dark.path, start, ">f4", first, last, cols)
                rows -= known[dark.path] if share == 1 else np.float32(share) * known[dark.path]
        else:
            rows += np.float32(BZERO - layer.dark)
        for colour, place in places(pattern):
            rows[place] /= np.float32(layer.light_adu[colour])
    return slab


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


def _clipped_mean(slab: Floats, floor: Floats, method: Method) -> tuple[Floats, int]:
    """Return the mean without what lies too far off, and how many values that was."""
    from astropy.nddata import CCDData
    from ccdproc import Combiner

    combiner = Combiner([CCDData(layer, unit="adu") for layer in slab], dtype=np.float32)
    if len(slab) > 2:
        # One pass is enough, as no outlier has moved the median; unless there are many of them, all
        # brighter: these go first, and then what is too far from the mean of the rest.
        stars = method is Method.STARS
        width = spread(slab, floor)
        combiner.sigma_clipping(
            None if stars else SIGMAS,
            SKY_SIGMAS if stars else SIGMAS,
            func=lambda values, axis: centre(values),  # noqa: ARG005 because it is always the first
            dev_func=lambda *_, **__: width,
        )
        if stars:
            # What was left out is in the values that `func` is given: it is the mean of the others.
            others = np.ma.mean(combiner.data_arr, axis=0).filled(np.nan)
            combiner.sigma_clipping(
                SKY_SIGMAS,
                SKY_SIGMAS,
                func=lambda *_, **__: others,
                dev_func=lambda *_, **__: width,
            )
    mean: Floats = combiner.average_combine(uncertainty_func=_no_uncertainty).data
    return mean, int(np.count_nonzero(combiner.data_arr.mask))


def _no_uncertainty(values: Floats, axis: int) -> Floats:  # noqa: ARG001 because it is always the first
    """Save the time of a figure that nobody reads."""
    return np.zeros(values.shape[1:], np.float32)
