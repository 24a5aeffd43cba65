"""The statistics of any image, channel by channel: the table that image programs show.

Unlike `flatctl.core.pixels.statistics.measure`, which is exact and quick for the 16-bit frames of a
run, this takes whatever a FITS file may hold.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.channels import COLOURS
from flatctl.core.pixels.ends import top
from flatctl.core.pixels.histogram import LEVELS, histogram
from flatctl.core.pixels.statistics import summarise

WHOLE = "all"
_DARKEST_FRAME_ADU = 16.0
# A converter's end, less what a camera takes off before it sends its pixels.
_NEAR_FULL_FRAC = 0.98
_FULL_16 = 65535


@dataclass(frozen=True)
class Survey:
    """Statistics of one channel; levels are in ADU, pixels that are not a number left out.

    `average_deviation` is the mean and `mad` the median of the absolute deviations from the
    median, neither scaled; `std` is the population standard deviation. `clipped_frac` is the
    fraction at or above full scale, `None` where nobody can say what full scale is.
    """

    count: int
    mean: float
    median: float
    average_deviation: float
    std: float
    mad: float
    min: float
    max: float
    clipped_frac: float | None

    def normalised(self, full_scale_adu: float) -> "Survey":
        """Return it with levels as fractions of full scale."""
        levels = {f.name for f in fields(self)} - {"count", "clipped_frac"}
        return replace(self, **{name: getattr(self, name) / full_scale_adu for name in levels})


@np.errstate(over="ignore", invalid="ignore")  # what is beyond any number is no number, not a fault
def survey(pixels: NDArray[Any], full_scale_adu: float | None) -> Survey:
    """Measure pixels of any shape and real dtype; levels come out in ADU.

    `full_scale_adu` is the level at which a pixel counts as clipped, `None` where unknown. Raises
    `ValueError` where there is not one finite pixel.
    """
    if not pixels.size:
        raise ValueError("there is no pixel in it")
    if pixels.dtype.kind in "iu" and pixels.dtype.itemsize <= 2:
        return _of_few_levels(pixels, full_scale_adu)
    values = pixels.ravel()
    if values.dtype.kind == "f":
        finite = np.isfinite(values)
        values = values if finite.all() else values[finite]
    if not values.size:
        raise ValueError("there is no pixel in it that is a number")
    median = float(np.median(values))
    # Signed, since deviations of unsigned numbers would wrap around.
    wide = np.float32 if values.dtype == np.float32 else np.float64
    deviations = np.abs(np.subtract(values, median, dtype=wide))
    clipped = None
    if full_scale_adu is not None:
        clipped = int(np.count_nonzero(values >= full_scale_adu)) / values.size
    return Survey(
        count=int(values.size),
        mean=float(np.mean(values, dtype=np.float64)),
        median=median,
        average_deviation=float(np.mean(deviations, dtype=np.float64)),
        std=float(np.std(values, dtype=np.float64)),
        mad=float(np.median(deviations)),
        min=float(values.min()),
        max=float(values.max()),
        clipped_frac=clipped,
    )


def _of_few_levels(pixels: NDArray[Any], full_scale_adu: float | None) -> Survey:
    """Measure whole numbers of up to 16 bits by their histogram: exactly, and in little memory."""
    bits = 8 * pixels.dtype.itemsize
    lowest = -(1 << (bits - 1)) if pixels.dtype.kind == "i" else 0
    # Less the lowest one, which for whole numbers is the other sign.
    shifted = pixels.view(f"u{bits // 8}") ^ (1 << (bits - 1)) if lowest else pixels
    counts = histogram(shifted.astype(np.uint16, copy=False))
    full_scale = LEVELS if full_scale_adu is None else full_scale_adu - lowest
    found = summarise(counts, full_scale)
    deviations = np.abs(np.arange(LEVELS) - found.median)
    known = asdict(found)
    figures = {field.name: known[field.name] for field in fields(Survey) if field.name in known}
    figures["average_deviation"] = float(counts @ deviations) / found.count
    for name in ("mean", "median", "min", "max"):
        figures[name] += lowest
    if full_scale_adu is None:
        figures["clipped_frac"] = None
    return Survey(**figures)


def channels(pixels: NDArray[Any], pattern: str | None) -> dict[str, list[NDArray[Any]]]:
    """Return the parts of an image by the name of their channel, without copying.

    `pixels` has shape (rows, cols), or (planes, rows, cols) with three planes being R, G and B.
    `pattern` is a cell of a sensor as it lies in the array (`RGGB`, or 36 letters), whose greens
    are one channel. An image of one channel returns nothing.
    """
    if pixels.ndim > 2:
        planes = pixels.reshape(-1, *pixels.shape[-2:])
        names = COLOURS if len(planes) == len(COLOURS) else [str(n + 1) for n in range(len(planes))]
        named = zip(names, planes, strict=True) if len(planes) > 1 else ()
        return {name: [plane] for name, plane in named}
    parts: dict[str, list[NDArray[Any]]] = {}
    if pattern is not None and min(pixels.shape) >= 2:
        side = math.isqrt(len(pattern))
        for place, colour in enumerate(pattern):
            parts.setdefault(colour, []).append(pixels[place // side :: side, place % side :: side])
    order = dict.fromkeys([*COLOURS, *parts])
    return {name: parts[name] for name in order if name in parts}


def survey_channels(
    pixels: NDArray[Any], pattern: str | None, full_scale_adu: float | None
) -> Mapping[str, Survey]:
    """Measure the whole image, named `all`, and each of its channels."""
    found = {WHOLE: survey(pixels, full_scale_adu)}
    for name, parts in channels(pixels, pattern).items():
        joined = parts[0] if len(parts) == 1 else np.concatenate([part.ravel() for part in parts])
        found[name] = survey(joined, full_scale_adu)
    return found


class Guess(NamedTuple):
    """Full scale as the pixels tell it: whether anything `clips` there, and whether that is `seen`.

    What is not seen is assumed, for the type of the pixels.
    """

    adu: float
    clips: bool
    seen: bool = False


def guess_full_scale(pixels: NDArray[Any]) -> Guess:
    """Return full scale (ADU) by the pixels and their type.

    NaN where pixels need more than 16 bits: no camera's converter has so many, so the frame is a
    sum, and where it would be full nobody knows.
    Whole numbers are full at the largest one of their type, of 16 bits at most; or below that where
    pixels pile up, as those of a full camera do.
    Real ones are taken for fractions of full scale where none is brighter than a dark frame would
    be, else for ADU of 16 bits; where they exceed 1, as those of a normalised master do, nothing
    is known of clipping.
    """
    if pixels.dtype.kind in "iu":
        most = int(np.iinfo(pixels.dtype).max)
        if int(pixels.max(initial=0)) > _FULL_16:
            return Guess(math.nan, clips=False)
        if piled := _piled_adu(pixels):
            return Guess(float(piled), clips=True, seen=True)
        return Guess(float(min(most, _FULL_16)), clips=True)
    brightest = float(np.nanmax(pixels, initial=-math.inf))
    if brightest > _FULL_16:
        return Guess(math.nan, clips=False)
    if brightest > _DARKEST_FRAME_ADU:
        return Guess(float(_FULL_16), clips=True)
    return Guess(1.0, clips=brightest <= 1.0)


def _piled_adu(pixels: NDArray[Any]) -> int | None:
    """Return the level above 0 at which the brightest pixels pile up, None where they don't."""
    counts = histogram(np.clip(np.atleast_2d(pixels), 0, _FULL_16).astype(np.uint16))
    present = np.flatnonzero(counts)
    if present.size == 1:
        # One level everywhere is a full frame only where a converter ends.
        level = int(present[0])
        return level if level >= _NEAR_FULL_FRAC * ((1 << level.bit_length()) - 1) > 0xF0 else None
    end = top(counts, present) if pixels.size else None
    return end.adu if end is not None and end.frac > 0 and end.adu > 0 else None
