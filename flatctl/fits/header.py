"""The one reader of FITS headers; what comes from outside is believed after it was checked.

Header and data lie in blocks of 2880 bytes, headers in cards of 80 (FITS standard 4.0, chapters 3
and 4). Needs no astropy, since a season's folder holds thousands of files.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

Value = str | int | float | bool

BLOCK = 2880
CARD = 80
HEADER_BLOCKS_MAX = 200  # 7200 cards; a long HISTORY takes a tenth of it
_BITPIX = (8, 16, 32, 64, -32, -64)
_AXES_MAX = 999
_WHOLE = re.compile(r"[+-]?[0-9]+")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([DEde][+-]?[0-9]+)?")


class NotReadable(ValueError):
    """The file says nothing that could be used; the message says why."""


class OtherFormat(NotReadable):
    """The file is sound and of a kind that is not read; another one of its make will be as well."""


@dataclass(frozen=True)
class Header:
    """A header: 80-byte cards, as they came; `raw` may go on with `END` and padding."""

    raw: bytes = b""

    @cached_property
    def cards(self) -> bytes:
        """The cards without `END` and what follows."""
        for start in range(0, len(self.raw), CARD):
            if self.raw[start : start + 8].rstrip() == b"END":
                return self.raw[:start]
        return self.raw

    def images(self) -> Iterator[bytes]:
        """Yield the cards one by one."""
        for start in range(0, len(self.cards), CARD):
            yield self.cards[start : start + CARD]

    @property
    def length(self) -> int:
        """How many bytes it takes in a file; the data follow."""
        return padded(len(self.cards) + CARD)

    @cached_property
    def values(self) -> Mapping[str, Value]:
        """The values by keyword; of a repeated card the first counts."""
        return {name: value for name, value in self._read.items() if value is not None}

    @cached_property
    def _read(self) -> dict[str, Value | None]:
        """The values by keyword, blank ones left out; `None` for what can't be understood."""
        found: dict[str, Value | None] = {}
        goes_on = ""
        for image in self.images():
            name = decoded(image[:8]).rstrip().upper()
            before = found.get(goes_on)
            if name == "CONTINUE" and isinstance(before, str) and before.endswith("&"):
                more = parse_value(decoded(image[8:]))
                found[goes_on] = before[:-1] + more if isinstance(more, str) else before
                continue
            goes_on = ""
            text = decoded(image[9:]).strip()
            if image[8:9] == b"=" and found.get(name) is None and text and text[0] != "/":
                found[name] = parse_value(text)
                goes_on = name
        return found

    def has(self, keyword: str) -> bool:
        """Say whether there is such a card, be it blank."""
        return any(image[:9] == f"{keyword:8}=".encode() for image in self.images())

    def real(self, keyword: str) -> float | None:
        """Return a number, `None` where there is none. Raises `NotReadable` for anything else."""
        said = self._read.get(keyword, "")
        if said == "":
            return None
        # There are drivers that put their numbers into quotes.
        value = parse_value(said) if isinstance(said, str) else said
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise NotReadable(f"its {keyword} is {_shown(said)}, not a number")
        return float(value)

    def whole(self, keyword: str) -> int:
        """Return a whole number. Raises `NotReadable` where it is missing or anything else."""
        value = self._read.get(keyword)
        if keyword not in self._read:
            raise NotReadable(f"its {keyword} is missing")
        if isinstance(value, bool) or not isinstance(value, int):
            raise NotReadable(f"its {keyword} is {_shown(value)}, not a whole number")
        return value

    @cached_property
    def words(self) -> Mapping[str, str]:
        """What stands without quotes where a value should, and is none of FITS's kinds."""
        return {
            name: decoded(image[9:]).partition("/")[0].strip()
            for image in self.images()
            if (name := decoded(image[:8]).rstrip().upper()) in self._read
            and self._read[name] is None
            and image[8:9] == b"="
        }

    def comment(self, keyword: str) -> str:
        """Return the comment behind the number of a card, empty where there is none."""
        for image in self.images():
            if image[:9] == f"{keyword:8}=".encode():
                return decoded(image[9:]).partition("/")[2].strip()
        return ""

    @property
    def data_length(self) -> int:
        """How many bytes of data follow, padding included (FITS standard 4.0, 4.4.1.2).

        Raises `NotReadable` where it makes no sense.
        """
        return padded(self.pixels_length)

    @property
    def pixels_length(self) -> int:
        """How many bytes of data follow, without padding. Raises as `data_length`."""
        bits = self.whole("BITPIX")
        if bits not in _BITPIX:
            raise _senseless("BITPIX", bits)
        axes = self._count("NAXIS", _AXES_MAX)
        pixels = math.prod(self._count(f"NAXIS{n + 1}") for n in range(axes))
        heap = self._count("PCOUNT") if "PCOUNT" in self._read else 0
        return abs(bits) // 8 * (pixels + heap) if axes else 0

    def _count(self, keyword: str, most: float = math.inf) -> int:
        count = self.whole(keyword)
        if not 0 <= count <= most:
            raise _senseless(keyword, count)
        return count


def number(values: Mapping[str, Value], keyword: str) -> float | None:
    """Return a number of a header, `None` where it is missing or none."""
    value = values.get(keyword)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value)


def padded(length: int) -> int:
    """Return a length in bytes filled up to whole blocks."""
    return -(-length // BLOCK) * BLOCK


def read_header(file: BinaryIO, *, first: bool = True) -> Header:
    """Read the header that begins where the file stands, `first` in it or of an extension.

    Raises `NotReadable`: empty, no FITS, truncated, without end.
    """
    raw = b""
    for _ in range(HEADER_BLOCKS_MAX):
        block = file.read(BLOCK)
        if not raw:
            _check_begin(block, first=first)
        if len(block) < BLOCK:
            raise NotReadable("it is truncated: its header has no end")
        raw += block
        header = Header(block)
        if len(header.cards) < BLOCK:
            return Header(raw)
    raise NotReadable("it is no FITS file that a camera wrote: its header doesn't end")


def _check_begin(block: bytes, *, first: bool) -> None:
    if not block:
        raise NotReadable("it is empty" if first else "there is no image in it")
    if block.startswith(b"XISF0100"):
        raise NotReadable("it is an XISF file: its name should end with .xisf")
    if not block.startswith(b"SIMPLE  =" if first else b"XTENSION="):
        raise NotReadable("it is not a FITS file" if first else "there is no image in it")


def decoded(raw: bytes) -> str:
    """Return the text of a card, whatever encoding it has; UTF-8 may be cut where the card ends."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.end == len(raw) and error.reason == "unexpected end of data":
            return raw[: error.start].decode("utf-8")
        return raw.decode("latin-1")


def parse_value(text: str) -> Value | None:
    """Return the value of a card from what stands behind its `=`, `None` where there is none.

    Blanks at the end of a string say nothing, those at its beginning do.

    >>> parse_value(" 'O''Neill '         / observer"), parse_value(" -1.5D1 / comment")
    ("O'Neill", -15.0)
    """
    text = text.strip()
    if text.startswith("'"):
        words = text[1:].replace("''", "\0").partition("'")[0]
        return words.replace("\0", "'").rstrip()
    word = text.partition("/")[0].strip()
    if word in ("T", "F"):
        return word == "T"
    if _WHOLE.fullmatch(word):
        return int(word)
    if _REAL.fullmatch(word):
        number = float(word.upper().replace("D", "E"))
        return number if math.isfinite(number) else None
    return None


def _senseless(keyword: str, value: int) -> NotReadable:
    return NotReadable(f"its {keyword} is {value}, which makes no sense")


def _shown(value: Value | None) -> str:
    return "unreadable" if value is None else repr(value)
