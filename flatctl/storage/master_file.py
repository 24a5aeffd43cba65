"""Masters as FITS files: their header, and how they get their name."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flatctl import __version__
from flatctl.core.pixels.ordering import Floats
from flatctl.core.types import FrameKind
from flatctl.fits.cards import history_cards, keyword_of, sound_cards
from flatctl.fits.encoding import encode_data
from flatctl.fits.header import read_header
from flatctl.storage.atomic import create_free
from flatctl.storage.headers import ALWAYS, FLATS, KNOWN, axes_cards, may_stay
from flatctl.storage.keyword import Keyword, made_cards, real
from flatctl.storage.master_frames import Source
from flatctl.storage.naming import master_name
from flatctl.storage.stacking import MONO, Method
from flatctl.storage.verify import verify_file

# Of one frame each, so that they say nothing of a master.
_OF_A_FRAME = (
    *("REQTIME", "DATE-AVG", "DATE-LOC", "MJD-OBS", "MJD-AVG", "FLATTGT", "FLATTOL", "FLATMED"),
    *("SUNALT", "SUNDIST", "MOONALT", "MOONDIST", "SKYRATE", "DITHERN", "CENTALT", "CENTAZ"),
    *("DARKRUNG", "DARKSCAL"),
    *("FLATLEV", "FLATCHAN", "FLATCLIP", "FLATFULL", "FLATPED", "FLATSES", "FLATNUM", "FLATCNT"),
)
_STORED = np.dtype(">f4")


@dataclass(frozen=True, kw_only=True)
class MasterRecord:
    """What is known of a master. Levels are in ADU, by colour where there are several.

    `subtracted` is `DARKFLAT`, `PEDESTAL` or `NONE`, `dark_adu` its level and `words` says it in
    full. `light_adu` is what 1 stands for; dark flats stay in ADU and have `median_adu`.
    `noise` is that of one pixel of the master, `clipped_frac` the fraction of values left out,
    `dead_px` the pixels without light, `method` how the frames became one. `inputs` tells apart
    what masters are made of.
    """

    sources: Sequence[Source]
    inputs: str
    subtracted: str = ""
    words: str = ""
    dark_adu: float | None = None
    light_adu: Mapping[str, float] | None = None
    median_adu: float | None = None
    noise: float | None = None
    clipped_frac: float = 0.0
    dead_px: int = 0
    method: Method = Method.CLIPPED

    @property
    def dark(self) -> bool:
        """Whether it is a master dark flat."""
        return self.sources[0].info.kind is FrameKind.DARK_FLAT

    @property
    def exposure_s(self) -> float:
        """The mean exposure of the frames."""
        return self.mean("EXPTIME") or 0.0

    def mean(self, keyword: str) -> float | None:
        """Return the mean of what the frames' headers say, `None` where one doesn't."""
        found = [source.number(keyword) for source in self.sources]
        known = [value for value in found if value is not None]
        return sum(known) / len(found) if len(known) == len(found) else None

    def light(self, colour: str) -> float | None:
        """Return what 1 stands for in a colour, `None` where the master has no such."""
        return None if self.light_adu is None else self.light_adu.get(colour)


def _dates(record: MasterRecord, keyword: str) -> list[str]:
    return sorted(str(source.cards[keyword]) for source in record.sources)


# fmt: off
_TABLE: tuple[Keyword[MasterRecord], ...] = (
    Keyword("IMAGETYP", str, "", ALWAYS, "Type of frame",
            "`Master Flat` or, of dark flats, `Master Dark`.",
            lambda r: "Master Dark" if r.dark else "Master Flat"),
    Keyword("EXPTIME", float, "s", ALWAYS, "[s] Mean exposure of the frames",
            "The mean exposure of the frames.",
            lambda r: r.exposure_s, also="EXPOSURE"),
    Keyword("DATE-OBS", str, "", ALWAYS, "Start of the first exposure, UTC",
            "When the first frame began.",
            lambda r: _dates(r, "DATE-OBS")[0]),
    Keyword("DATE-END", str, "", ALWAYS, "End of the last exposure, UTC",
            "When the last frame was over.",
            lambda r: _dates(r, "DATE-END")[-1]),
    Keyword("CCD-TEMP", float, "°C", KNOWN, "[degC] Mean temperature of the sensor",
            "The mean of what the frames say.",
            lambda r: real(r.mean("CCD-TEMP"))),
    Keyword("SWCREATE", str, "", ALWAYS, "Program that wrote this file",
            "flatctl and its version.",
            lambda _: f"flatctl {__version__}"),
    Keyword("NCOMBINE", int, "", ALWAYS, "Frames averaged",
            "How many frames were averaged.",
            lambda r: len(r.sources), also="STACKCNT"),
    Keyword("FLATSUB", str, "", FLATS, "What was subtracted from the flats",
            "`DARKFLAT`, `BIAS`, `PEDESTAL` or `NONE`; HISTORY says it in full.",
            lambda r: None if r.dark else r.subtracted),
    Keyword("FLATPED", float, "ADU", FLATS, "[ADU] Level of what was subtracted",
            "The pedestal, or the median of the master dark flat.",
            lambda r: real(r.dark_adu)),
    Keyword("FLATMED", float, "ADU", "dark flats", "[ADU] Median of the master",
            "The median over all pixels.",
            lambda r: real(r.median_adu)),
    Keyword("FLATNORM", float, "ADU", "flats, monochrome", "[ADU] Mean light, which is 1 here",
            "The mean light of all frames, by which they were divided.",
            lambda r: real(r.light(MONO))),
    Keyword("FLATNRMR", float, "ADU", "flats, colour", "[ADU] Mean light of red, which is 1 here",
            "The same for the red pixels, whose mean in the master is 1.",
            lambda r: real(r.light("R"))),
    Keyword("FLATNRMG", float, "ADU", "flats, colour", "[ADU] Mean light of green, which is 1 here",
            "The same for the green pixels.",
            lambda r: real(r.light("G"))),
    Keyword("FLATNRMB", float, "ADU", "flats, colour", "[ADU] Mean light of blue, which is 1 here",
            "The same for the blue pixels.",
            lambda r: real(r.light("B"))),
    Keyword("FLATNOIS", float, "", KNOWN, "Noise of one pixel of this master",
            "Standard deviation that the master adds to a pixel: a fraction of the light, in dark "
            "flats ADU. Of the noisiest colour.",
            lambda r: real(r.noise)),
    Keyword("FLATREJ", float, "", ALWAYS, "Fraction of values clipped",
            "The fraction of all values that were not averaged.",
            lambda r: float(r.clipped_frac)),
    Keyword("FLATDEAD", int, "", FLATS, "Pixels without light, set to 1",
            "How many pixels had less than 5 % of the mean light, as overscan has, or more than 20 "
            "times as much; they are 1, and not in the mean.",
            lambda r: None if r.dark else int(r.dead_px)),
    Keyword("FLATINP", str, "", ALWAYS, "Digest of all that went into this master",
            "Masters of the same frames, from which the same was subtracted, share it.",
            lambda r: r.inputs),
)
# fmt: on
KEYWORDS = tuple(each for keyword in _TABLE for each in keyword.spellings())


def digest(sources: Sequence[Source], subtracted: str) -> str:
    """Return what tells a master of these frames from all others."""
    sums = sorted(f"{source.cards['DATASUM']} {source.cards['CHECKSUM']}" for source in sources)
    return hashlib.sha256("\n".join([*sums, subtracted]).encode()).hexdigest()[:16]


def find_master(directory: Path, sources: Sequence[Source], inputs: str) -> Path | None:
    """Return the sound master in `directory` that was made of the same already."""
    copy = 1
    while (path := directory / master_name(sources[0].info, copy)).exists():
        verdict = verify_file(path)
        if not verdict.problems and verdict.cards.get("FLATINP") == inputs:
            return path
        copy += 1
    return None


def write_master(directory: Path, pixels: Floats, record: MasterRecord) -> Path:
    """Store a master of shape (rows, cols), dtype float32, and return its path.

    The array is turned into what the file holds, in place. A name that is taken is not used: the
    master gets the next free one. Raises `StorageError`; nothing stays behind then.
    """
    header = master_header(record, (pixels.shape[0], pixels.shape[1]))
    stored = pixels if pixels.dtype == _STORED else pixels.byteswap(inplace=True).view(_STORED)
    parts = encode_data(memoryview(stored.reshape(-1).view(np.uint8).data), header)
    info = record.sources[0].info
    return create_free(lambda copy: directory / master_name(info, copy), parts)


def master_header(record: MasterRecord, shape: tuple[int, int]) -> list[str]:
    """Return the cards of a master, checksums aside: what all its frames share, then its own."""
    ours = made_cards(KEYWORDS, record)
    replaced = set(map(keyword_of, ours)).union(_OF_A_FRAME)
    if record.dark:
        replaced.add("FILTER")  # which happened to be in the beam, and a stacker would match on
    shared = [card for card in _shared(record.sources) if keyword_of(card) not in replaced]
    history = [card for line in _history(record) for card in history_cards(line)]
    return [*axes_cards(-32, "32-bit real pixels", shape), *shared, *ours, *history]


def _shared(sources: Sequence[Source]) -> list[str]:
    """Return the cards that all frames have alike."""
    first, *others = [_cards(source) for source in sources]
    return [card for card in first if all(card in other for other in others)]


def _cards(source: Source) -> list[str]:
    with source.path.open("rb") as file:
        cards = sound_cards(read_header(file))
    return [card for card in cards if may_stay(keyword_of(card))]


def _history(record: MasterRecord) -> list[str]:
    count = len(record.sources)
    what = "dark flats" if record.dark else "flats"
    lines = [f"flatctl {__version__}: {count} {what}: {record.method.value}"]
    if not record.dark:
        lines += [f"subtracted: {record.words}", "divided by the mean light of each colour"]
    return lines + [f"frame: {source.path.name}" for source in record.sources]
