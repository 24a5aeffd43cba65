"""How the instrument stood for a light frame, out of a header of whichever program.

One table holds the spellings of N.I.N.A., Ekos and other INDI clients, CCDciel, Sequence Generator
Pro, MaxIm DL, APT, SharpCap, ASIAIR, Seestar, RTS2 and the observatories' own, the plainest first.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from flatctl.core.nights.filters import says_no_filter
from flatctl.core.nights.plan import LightFrame
from flatctl.core.types import CameraSetup
from flatctl.fits.header import NotReadable, Value, number
from flatctl.images.facts import Facts

SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "kind": ("IMAGETYP", "FRAME", "PICTTYPE", "IMGTYPE", "OBSTYPE", "FRAMETYP"),
    "filter": ("FILTER", "INSFLNAM", "FILTERID", "FILTNAM"),
    # EGAIN is electrons per ADU: what a gain does, not what the camera is set to.
    "gain": ("GAIN", "CAMGAIN"),
    "offset": ("OFFSET", "BLKLEVEL", "BLACKLEV", "CAMOFFS"),
    "iso": ("ISOSPEED", "ISO", "ISOSPD"),
    "readout_mode": ("READOUTM", "READMODE", "RDOUTMOD", "RDOUTM"),
    "conversion_gain": ("CONVGAIN",),
    "low_noise": ("LOWNOISE",),
    "full_well": ("FULLWELL",),
    "set_temperature": ("SET-TEMP", "SETTEMP", "CCDSETT", "TEMPSET", "CCD_SET"),
    "temperature": ("CCD-TEMP", "CCDTEMP", "CCD_TEMP", "DET-TEMP", "SENSTEMP"),
    "rotator": ("ROTATOR", "ROTATANG", "ROTANG", "ROTPOS", "POSANGLE"),
    "focuser": ("FOCPOS", "FOCUSPOS", "FOCUSER", "FOCUSPO", "FOC_POS"),
    "frames": ("STACKCNT", "NCOMBINE", "NUMFRAME"),
}
_BINNINGS = (
    *(("XBINNING", "YBINNING"), ("CCDXBIN", "CCDYBIN"), ("CCDBINX", "CCDBINY"), ("BINX", "BINY")),
    *(("XBIN", "YBIN"), ("HBIN", "VBIN"), ("CCDBIN1", "CCDBIN2"), ("DETXBIN", "DETYBIN")),
    *(("BINNING",), ("CCDSUM",)),
)
# Of a telescope with several wheels, each of which has a place without glass.
_WHEELS = ("FILTER1", "FILTER2", "FILTER3")
_NUMBER = re.compile(r"([-+]?\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?)\s*°?\s*(?:[A-Za-z]{1,5})?")
_ELECTRONS = re.compile(
    r"\b(photo)?e(lectrons?)?\s*[-⁻]?\s*\)?\s*(/|per)\s*\(?\d*\s*(adu|dn|counts?|data)\b"
    r"|\badu\s*(/|per)\s*\(?(photo)?e(lectrons?)?\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(r"\d+(?:\.\d+)?")
_KELVIN = re.compile(r"\[?\b(K|Kelvin)\b\]?")
_ZERO_K = -273.15
# No sensor is colder or warmer; what is warmer is told in kelvin.
_SENSOR_C = (-200.0, 60.0)
_DB_MIN = 10.0
# A cooled sensor wavers about its set point, which is a whole or a half degree.
_SET_POINTS_C = 0.5

IN_ELECTRONS = "their GAIN is in electrons per ADU, so the camera's own setting is not known"
SENSELESS_TEMPERATURE = "their sensor temperature makes no sense and is left out"


@dataclass
class LightHeader:
    """The headers of one light frame; `notes` say what of them is not taken as it stands."""

    facts: Facts
    notes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """What kind of frame it calls itself."""
        said = self._text("kind")
        return None if said is None or says_no_filter(said) else said

    def light(self, *, measured_temperature: bool) -> LightFrame:
        """Return how everything stood. Raises `NotReadable` where no flats can be like it."""
        if (self._number("frames") or 1) > 1:
            raise NotReadable("it is a stack of several frames, not a light frame")
        angle_deg = self._number("rotator")
        rows, cols = self.facts.shape[-2:]
        return LightFrame(
            filter=self._filter(),
            setup=CameraSetup(
                binning=self._binning(),
                gain=self._gain(),
                offset=self._positive("offset"),
                iso=round(self._positive("iso") or 0) or None,
                readout_mode=self._text("readout_mode"),
                conversion_gain=self._text("conversion_gain"),
                low_noise=self._text("low_noise"),
                full_well=self._text("full_well"),
                temperature_c=self._temperature_c(measured=measured_temperature),
            ),
            size_px=(cols, rows),
            rotator_deg=None if angle_deg is None else angle_deg % 360.0,
            focuser_steps=self._positive("focuser"),
        )

    def _filter(self) -> str | None:
        """Return the filters in the beam, `None` where there is none."""
        named = (_shown(self.facts.values.get(name)) for name in SPELLINGS["filter"])
        first = next((name for name in named if not says_no_filter(name)), "")
        others = (_shown(self.facts.values.get(name)) for name in _WHEELS)
        there = dict.fromkeys([first, *others])
        return " + ".join(name for name in there if not says_no_filter(name)) or None

    def _binning(self) -> int:
        across, down = next(self._binnings(), (1, 1))
        if across != down:
            raise NotReadable(
                f"it is binned {across} × {down}, which flatctl can't do: take its flats by hand"
            )
        return across

    def _binnings(self) -> Iterator[tuple[int, int]]:
        """Yield binning across and down in each spelling that says it."""
        for names in _BINNINGS:
            said = " ".join(_shown(self.facts.values.get(name)) for name in names)
            if figures := _FIGURE.findall(said):
                yield _bins(figures[0]), _bins(figures[-1])

    def _gain(self) -> float | None:
        """Return the camera's setting; in some headers GAIN is what that does."""
        found = self._positive("gain")
        comments = [self.facts.comment(name) for name in SPELLINGS["gain"]]
        told = any(_ELECTRONS.search(comment) for comment in comments)
        # Settings are whole numbers, or decibels that say so.
        looks = found is not None and found % 1 != 0 and found < _DB_MIN
        if found is not None and (told or (looks and not any("dB" in each for each in comments))):
            self.notes.append(IN_ELECTRONS)
            return None
        return found

    def _temperature_c(self, *, measured: bool) -> float | None:
        wanted_c = self._celsius("set_temperature")
        if wanted_c is None and measured:
            found_c = self._celsius("temperature")
            wanted_c = None if found_c is None else round(found_c / _SET_POINTS_C) * _SET_POINTS_C
        return None if wanted_c is None else round(wanted_c, 1)

    def _celsius(self, what: str) -> float | None:
        """Return a temperature that a sensor can have."""
        found = self._number(what)
        if found is None:
            return None
        said = " ".join(
            f"{_shown(self.facts.values.get(name))} {self.facts.comment(name)}"
            for name in SPELLINGS[what]
        )
        low_c, high_c = _SENSOR_C
        celsius = found + _ZERO_K if found > high_c or _KELVIN.search(said) else found
        if low_c <= celsius <= high_c:
            return celsius
        self.notes.append(SENSELESS_TEMPERATURE)
        return None

    def _positive(self, what: str) -> float | None:
        """Return a number; programs write a negative one for what they don't know."""
        found = self._number(what)
        return found if found is not None and found >= 0 else None

    def _number(self, what: str) -> float | None:
        """Return the first number among the spellings: ROTATOR may be the rotator's name."""
        numbers = (self._number_of(name) for name in SPELLINGS[what])
        return next((found for found in numbers if found is not None), None)

    def _number_of(self, name: str) -> float | None:
        value = self.facts.values.get(name)
        if isinstance(value, str):
            written = _NUMBER.fullmatch(value.strip().replace("\N{MINUS SIGN}", "-"))
            figure = float(written[1].replace(",", ".")) if written else math.nan
            return figure if math.isfinite(figure) else None
        return number(self.facts.values, name)

    def _text(self, what: str) -> str | None:
        """Return the first text among the spellings that says something, fit to be printed."""
        texts = (_shown(self.facts.values.get(name)) for name in SPELLINGS[what])
        return next((text for text in texts if text), None)


def _bins(figure: str) -> int:
    """Return how many pixels are binned; programs write 0 for none."""
    return max(round(float(figure)), 1)


def _shown(value: Value | None) -> str:
    """Return a value as a text that can be printed, empty where there is none."""
    if isinstance(value, str):
        return "".join(letter for letter in value if letter.isprintable()).strip()
    if isinstance(value, bool):
        return "On" if value else "Off"
    return "" if value is None else f"{value:g}"
