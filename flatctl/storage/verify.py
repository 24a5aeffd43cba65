"""Files on disk, looked at again: whether they are whole and the flats hold what they promise.

Nothing that a file says is believed before its size and its checksums have been compared.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from flatctl.core.band import CLIPPED_FRAC_MAX
from flatctl.core.pixels.statistics import measure
from flatctl.core.types import Statistics
from flatctl.errors import StorageError
from flatctl.fits.checksum import ALL_ONES, ones_complement_sum
from flatctl.fits.header import Header, NotReadable, Value, read_header
from flatctl.fits.pixels import stored_image
from flatctl.storage.atomic import storage_error
from flatctl.storage.directory import files_below
from flatctl.storage.headers import ALWAYS, FLATS, KEYWORDS
from flatctl.storage.keyword import Keyword
from flatctl.storage.record import FrameRecord
from flatctl.storage.twins import Pictures, stored_picture

SUFFIXES = (".fits", ".fit", ".fts")


@dataclass(frozen=True)
class VerifiedFile:
    """What was found in one file.

    `ours` tells whether flatctl wrote it: frames of other programs are held to FITS and to their
    own checksums only. `cards` are the values of its header, `statistics` those of its pixels
    where they are 16-bit unsigned. `problems` says what is wrong, nothing where all is well. The
    data begin at byte `data_start`.
    """

    path: Path
    ours: bool = False
    cards: Mapping[str, Value] = field(default_factory=dict)
    statistics: Statistics | None = None
    problems: tuple[str, ...] = ()
    data_start: int = 0


def verify_directory(directory: Path) -> Iterator[VerifiedFile]:
    """Verify every FITS file below `directory`, in the order of their paths.

    Raises `StorageError` where the directory can't be listed.
    """
    paths, unlisted = files_below(directory)
    yield from (VerifiedFile(path, problems=(problem,)) for path, problem in unlisted)
    pictures = Pictures()
    for path in paths:
        if path.suffix.lower() in SUFFIXES and path.is_file():
            yield _no_twin(verify_file(path), pictures)


def verify_file(path: Path) -> VerifiedFile:
    """Verify structure, checksums, header and level of one file; never raises for its content."""
    try:
        with path.open("rb") as file:
            header = read_header(file)
            data, surplus = _read_data(file, header)
    except OSError as error:
        return VerifiedFile(path, problems=(f"it can't be read: {error.strerror}",))
    except NotReadable as error:
        return VerifiedFile(path, problems=(str(error),))
    cards = header.values
    ours = is_ours(cards)
    statistics = _statistics(header, data)
    problems = [*_checksum_problems(header, data, ours)]
    if ours:
        problems += [f"{surplus} bytes follow the data"] if surplus else []
        problems += _header_problems(cards)
        problems += _level_problems(cards, statistics)
    return VerifiedFile(path, ours, cards, statistics, tuple(problems), header.length)


def _no_twin(verified: VerifiedFile, pictures: Pictures) -> VerifiedFile:
    """Return it, with the flat that it is a copy of among its problems."""
    picture = stored_picture(verified.cards) if verified.ours else None
    if picture is None:
        return verified
    twin = pictures.twin(picture)
    pictures.add(picture, str(verified.path))
    if twin is None:
        return verified
    problem = f"it is the same picture as {twin}, pixel for pixel: one exposure is no two flats"
    return replace(verified, problems=(*verified.problems, problem))


def read_values(path: Path) -> Mapping[str, Value]:
    """Return the values of a file's header. Raises `StorageError` where it has none."""
    try:
        with path.open("rb") as file:
            return read_header(file).values
    except OSError as error:
        raise storage_error(path, "reading", error) from error
    except NotReadable as error:
        raise StorageError(f"{path}: {error}") from error


def is_ours(cards: Mapping[str, Value]) -> bool:
    """Tell whether flatctl wrote the file with these cards."""
    return str(cards.get("SWCREATE", "")).startswith("flatctl ") and "FLATSES" in cards


def _read_data(file: BinaryIO, header: Header) -> tuple[bytes, int]:
    """Return the padded data of the first HDU and how many bytes follow it."""
    there, length = os.fstat(file.fileno()).st_size - file.tell(), header.data_length
    if there < length:
        raise NotReadable(f"it is truncated: {there} of {length} bytes of data are there")
    return file.read(length), there - length


def _statistics(header: Header, data: bytes) -> Statistics | None:
    """Measure the pixels, or return `None` where they aren't 16-bit unsigned."""
    try:
        image = stored_image(header, data)
    except NotReadable:
        return None
    full_scale_adu = header.values.get("FLATFULL")
    if not (isinstance(full_scale_adu, int | float) and full_scale_adu > 0):
        full_scale_adu = 65535
    return measure(image.data, full_scale_adu) if image.unsigned else None


def _checksum_problems(header: Header, data: bytes, ours: bool) -> Iterator[str]:
    cards = header.values
    data_sum = ones_complement_sum(data)
    total = ones_complement_sum(header.raw, start=data_sum)
    for keyword in ("CHECKSUM", "DATASUM"):
        if ours and keyword not in cards:
            yield f"its {keyword} is missing"
    if "DATASUM" in cards and str(cards["DATASUM"]).strip() != str(data_sum):
        yield "its data do not have the sum of DATASUM: they were changed after writing"
    if "CHECKSUM" in cards and total not in (0, ALL_ONES):
        yield "it does not have the sum of CHECKSUM: it was changed after writing"


def _header_problems(cards: Mapping[str, Value]) -> list[str]:
    kind = cards.get("IMAGETYP")
    if kind not in ("FLAT", "DARK", "DARKFLAT"):
        return [f"its IMAGETYP is {kind!r}, none of 'FLAT', 'DARK' and 'DARKFLAT'"]
    due = (ALWAYS, FLATS) if kind == "FLAT" else (ALWAYS,)
    problems = [
        f"its {keyword.name} is missing or of the wrong type"
        for keyword in KEYWORDS
        if keyword.when in due and not _has_type(cards.get(keyword.name), keyword)
    ]
    for exposure in ("EXPTIME", "REQTIME"):
        value = cards.get(exposure)
        if isinstance(value, int | float) and value <= 0:
            problems.append(f"its {exposure} is {value}")
    return problems


def _has_type(value: Value | None, keyword: Keyword[FrameRecord]) -> bool:
    if keyword.type is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return type(value) is keyword.type


def _level_problems(cards: Mapping[str, Value], statistics: Statistics | None) -> Iterator[str]:
    if statistics is None:
        yield "its pixels are not 16-bit unsigned"
        return
    stated = cards.get("FLATMED")
    if stated != statistics.median:
        yield f"its median is {statistics.median:.1f} ADU and its FLATMED {stated}"
    target, tolerance = cards.get("FLATTGT"), cards.get("FLATTOL")
    if cards.get("IMAGETYP") != "FLAT":
        return
    if isinstance(target, int | float) and isinstance(tolerance, int | float):
        yield from level_problems(cards, statistics, target, tolerance)


def level_problems(
    cards: Mapping[str, Value], statistics: Statistics, target_adu: float, tolerance_adu: float
) -> Iterator[str]:
    """Say why a frame with this header and these statistics is not a flat of that level."""
    level_adu = statistics.median
    stated = cards.get("FLATLEV")
    # In a colour frame one channel counts, and the checksum vouches for what was written of it.
    if "FLATCHAN" in cards and isinstance(stated, int | float):
        level_adu = float(stated)
    if abs(level_adu - target_adu) > tolerance_adu:
        yield (
            f"its median of {level_adu:.1f} ADU lies outside "
            f"{target_adu:.1f} ± {tolerance_adu:.1f} ADU"
        )
    if statistics.clipped_frac > CLIPPED_FRAC_MAX:
        yield f"{statistics.clipped_frac:.2%} of its pixels are clipped"
