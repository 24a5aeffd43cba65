"""A glance at a FITS file: a few values of its header, and whether the file is whole.

Reads no pixels and needs no astropy, since a season's folder holds thousands of files. Header and
data lie in blocks of 2880 bytes, headers in cards of 80 (FITS standard 4.0, chapter 3).
"""

import gzip
import math
import os
import stat
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO, cast

Value = str | float | bool

BLOCK_LENGTH = 2880
CARD_LENGTH = 80
HEADER_BLOCKS_MAX = 200  # 7200 cards; a long HISTORY takes a tenth of it
_BITPIX = (8, 16, 32, 64, -32, -64)
_AXES_MAX = 99
_HDUS_MAX = 20  # an image lies in the first, a compressed one in the second
_UNPACKED_MAX = 1 << 28
_STRUCTURE = ("BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "XTENSION", "ZIMAGE")
_AXES = tuple(f"{prefix}NAXIS{n}" for prefix in ("", "Z") for n in range(1, 4))


class NotReadable(ValueError):
    """The file says nothing that could be used; the message says why."""


def glance(path: Path, keywords: Collection[str]) -> dict[str, Value]:
    """Return the values of `keywords` that the file's image has, and its NAXIS1 and NAXIS2.

    Of a tile-compressed image it is the header of the image inside, not of the table around it.
    Raises `NotReadable`: no file, empty, no FITS, no image in it, truncated.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotReadable("it is not a file")
        with path.open("rb") as file:
            if path.suffix.lower() == ".gz":
                with gzip.open(file) as unpacked:
                    return _image(cast(BinaryIO, unpacked), None, frozenset(keywords))
            return _image(file, os.fstat(file.fileno()).st_size, frozenset(keywords))
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise NotReadable("it is damaged or truncated: it can't be unpacked") from None
    except (OSError, ValueError) as error:
        if isinstance(error, NotReadable):
            raise
        raise NotReadable(
            f"it can't be read: {getattr(error, 'strerror', None) or error}"
        ) from None


def _image(file: BinaryIO, size: int | None, keywords: frozenset[str]) -> dict[str, Value]:
    """Return the values of the first HDU that has an image; `size` of the file where known."""
    wanted = keywords.union(_STRUCTURE, _AXES)
    values: dict[str, Value] = {}
    end = 0
    for nth in range(_HDUS_MAX):
        header, cards = _header(file, wanted, first=not nth)
        values = values | header
        data_length = _data_length(header)
        end += cards + data_length
        if size is not None and end > size:
            raise NotReadable(f"it is truncated: its end is missing ({end - size} bytes)")
        if header.get("ZIMAGE") is True:
            return values | {f"NAXIS{n}": _whole(header, f"ZNAXIS{n}") for n in (1, 2)}
        if _is_image(header):
            return values
        if end > _UNPACKED_MAX and size is None:
            break
        file.seek(end)
    raise NotReadable("there is no image in it")


def _is_image(header: dict[str, Value]) -> bool:
    return (
        header.get("XTENSION", "IMAGE") == "IMAGE"
        and int(_number(header, "NAXIS")) >= 2
        and _number(header, "NAXIS1") * _number(header, "NAXIS2") > 0
    )


def _header(file: BinaryIO, wanted: frozenset[str], *, first: bool) -> tuple[dict[str, Value], int]:
    """Read one header; return its values of the `wanted` keywords, and its length in bytes."""
    values: dict[str, Value] = {}
    for nth in range(1, HEADER_BLOCKS_MAX + 1):
        block = file.read(BLOCK_LENGTH)
        if nth == 1:
            _check_begin(block, first=first)
        if len(block) < BLOCK_LENGTH:
            raise NotReadable("it is truncated: its header has no end")
        for start in range(0, BLOCK_LENGTH, CARD_LENGTH):
            name = block[start : start + 8].decode("latin-1").rstrip()
            if name == "END":
                return values, nth * BLOCK_LENGTH
            if name in wanted and name not in values and block[start + 8 : start + 9] == b"=":
                value = parse_value(block[start + 9 : start + CARD_LENGTH].decode("latin-1"))
                if value is not None:
                    values[name] = value
    raise NotReadable("it is no FITS file that a camera wrote: its header doesn't end")


def _check_begin(block: bytes, *, first: bool) -> None:
    if not block:
        raise NotReadable("it is empty" if first else "there is no image in it")
    if block.startswith(b"XISF0100"):
        raise NotReadable("it is an XISF file; only FITS is read")
    if not block.startswith(b"SIMPLE  =" if first else b"XTENSION="):
        raise NotReadable("it is not a FITS file" if first else "there is no image in it")


def parse_value(text: str) -> Value | None:
    """Return the value of a card from what stands behind its `=`, `None` where there is none.

    >>> parse_value(" 'O''Neill '         / observer"), parse_value(" -1.5D1 / comment")
    ("O'Neill", -15.0)
    """
    text = text.strip()
    if text.startswith("'"):
        words = text[1:].replace("''", "\0").partition("'")[0]
        return words.replace("\0", "'").strip()
    word = text.partition("/")[0].strip()
    if word in ("T", "F"):
        return word == "T"
    try:
        number = float(word.replace("D", "E").replace("d", "e"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _data_length(header: dict[str, Value]) -> int:
    """Return how many bytes of data follow, padding included (FITS standard 4.0, 4.4.1.2)."""
    bits = int(_number(header, "BITPIX"))
    axes = int(_number(header, "NAXIS"))
    if bits not in _BITPIX or not 0 <= axes <= _AXES_MAX:
        raise NotReadable("it is not a FITS file: its BITPIX or NAXIS makes no sense")
    if not axes:
        return 0
    pixels = math.prod(_whole(header, f"NAXIS{n}") for n in range(1, min(axes, 3) + 1))
    length = abs(bits) // 8 * (pixels + _whole(header, "PCOUNT"))
    return -(-length // BLOCK_LENGTH) * BLOCK_LENGTH


def _number(header: dict[str, Value], keyword: str) -> float:
    value = header.get(keyword, 0.0)
    return float(value) if isinstance(value, int | float) else 0.0


def _whole(header: dict[str, Value], keyword: str) -> int:
    value = _number(header, keyword)
    if value < 0 or value != int(value):
        raise NotReadable(f"it is not a FITS file: its {keyword} is {value:g}")
    return int(value)
