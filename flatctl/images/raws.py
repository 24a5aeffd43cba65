"""Raw files of DSLRs, by rawpy: the pixels of the sensor as they are, and what was set.

The only file that imports rawpy, of the extra `raw`.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from flatctl.errors import line_to_install
from flatctl.fits.header import NotReadable, OtherFormat, Value
from flatctl.images.exif import Exposure, read_exposure
from flatctl.images.facts import Facts, Format, Image, Missing
from flatctl.images.files import ensure_file, ensure_possible

if TYPE_CHECKING:
    import rawpy

_MONO = "M"
_DIGITS = 6  # of what libraw keeps as a 32-bit float


def read_facts(path: Path) -> Facts:
    """Read the size and what was set. Raises `NotReadable`, and `Missing` without rawpy."""
    with _opened(path) as raw:
        return _facts(raw, read_exposure(path))


def read_image(path: Path) -> Image:
    """Read the pixels that get light, with their levels. Raises as `read_facts`."""
    with _opened(path) as raw:
        from rawpy import RawType

        facts = _facts(raw, read_exposure(path))
        if raw.raw_type is not RawType.Flat:
            raise OtherFormat("it holds mixed colours, not what each pixel of the sensor saw")
        pixels = np.array(raw.raw_image_visible)
        cell = _cell(raw)
        blacks, white = raw.black_level_per_channel, float(raw.white_level)
        linear = raw.camera_white_level_per_channel
        return Image(
            pixels,
            facts,
            None if len(cell) == 1 else "".join(_name(raw, index) for index in cell),
            black_adu=_by_colour(raw, cell, blacks),
            white_adu=_by_colour(raw, cell, [white] * len(blacks)) if white > 0 else {},
            linear_adu=_by_colour(raw, cell, linear) if linear and min(linear) > 0 else {},
        )


@contextmanager
def _opened(path: Path) -> "Iterator[rawpy.RawPy]":
    ensure_file(path)
    try:
        import rawpy
    except ImportError:
        raise Missing(f"raw files are read with rawpy: {line_to_install('rawpy')}") from None
    raw = rawpy.RawPy()
    try:
        raw.open_file(str(path))
        yield raw
    except rawpy.LibRawError as error:
        raise NotReadable(f"it is damaged, or not a raw file: {_words(error)}") from None
    finally:
        raw.close()


def _words(error: Exception) -> str:
    """Return what libraw says, which comes as bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("ascii", "replace") if isinstance(said, bytes) else str(said)


def _facts(raw: "rawpy.RawPy", told: Exposure) -> Facts:
    sizes = raw.sizes
    ensure_possible(sizes.raw_width * sizes.raw_height)
    if told.is_empty:
        # What libraw knows of the rest; asked for it, rawpy reads all pixels.
        other = raw.other
        told = Exposure(
            told.model,
            told.exposure_s or _known(other.shutter_speed),
            told.iso or round(_known(other.iso_speed) or 0) or None,
            told.f_number or _known(other.aperture),
            told.taken,
        )
    values: dict[str, Value | None] = {
        "INSTRUME": told.model,
        "EXPTIME": told.exposure_s,
        "ISOSPEED": told.iso,
        "FOCRATIO": told.f_number,
        "DATE-LOC": told.taken,
    }
    known = {name: value for name, value in values.items() if value is not None}
    return Facts(Format.RAW, known, (sizes.height, sizes.width))


def _known(value: float) -> float | None:
    return float(f"{value:.{_DIGITS}g}") if math.isfinite(value) and value > 0 else None


def _cell(raw: "rawpy.RawPy") -> list[int]:
    """Return the colours of a cell by their number, from the first pixel that gets light."""
    side = 1 if raw.raw_pattern is None or raw.num_colors == 1 else len(raw.raw_pattern)
    top, left = raw.sizes.top_margin, raw.sizes.left_margin
    return [raw.raw_color(top + row, left + col) for row in range(side) for col in range(side)]


def _name(raw: "rawpy.RawPy", index: int) -> str:
    return raw.color_desc.decode("ascii")[index]


def _by_colour(raw: "rawpy.RawPy", cell: list[int], levels: Any) -> Mapping[str, float]:
    """Return the mean level of each colour's pixels; the two greens are one colour."""
    if len(cell) == 1:
        return {_MONO: float(levels[0])}
    found: dict[str, list[float]] = {}
    for index in cell:
        found.setdefault(_name(raw, index), []).append(float(levels[index]))
    return {colour: sum(each) / len(each) for colour, each in found.items()}
