"""The header and data units of a file, one after the other, with the sums of each.

What a file says of itself is believed once its lengths and its sums have been compared; until then
nothing of it is taken into memory but a header and a chunk of data.
"""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from flatctl.fits.checksum import ALL_ONES, ones_complement_sum
from flatctl.fits.header import BLOCK, CARD, Header, NotReadable, read_header
from flatctl.images.fits_files import length_of, opened

_CHUNK = BLOCK << 11
_KEPT_MAX = 1 << 29  # bytes of data, more than a frame of any camera
_LOOKED_AT_MAX = 1 << 32  # bytes of a file, so that none takes more than seconds
_UNITS_MAX = 1000
_BEGINNING = b"XTENSION="
NO_SUM = "no checksum: only the structure was looked at"


class TooLarge(NotReadable):
    """The file is so large that it is not looked at; nothing is known against it."""


@dataclass(frozen=True)
class Unit:
    """One header with its data: where they begin, their sum, and that of the whole unit.

    `data` are the data where they were to be kept, else empty. `missing` bytes of the padding
    behind them are not there.
    """

    header: Header
    start: int
    data: bytes
    data_sum: int
    total: int
    missing: int

    @property
    def has_data(self) -> bool:
        """Tell whether anything follows the header."""
        return self.header.data_length > 0

    @property
    def is_packed(self) -> bool:
        """Tell whether the data are a tile-compressed image."""
        return self.header.values.get("ZIMAGE") is True

    def problems(self) -> Iterator[str]:
        """Say which of the unit's own sums it does not have."""
        said = self.header.values.get("DATASUM")
        if said is not None and str(said).strip() != str(self.data_sum):
            yield "its data do not have the sum of DATASUM: they were changed after writing"
        if "CHECKSUM" in self.header.values and self.total not in (0, ALL_ONES):
            yield "it does not have the sum of CHECKSUM: it was changed after writing"

    def unproven(self) -> str:
        """Say what no sum vouches for, empty where one vouches for all."""
        if "CHECKSUM" in self.header.values:
            return ""
        if self.has_data and "DATASUM" not in self.header.values:
            return NO_SUM
        return "its header has no checksum"


@dataclass(frozen=True)
class Surplus:
    """Bytes behind the last unit, which are none of FITS's."""

    length: int


def units(path: Path, *, keep: bool = True) -> Iterator[Unit | Surplus]:
    """Yield the units of a file; the data of the first are kept if `keep` says so.

    Raises `NotReadable` with what is wrong, `TooLarge`, `OSError` where the file can't be read.
    """
    try:
        with opened(path) as file:
            yield from _units(file, length_of(path, file), keep=keep)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise NotReadable("it is damaged or truncated: it can't be unpacked") from None


def _units(file: BinaryIO, size: int | None, *, keep: bool) -> Iterator[Unit | Surplus]:
    start = 0
    for nth in range(_UNITS_MAX):
        if nth and (surplus := _surplus(file)) is not None:
            if surplus:
                yield Surplus(surplus)
            return
        header = read_header(file, first=not nth)
        start += header.length
        length = header.data_length
        if size is not None:
            _check_length(header, size - start)
        if start + length > _LOOKED_AT_MAX:
            raise TooLarge(f"it has more than {_LOOKED_AT_MAX / 1e9:.1f} GB")
        data, data_sum, there = _data(file, length, keep=keep and not nth and length <= _KEPT_MAX)
        _check_length(header, there)
        total = ones_complement_sum(header.raw, start=data_sum)
        yield Unit(header, start, data, data_sum, total, length - there)
        start += length
    raise TooLarge(f"it has more than {_UNITS_MAX} parts")


def _check_length(header: Header, there: int) -> None:
    if there < header.pixels_length:
        raise NotReadable(
            f"it is truncated: {there} of {header.data_length} bytes of data are there"
        )


def _surplus(file: BinaryIO) -> int | None:
    """Return how many bytes are left that begin no unit; None where one begins, 0 at the end."""
    probe = file.peek(CARD)[: len(_BEGINNING)]  # type: ignore[attr-defined]
    if probe == _BEGINNING:
        return None
    left = 0
    while left < _LOOKED_AT_MAX and (chunk := file.read(_CHUNK)):
        left += len(chunk)
    return left


def _data(file: BinaryIO, length: int, *, keep: bool) -> tuple[bytes, int, int]:
    """Return the data if they are to be kept, their sum, and how many bytes there are."""
    if keep:
        data = file.read(length)
        return data, ones_complement_sum(data), len(data)
    data_sum = there = 0
    while there < length and (chunk := file.read(min(_CHUNK, length - there))):
        data_sum = ones_complement_sum(chunk, start=data_sum)
        there += len(chunk)
    return b"", data_sum, there
