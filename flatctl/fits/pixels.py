"""The pixels of a FITS image where they lie: 8 or 16 bits, one plane, as cameras send them."""

import io
import math
from dataclasses import dataclass
from mmap import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.sixteen_bits import BZERO, STORED
from flatctl.fits.header import (
    BLOCK,
    HEADER_BLOCKS_MAX,
    Header,
    NotReadable,
    OtherFormat,
    read_header,
)

_SIDE_MAX_PX = 1 << 20


@dataclass(frozen=True)
class StoredImage:
    """An image as it is stored: `data` has shape (rows, cols), dtype >i2, or uint8.

    `unsigned` tells that 32768 has to be added.
    """

    header: Header
    data: NDArray[Any]
    unsigned: bool

    def pixels(self) -> NDArray[Any]:
        """Return 16-bit pixels: as they lie where they are unsigned ones, else ADU from 0 on."""
        return self.data if self.unsigned else np.maximum(self.data, 0).astype(np.uint16)


def decode(content: bytes | mmap) -> StoredImage:
    """Decode a whole FITS file; the pixels are a view of it.

    Raises `NotReadable`, with a message that says what is wrong, for anything else than one image
    of 8 or 16 bits per pixel: `OtherFormat` where nothing is wrong but that.
    """
    header = read_header(io.BytesIO(content[: BLOCK * HEADER_BLOCKS_MAX]))
    if header.values.get("SIMPLE") is not True:
        raise NotReadable("it says itself that it is not a FITS file")
    return stored_image(header, content, header.length)


def stored_image(header: Header, content: bytes | mmap, start: int = 0) -> StoredImage:
    """Return the image of a header, whose pixels lie in `content` from byte `start` on.

    Raises `NotReadable` as `decode` does.
    """
    if (axes := header.whole("NAXIS")) != 2:
        raise OtherFormat(f"it has {axes} axes instead of 2 (colour, or no image)")
    cols, rows = header.whole("NAXIS1"), header.whole("NAXIS2")
    if not (0 < cols <= _SIDE_MAX_PX and 0 < rows <= _SIDE_MAX_PX):
        raise NotReadable(f"a size of {cols}×{rows} makes no sense")
    bits = header.whole("BITPIX")
    if bits not in (8, 16):
        raise OtherFormat(f"it has BITPIX {bits} instead of 16")
    if (there := len(content) - start) < rows * cols * bits // 8:
        raise NotReadable(f"it is cut off: {max(there, 0)} bytes of {rows * cols * bits // 8}")
    for keyword in ("BSCALE", "BZERO"):
        # What a blank one means for the pixels is anybody's guess.
        if header.real(keyword) is None and header.has(keyword):
            raise NotReadable(f"its {keyword} is blank, not a number")
    if (scale := header.real("BSCALE")) not in (None, 1):
        raise OtherFormat(f"its BSCALE is {scale:g} instead of 1")
    zero = header.real("BZERO") or 0
    if (bits, zero) not in ((16, BZERO), (16, 0), (8, 0)):
        raise OtherFormat(f"it has BZERO {zero:g} with BITPIX {bits}")
    flat = np.frombuffer(content, STORED if bits == 16 else np.uint8, rows * cols, start)
    return StoredImage(header, flat.reshape(rows, cols), zero != 0)


# Whole numbers that are stored less than half their range are the unsigned ones of that many bits
# (FITS standard 4.0, table 11).
_UNSIGNED_ZERO = {8: -128, 16: 1 << 15, 32: 1 << 31, 64: 1 << 63}
_STORED = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_PLANES_MAX = 4
_AXES_MAX = 9


def any_image(header: Header, content: bytes) -> NDArray[Any]:
    """Return an image of any type, from its data; shape ([planes,] rows, cols), native byte order.

    BZERO and BSCALE are applied: whole numbers stay whole where only the sign is stored that way,
    else they become real, BLANK ones NaN. A single plane has no axis of its own, and colours that
    lie pixel by pixel become planes. Raises `NotReadable`.
    """
    if (axes := header.whole("NAXIS")) > _AXES_MAX:
        raise OtherFormat(f"it has {axes} axes, not rows and columns")
    shape = tuple(header.whole(f"NAXIS{n}") for n in range(axes, 0, -1))
    if any(side < 1 or side > _SIDE_MAX_PX for side in shape):
        raise NotReadable(f"a size of {'×'.join(map(str, shape[::-1]))} makes no sense")
    bits = header.whole("BITPIX")
    stored = np.frombuffer(content, _STORED[bits], math.prod(shape)).reshape(shape)
    return _scaled(header, bits, planes_first(stored))


def planes_first(stored: NDArray[Any]) -> NDArray[Any]:
    """Return an array seen with the shape of `image_shape`. Raises `OtherFormat`."""
    shape = image_shape(stored.shape)
    if len(shape) not in (2, 3):
        raise OtherFormat(f"it has {len(shape)} axes, not rows and columns")
    if shape != stored.shape[-len(shape) :]:
        return np.moveaxis(stored.reshape(stored.shape[-3:]), 2, 0)
    return stored.reshape(shape)


def image_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return ([planes,] rows, cols) of an array: a single plane has no axis, colours come first."""
    while len(shape) > 2 and shape[0] == 1:
        shape = shape[1:]
    if len(shape) == 3 and shape[2] <= _PLANES_MAX < shape[0]:
        return (shape[2], *shape[:2])
    return shape


@np.errstate(over="ignore", invalid="ignore")  # what is beyond any number is no number, not a fault
def _scaled(header: Header, bits: int, stored: NDArray[Any]) -> NDArray[Any]:
    zero, scale = header.real("BZERO") or 0.0, header.real("BSCALE")
    scale = 1.0 if scale is None else scale
    native = stored.astype(stored.dtype.newbyteorder("="), copy=True)
    if (zero, scale) == (0.0, 1.0) and "BLANK" not in header.values:
        return native
    if scale == 1.0 and bits > 0 and zero == _UNSIGNED_ZERO[bits]:
        unsigned = native.view(f"u{bits // 8}" if bits > 8 else "i1")
        # Half the range more, modulo the whole of it.
        unsigned ^= unsigned.dtype.type(1 << (bits - 1) if bits > 8 else -128)
        return unsigned
    real: NDArray[Any] = native.astype(np.float64 if abs(bits) > 16 and bits != -32 else np.float32)
    real = real * scale + zero
    if bits > 0 and isinstance(blank := header.values.get("BLANK"), int):
        real[native == blank] = np.nan
    return real
