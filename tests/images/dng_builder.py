"""Raw files as DSLRs make them: DNGs of a Bayer sensor with masked borders, tag by tag.

After the DNG specification 1.4 and EXIF 2.3. Uncompressed, so that what libraw gives back can be
held against what was put in.
"""

import struct
from fractions import Fraction
from pathlib import Path

import numpy as np

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL = 1, 2, 3, 4, 5, 10
_COLOURS = {"R": 0, "G": 1, "B": 2}
_CODES = {_BYTE: "B", _SHORT: "H", _LONG: "I"}


def _packed(kind: int, values) -> bytes:
    if kind == _ASCII:
        return values.encode("ascii") + b"\0"
    if kind in _CODES:
        return struct.pack(f"<{len(values)}{_CODES[kind]}", *values)
    pairs = [Fraction(value).limit_denominator(1_000_000) for value in values]
    sign = "i" if kind == _SRATIONAL else "I"
    return b"".join(struct.pack(f"<2{sign}", p.numerator, p.denominator) for p in pairs)


def _directory(tags, start: int) -> bytes:
    """Return a directory of tags at byte `start`; what takes more than 4 bytes lies behind it."""
    entries, behind = b"", b""
    after = start + 2 + 12 * len(tags) + 4
    for tag, (kind, values) in sorted(tags.items()):
        packed = _packed(kind, values)
        count = len(packed) if kind == _ASCII else len(values)
        if len(packed) <= 4:
            place = packed.ljust(4, b"\0")
        else:
            place = struct.pack("<I", after + len(behind))
            behind += packed + bytes(len(packed) % 2)
        entries += struct.pack("<HHI", tag, kind, count) + place
    return struct.pack("<H", len(tags)) + entries + bytes(4) + behind


def dng_bytes(
    pixels,
    *,
    pattern: str = "RGGB",
    area=None,
    black=(1024, 1024, 1024, 1024),
    white: int = 15490,
    exposure_s: float | None = 0.025,
    iso: int | None = 800,
    f_number: float | None = 4.0,
    model: str = "Camera 7",
    taken: str = "2026:11:22 19:03:59",
    samples: int = 0,
) -> bytes:
    """Return a file of all pixels of a sensor, of shape (rows, cols), dtype uint16.

    `area` are the top, left, bottom and right of those that get light, all of them if None; the
    `pattern` begins at the first of these, and `black` are the levels of its cell. With `samples`
    a pixel has so many, alike, and none is of a colour of its own.
    """
    rows, cols = pixels.shape
    side = 2 if len(pattern) == 4 else 6
    tags = {
        254: (_LONG, [0]),
        256: (_LONG, [cols]),
        257: (_LONG, [rows]),
        258: (_SHORT, [16]),
        259: (_SHORT, [1]),
        262: (_SHORT, [32803]),
        271: (_ASCII, "Maker"),
        272: (_ASCII, model),
        274: (_SHORT, [1]),
        277: (_SHORT, [1]),
        278: (_LONG, [rows]),
        279: (_LONG, [2 * rows * cols]),
        33421: (_SHORT, [side, side]),
        33422: (_BYTE, [_COLOURS[colour] for colour in pattern]),
        50706: (_BYTE, [1, 4, 0, 0]),
        50708: (_ASCII, f"Maker {model}"),
        50713: (_SHORT, [2, 2]),
        50714: (_RATIONAL, black),
        50717: (_LONG, [white]),
        50721: (_SRATIONAL, [1, 0, 0, 0, 1, 0, 0, 0, 1]),
        50728: (_RATIONAL, [1, 1, 1]),
        50778: (_SHORT, [21]),
    }
    if samples:
        for tag in (33421, 33422, 50713, 50714):
            del tags[tag]
        tags |= {262: (_SHORT, [34892]), 277: (_SHORT, [samples]), 258: (_SHORT, [16] * samples)}
        tags[279] = (_LONG, [2 * samples * rows * cols])
        pixels = np.repeat(pixels[..., None], samples, axis=2)
    if area is not None:
        tags[50829] = (_LONG, list(area))
    exif = {36864: (_BYTE, [48, 50, 51, 48]), 36867: (_ASCII, taken)}
    if exposure_s is not None:
        exif[33434] = (_RATIONAL, [exposure_s])
    if f_number is not None:
        exif[33437] = (_RATIONAL, [f_number])
    if iso is not None:
        exif[34855] = (_SHORT, [iso])
    tags |= {273: (_LONG, [0]), 34665: (_LONG, [0])}
    exif_start = 8 + len(_directory(tags, 8))
    data_start = exif_start + len(_directory(exif, exif_start))
    tags |= {273: (_LONG, [data_start]), 34665: (_LONG, [exif_start])}
    head = b"II*\0\x08\0\0\0" + _directory(tags, 8) + _directory(exif, exif_start)
    return head + pixels.astype("<u2").tobytes()


def write_dng(path: Path, pixels, **how) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(dng_bytes(pixels, **how))
    return path


def sensor(area=None, *, rows: int = 60, cols: int = 80, dark: int = 1024, seed: int = 17):
    """Return the pixels of a sensor whose borders around `area` are masked."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, dark, (rows, cols), dtype=np.uint16)
    top, left, bottom, right = area or (0, 0, rows, cols)
    lit = (bottom - top, right - left)
    pixels[top:bottom, left:right] = random.integers(3000, 15000, lit, dtype=np.uint16)
    return pixels
