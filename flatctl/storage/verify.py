"""Files on disk, looked at again: whether they are whole and the flats hold what they promise.

Nothing that a file says is believed before its size and its checksums have been compared.
"""

import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from flatctl.core.band import CLIPPED_FRAC_MAX
from flatctl.core.pixels.sixteen_bits import to_stored
from flatctl.core.pixels.statistics import measure
from flatctl.core.pixels.stuck import STUCK_FRAC_MAX
from flatctl.core.types import Statistics
from flatctl.errors import StorageError
from flatctl.fits.checksum import ones_complement_sum
from flatctl.fits.header import Header, NotReadable, OtherFormat, Value, read_header
from flatctl.fits.pixels import stored_image
from flatctl.images.facts import Format, Missing
from flatctl.images.files import NoFile
from flatctl.images.fits_files import glance, opened, read_image
from flatctl.images.kinds import format_by_name
from flatctl.images.reading import read_image as read_any
from flatctl.storage.atomic import READING, storage_error
from flatctl.storage.directory import files_below
from flatctl.storage.headers import ALWAYS, FLATS, KEYWORDS
from flatctl.storage.keyword import Keyword
from flatctl.storage.naming import SUFFIX
from flatctl.storage.record import FrameRecord
from flatctl.storage.twins import Pictures, stored_picture
from flatctl.storage.units import NO_SUM, Surplus, TooLarge, Unit, units

_PACKED = (".fz", ".gz")
_UNPROVEN = "no checksum: all of its pixels can be read, and no more is known"
_SUMS = ("CHECKSUM", "DATASUM")


@dataclass(frozen=True)
class VerifiedFile:
    """What was found in one file.

    `ours` tells whether flatctl wrote it: frames of other programs are held to FITS and to their
    own checksums only. `cards` are the values of its header, `statistics` those of its pixels
    where they are 16-bit unsigned. `problems` says what is wrong, nothing where all is well,
    `unproven` what nothing vouches for, and `left_out` why the file was not looked at. The data
    begin at byte `data_start`; where they are compressed it is None.
    """

    path: Path
    ours: bool = False
    cards: Mapping[str, Value] = field(default_factory=dict)
    statistics: Statistics | None = None
    problems: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    left_out: str = ""
    data_start: int | None = 0


def verify_directory(directory: Path) -> Iterator[VerifiedFile]:
    """Verify every image below `directory`, in the order of their paths.

    Raises `StorageError` where the directory can't be listed.
    """
    paths, unlisted = files_below(directory)
    yield from (VerifiedFile(path, problems=(problem,)) for path, problem in unlisted)
    pictures = Pictures()
    for path in paths:
        if is_fits(path):
            yield _no_twin(verify_file(path), pictures)
        elif format_by_name(path) is not None:
            yield verify_other(path)


def is_fits(path: Path) -> bool:
    """Tell by its name whether a file holds FITS, compressed or not."""
    return format_by_name(path) is Format.FITS


def frames_in(folder: Path) -> Iterator[Path]:
    """Yield the files of frames in a folder; one that lies there packed as well counts once."""
    yield from unpacked_first(folder.glob(f"*{SUFFIX}*"))


def unpacked_first(paths: Iterable[Path]) -> list[Path]:
    """Return those of FITS files, in order; of a frame and its packed copies the first only."""
    found: dict[Path, Path] = {}
    for path in sorted(paths):
        if is_fits(path):
            found.setdefault(plain_name(path), path)
    return list(found.values())


def plain_name(path: Path) -> Path:
    """Return what a file is called, or was before it was packed."""
    return path.with_suffix("") if path.suffix.lower() in _PACKED else path


def verify_file(path: Path) -> VerifiedFile:
    """Verify structure, checksums, header and level of one file; never raises for its content."""
    try:
        return _verified(path, list(units(path)))
    except (NoFile, TooLarge) as error:
        return VerifiedFile(path, left_out=str(error))
    except NotReadable as error:
        return VerifiedFile(path, problems=(str(error),))
    except OSError as error:
        return VerifiedFile(path, problems=(f"it can't be read: {error.strerror}",))
    except MemoryError:
        return VerifiedFile(path, problems=("it doesn't fit into the memory",))


def _verified(path: Path, parts: Sequence[Unit | Surplus]) -> VerifiedFile:
    found = [part for part in parts if isinstance(part, Unit)]
    main = next((unit for unit in found if unit.is_packed), found[0])
    cards = main.header.values
    ours = is_ours(cards)
    is_plain = main is found[0] and path.suffix.lower() != ".gz"
    problems = [problem for unit in found for problem in unit.problems()]
    unproven = [text for unit in found if (text := unit.unproven())]
    unproven = [NO_SUM] if NO_SUM in unproven else unproven
    if missing := sum(unit.missing for unit in found):
        # Every pixel is there. We would have written the rest as well.
        cut = f"it is truncated: {missing} bytes of the padding at its end are missing"
        (problems if ours else unproven).append(cut)
    statistics = None
    if not main.is_packed:
        statistics = _statistics(main.header, main.data)
    elif not problems:
        cards, statistics, problem = _unpacked(path, cards)
        problems += [problem] if problem else []
    surplus = sum(part.length for part in parts if isinstance(part, Surplus))
    if surplus and ours:
        problems.append(f"{surplus} bytes follow the data")
    elif surplus:
        unproven.append(f"{surplus} bytes that are no FITS follow it")
    if ours:
        problems += [f"its {each} is missing" for each in _SUMS if each not in main.header.values]
        problems += _header_problems(cards)
        problems += _level_problems(cards, statistics)
    return VerifiedFile(
        path,
        ours,
        cards,
        statistics,
        tuple(dict.fromkeys(problems)),
        tuple(dict.fromkeys(unproven)),
        data_start=main.start if is_plain else None,
    )


def verify_other(path: Path) -> VerifiedFile:
    """Read an image of another format than FITS, all of it; never raises for its content."""
    try:
        image = read_any(path)
    except (Missing, NoFile, OtherFormat) as error:
        return VerifiedFile(path, left_out=str(error))
    except NotReadable as error:
        return VerifiedFile(path, problems=(str(error),))
    changed = ("its pixels do not have their checksum: they were changed after writing",)
    return VerifiedFile(
        path,
        cards=image.facts.values,
        problems=changed if image.changed else (),
        unproven=() if image.proven else (_UNPROVEN,),
        data_start=None,
    )


def _unpacked(
    path: Path, cards: Mapping[str, Value]
) -> tuple[Mapping[str, Value], Statistics | None, str]:
    """Return the cards of the image inside a compressed one, its statistics, and what is wrong."""
    try:
        image = read_image(path)
    except NotReadable as error:
        return cards, None, str(error)
    inside = {**cards, **{f"NAXIS{n}": cards.get(f"ZNAXIS{n}", 0) for n in (1, 2)}}
    if image.pixels.dtype != np.uint16 or image.pixels.ndim != 2:
        return inside, None, ""
    stored = np.ascontiguousarray(to_stored(image.pixels)).reshape(-1).view(np.uint8)
    said = cards.get("ZDATASUM")
    wrong = said is not None and str(said).strip() != str(ones_complement_sum(stored.data))
    problem = "its pixels do not have the sum that they had before they were compressed"
    statistics = measure(image.pixels, _full_scale_adu(cards))
    return inside, statistics, problem if wrong else ""


def _no_twin(verified: VerifiedFile, pictures: Pictures) -> VerifiedFile:
    """Return it, with the flat that it is a copy of among its problems."""
    picture = stored_picture(verified.cards) if verified.ours else None
    if picture is None:
        return verified
    twin = pictures.twin(picture)
    pictures.add(picture, str(verified.path))
    if twin is None or plain_name(Path(twin)) == plain_name(verified.path):
        return verified
    problem = f"it is the same picture as {twin}, pixel for pixel: one exposure is no two flats"
    return replace(verified, problems=(*verified.problems, problem))


def read_values(path: Path) -> Mapping[str, Value]:
    """Return the values of a file's header, those of the image where it is compressed.

    Raises `StorageError` where it has none.
    """
    try:
        with opened(path) as file:
            header = read_header(file)
        # Where the first unit holds no image, a compressed one may follow.
        return glance(path).values if header.values.get("NAXIS") == 0 else header.values
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise StorageError(f"{path}: it is damaged or truncated: {error}") from error
    except OSError as error:
        raise storage_error(path, READING, error) from error
    except NotReadable as error:
        raise StorageError(f"{path}: {error}") from error


def is_ours(cards: Mapping[str, Value]) -> bool:
    """Tell whether flatctl wrote the file with these cards."""
    return str(cards.get("SWCREATE", "")).startswith("flatctl ") and "FLATSES" in cards


def _statistics(header: Header, data: bytes) -> Statistics | None:
    """Measure the pixels, or return `None` where they aren't 16-bit unsigned."""
    try:
        image = stored_image(header, data)
    except NotReadable:
        return None
    full_scale_adu = _full_scale_adu(header.values)
    return measure(image.data, full_scale_adu) if image.unsigned else None


def _full_scale_adu(cards: Mapping[str, Value]) -> float:
    said = cards.get("FLATFULL")
    return said if isinstance(said, int | float) and said > 0 else 65535


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
    level_adu = statistics.lit_median
    stated = cards.get("FLATLEV")
    # In a colour frame one channel counts, and the checksum vouches for what was written of it.
    if "FLATCHAN" in cards and isinstance(stated, int | float):
        level_adu = float(stated)
    if abs(level_adu - target_adu) > tolerance_adu:
        yield (
            f"its median of {level_adu:.1f} ADU lies outside "
            f"{target_adu:.1f} ± {tolerance_adu:.1f} ADU"
        )
    stuck = cards.get("FLATSTUK")
    excused = float(stuck) if isinstance(stuck, int | float) and 0 < stuck <= STUCK_FRAC_MAX else 0
    if statistics.full_frac - excused > CLIPPED_FRAC_MAX:
        yield f"{statistics.full_frac:.2%} of its pixels are clipped"
    if statistics.bottom_frac - excused > CLIPPED_FRAC_MAX:
        yield f"{statistics.bottom_frac:.2%} of its pixels are black ({statistics.bottom_adu} ADU)"
