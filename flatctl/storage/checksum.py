"""The checksums of FITS files: FITS standard 4.0, section 4.4.2.7 and appendix J."""

import numpy as np

ALL_ONES = 0xFFFFFFFF
# Punctuation that the encoding steps around: appendix J allows only digits and letters.
_PUNCTUATION = frozenset(b":;<=>?@[\\]^_`")


def ones_complement_sum(blocks: bytes | memoryview, start: int = 0) -> int:
    """Add the 32-bit big-endian words of `blocks` to `start`, carries added back in.

    The length of `blocks` is a multiple of 4, as that of FITS blocks is.
    """
    total = start + int(np.frombuffer(blocks, ">u4").sum(dtype=np.uint64))
    while total > ALL_ONES:
        total = (total & ALL_ONES) + (total >> 32)
    return total


def encode(value: int) -> str:
    """Return the 16 characters that add `value` to a sum when they stand in a CHECKSUM card."""
    columns = [_spread(byte) for byte in value.to_bytes(4, "big")]
    text = bytes(column[row] for row in range(4) for column in columns).decode("ascii")
    return text[-1] + text[:-1]  # the card's string begins one byte off a word boundary


def _spread(byte: int) -> list[int]:
    """Split a byte into four letters or digits whose offsets from '0' sum up to it."""
    quarter, rest = divmod(byte, 4)
    letters = [quarter + rest + ord("0"), *[quarter + ord("0")] * 3]
    while not _PUNCTUATION.isdisjoint(letters):
        for first in (0, 2):
            if not _PUNCTUATION.isdisjoint(letters[first : first + 2]):
                letters[first] += 1
                letters[first + 1] -= 1
    return letters
