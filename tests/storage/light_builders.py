"""Light frames as capture programs write them, byte by byte, so that no library tidies them up."""

import math
from pathlib import Path

BLOCK = 2880

# What each program's header says of how the instrument stood; the facts are those of real files.
NINA = {
    "IMAGETYP": "LIGHT",
    "EXPOSURE": 300.0,
    "EXPTIME": 300.0,
    "XBINNING": 1,
    "YBINNING": 1,
    "GAIN": 100,
    "OFFSET": 30,
    "EGAIN": 0.246,
    "SET-TEMP": -10.0,
    "CCD-TEMP": -10.1,
    "READOUTM": "High Gain Mode",
    "FWHEEL": "ZWO EFW",
    "FILTER": "Ha",
    "FOCNAME": "ZWO EAF",
    "FOCPOS": 5210,
    "FOCUSPOS": 5210,
    "ROTNAME": "Falcon",
    "ROTATOR": 37.5,
    "ROTATANG": 37.5,
    "SWCREATE": "N.I.N.A. 3.1.2.9001 (x64)",
}
EKOS = {
    "ROWORDER": "TOP-DOWN",
    "INSTRUME": "ZWO CCD ASI2600MM Pro",
    "EXPTIME": 300.0,
    "CCD-TEMP": -10.1,
    "XBINNING": 1,
    "YBINNING": 1,
    "FRAME": "Light",
    "IMAGETYP": "Light Frame",
    "FILTER": "Ha",
    "ROTATANG": 37.5,
    "FOCUSPOS": 5210,
    "FOCUSTEM": 4.2,
    "GAIN": 100.0,
    "OFFSET": 30.0,
}
CCDCIEL = {
    "DATE": "2026-11-22T20:00:00",
    "EXPTIME": 300.0,
    "IMAGETYP": "Light",
    "XBINNING": 1,
    "YBINNING": 1,
    "GAIN": 100,
    "OFFSET": 30,
    "CCD-TEMP": -9.9,
    "SET-TEMP": -10.0,
    "FILTER": "Ha",
    "FOCUSPOS": 5210,
    "ROTATOR": 37.5,
}
SGP = {
    "IMAGETYP": "LIGHT",
    "CREATOR": "Sequence Generator Pro v4.3",
    "FOCUSER": "ASCOM EAF",
    "FOCPOS": 5210,
    "FWHEEL": "ZWO",
    "FILTER": "Ha",
    "EXPOSURE": 300,
    "CCD-TEMP": -10.1,
    "SET-TEMP": -10,
    "XBINNING": 1,
    "CCDXBIN": 1,
    "YBINNING": 1,
    "CCDYBIN": 1,
    "ANGLE": 217.1,
    "POSANGLE": 37.5,
    "GAIN": 100,
    "OFFSET": 30,
}
MAXIM = {
    "IMAGETYP": "Light Frame",
    "SET-TEMP": -10.0,
    "CCD-TEMP": -10.02,
    "XBINNING": 1,
    "YBINNING": 1,
    "READOUTM": "Monochrome",
    "FILTER": "Ha",
    "FOCUSPOS": 5210,
    "ROTATANG": 37.5,
    "SWCREATE": "MaxIm DL Version 6.40",
    "EGAIN": 0.25,
}
APT = {
    "EXPTIME": 300.0,
    "XBINNING": 1,
    "YBINNING": 1,
    "EGAIN": 0.25,
    "SET-TEMP": -10.0,
    "IMAGETYP": "Light Frame",
    "GAIN": 100,
    "OFFSET": 30,
    "FILTER": "Ha",
    "SWCREATE": "Astro Photography Tool - APT v.4.30",
}
ASIAIR = {
    "CREATOR": "ZWO ASIAIR Plus",
    "XBINNING": 1,
    "YBINNING": 1,
    "CCDXBIN": 1,
    "CCDYBIN": 1,
    "EXPOSURE": 300.0,
    "EXPTIME": 300.0,
    "IMAGETYP": "Light",
    "CCD-TEMP": -10.0,
    "SET-TEMP": -10,
    "FILTER": "Ha",
    "GAIN": 100,
    "OFFSET": 30,
    "FOCUSPOS": 5210,
}
SHARPCAP = {
    "SWCREATE": "SharpCap",
    "CCD-TEMP": -10.1,
    "XBINNING": 1,
    "YBINNING": 1,
    "EXPTIME": 300,
    "FILTER": "Ha",
    "GAIN": 100,
    "BLKLEVEL": 30,
    "FRAMETYP": "Light",
    "SET-TEMP": -10.0,
}
DSLR = {"IMAGETYP": "Light Frame", "ISOSPEED": 1600, "XBINNING": 1, "YBINNING": 1}
PROGRAMS = {
    "nina": NINA,
    "ekos": EKOS,
    "ccdciel": CCDCIEL,
    "sgp": SGP,
    "maxim": MAXIM,
    "apt": APT,
    "asiair": ASIAIR,
    "sharpcap": SHARPCAP,
}


def card(keyword: str, value: object) -> bytes:
    match value:
        case bool():
            text = f"{'FT'[value]:>20}"
        case str():
            text = "'" + value.replace("'", "''").ljust(8) + "'"
        case _:
            text = f"{value!r:>20}"
    return f"{keyword:8}= {text} / comment".encode("latin-1").ljust(80)[:80]


def header(*cards: bytes) -> bytes:
    data = b"".join(cards) + b"END".ljust(80)
    return data.ljust(math.ceil(len(data) / BLOCK) * BLOCK)


def light_bytes(facts=None, *, cols: int = 62, rows: int = 41) -> bytes:
    """Return a whole file: 16 bits, all pixels alike."""
    structure = {"SIMPLE": True, "BITPIX": 16, "NAXIS": 2, "NAXIS1": cols, "NAXIS2": rows}
    structure |= {"BZERO": 32768, "BSCALE": 1}
    facts = NINA if facts is None else facts
    length = math.ceil(2 * cols * rows / BLOCK) * BLOCK
    return header(*(card(k, v) for k, v in (structure | facts).items())) + bytes(length)


def write_light(path: Path, facts=None, **size) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(light_bytes(facts, **size))
    return path
