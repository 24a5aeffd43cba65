"""Find what a camera's driver calls its gain, its offset and its modes.

INDI has names for gain, offset and ISO alone, and drivers spell even these in ways of their own:
`TC_GAIN`, `OFFSET` among others in `CCD_CONTROLS`, a switch `TC_LOW_NOISE`. So each is looked for
by the element's name in any case, then by its label, then behind a vendor's prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from flatctl.devices.indi.wire.registry import Element, Property

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# They say that something can be set, not what it is.
_FILLING = {"ccd", "cam", "camera", "control", "controls", "mode", "modes", "value", "set"}
# Before a name these make something else of it; any other word there is a vendor's.
_CHANGING = {
    *("auto", "max", "maximum", "min", "minimum", "step", "limit", "target", "default", "preset"),
    *("red", "green", "blue", "r", "g", "b", "wb", "white", "balance", "guide", "guider"),
    *("digital", "stream", "video", "x", "y", "frame", "roi", "focus", "time", "exposure"),
    *("conversion", "high", "low", "hdr", "unity", "e", "electron", "pixel", "line", "fan"),
    *("hcg", "lcg", "dark", "bayer", "cfa", "wcs", "rotator", "optical", "sky", "guiding"),
    *("cooler", "temp", "temperature"),
}


@dataclass(frozen=True)
class Control:
    """Something to set of a camera, by its key in the configuration, and what drivers call it.

    `home` are the properties that have it in INDI, or in drivers that many use; `names` are what
    else it is called, in small letters and without anything between the words.
    """

    key: str
    home: tuple[str, ...]
    names: frozenset[str]


@dataclass(frozen=True)
class Found:
    """Where a control is: a number, the `element` of its property, or a property of switches."""

    property: Property
    element: Element | None = None


GAIN = Control("gain", ("CCD_GAIN",), frozenset({"gain"}))
OFFSET = Control("offset", ("CCD_OFFSET",), frozenset({"offset", "blacklevel", "blackoffset"}))
ISO = Control("iso", ("CCD_ISO",), frozenset({"iso", "isospeed"}))
READOUT_MODE = Control(
    "readout_mode",
    ("READ_MODE", "CCD_READ_MODE", "CCD_READOUT_MODE", "READOUT_MODE", "SENSOR_MODE"),
    frozenset({"read", "readout", "sensor", "readoutspeed", "readoutrate"}),
)
CONVERSION_GAIN = Control(
    "conversion_gain",
    ("CCD_CONVERSION_GAIN",),
    frozenset({"conversiongain", "gainconversion", "convgain", "hcg", "highconversiongain"}),
)
LOW_NOISE = Control(
    "low_noise", ("CCD_LOW_NOISE",), frozenset({"lownoise", "lownoisereadout", "lowreadnoise"})
)
FULL_WELL = Control(
    "full_well",
    ("CCD_FULL_WELL",),
    frozenset({"fullwell", "highfullwell", "fullwellcapacity", "highfullwellcapacity"}),
)
CAPTURE_FORMAT = Control(
    "capture_format",
    ("CCD_CAPTURE_FORMAT", "CAPTURE_FORMAT", "CCD_VIDEO_FORMAT"),
    frozenset({"captureformat", "imageformat", "pixelformat", "videoformat"}),
)
NUMBERS = (GAIN, OFFSET)
MODES = (READOUT_MODE, CONVERSION_GAIN, LOW_NOISE, FULL_WELL, CAPTURE_FORMAT)

# What every camera has; the rest of what can be set is the vendor's own.
_COMMON = re.compile(
    r"CONNECTION|CONNECTION_MODE|CCD_(EXPOSURE|ABORT_EXPOSURE|FRAME|FRAME_TYPE|FRAME_RESET|BINNING"
    r"|TEMPERATURE|TEMP_RAMP|COOLER|COMPRESSION|TRANSFER_FORMAT|FAST_TOGGLE|FAST_COUNT|FILE_PATH"
    r"|VIDEO_STREAM|STREAM.*|ROTATION|INFO|CFA|RAPID_GUIDE.*|LOOP_COUNT)"
    r"|UPLOAD_.*|ACTIVE_DEVICES|DEBUG.*|LOG.*|SIMULATION|CONFIG_.*|POLLING.*|FILTER_.*|WCS_.*"
    r"|GUIDER_.*|TELESCOPE_.*|SCOPE_.*|RECORD_.*|STREAM.*|FITS_HEADER|DEVICE_.*|USEROPTIONS.*"
)
_OFFERED_MAX = 12
_PREFIX_WORDS = 2
_FARTHEST = 3  # of the ranks


def find_number(properties: Iterable[Property], control: Control) -> Found | None:
    """Return where a number is, `None` where no property has it."""
    ranked: list[tuple[int, Found]] = []
    for known in properties:
        if known.kind != "number" or _CHANGING.intersection(_words(known.name)):
            continue
        at_home = known.name in control.home
        for element in known.elements.values():
            rank = _rank(element.name, element.label, control.names)
            if rank is None and at_home and len(known.elements) == 1:
                rank = _FARTHEST
            if rank is not None:
                far = 0 if at_home else _FARTHEST + 1
                ranked.append((rank + far, Found(known, element)))
    return _nearest(ranked)


def find_mode(properties: Iterable[Property], control: Control) -> Found | None:
    """Return where a mode is: switches, else a number; `None` where no property has it."""
    known = tuple(properties)
    ranked: list[tuple[int, Found]] = []
    for one in known:
        single = one.kind == "number" and len(one.elements) == 1
        if one.kind != "switch" and not single:
            continue
        element = next(iter(one.elements.values())) if single else None
        if one.name in control.home:
            ranked.append((control.home.index(one.name), Found(one, element)))
        elif (rank := _rank(one.name, one.label, control.names)) is not None:
            ranked.append((len(control.home) + rank, Found(one, element)))
    return _nearest(ranked) or find_number(known, control)


def offered(properties: Iterable[Property]) -> str:
    """Name what can be set of a camera besides what every camera has; empty for nothing."""
    own = [
        f"{one.name} ({', '.join(e.label or e.name for e in one.elements.values())})"
        for one in properties
        if one.writable and one.kind in ("number", "switch") and not _COMMON.fullmatch(one.name)
    ]
    more = f" and {len(own) - _OFFERED_MAX} more" if len(own) > _OFFERED_MAX else ""
    return ", ".join(own[:_OFFERED_MAX]) + more


def _nearest(ranked: list[tuple[int, Found]]) -> Found | None:
    """Return the best of what was found; what can be set goes before what can only be read."""
    return min(ranked, key=lambda one: (not one[1].property.writable, one[0]), default=(0, None))[1]


def _rank(name: str, label: str, names: frozenset[str]) -> int | None:
    """Return how well an element's name or label fits, 0 the best; `None` for not at all."""
    own, shown = _words(name), _words(label)
    fits = (
        "".join(own) in names,
        "".join(shown) in names,
        any(_behind_prefix(own, names)),
        any(_behind_prefix(shown, names)),
    )
    return fits.index(True) if True in fits else None


def _behind_prefix(words: list[str], names: frozenset[str]) -> Iterator[bool]:
    for n in range(1, min(_PREFIX_WORDS, len(words) - 1) + 1):
        if _CHANGING.intersection(words[:n]):
            return
        yield "".join(words[n:]) in names


def _words(text: str) -> list[str]:
    """Return the words of a name, whether they are joined by case or by signs."""
    words = [word.casefold() for word in _WORD.findall(text)]
    return [word for word in words if word not in _FILLING] or words
