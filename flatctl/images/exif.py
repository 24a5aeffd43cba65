"""What a DSLR writes of an exposure beside its pixels: the few tags of EXIF that flats need.

Sources: TIFF 6.0, EXIF 2.3. Raw files of nearly all makers are TIFFs; Canon's CR3 has them in
boxes, Fujifilm's RAF in its preview. Reading them takes no library, and a season has thousands.
"""

import math
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MODEL, _EXIF = 272, 34665
_EXPOSURE, _F_NUMBER, _TAKEN = 33434, 33437, 36867
# The first holds no more than 16 bits, and 65535 where that is too little.
_ISOS = (34855, 34867, 34866)
_WANTED = {_MODEL, _EXIF, _EXPOSURE, _F_NUMBER, _TAKEN, *_ISOS}
_ISO_MOST = 65535
# By type of TIFF: how Python's struct calls it.
_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "II", 9: "i", 10: "ii"}
_DATE = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_ENTRIES_MAX = 1000
_VALUE_MAX = 256
_TIFFS = (b"II", b"MM")
_FUJI, _FUJI_JPEG = b"FUJIFILMCCD-RAW", 84
_CANON = b"ftypcrx "
_AHEAD = 1 << 17  # bytes within which all boxes and previews have their tags

Tags = dict[int, "str | float"]


@dataclass(frozen=True)
class Exposure:
    """The camera's model, and how it was set; None for what the file does not tell.

    `taken` is when, by the camera's own clock, as FITS writes dates.
    """

    model: str | None = None
    exposure_s: float | None = None
    iso: int | None = None
    f_number: float | None = None
    taken: str | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing of what every camera writes is there, as of an unknown format."""
        return self.exposure_s is None and self.iso is None


def read_exposure(path: Path) -> Exposure:
    """Read the tags of a raw file; of a kind that is not known none. Raises `OSError`."""
    with path.open("rb") as file:
        beginning = file.read(_FUJI_JPEG + 4)
        tags: Tags = {}
        for start in _starts(file, beginning):
            tags = {**_directory(file, start, None), **tags}
            if isinstance(pointer := tags.get(_EXIF), int | float):
                tags = {**_directory(file, start, int(pointer)), **tags}
    model = str(tags.get(_MODEL, "")).strip()
    return Exposure(
        "".join(letter for letter in model if letter.isprintable()) or None,
        _positive(tags.get(_EXPOSURE)),
        _iso(tags),
        _positive(tags.get(_F_NUMBER)),
        _date(str(tags.get(_TAKEN, ""))),
    )


def _date(said: str) -> str | None:
    match = _DATE.fullmatch(said.strip())
    return "{}-{}-{}T{}".format(*match.groups()) if match else None


def _starts(file: BinaryIO, beginning: bytes) -> list[int]:
    """Return where in a file the parts begin that are laid out as a TIFF."""
    if beginning[:2] in _TIFFS:
        return [0]
    if beginning[4:12] == _CANON:
        names, start = [b"CMT1", b"CMT2"], 0
    elif beginning.startswith(_FUJI):
        names, start = [b"Exif\0\0"], int.from_bytes(beginning[_FUJI_JPEG:][:4], "big")
    else:
        return []
    file.seek(start)
    ahead = file.read(_AHEAD)
    found = ((ahead.find(name), len(name)) for name in names)
    return [start + place + length for place, length in found if place >= 0]


def _directory(file: BinaryIO, start: int, pointer: int | None) -> Tags:
    """Return the wanted tags of one directory of the TIFF that begins at `start`."""
    file.seek(start)
    head = file.read(8)
    if len(head) < 8 or head[:2] not in _TIFFS:
        return {}
    order = "<" if head[:2] == b"II" else ">"
    place = start + (struct.unpack(f"{order}I", head[4:])[0] if pointer is None else pointer)
    file.seek(place)
    count = int.from_bytes(file.read(2), "little" if order == "<" else "big")
    entries = file.read(12 * min(count, _ENTRIES_MAX))
    tags: Tags = {}
    for tag, kind, length, value in struct.iter_unpack(
        f"{order}HHI4s", entries[: len(entries) // 12 * 12]
    ):
        if tag in _WANTED and kind in _TYPES and 0 < length <= _VALUE_MAX:
            found = _value(file, start, order, kind, length, value)
            if found is not None:
                tags.setdefault(tag, found)
    return tags


def _value(
    file: BinaryIO, start: int, order: str, kind: int, length: int, value: bytes
) -> "str | float | None":
    """Return a text, or the first number of a tag."""
    layout = f"{order}{_TYPES[kind]}"
    size = length if kind == 2 else struct.calcsize(layout)
    if size * (1 if kind == 2 else length) > 4:
        file.seek(start + struct.unpack(f"{order}I", value)[0])
        value = file.read(size)
    if len(value) < size:
        return None
    if kind == 2:
        return value[:size].partition(b"\0")[0].decode("latin-1")
    numbers = struct.unpack(layout, value[:size])
    if len(numbers) == 1:
        return int(numbers[0])
    return numbers[0] / numbers[1] if numbers[1] else None


def _iso(tags: Mapping[int, "str | float"]) -> int | None:
    said = [_positive(tags.get(tag)) for tag in _ISOS]
    first = next((iso for iso in said if iso is not None and iso != _ISO_MOST), None)
    return None if first is None else round(first)


def _positive(value: "str | float | None") -> float | None:
    if isinstance(value, str) or value is None or not math.isfinite(value) or value <= 0:
        return None
    return value
