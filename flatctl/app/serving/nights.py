"""Past nights of a rig, and the reports that they left."""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from flatctl.core.nights.history import PastRun
from flatctl.core.webrules import RUN_ID
from flatctl.errors import FlatctlError, StorageError
from flatctl.outputs.run_names import report_of
from flatctl.outputs.stored import read_run
from flatctl.settings.models import Settings
from flatctl.storage.history import History

_LOOKED_AT = 1000
_REPORT_MAX_BYTES = 64_000_000


def past_runs(settings: Settings, before: str, limit: int) -> list[dict[str, object]]:
    """Return runs of a rig that began before the one named, the latest first."""
    return [
        _plain(run)
        for run in _known(settings)
        if RUN_ID.fullmatch(run.run) and (not before or run.run < before)
    ][:limit]


def past_run(settings: Settings, run: str) -> dict[str, object] | None:
    """Return what is known of a run, None where there is none of that name."""
    found = _found(settings, run)
    return None if found is None else _plain(found)


def report(settings: Settings, run: str) -> bytes | None:
    """Return the report of a run as it is on disk, None where there is none.

    Only a file below the rig's output folder is read, and no link is followed out of it.

    Raises:
        StorageError: it can't be read.

    """
    found = _found(settings, run)
    if found is None:
        return None
    folder = Path(os.path.realpath(found.directory))
    if not folder.is_relative_to(os.path.realpath(settings.output.directory)):
        return None
    for record in _records(folder):
        with suppress(FlatctlError):
            if read_run(record).get("run") == run:
                return _content(report_of(record))
    return None


def _content(path: Path) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            return file.read(_REPORT_MAX_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{path.name}: it can't be read ({error.strerror or error})") from error


def _records(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        for path in sorted(folder.glob("run*.json")):
            if path.is_file() and not path.is_symlink():
                yield path


def _known(settings: Settings) -> list[PastRun]:
    with History(settings.output.history) as history:
        return history.runs(settings.rig.name, _LOOKED_AT)


def _found(settings: Settings, run: str) -> PastRun | None:
    if not RUN_ID.fullmatch(run):
        return None
    return next((each for each in _known(settings) if each.run == run), None)


def _plain(run: PastRun) -> dict[str, object]:
    filters: Mapping[str, object] = run.filters
    return {
        "run": run.run,
        "rig": run.rig,
        "started": run.started,
        "seconds": run.seconds,
        "exit_code": run.exit_code,
        "frames": run.frames,
        "filters": dict(filters),
    }
