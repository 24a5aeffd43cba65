"""XISF, the format of PixInsight, which N.I.N.A. can write as well: facts, and pixels.

Source: XISF 1.0, https://pixinsight.com/xisf/.
"""

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.channels import stored_pattern
from flatctl.fits.header import NotReadable, OtherFormat
from flatctl.images.blocks import check_attachment, read_block, unpacked
from flatctl.images.facts import Facts, Format, Image
from flatctl.images.files import ensure_file, ensure_possible
from flatctl.images.xisf_header import XisfHeader, geometry, read_header

_SAMPLES = {
    "UInt8": "u1",
    "UInt16": "u2",
    "UInt32": "u4",
    "UInt64": "u8",
    "Float32": "f4",
    "Float64": "f8",
}
_CELL = re.compile(r"[RGB]+")
_CELLS = {4: "2", 36: "6"}


def read_facts(path: Path) -> Facts:
    """Read what the header of the first image says. Raises `NotReadable`."""
    header = _header(path)
    check_attachment(header, path.stat().st_size)
    return _facts(header)


def read_image(path: Path) -> Image:
    """Read the first image of a file. Raises `NotReadable`, and `Missing` without lz4."""
    header = _header(path)
    facts = _facts(header)
    dtype = _dtype(header)
    block = read_block(path, header)
    if block.changed and block.compression:
        # Damage may well give an image, of wrong pixels.
        raise NotReadable("its pixels do not have their checksum: they are damaged")
    data = unpacked(block, math.prod(facts.shape) * dtype.itemsize)
    pixels = _arranged(header, np.frombuffer(data, dtype), facts.shape)
    pixels = pixels.astype(dtype.newbyteorder("="))
    pattern = _pattern(header, facts) if pixels.ndim == 2 else None
    top = _top(header, pixels)
    return Image(
        pixels,
        facts,
        pattern,
        white_adu=dict.fromkeys(pattern or "M", top) if top is not None else {},
        images=header.images,
        changed=block.changed,
        proven=block.proven,
    )


def _header(path: Path) -> XisfHeader:
    ensure_file(path)
    return read_header(path)


def _facts(header: XisfHeader) -> Facts:
    cols, rows, planes = geometry(header)
    ensure_possible(cols * rows * planes)
    shape = (rows, cols) if planes == 1 else (planes, rows, cols)
    comments = header.comments
    return Facts(Format.XISF, header.values, shape, lambda keyword: comments.get(keyword, ""))


def _dtype(header: XisfHeader) -> np.dtype[Any]:
    said = header.attributes.get("sampleFormat", "")
    if said not in _SAMPLES:
        raise OtherFormat(f"its samples are {said[:20] or 'of no kind that it tells'}: not read")
    order = ">" if header.attributes.get("byteOrder") == "big" else "<"
    return np.dtype(order + _SAMPLES[said])


def _arranged(header: XisfHeader, flat: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Return an array of `shape`; the colours lie plane by plane or pixel by pixel."""
    if header.attributes.get("pixelStorage", "Planar").lower() == "normal" and len(shape) > 2:
        return np.moveaxis(flat.reshape(*shape[1:], shape[0]), 2, 0)
    return flat.reshape(shape)


def _pattern(header: XisfHeader, facts: Facts) -> str | None:
    """Return the colours of the sensor: of the element that is for it, else as of FITS."""
    if header.cfa is None:
        return stored_pattern(facts.values, facts.shape[-2])
    pattern, width, height = header.cfa
    square = _CELLS.get(len(pattern)) == width == height
    return pattern if square and _CELL.fullmatch(pattern) else None


def _top(header: XisfHeader, pixels: NDArray[Any]) -> float | None:
    """Return the upper bound of real samples; none that is lower than the pixels themselves.

    There are programs that write levels in ADU, and 0:1 for their bounds.
    """
    if pixels.dtype.kind != "f":
        return None
    try:
        top = float(header.attributes.get("bounds", "").partition(":")[2])
    except ValueError:
        return None
    brightest = float(np.nanmax(pixels, initial=-math.inf))
    return top if math.isfinite(top) and top > 0 and brightest <= top else None
