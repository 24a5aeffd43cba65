"""Understand the FITS image of a driver, its pixels left where they are.

Only what INDI drivers send: one image in the primary unit, 8 or 16 bits per pixel. The bytes come
from outside, so nothing in them is believed before it is checked. Source: FITS Standard 4.0,
sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from mmap import mmap

import numpy as np
from numpy.typing import NDArray

from flatctl.devices.protocols import Frame, StoredFrame

_CARD = 80
_BLOCK = 2880
_MOST_CARDS = 36 * 200
_MOST_DIGITS = 12  # Python refuses to read numbers of thousands


@dataclass(frozen=True)
class Image:
    """A decoded image.

    `data` has shape (rows, cols) and is a view of what was decoded: dtype >i2, or uint8. With
    `offset` 32768 has to be added. `cards` are the header's 80-byte cards without END and
    padding; `keywords` are their values as written, strings unquoted.
    """

    data: NDArray[np.int16] | NDArray[np.uint8]
    offset: bool
    cards: bytes
    keywords: Mapping[str, str]

    def frame(self, exposure_s: float, started: datetime) -> Frame:
        """Return it as a frame, its pixels where they are if that is possible."""
        if self.offset:
            return StoredFrame(self.data.astype(">i2", copy=False), self.cards, exposure_s, started)
        pixels = np.maximum(self.data, 0).astype(np.uint16)
        return Frame(pixels, self.cards, exposure_s, started)

    def number(self, keyword: str) -> float | None:
        """Return a keyword's value as a number, `None` where it is none."""
        try:
            return float(self.keywords[keyword])
        except (KeyError, ValueError):
            return None


def decode(data: bytes | mmap) -> Image:
    """Decode a whole FITS file; the pixels are a view of it.

    Raises `ValueError`, with a message that says what is wrong, for anything else than one image
    of 8 or 16 bits per pixel.
    """
    cards, keywords = _header(data)
    if keywords.get("SIMPLE") != "T":
        raise ValueError("it is not FITS")
    if _whole(keywords, "NAXIS") != 2:
        raise ValueError(f"it has {keywords['NAXIS']} axes instead of 2 (colour, or no image)")
    cols, rows = _whole(keywords, "NAXIS1"), _whole(keywords, "NAXIS2")
    if not (0 < cols <= 1 << 20 and 0 < rows <= 1 << 20):
        raise ValueError(f"a size of {cols}×{rows} makes no sense")
    start = -(-(len(cards) + _CARD) // _BLOCK) * _BLOCK
    bits = _whole(keywords, "BITPIX")
    if bits not in (8, 16):
        raise ValueError(f"it has BITPIX {bits} instead of 16")
    if (there := len(data) - start) < rows * cols * bits // 8:
        raise ValueError(f"it is cut off: {max(there, 0)} bytes of {rows * cols * bits // 8}")
    if _real(keywords, "BSCALE", 1.0) != 1:
        raise ValueError(f"its BSCALE is {keywords['BSCALE']} instead of 1")
    zero = _real(keywords, "BZERO", 0.0)
    if (bits, zero) not in ((16, 32768), (16, 0), (8, 0)):
        raise ValueError(f"it has BZERO {zero:g} with BITPIX {bits}")
    flat = np.frombuffer(data, ">i2" if bits == 16 else np.uint8, rows * cols, start)
    return Image(flat.reshape(rows, cols), zero != 0, cards, keywords)


def _header(data: bytes | mmap) -> tuple[bytes, dict[str, str]]:
    keywords: dict[str, str] = {}
    for number in range(min(len(data) // _CARD, _MOST_CARDS)):
        card = data[number * _CARD : (number + 1) * _CARD]
        keyword = card[:8].decode("latin-1").rstrip()
        if number == 0 and keyword != "SIMPLE":
            raise ValueError("it is not FITS")
        if keyword == "END":
            return data[: number * _CARD], keywords
        if card[8:10] == b"= ":
            keywords.setdefault(keyword, _value(card[10:].decode("latin-1")))
    raise ValueError("its header has no end")


def _value(field: str) -> str:
    field = field.strip()
    if not field.startswith("'"):
        return field.partition("/")[0].strip()
    # A quote within a string is written twice.
    text = field[1:].replace("''", "\0").partition("'")[0]
    return text.replace("\0", "'").rstrip()


def _whole(keywords: Mapping[str, str], keyword: str) -> int:
    value = keywords.get(keyword, "")
    if not value.lstrip("+-").isdecimal():
        raise ValueError(f"its {keyword} is {value!r}, not a whole number")
    if len(value) > _MOST_DIGITS:
        raise ValueError(f"its {keyword} of {value} makes no sense")
    return int(value)


def _real(keywords: Mapping[str, str], keyword: str, missing: float) -> float:
    try:
        return float(keywords.get(keyword, missing))
    except ValueError:
        raise ValueError(f"its {keyword} is {keywords[keyword]!r}, not a number") from None
