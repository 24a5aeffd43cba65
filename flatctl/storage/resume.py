"""The frames that an interrupted run left on disk, so that the next one goes on from there."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from flatctl.core.nights.history import SettingKey
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.header import Value, number
from flatctl.fits.text import distinct
from flatctl.images.kinds import kind_by_name
from flatctl.storage.filters import AMBIGUOUS, is_ambiguous, is_of
from flatctl.storage.keyword import MODE_CARDS
from flatctl.storage.naming import frame_folder
from flatctl.storage.verify import (
    frames_in,
    is_fits,
    is_ours,
    level_problems,
    read_values,
    verify_file,
)

_RELATIVE_SLACK = 1e-6
_REMEMBERED = 2000  # headers, of some kilobytes each
# Rotator and focuser as near as the drivers have to bring them: see `flatctl.devices.protocols`.
_SLACK = {"FLATTGT": 0.5, "ROTATOR": 0.25, "FOCPOS": 5}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One set of frames; the panel of its `key` may be any. `slots` are the wheel's names.

    `None` leaves a value out of the comparison. Levels are in ADU; they and the filter are those of
    flats, `exposure_s` is that of dark flats. `source` is what lit them, as FLATSRC has it.
    """

    kind: FrameKind
    key: SettingKey
    slots: Collection[str] = ()
    set_temperature_c: float | None = None
    rotator_deg: float | None = None
    focuser_steps: int | None = None
    exposure_s: float | None = None
    target_adu: float | None = None
    tolerance_adu: float | None = None
    source: str | None = None


@dataclass(frozen=True)
class FinishedFrame:
    """A frame on disk that was verified; `exposure_s` is the one that was asked for."""

    path: Path
    number: int
    exposure_s: float
    brightness: int | None
    median_adu: float


@dataclass(frozen=True)
class Finished:
    """The frames of a set, by their numbers, and the files that don't count, each with why.

    `set_id` is what their set is known by, `None` where there is none to go on with. `sets` are
    those of that night of the same filter and setup, whatever their level, the earliest first.
    """

    frames: tuple[FinishedFrame, ...] = ()
    skipped: tuple[tuple[Path, str], ...] = ()
    set_id: str | None = None
    sets: tuple[str, ...] = ()


def finished(directory: Path, night: date, wanted: Wanted, join_days: int = 0) -> Finished:
    """Return the frames of the last set of `wanted` in that night's folder below `directory`.

    Only frames that pass `verify_file` and have the wanted level count. Frames of other sets are
    passed over in silence; files that no frame can be read from are among the skipped. A set that
    was begun up to `join_days` before that night is gone on with.
    """
    kin, skipped = _kin(directory, night, wanted)
    sets = tuple(sorted(set(map(_set_of, kin.values()))))
    earlier = _earlier(directory, night, wanted, range(1, join_days + 1))
    if earlier:
        # Flats of a set that began longer ago are no part of one master.
        older = _earlier(directory, night, wanted, range(join_days + 1, 2 * join_days + 1))
        begun = set(map(_set_of, older.values()))
        kin |= {path: cards for path, cards in earlier.items() if _set_of(cards) not in begun}
    own = {path: _set_of(cards) for path, cards in kin.items() if _belongs(cards, wanted)}
    set_id = max(own.values(), default=None)
    frames: list[FinishedFrame] = []
    for path in (path for path, each in own.items() if each == set_id):
        found = _verified(path, wanted)
        if isinstance(found, FinishedFrame):
            frames.append(found)
        else:
            skipped.append((path, found))
    frames.sort(key=lambda frame: (frame.number, frame.path))
    return Finished(tuple(frames), tuple(sorted(skipped)), set_id, sets)


Kin = dict[Path, Mapping[str, Value]]


def _earlier(directory: Path, night: date, wanted: Wanted, days_ago: Iterable[int]) -> Kin:
    """Return frames like those wanted, of nights before; what does not count there is no matter."""
    nights = (night - timedelta(days) for days in days_ago)
    found = (_kin(directory, each, wanted)[0] for each in nights)
    return {path: cards for kin in found for path, cards in kin.items()}


def _kin(directory: Path, night: date, wanted: Wanted) -> tuple[Kin, list[tuple[Path, str]]]:
    """Return a night's frames of the filter and setup wanted, and the files that don't count."""
    skipped: list[tuple[Path, str]] = []
    kin: Kin = {}
    of_any_level = replace(wanted, target_adu=None, source=None)
    of_any_filter = replace(wanted, key=replace(wanted.key, filter=None))
    folder = frame_folder(directory, night, wanted.kind)
    for path in folder.glob("*"):
        if not is_fits(path) and (other := kind_by_name(path)):
            skipped.append((path, f"it is {other}, and only FITS files of flatctl's count"))
    for path in frames_in(folder):
        try:
            cards = _cards(path, _stamp(path))
        except StorageError as error:
            skipped.append((path, str(error).removeprefix(f"{path}: ")))
            continue
        if not is_ours(cards):
            skipped.append((path, "it was not written by flatctl"))
        elif is_ambiguous(cards) and _belongs(cards, of_any_filter):
            skipped.append((path, AMBIGUOUS))
        elif _belongs(cards, of_any_level):
            kin[path] = cards
    return kin, skipped


@lru_cache(maxsize=_REMEMBERED)
def _cards(path: Path, _stamp: tuple[int, int]) -> Mapping[str, Value]:
    """Return the values of a header; each set looks through all frames of the nights before."""
    return read_values(path)


def _stamp(path: Path) -> tuple[int, int]:
    """Return what changes with a file."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


def _set_of(cards: Mapping[str, Value]) -> str:
    """Return what a frame's set is known by; those of an earlier flatctl are all of one."""
    return str(cards.get("FLATSET", ""))


def _verified(path: Path, wanted: Wanted) -> FinishedFrame | str:
    """Return a frame of the set, or why the file doesn't count."""
    verified = verify_file(path)
    problems = list(verified.problems)
    if verified.statistics and wanted.target_adu is not None and wanted.tolerance_adu is not None:
        problems += level_problems(
            verified.cards, verified.statistics, wanted.target_adu, wanted.tolerance_adu
        )
    if problems or verified.statistics is None:
        return "; ".join(dict.fromkeys(problems)) or verified.left_out
    brightness = number(verified.cards, "PANELBRT")
    return FinishedFrame(
        path=path,
        number=int(verified.cards["FLATNUM"]),
        exposure_s=float(verified.cards["REQTIME"]),
        brightness=None if brightness is None else int(brightness),
        median_adu=verified.statistics.median,
    )


def _belongs(cards: Mapping[str, Value], wanted: Wanted) -> bool:
    """Tell whether a frame with these cards is one of the set."""
    expected: dict[str, Value | None] = {
        "FLATRIG": wanted.key.rig,
        "FLATCAM": wanted.key.camera,
        "XBINNING": wanted.key.binning,
        "GAIN": wanted.key.gain,
        "OFFSET": wanted.key.offset,
        "ISOSPEED": wanted.key.iso,
        **{card: getattr(wanted.key, mode) for mode, card in MODE_CARDS.items()},
        "REQTIME": wanted.exposure_s,
        "SET-TEMP": wanted.set_temperature_c,
        "ROTATOR": wanted.rotator_deg,
        "FOCPOS": wanted.focuser_steps,
        "FLATTGT": wanted.target_adu,
        "FLATSRC": wanted.source,
    }
    is_dark = cards.get("IMAGETYP") != "FLAT"
    name = wanted.key.filter
    return (
        is_dark == (wanted.kind is FrameKind.DARK_FLAT)
        and (name is None or is_of(cards, name, wanted.slots))
        and all(
            value is None or _alike(cards, keyword, value) for keyword, value in expected.items()
        )
    )


def _alike(cards: Mapping[str, Value], keyword: str, wanted: Value) -> bool:
    """Compare with what would have been written."""
    if isinstance(wanted, str):
        return cards.get(keyword) == distinct(wanted)
    found = number(cards, keyword)
    if found is None:
        return False
    apart = abs(found - wanted)
    if keyword == "ROTATOR":
        apart = min(apart % 360, -apart % 360)
    return apart <= _SLACK.get(keyword, _RELATIVE_SLACK * abs(wanted))
