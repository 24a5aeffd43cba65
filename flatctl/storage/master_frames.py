"""The flats and dark flats of which masters can be made: those that are still what they were."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from flatctl.core.nights.masters import FrameInfo
from flatctl.core.pixels.channels import measure_channels, stored_pattern
from flatctl.core.pixels.sixteen_bits import STORED, to_stored
from flatctl.core.types import CameraSetup, FrameKind
from flatctl.errors import StorageError
from flatctl.fits.header import Value, number
from flatctl.images.fits_files import read_rows
from flatctl.images.kinds import kind_by_name
from flatctl.storage.directory import files_below
from flatctl.storage.filters import AMBIGUOUS, filter_of, is_ambiguous
from flatctl.storage.keyword import MODE_CARDS
from flatctl.storage.lights import read_light
from flatctl.storage.naming import night_of
from flatctl.storage.stacking import MONO
from flatctl.storage.verify import (
    VerifiedFile,
    is_fits,
    is_ours,
    read_values,
    unpacked_first,
    verify_file,
)

_FOREIGN = "flatctl did not write it, and without its checksums nothing vouches for it"


@dataclass(frozen=True)
class Source:
    """A verified frame: its header's values, how it was taken, and its level by colour in ADU.

    `pattern` tells where the colours lie. The data begin at byte `data_start`, None if compressed.
    """

    path: Path
    cards: Mapping[str, Value]
    info: FrameInfo
    pattern: str
    medians_adu: Mapping[str, float]
    data_start: int | None

    def number(self, keyword: str) -> float | None:
        """Return a number of the header."""
        return number(self.cards, keyword)


@dataclass(frozen=True)
class Sources:
    """What lies in a folder: the frames to use, files named with why not, and counts of others.

    `damaged` tells whether one of flatctl's own frames is among the `skipped`.
    """

    frames: Sequence[Source]
    skipped: Sequence[tuple[Path, str]]
    others: Mapping[str, int]
    damaged: bool


def find_sources(directory: Path, progress: Callable[[int, int], None] | None = None) -> Sources:
    """Verify every flat and dark flat in `directory` and below it.

    Raises `StorageError` where the directory can't be listed; nothing in it ends the search.
    """
    present, unlisted = files_below(directory)
    paths = unpacked_first(present)
    frames: list[Source] = []
    skipped = list(unlisted)
    # Flats of flatctl's are FITS; images of another format are told of all the same.
    others = Counter(kind for path in present if not is_fits(path) and (kind := kind_by_name(path)))
    damaged = False
    for done, path in enumerate(paths, start=1):
        found = read_light(path)
        if found.problem:
            damaged |= _is_ours(path)
            skipped.append((path, found.problem))
        elif found.kind in ("flat", "dark"):
            verdict = verify_file(path)
            if verdict.ours and not verdict.problems and is_ambiguous(verdict.cards):
                skipped.append((path, AMBIGUOUS))
            elif verdict.ours and not verdict.problems:
                frames.append(_source(verdict))
            else:
                damaged |= verdict.ours
                skipped.append((path, "; ".join(verdict.problems) or _FOREIGN))
        elif found.kind != "master":
            others[found.kind] += 1
        if progress is not None:
            progress(done, len(paths))
    return Sources(frames, skipped, dict(others.most_common()), damaged)


def _is_ours(path: Path) -> bool:
    """Tell whether a file that can't be used was written by flatctl, as far as it can be read."""
    try:
        return is_ours(read_values(path))
    except StorageError:
        return False


def _source(verdict: VerifiedFile) -> Source:
    cards = verdict.cards
    rows, cols = int(cards["NAXIS2"]), int(cards["NAXIS1"])
    # Bins of a colour sensor hold every colour.
    pattern = stored_pattern(cards, rows) if cards["XBINNING"] == 1 else None
    if pattern is None:
        medians = {MONO: verdict.statistics.lit_median} if verdict.statistics else {}
    else:
        if verdict.data_start is None:
            data = to_stored(read_rows(verdict.path, 0, rows))
        else:
            data = np.fromfile(verdict.path, STORED, rows * cols, offset=verdict.data_start)
        _, channels = measure_channels(data.reshape(rows, cols), 65535, pattern)
        medians = {colour: each.lit_median for colour, each in channels.items()}
    return Source(
        path=verdict.path,
        cards=cards,
        info=_info(verdict),
        pattern=pattern or MONO,
        medians_adu=medians,
        data_start=verdict.data_start,
    )


def _info(verdict: VerifiedFile) -> FrameInfo:
    cards = verdict.cards
    dark = cards["IMAGETYP"] != "FLAT"
    local = datetime.fromisoformat(str(cards["DATE-LOC"])).replace(tzinfo=UTC)
    return FrameInfo(
        name=str(verdict.path),
        kind=FrameKind.DARK_FLAT if dark else FrameKind.FLAT,
        rig=str(cards["FLATRIG"]),
        camera=str(cards["FLATCAM"]),
        night=night_of(local, UTC),
        size_px=(int(cards["NAXIS1"]), int(cards["NAXIS2"])),
        setup=CameraSetup(
            binning=int(cards["XBINNING"]),
            gain=number(cards, "GAIN"),
            offset=number(cards, "OFFSET"),
            iso=None if "ISOSPEED" not in cards else int(cards["ISOSPEED"]),
            **{
                mode: str(cards[card]) if card in cards else None
                for mode, card in MODE_CARDS.items()
            },
            temperature_c=number(cards, "SET-TEMP"),
        ),
        exposure_s=float(cards["REQTIME"]),
        filter=None if dark or "FILTER" not in cards else str(cards["FILTER"]),
        filter_exact=None if dark else filter_of(cards),
        set_id="" if dark else str(cards.get("FLATSET", "")),
        rotator_deg=None if dark else number(cards, "ROTATOR"),
        sky=not dark and cards.get("FLATSRC") == "SKY",
        bias=dark and cards.get("DARKUSE") == "BIAS",
    )
