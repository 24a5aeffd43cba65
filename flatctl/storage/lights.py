"""Light frames on disk: how the instrument stood for them, whichever program wrote them.

One table holds the spellings of N.I.N.A., Ekos and other INDI clients, CCDciel, Sequence Generator
Pro, MaxIm DL, APT, SharpCap, ASIAIR and Seestar, the plainest first.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flatctl.core.nights.plan import LightFrame
from flatctl.core.types import CameraSetup
from flatctl.fits.header import NotReadable, Value, number
from flatctl.storage.directory import files_below
from flatctl.storage.images import glance

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "kind": ("IMAGETYP", "FRAME", "PICTTYPE", "IMGTYPE", "OBSTYPE", "FRAMETYP"),
    "filter": ("FILTER", "INSFLNAM", "FILTERID", "FILTNAM"),
    "binning": ("XBINNING", "CCDXBIN", "CCDBINX", "BINX", "XBIN", "HBIN", "BINNING"),
    "binning_down": ("YBINNING", "CCDYBIN", "CCDBINY", "BINY", "YBIN", "VBIN"),
    # EGAIN is electrons per ADU: what a gain does, not what the camera is set to.
    "gain": ("GAIN", "CAMGAIN"),
    "offset": ("OFFSET", "BLKLEVEL", "BLACKLEV", "CAMOFFS"),
    "iso": ("ISOSPEED", "ISO", "ISOSPD"),
    "readout_mode": ("READOUTM", "READMODE", "RDOUTMOD"),
    "set_temperature": ("SET-TEMP", "SETTEMP", "CCDSETT", "TEMPSET"),
    "temperature": ("CCD-TEMP", "CCDTEMP", "CCD_TEMP", "DET-TEMP", "SENSTEMP"),
    "rotator": ("ROTATOR", "ROTATANG", "ROTANG", "ROTPOS", "POSANGLE"),
    "focuser": ("FOCPOS", "FOCUSPOS", "FOCUSER", "FOCUSPO"),
    "frames": ("STACKCNT", "NCOMBINE", "NUMFRAME"),
}
_KINDS = ("flat", "dark", "bias", "light")
_LIGHT_WORDS = ("object", "science", "snapshot")
_WORKERS = 4  # as many as hide the latency of a network drive; a local disk needs one
# A cooled sensor wavers about its set point, which is a whole or a half degree.
_SET_POINTS_C = 0.5


@dataclass(frozen=True)
class LightFile:
    """What one file was found to be.

    `light` is there for light frames only. `kind` is `light`, `flat`, `dark`, `bias` or whatever
    else the frame calls itself; `problem` says why nothing could be read, or is empty.
    """

    path: Path
    light: LightFrame | None = None
    kind: str = ""
    problem: str = ""


def read_folder(
    directory: Path,
    *,
    measured_temperature: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[LightFile]:
    """Yield a reading of every file in `directory` and below it, by path.

    With `measured_temperature` the sensor's temperature stands in where no set point is told.
    `progress` hears how many of how many files are done. Raises `StorageError` where the directory
    itself can't be listed; nothing that lies in it ends the reading.
    """
    paths, problems = files_below(directory)
    yield from (LightFile(path, problem=problem) for path, problem in problems)
    read = partial(read_light, measured_temperature=measured_temperature)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="lights") as pool:
        for done, reading in enumerate(pool.map(read, paths), start=1):
            if progress is not None:
                progress(done, len(paths))
            yield reading


def read_light(path: Path, *, measured_temperature: bool = False) -> LightFile:
    """Read one file; never raises for what is in it."""
    try:
        values = glance(path)
        kind = _kind(values, path)
        if kind != "light":
            return LightFile(path, kind=kind)
        return LightFile(path, _light(values, measured_temperature), kind)
    except NotReadable as problem:
        return LightFile(path, problem=str(problem))


def _kind(values: Mapping[str, Value], path: Path) -> str:
    """Return what kind of frame it is; one that doesn't say is what its folders and name say."""
    said = _text(values, "kind")
    if said is None:
        words = re.split(r"[^a-z]+", str(path).lower())
        named = [kind for word in reversed(words) for kind in _KINDS if word in (kind, f"{kind}s")]
        if not named:
            raise NotReadable("it doesn't say what kind of frame it is (IMAGETYP)")
        return named[0]
    word = re.sub(r"[^a-z]", "", said.lower())
    if "master" in word:
        return "master"
    if word in _LIGHT_WORDS:
        return "light"
    return next((kind for kind in _KINDS if kind in word), said)


def _light(values: Mapping[str, Value], measured_temperature: bool) -> LightFrame:
    if (_number(values, "frames") or 1) > 1:
        raise NotReadable("it is a stack of several frames, not a light frame")
    angle_deg = _number(values, "rotator")
    return LightFrame(
        filter=_text(values, "filter"),
        setup=CameraSetup(
            binning=_binning(values),
            gain=_positive(values, "gain"),
            offset=_positive(values, "offset"),
            iso=round(_positive(values, "iso") or 0) or None,
            readout_mode=_text(values, "readout_mode"),
            temperature_c=_temperature(values, measured_temperature),
        ),
        size_px=(int(values["NAXIS1"]), int(values["NAXIS2"])),
        rotator_deg=None if angle_deg is None else angle_deg % 360.0,
        focuser_steps=_positive(values, "focuser"),
    )


def _binning(values: Mapping[str, Value]) -> int:
    across = _binning_number(values, "binning")
    down = _binning_number(values, "binning_down") or across
    if across != down:
        raise NotReadable(
            f"it is binned {across} × {down}, which flatctl can't do: take its flats by hand"
        )
    return across or 1


def _binning_number(values: Mapping[str, Value], what: str) -> int | None:
    found = _number(values, what)
    if found is None:
        # Some write "2*2" or "2x2".
        written = re.match(r"\d+", _text(values, what) or "")
        found = float(written.group()) if written else None
    return round(found) if found and found >= 1 else None


def _temperature(values: Mapping[str, Value], measured_temperature: bool) -> float | None:
    wanted_c = _number(values, "set_temperature")
    measured_c = _number(values, "temperature")
    if wanted_c is None and measured_temperature and measured_c is not None:
        wanted_c = round(measured_c / _SET_POINTS_C) * _SET_POINTS_C
    return None if wanted_c is None else round(wanted_c, 1)


def _positive(values: Mapping[str, Value], what: str) -> float | None:
    """Return a number; programs write a negative one for what they don't know."""
    found = _number(values, what)
    return found if found is not None and found >= 0 else None


def _number(values: Mapping[str, Value], what: str) -> float | None:
    """Return the first number among the spellings: ROTATOR may be the rotator's name."""
    for name in SPELLINGS[what]:
        value = values.get(name)
        if (found := number(values, name)) is not None:
            return found
        if isinstance(value, str) and re.fullmatch(r"[-+]?\d+(\.\d*)?", value.strip()):
            return float(value)
    return None


def _text(values: Mapping[str, Value], what: str) -> str | None:
    """Return the first text among the spellings that says something, fit to be printed."""
    for name in SPELLINGS[what]:
        value = values.get(name)
        if isinstance(value, str):
            shown = "".join(letter for letter in value if letter.isprintable()).strip()
            if shown:
                return shown
        if (found := number(values, name)) is not None:
            return f"{found:g}"
    return None
