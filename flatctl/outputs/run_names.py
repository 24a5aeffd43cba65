"""Which files of a night's folder are a run's: two rigs may share one folder.

The first rig has `run.json` and `report.html`, another one `run_NAME.json` and `report_NAME.html`.
An earlier run of a rig is kept beside them, named after the moment it started.
"""

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from flatctl.errors import StorageError
from flatctl.outputs.stored import moment, stored_text

RUN_FILE = "run.json"
REPORT_FILE = "report.html"
_STAMP = re.compile(r"_(\d{8}T\d{6}Z)(?:_(\d+))?")

Take = Callable[[Path], bool]
"""Makes a name this process's, as long as it lives; False where another living one has it."""


def own_file(folder: Path, rig: str, take: Take) -> Path:
    """Return where the record of a rig's run goes: no file of another rig, nor of a living run."""
    for name in _names(rig):
        path = folder / name
        if take(path) and _rig_of(path) in (None, rig):
            return path
    raise AssertionError  # there is always another name


def report_of(path: Path) -> Path:
    """Return where the report of a run goes whose record is this."""
    return path.with_name(f"report{path.stem.removeprefix('run')}.html")


def last_runs(folder: Path) -> list[Path]:
    """Return the record of each rig's last run of a night; `run.json` where there is none."""
    others = sorted(path for path in folder.glob("run_*.json") if not _STAMP.search(path.stem))
    first = folder / RUN_FILE
    return others if others and not first.exists() else [first, *others]


def earlier_runs(path: Path) -> list[Path]:
    """Return the records of the runs of a night before the last one of a rig, the earliest first.

    None where `path` is that of an earlier one itself.
    """
    beside = path.parent.glob(f"{path.stem}_*.json")
    kept = {each: _STAMP.fullmatch(each.stem.removeprefix(path.stem)) for each in beside}
    when = {each: (match[1], int(match[2] or 1)) for each, match in kept.items() if match}
    return sorted(when, key=when.__getitem__)


def keep_earlier_run(path: Path) -> None:
    """Rename an earlier run's record and report after the moment that run started.

    Raises:
        StorageError: they can't be renamed.

    """
    try:
        if not os.path.lexists(path):
            return
        stamp = _start_stamp(path)
        serial = 1
        while (kept := _kept(path, stamp, serial)).exists():
            serial += 1
        report = report_of(path)
        path.rename(kept)
        if report.exists():
            report.rename(_kept(report, stamp, serial))
    except OSError as error:
        raise StorageError(
            f"{path}: an earlier run's file can't be renamed ({error.strerror or error}); "
            "check who may write there, or choose another output directory"
        ) from error


def _names(rig: str) -> Iterator[str]:
    yield RUN_FILE
    token = re.sub(r"[^A-Za-z0-9-]+", "-", rig).strip("-") or "rig"
    # No rig may pass for the moment of an earlier run.
    token = f"rig-{token}" if _STAMP.fullmatch(f"_{token}") else token
    yield f"run_{token}.json"
    for number in range(2, 10_000):
        yield f"run_{token}-{number}.json"


def _content(path: Path) -> dict[str, object]:
    with suppress(OSError, ValueError, RecursionError):
        content = json.loads(stored_text(path))
        if isinstance(content, dict):
            return content
    return {}


def _rig_of(path: Path) -> str | None:
    rig = _content(path).get("rig")
    return rig if isinstance(rig, str) else None


def _start_stamp(path: Path) -> str:
    started = moment(_content(path).get("started"))
    if started is None:
        started = datetime.fromtimestamp(path.lstat().st_mtime, tz=UTC)
    return started.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _kept(path: Path, stamp: str, serial: int) -> Path:
    number = "" if serial == 1 else f"_{serial}"
    return path.with_name(f"{path.stem}_{stamp}{number}{path.suffix}")
