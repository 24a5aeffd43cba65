"""FITS files as bytes, with their checksums."""

from collections.abc import Sequence

import numpy as np

from flatctl.core.pixels.sixteen_bits import STORED, Pixels16, to_stored
from flatctl.fits.cards import header_bytes, make_card
from flatctl.fits.checksum import ALL_ONES, encode, ones_complement_sum
from flatctl.fits.header import padded


def encode_frame(pixels: Pixels16, cards: Sequence[str]) -> Sequence[bytes | memoryview]:
    """Return what `encode_data` does, of a frame of shape (rows, cols).

    Pixels of dtype >i2 are taken for what the file is to hold, 32768 less, and left where they are.
    """
    stored = pixels if pixels.dtype == STORED else to_stored(pixels)
    return encode_data(np.ascontiguousarray(stored).reshape(-1).view(np.uint8).data, cards)


def encode_data(data: memoryview, cards: Sequence[str]) -> Sequence[bytes | memoryview]:
    """Return the bytes of a FITS file: the header with its checksums, the data, the padding."""
    data_sum = ones_complement_sum(data)
    cards = [*cards, make_card("DATASUM", str(data_sum), "Sum of the data")]

    def header(checksum: str) -> bytes:
        card = make_card("CHECKSUM", checksum, "Makes the sum of the file zero")
        return header_bytes([*cards, card])

    total = ones_complement_sum(header("0" * 16), start=data_sum)
    return header(encode(ALL_ONES - total)), data, bytes(padded(len(data)) - len(data))
