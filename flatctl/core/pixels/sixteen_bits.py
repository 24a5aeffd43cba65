"""16-bit pixels as FITS stores them: 32768 less than their ADU, signed, big-endian.

Less 32768, a 16-bit number has its highest bit turned over, and again with 32768 added: either way
is one pass over the pixels.
"""

import numpy as np
from numpy.typing import NDArray

BZERO = 32768
STORED = np.dtype(">i2")
_HIGHEST_BIT = np.uint16(0x8000)
Pixels16 = NDArray[np.uint16] | NDArray[np.int16]


def to_stored(pixels: Pixels16) -> NDArray[np.int16]:
    """Return pixels in ADU as FITS stores them, dtype >i2: a copy."""
    stored: NDArray[np.int16] = np.empty(pixels.shape, STORED)
    np.bitwise_xor(pixels, _HIGHEST_BIT, out=stored.view(">u2"))
    return stored


def to_unsigned(stored: Pixels16) -> NDArray[np.uint16]:
    """Return stored pixels of either byte order in ADU, dtype native uint16: a copy."""
    pixels: NDArray[np.uint16] = np.empty(stored.shape, np.uint16)
    np.bitwise_xor(stored.view(stored.dtype.str.replace("i", "u")), _HIGHEST_BIT, out=pixels)
    return pixels
