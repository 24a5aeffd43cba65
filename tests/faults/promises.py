"""What has to be true after every run, whatever happened in it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from astropy.io import fits

LOW, HIGH, DARK = 0.46, 0.56, 0.05
BLACK_MAX = 0.06  # a dead row and a dead column of a frame of 64 by 48 pixels


@dataclass(frozen=True)
class Seen:
    """A frame on disk: its median and the part of its pixels that is black."""

    header: fits.Header
    level_adu: float
    black_frac: float


def seen(path: Path) -> Seen:
    """Read a frame, once as long as it stays as it is: not with the product's own eyes."""
    there = path.stat()
    return _read(path, there.st_mtime_ns, there.st_size)


@lru_cache(maxsize=200)
def _read(path: Path, _time_ns: int, _bytes: int) -> Seen:
    with fits.open(path, checksum=True) as file:
        pixels = file[0].data
        return Seen(file[0].header, float(np.median(pixels)), float(np.mean(pixels <= 1)))


def spoilt(folder: Path, full_adu: float = 65535) -> list[str]:
    """Return what is wrong with the frames below a folder: nothing may be, finished or not.

    A full pixel has `full_adu`.
    """
    problems = [f"{path.name}: a part of a file is left" for path in folder.rglob("*.part")]
    for path in folder.rglob("*.fits"):
        try:
            frame = seen(path)
        except (OSError, UserWarning) as error:
            problems.append(f"{path.name}: {error}")
            continue
        level = frame.level_adu / full_adu
        if not (LOW <= level <= HIGH if is_flat(frame.header) else level < DARK):
            problems.append(f"{path.name}: level {level:.3f}")
        if frame.black_frac > BLACK_MAX:
            problems.append(f"{path.name}: {frame.black_frac:.2f} of it is black")
    return problems


def is_flat(header: fits.Header) -> bool:
    """Say whether a frame is a flat, by what it calls itself."""
    return bool(header["IMAGETYP"].strip().upper().startswith("FLAT"))


def missing(folder: Path, filters: Iterable[str], count: int, darks: int = 0) -> list[str]:
    """Return what a complete run should have left and did not, or left too often."""
    flats, others = [], []
    for path in folder.rglob("*.fits"):
        header = seen(path).header
        (flats if is_flat(header) else others).append(header)
    found = Counter(h["FILTER"] for h in flats)
    problems = [f"{n}: {found[n]} flats, not {count}" for n in filters if found[n] != count]
    dark = Counter(h["REQTIME"] for h in others)
    used = {h["REQTIME"] for h in flats} if darks else set()
    problems += [f"{s} s: {dark[s]} dark flats, not {darks}" for s in used if dark[s] != darks]
    return problems + [f"dark flats of {s} s, for no flat" for s in set(dark) - used]
