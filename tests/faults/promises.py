"""What has to be true after every run, whatever happened in it."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from astropy.io import fits

LOW, HIGH, DARK = 0.46, 0.56, 0.05
BLACK_MAX = 0.06  # a dead row and a dead column of a frame of 64 by 48 pixels


def spoilt(folder: Path, full_adu: float = 65535) -> list[str]:
    """Return what is wrong with the frames below a folder: nothing may be, finished or not.

    A full pixel has `full_adu`.
    """
    problems = [f"{path.name}: a part of a file is left" for path in folder.rglob("*.part")]
    for path in folder.rglob("*.fits"):
        try:
            # Not with the product's own eyes.
            with fits.open(path, checksum=True) as file:
                level = float(np.median(file[0].data)) / full_adu
                black = float(np.mean(file[0].data <= 1))
                header = file[0].header
        except (OSError, UserWarning) as error:
            problems.append(f"{path.name}: {error}")
            continue
        if not (LOW <= level <= HIGH if is_flat(header) else level < DARK):
            problems.append(f"{path.name}: level {level:.3f}")
        if black > BLACK_MAX:
            problems.append(f"{path.name}: {black:.2f} of it is black")
    return problems


def is_flat(header: fits.Header) -> bool:
    """Say whether a frame is a flat, by what it calls itself."""
    return bool(header["IMAGETYP"].strip().upper().startswith("FLAT"))


def missing(folder: Path, filters: Iterable[str], count: int, darks: int = 0) -> list[str]:
    """Return what a complete run should have left and did not, or left too often."""
    flats, others = [], []
    for path in folder.rglob("*.fits"):
        header = fits.getheader(path)
        (flats if is_flat(header) else others).append(header)
    found = Counter(h["FILTER"] for h in flats)
    problems = [f"{n}: {found[n]} flats, not {count}" for n in filters if found[n] != count]
    dark = Counter(h["REQTIME"] for h in others)
    used = {h["REQTIME"] for h in flats} if darks else set()
    problems += [f"{s} s: {dark[s]} dark flats, not {darks}" for s in used if dark[s] != darks]
    return problems + [f"dark flats of {s} s, for no flat" for s in set(dark) - used]
