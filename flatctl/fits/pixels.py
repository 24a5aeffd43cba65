"""The pixels of a FITS image where they lie: 8 or 16 bits, one plane, as cameras send them."""

import io
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
