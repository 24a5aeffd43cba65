"""The frames that an interrupted run left on disk, so that the next one goes on from there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flatctl.core.nights.history import SettingKey
from flatctl.core.types import FrameKind
from flatctl.errors import StorageError
from flatctl.fits.cards import as_written
from flatctl.fits.header import Value
from flatctl.storage.naming import SUFFIX, frame_folder
from flatctl.storage.verify import is_ours, level_problems, read_values, verify_file

_TARGET_SLACK_ADU = 0.5
_RELATIVE_SLACK = 1e-6
# As near as the drivers have to bring them: see `flatctl.devices.protocols`.
_ROTATOR_SLACK_DEG = 0.25
_FOCUSER_SLACK_STEPS = 5


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One set of frames; the panel of its `key` may be any.

    `None` leaves a value out of the comparison. Levels are in ADU; they and the filter are those of
    flats, `exposure_s` is that of dark flats.
    """

    kind: FrameKind
    key: SettingKey
    set_temperature_c: float | None = None
    rotator_deg: float | None = None
    focuser_steps: int | None = None
    exposure_s: float | None = None
    target_adu: float | None = None
    tolerance_adu: float | None = None


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
    """The frames of a set, by their numbers, and the files that don't count, each with why."""

    frames: tuple[FinishedFrame, ...] = ()
    skipped: tuple[tuple[Path, str], ...] = ()


def finished(directory: Path, night: date, wanted: Wanted) -> Finished:
    """Return the frames of `wanted` that lie in that night's folder below `directory`.

    Only frames that pass `verify_file` and have the wanted level count. Frames of other sets are
    passed over in silence; files that no frame can be read from are among the skipped.
    """
    frames: list[FinishedFrame] = []
    skipped: list[tuple[Path, str]] = []
    for path in sorted(frame_folder(directory, night, wanted.kind).glob(f"*{SUFFIX}")):
        try:
            cards = read_values(path)
        except StorageError as error:
            skipped.append((path, str(error).removeprefix(f"{path}: ")))
            continue
        if not is_ours(cards):
            skipped.append((path, "it was not written by flatctl"))
        elif _belongs(cards, wanted):
            _sort_in(path, wanted, frames, skipped)
    frames.sort(key=lambda frame: (frame.number, frame.path))
    return Finished(tuple(frames), tuple(skipped))


def _sort_in(
    path: Path,
    wanted: Wanted,
    frames: list[FinishedFrame],
    skipped: list[tuple[Path, str]],
) -> None:
    verdict = verify_file(path)
    problems = list(verdict.problems)
    if verdict.statistics and wanted.target_adu is not None and wanted.tolerance_adu is not None:
        problems += level_problems(
            verdict.cards, verdict.statistics, wanted.target_adu, wanted.tolerance_adu
        )
    if problems or verdict.statistics is None:
        skipped.append((path, "; ".join(dict.fromkeys(problems))))
        return
    brightness = verdict.cards.get("PANELBRT")
    frames.append(
        FinishedFrame(
            path=path,
            number=int(verdict.cards["FLATNUM"]),
            exposure_s=float(verdict.cards["REQTIME"]),
            brightness=brightness if isinstance(brightness, int) else None,
            median_adu=verdict.statistics.median,
        )
    )


def _belongs(cards: Mapping[str, Value], wanted: Wanted) -> bool:
    """Tell whether a frame with these cards is one of the set."""
    expected: dict[str, Value | None] = {
        "FLATRIG": wanted.key.rig,
        "FLATCAM": wanted.key.camera,
        "FILTER": wanted.key.filter,
        "XBINNING": wanted.key.binning,
        "GAIN": wanted.key.gain,
        "OFFSET": wanted.key.offset,
        "ISOSPEED": wanted.key.iso,
        "READOUTM": wanted.key.readout_mode,
        "REQTIME": wanted.exposure_s,
        "SET-TEMP": wanted.set_temperature_c,
    }
    alike = all(
        value is None or _alike(cards.get(keyword), value) for keyword, value in expected.items()
    )
    is_dark = cards.get("IMAGETYP") != "FLAT"
    target = cards.get("FLATTGT")
    return (
        alike
        and is_dark == (wanted.kind is FrameKind.DARK_FLAT)
        and _stood(cards.get("ROTATOR"), wanted.rotator_deg, _ROTATOR_SLACK_DEG, turn=360)
        and _stood(cards.get("FOCPOS"), wanted.focuser_steps, _FOCUSER_SLACK_STEPS)
    ) and (
        wanted.target_adu is None
        or (
            isinstance(target, int | float) and abs(target - wanted.target_adu) <= _TARGET_SLACK_ADU
        )
    )


def _stood(found: Value | None, wanted: float | None, slack: float, turn: float = 0) -> bool:
    """Tell whether a device stood where it was wanted; angles begin anew after a `turn`."""
    if wanted is None:
        return True
    if not isinstance(found, int | float):
        return False
    apart = abs(found - wanted) % turn if turn else abs(found - wanted)
    return min(apart, abs(turn - apart)) <= slack if turn else apart <= slack


def _alike(found: Value | None, wanted: Value) -> bool:
    """Compare with what would have been written: text is reduced to what a card can hold."""
    if isinstance(wanted, str):
        return found == as_written(wanted)
    if not isinstance(found, int | float):
        return False
    return abs(found - wanted) <= _RELATIVE_SLACK * abs(wanted)
