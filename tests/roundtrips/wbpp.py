"""PixInsight's WBPP: how it tells what a file is, and which files it calibrates with which.

Its rules, written anew after what the script's BPP-Helper.js does: type, filter, exposure and
binning come from the header, else from the path; flats go with lights of their filter, binning and
size, dark frames with flats of their exposure, binning and size.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from astropy.io import fits

TYPES = {
    "Bias": ("bias", "biasframe", "masterbias"),
    "Dark": ("dark", "darkframe", "masterdark", "flatdark", "darkflat"),
    "Flat": ("flat", "flatframe", "flatfield", "masterflat"),
    "Light": ("light", "lightframe", "scienceframe", "science", "masterlight"),
}
_TYPE_IN_PATH = r"(?i)[^a-z0-9](bias|dark|flat|light)(?:(?<!bias)s)?(?![a-z0-9])"
EXPOSURE_TOLERANCE_S = 0.01


@dataclass(frozen=True)
class Known:
    """What WBPP knows of a file; `size_px` None where only its name was looked at."""

    type: str
    master: bool
    filter: str | None
    exposure_s: float
    binning: int
    size_px: tuple[int, int] | None = None


def by_path(path: str) -> Known:
    """Return what the path alone says: the last of each kind of token counts."""

    def value(keywords: str, letters: str) -> str | None:
        return _last_match(rf"(?i)(?:{keywords})[_ -]({letters})", path)

    return Known(
        type=(_last_match(_TYPE_IN_PATH, path) or "unknown").capitalize(),
        master="master" in path.lower(),
        filter=value("FILTER|INSFLNAM", "[- a-z0-9]+"),
        exposure_s=float(value("EXPTIME|EXPOSURE", r"\d+(?:\.\d*)?") or 0),
        binning=int(value("XBINNING|CCDBINX|BINNING", r"\d+") or 1),
    )


def _last_match(pattern: str, path: str) -> str | None:
    found = re.findall(pattern, path)
    return found[-1] if found else None


def by_header(path: Path) -> Known:
    """Return what the header says, and the path where the header says nothing."""
    header = fits.getheader(path)
    named = by_path(str(path))
    word = str(header.get("IMAGETYP", "")).lower().replace(" ", "", 1)
    kinds = [kind for kind, words in TYPES.items() if word in words]
    return Known(
        type=kinds[0] if kinds else named.type,
        master="master" in word,
        filter=_last(header, "FILTER", "INSFLNAM") or named.filter,
        exposure_s=float(_last(header, "EXPTIME", "EXPOSURE") or named.exposure_s),
        binning=int(_last(header, "XBINNING", "CCDBINX", "BINNING") or named.binning),
        size_px=(header["NAXIS1"], header["NAXIS2"]),
    )


def _last(header: Mapping[str, object], *keywords: str) -> object:
    """Return the value of that keyword which comes last in the header."""
    found = [value for keyword, value in header.items() if keyword in keywords]
    return found[-1] if found else None


def flats_for(light: Known, files: Mapping[Path, Known]) -> set[Path]:
    """Return the files with which the light's flat field is made."""
    key = (light.filter, light.binning, light.size_px)
    return {
        path
        for path, known in files.items()
        if known.type == "Flat" and (known.filter, known.binning, known.size_px) == key
    }


def darks_for(flat: Known, files: Mapping[Path, Known]) -> set[Path]:
    """Return the dark frames that are subtracted from a flat."""
    return {
        path
        for path, known in files.items()
        if known.type == "Dark"
        and (known.binning, known.size_px) == (flat.binning, flat.size_px)
        and abs(known.exposure_s - flat.exposure_s) <= EXPOSURE_TOLERANCE_S
    }
