"""The one table of keywords, of which headers and their reference page are made."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flatctl import __version__
from flatctl.core.pixels.sixteen_bits import BZERO
from flatctl.core.types import FrameKind
from flatctl.fits.cards import keyword_of, make_card, sound_cards
from flatctl.fits.header import Header, number
from flatctl.fits.text import distinct
from flatctl.storage.filters import filter_card
from flatctl.storage.keyword import Keyword, made_cards, real, whole_if_possible
from flatctl.storage.record import FrameRecord

POINTING = ("RA", "DEC", "OBJCTRA", "OBJCTDEC")
_STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|EXTEND|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS"
    r"|BZERO|BSCALE|BLANK|CHECKSUM|DATASUM|CONTINUE|END"
)
_MJD_ZERO = datetime(1858, 11, 17, tzinfo=UTC)


def _is_dark(record: FrameRecord) -> bool:
    return record.kind is FrameKind.DARK_FLAT


def _time(when: datetime) -> str:
    return when.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _utc(record: FrameRecord, part: float) -> datetime:
    """Return the moment at which `part` (0 to 1) of the exposure was over."""
    return record.started.astimezone(UTC) + timedelta(seconds=part * record.taken_s)


def _exact(text: str | None) -> str | None:
    return None if text is None else distinct(text)


def _mjd(record: FrameRecord, part: float) -> float:
    return (_utc(record, part) - _MJD_ZERO) / timedelta(days=1)


ALWAYS = "always"
FLATS = "flats"
DARKS = "dark flats"
KNOWN = "where known"
SKY = "flats of the sky"
DEFAULT = "where the driver didn't"

# fmt: off
_TABLE: tuple[Keyword[FrameRecord], ...] = (
    Keyword("IMAGETYP", str, "", ALWAYS, "Type of frame",
            "`FLAT` or, for dark flats, `DARK`: the words that stackers match on. "
            "`[dark_flats] imagetyp` may say `DARKFLAT`.",
            lambda r: r.dark_flat_type if _is_dark(r) else "FLAT"),
    Keyword("FRAME", str, "", ALWAYS, "Type of frame, INDI's word",
            "`Flat` or `Dark`.",
            lambda r: "Dark" if _is_dark(r) else "Flat"),
    Keyword("FLATDARK", bool, "", DARKS, "Dark frame for flats",
            "True in dark flats, which are darks of the flats' exposure with the light off.",
            lambda r: True if _is_dark(r) else None),
    Keyword("OBJECT", str, "", ALWAYS, "What the frame shows",
            "`FLAT` or `DARKFLAT`.",
            lambda r: "DARKFLAT" if _is_dark(r) else "FLAT"),
    Keyword("FILTER", str, "", "rigs with a wheel", "Filter, by the wheel's name of it",
            "The wheel's own name of the slot, byte for byte as in light frames. Letters that "
            "FITS can't hold are transliterated: `Hα` becomes `Ha`, `红` becomes `Hong`. Where "
            "two slots of the wheel would read the same then, a digest of the name follows.",
            lambda r: None if r.key.filter is None else filter_card(r.key.filter, r.slots)),
    Keyword("FLATFILT", str, "", "rigs with a wheel", "Filter, for certain",
            "By this flatctl tells filters apart. The wheel's own name, or where a card can't "
            "hold that: a transliteration of it, `~`, and 12 digits of the SHA-256 of its UTF-8.",
            lambda r: _exact(r.key.filter)),
    Keyword("FWHEEL", str, "", "rigs with a wheel", "Filter wheel",
            "The wheel's name.",
            lambda r: r.wheel),
    Keyword("EXPTIME", float, "s", ALWAYS, "[s] Exposure",
            "The exposure as the driver reports it, else as it was asked for.",
            lambda r: float(r.taken_s), also="EXPOSURE"),
    Keyword("REQTIME", float, "s", ALWAYS, "[s] Exposure asked for",
            "The exposure that was asked for.",
            lambda r: float(r.exposure_s)),
    Keyword("DATE-OBS", str, "", ALWAYS, "Start of exposure, UTC",
            "ISO 8601 with milliseconds, UTC, no `Z`.",
            lambda r: _time(_utc(r, 0))),
    Keyword("DATE-AVG", str, "", ALWAYS, "Middle of exposure, UTC",
            "As DATE-OBS.",
            lambda r: _time(_utc(r, 0.5))),
    Keyword("DATE-END", str, "", ALWAYS, "End of exposure, UTC",
            "As DATE-OBS.",
            lambda r: _time(_utc(r, 1))),
    Keyword("DATE-LOC", str, "", ALWAYS, "Start of exposure, local time",
            "As DATE-OBS, in the observatory's own time.",
            lambda r: _time(r.started.astimezone(r.local_zone))),
    Keyword("TIMESYS", str, "", ALWAYS, "Time scale of the dates",
            "`UTC`.",
            lambda _: "UTC"),
    Keyword("MJD-OBS", float, "d", ALWAYS, "[d] Modified Julian Date of the start",
            "Modified Julian Date of DATE-OBS.",
            lambda r: _mjd(r, 0)),
    Keyword("MJD-AVG", float, "d", ALWAYS, "[d] Modified Julian Date of the middle",
            "Modified Julian Date of DATE-AVG.",
            lambda r: _mjd(r, 0.5)),
    Keyword("INSTRUME", str, "", DEFAULT, "Camera",
            "The camera's name.",
            lambda r: r.key.camera, yields=True),
    Keyword("XBINNING", int, "", ALWAYS, "Binning across",
            "Pixels binned along a row.",
            lambda r: int(r.key.binning)),
    Keyword("YBINNING", int, "", ALWAYS, "Binning down",
            "Pixels binned along a column.",
            lambda r: int(r.key.binning)),
    Keyword("GAIN", float, "", KNOWN, "Gain in the driver's units",
            "A whole number where it is one.",
            lambda r: whole_if_possible(r.key.gain)),
    Keyword("OFFSET", float, "", KNOWN, "Offset in the driver's units",
            "A whole number where it is one.",
            lambda r: whole_if_possible(r.key.offset)),
    Keyword("ISOSPEED", int, "", KNOWN, "ISO speed",
            "Of DSLRs.",
            lambda r: None if r.key.iso is None else int(r.key.iso)),
    Keyword("READOUTM", str, "", KNOWN, "Readout mode",
            "The driver's name of the readout mode.",
            lambda r: _exact(r.key.readout_mode)),
    Keyword("CONVGAIN", str, "", KNOWN, "Conversion gain",
            "The driver's name of it, as `High` or `Low`.",
            lambda r: _exact(r.key.conversion_gain)),
    Keyword("LOWNOISE", str, "", KNOWN, "Low noise mode",
            "`On` or `Off`, else the driver's name of it.",
            lambda r: _exact(r.key.low_noise)),
    Keyword("FULLWELL", str, "", KNOWN, "Full well mode",
            "As LOWNOISE.",
            lambda r: _exact(r.key.full_well)),
    Keyword("CAPTFMT", str, "", KNOWN, "Capture format",
            "The driver's name of the format in which the camera delivers pixels.",
            lambda r: _exact(r.key.capture_format)),
    Keyword("EGAIN", float, "e-/ADU", DEFAULT, "[e-/ADU] Electrons per ADU",
            "In flats: as the noise of the last set told it, over a measured level without light.",
            lambda r: real(r.e_per_adu), yields=True),
    Keyword("SET-TEMP", float, "°C", KNOWN, "[degC] Temperature asked of the sensor",
            "What the cooler was set to.",
            lambda r: real(r.set_temperature_c)),
    Keyword("CCD-TEMP", float, "°C", DEFAULT, "[degC] Temperature of the sensor",
            "The driver's own card is of the moment of the exposure; without it, what the camera "
            "said before the set.",
            lambda r: real(r.temperature_c), yields=True),
    Keyword("ROTATOR", float, "°", "rigs with a rotator", "[deg] Angle of the rotator",
            "Where the rotator reported to stand, in its own degrees.",
            lambda r: real(r.rotator_deg), also="ROTATANG"),
    Keyword("FOCPOS", int, "", "rigs with a focuser", "Position of the focuser, its own steps",
            "Where the focuser reported to stand.",
            lambda r: r.focuser_steps, also="FOCUSPOS"),
    Keyword("BAYERPAT", str, "", DEFAULT, "Colours of the pixels",
            "Colour cameras: the pattern of the filters on the pixels.",
            lambda r: r.bayer, yields=True),
    Keyword("ROWORDER", str, "", DEFAULT, "Order of the rows",
            "`TOP-DOWN`; pixels are stored in the order in which they came.",
            lambda _: "TOP-DOWN", yields=True),
    Keyword("SITELAT", float, "°", DEFAULT, "[deg] Latitude, north positive",
            "Of the rig, where the configuration says it.",
            lambda r: r.site.latitude_deg if r.site else None, yields=True),
    Keyword("SITELONG", float, "°", DEFAULT, "[deg] Longitude, east positive",
            "As SITELAT.",
            lambda r: r.site.longitude_deg if r.site else None, yields=True),
    Keyword("SITEELEV", float, "m", DEFAULT, "[m] Height above the sea",
            "As SITELAT.",
            lambda r: r.site.elevation_m if r.site else None, yields=True),
    Keyword("SWCREATE", str, "", ALWAYS, "Program that wrote this file",
            "flatctl and its version.",
            lambda _: f"flatctl {__version__}"),
    Keyword("FLATSRC", str, "", ALWAYS, "Source of the light",
            "`PANEL`, or `SKY`: a stacker knows flats by IMAGETYP, whatever their light.",
            lambda r: "PANEL" if r.sky is None else "SKY"),
    Keyword("SUNALT", float, "°", SKY, "[deg] Altitude of the Sun",
            "In the middle of the exposure, without refraction.",
            lambda r: real(r.sky.sun_alt_deg if r.sky else None)),
    Keyword("SUNDIST", float, "°", SKY, "[deg] Distance from the Sun",
            "Where the telescope's pointing is known.",
            lambda r: real(r.sky.sun_distance_deg if r.sky else None)),
    Keyword("MOONALT", float, "°", SKY, "[deg] Altitude of the Moon",
            "Within half a degree.",
            lambda r: real(r.sky.moon_alt_deg if r.sky else None)),
    Keyword("MOONDIST", float, "°", SKY, "[deg] Distance from the Moon",
            "As SUNDIST.",
            lambda r: real(r.sky.moon_distance_deg if r.sky else None)),
    Keyword("SKYRATE", float, "ADU/s", SKY, "[ADU/s] Light of the sky",
            "In the middle of the exposure, above the level without light.",
            lambda r: real(r.sky.rate_adu_s if r.sky else None)),
    Keyword("SKYDIR", str, "", SKY, "Twilight",
            "`DAWN` or `DUSK`.",
            lambda r: None if r.sky is None else "DAWN" if r.sky.dawn else "DUSK"),
    Keyword("TRACKING", bool, "", SKY, "The mount tracked",
            "Where the mount can say so.",
            lambda r: r.sky.tracking if r.sky else None),
    Keyword("DITHERN", int, "", SKY, "Number of the dithered frame",
            "From 1, over all filters of a run; 0 where the mount was not moved between frames.",
            lambda r: r.sky.dithers if r.sky else None),
    Keyword("DARKRUNG", float, "s", SKY, "[s] Exposure of the dark flats nearest to it",
            "Where there are dark flats: they are taken at few exposures.",
            lambda r: real(r.sky.dark_rung_s) if r.sky else None),
    Keyword("DARKSCAL", float, "", SKY, "Exposure over that of DARKRUNG",
            "By what dark current in those is to be multiplied for this flat.",
            lambda r: r.exposure_s / r.sky.dark_rung_s if r.sky and r.sky.dark_rung_s else None),
    Keyword("DARKUSE", str, "", "dark flats for the sky", "What this dark flat is for",
            "`RUNG`: for flats of about its exposure. `BIAS`: for those of all exposures.",
            lambda r: r.dark_use),
    Keyword("CENTALT", float, "°", SKY, "[deg] Altitude of the telescope",
            "Where the telescope pointed: RA and DEC a plate solver would believe.",
            lambda r: real(r.sky.direction.alt_deg if r.sky and r.sky.direction else None)),
    Keyword("CENTAZ", float, "°", SKY, "[deg] Azimuth of the telescope",
            "Counted from north over east.",
            lambda r: real(r.sky.direction.az_deg if r.sky and r.sky.direction else None)),
    Keyword("PANELNAM", str, "", KNOWN, "Light panel",
            "The panel's name.",
            lambda r: r.key.panel),
    Keyword("PANELBRT", int, "", KNOWN, "Brightness of the panel, its own steps",
            "0 in dark flats, where the light is off.",
            lambda r: 0 if _is_dark(r) and r.key.panel else r.brightness),
    Keyword("PANELMAX", int, "", KNOWN, "Highest brightness step of the panel",
            "The panel's range is 0 to this.",
            lambda r: r.brightness_max),
    Keyword("FLATTGT", float, "ADU", FLATS, "[ADU] Median that was aimed at",
            "The target level.",
            lambda r: None if _is_dark(r) else real(r.target_adu)),
    Keyword("FLATTOL", float, "ADU", FLATS, "[ADU] Median may differ from FLATTGT by",
            "`flatctl verify` measures the frame again and compares with FLATTGT ± FLATTOL.",
            lambda r: None if _is_dark(r) else real(r.tolerance_adu)),
    Keyword("FLATMED", float, "ADU", ALWAYS, "[ADU] Median of the frame",
            "The median over all pixels.",
            lambda r: float(r.statistics.median)),
    Keyword("FLATLEV", float, "ADU", FLATS, "[ADU] Level held against FLATTGT",
            "The median of the channel that FLATCHAN names; of all pixels without that. "
            "Overscan and other pixels that no light reaches are left out.",
            lambda r: None if _is_dark(r) else real(
                r.statistics.lit_median if r.level_adu is None else r.level_adu)),
    Keyword("FLATCHAN", str, "", KNOWN, "Colour whose level counts",
            "Colour cameras: `brightest`, `green`, or `mean` of the three.",
            lambda r: None if _is_dark(r) else r.channel),
    Keyword("FLATPED", float, "ADU", KNOWN, "[ADU] Level of a frame without light",
            "In flats: as a calibration or a run's leak check has measured it.",
            lambda r: None if _is_dark(r) else real(r.pedestal_adu)),
    Keyword("FLATCLIP", float, "", ALWAYS, "Fraction of pixels at full scale",
            "0 to 1. Pixels piled up at the highest level of the frame count as well.",
            lambda r: float(r.statistics.full_frac)),
    Keyword("FLATSTUK", float, "", KNOWN, "Fraction of pixels full or black in the dark too",
            "In flats of a camera with pixels that are stuck, which FLATCLIP counts as well.",
            lambda r: real(r.stuck_frac or None)),
    Keyword("FLATFULL", float, "ADU", ALWAYS, "[ADU] Full scale of the camera",
            "Pixels at or above it count as clipped.",
            lambda r: float(r.full_scale_adu)),
    Keyword("FLATRIG", str, "", ALWAYS, "Rig",
            "The name of the rig in the configuration. One that a card can't hold is written as "
            "in FLATFILT.",
            lambda r: distinct(r.key.rig)),
    Keyword("FLATCAM", str, "", ALWAYS, "Camera, by the configuration's name of it",
            "The camera's name in the configuration, as FLATRIG; INSTRUME may be the driver's "
            "own.",
            lambda r: distinct(r.key.camera)),
    Keyword("FLATSES", str, "", ALWAYS, "Session",
            "The run that took this frame.",
            lambda r: r.session),
    Keyword("FLATSET", str, "", KNOWN, "Set that this flat is of",
            "The run that began the set, and which of its sets it was; a run that went on with the "
            "set kept it. Masters are made of one set.",
            lambda r: None if _is_dark(r) else r.set_id or None),
    Keyword("FLATNUM", int, "", ALWAYS, "Number of this frame in its set",
            "From 1.",
            lambda r: int(r.number)),
    Keyword("FLATCNT", int, "", ALWAYS, "Frames in the set",
            "How many frames of its kind were wanted.",
            lambda r: int(r.count)),
)
# fmt: on
KEYWORDS = tuple(each for keyword in _TABLE for each in keyword.spellings())


def frame_header(record: FrameRecord, driver_header: Header, shape: Sequence[int]) -> list[str]:
    """Return the cards of a frame of `shape` (rows, cols), checksums aside.

    The driver's cards stay in their order, then ours come. What describes the array is made anew,
    and where the telescope pointed is left out, as no plate solver should believe that of a flat.
    """
    driver = [card for card in sound_cards(driver_header) if may_stay(keyword_of(card))]
    record = replace(record, actual_s=record.actual_s or _driver_exposure(driver_header, record))
    ours = made_cards(KEYWORDS, record, set(map(keyword_of, driver)))
    replaced = set(map(keyword_of, ours))
    kept = [card for card in driver if keyword_of(card) not in replaced]
    return [
        *axes_cards(16, "16-bit pixels", shape),
        make_card("BZERO", BZERO, "Pixels are unsigned"),
        make_card("BSCALE", 1, "[ADU] Pixels are in ADU"),
        *kept,
        *ours,
    ]


def may_stay(keyword: str) -> bool:
    """Tell whether a card says neither how the array lies nor where the telescope pointed."""
    return keyword not in POINTING and not _STRUCTURE.fullmatch(keyword)


def _driver_exposure(header: Header, record: FrameRecord) -> float | None:
    """Return the exposure the driver reports, unless it can't be seconds of this frame."""
    for keyword in ("EXPTIME", "EXPOSURE"):
        said_s = number(header.values, keyword)
        if said_s is not None and abs(said_s - record.exposure_s) <= 0.1 * record.exposure_s:
            return said_s
    return None


def axes_cards(bits: int, meaning: str, shape: Sequence[int]) -> list[str]:
    """Return the cards with which the header of an image of `shape` (rows, cols) begins."""
    rows, cols = shape
    return [
        make_card("SIMPLE", True, "FITS standard 4.0"),
        make_card("BITPIX", bits, meaning),
        make_card("NAXIS", 2, "Axes"),
        make_card("NAXIS1", cols, "[px] Columns"),
        make_card("NAXIS2", rows, "[px] Rows"),
        make_card("EXTEND", True, "Extensions are allowed"),
    ]
