"""`report.html`: one page that shows a run to whoever has to trust its flats.

The page is made from the events in `run.json`, with thumbnails from the FITS files, and needs
nothing else: no network, no script, no file beside it. A file that is gone or broken, a run that
was cut short, an event that misses a key: each is said on the page, and the rest is shown.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date
from pathlib import Path
from typing import NamedTuple

from flatctl.errors import ExitCode, StorageError
from flatctl.events import DarkFlat, Event
from flatctl.outputs import figures, pages
from flatctl.outputs.record import RunRecord
from flatctl.outputs.report_filter import chapter
from flatctl.outputs.run_names import RUN_FILE, earlier_runs, report_of
from flatctl.outputs.runfile import WriteText
from flatctl.outputs.sentences.run import GOOD_NOISE_FRAC, notes
from flatctl.outputs.stored import events_of, read_run
from flatctl.outputs.thumbnail import FrameFolder, Load, load_thumbnail

_UNENDED = "it is still going on, or was cut short"
_ENDINGS: dict[int | None, str] = {
    None: f"it has no end: {_UNENDED}",
    ExitCode.COMPLETE: "complete",
    ExitCode.INTERNAL: "an internal error ended the run",
    ExitCode.DEVICE: "a device could not be reached or failed",
    ExitCode.INCOMPLETE: "not all filters are complete",
    ExitCode.UNSAFE: "it was unsafe, or out of time",
    ExitCode.STORAGE: "the files could not be stored",
    ExitCode.LIGHT_UNKNOWN: "the light is not known to be off",
    129: "stopped: its terminal was closed",
    130: "stopped by the user",
    143: "stopped by the system",
}


def write_report(
    run: RunRecord,
    write_text: WriteText,
    load: Load = load_thumbnail,
    *,
    path: Path | None = None,
) -> Path:
    """Write the report of a run that has just ended beside its record, return its path.

    `write_text(path, text)` replaces a file atomically, `load` makes a picture of a FITS file.
    `path` is that of the record, `run.json` in the run's folder where it is not given. Raises
    `StorageError` where it can't be written.
    """
    return _write(path or (run.folder or Path()) / RUN_FILE, run, write_text, load)


def write_report_again(run_dir: Path, write_text: WriteText) -> Path:
    """Write the report of the run in a folder (or of one `run_*.json` file), return its path.

    Raises:
        UsageError: there is no run in that folder.
        StorageError: `run.json` can't be read, or the report not written.

    """
    path = run_dir if run_dir.suffix == ".json" else run_dir / RUN_FILE
    return _write(path, RunRecord.of(events_of(read_run(path))), write_text, load_thumbnail)


def _write(path: Path, run: RunRecord, write_text: WriteText, load: Load) -> Path:
    """Write the report beside the file of a run, with the earlier runs of the night on it."""
    earlier: list[Event] = []
    troubles = []
    for other in earlier_runs(path):
        try:
            before = list(events_of(read_run(other)))
            if RunRecord.of(before).rig == run.rig:
                earlier += before
        except StorageError as error:
            troubles.append(f"An earlier run of the night is not on this page: {error}")
    night = RunRecord.of([*earlier, *run.told]) if earlier else run
    target = report_of(path)
    write_text(target, render(night, FrameFolder(path.parent, run.folder, load), troubles))
    return target


class Verdict(NamedTuple):
    """What came of a run: the `tone` is good, warn or bad."""

    tone: str
    sentence: str


def render(record: RunRecord, frames: FrameFolder, troubles: Sequence[str] = ()) -> str:
    """Return the report of a night, of one run or of several, as one HTML page.

    `troubles` are said on the page.
    """
    dark_flats: dict[float, list[DarkFlat]] = {}
    for event in record.dark_flats:
        dark_flats.setdefault(event.exposure_s, []).append(event)
    return pages.render(
        "report.html",
        run=record,
        night=_night(record),
        verdict=_verdict(record),
        accepted=_accepted(record),
        chapters=[chapter(record, one, frames) for one in record.filters.values()],
        endings=[(part, _ENDINGS.get(part.exit_code, part.reason)) for part in record.parts],
        dark_flats=dark_flats,
        troubles=troubles,
        good_noise_frac=GOOD_NOISE_FRAC,
    )


def _verdict(run: RunRecord) -> Verdict:
    total = len(run.filters)
    flats = figures.plural(run.flats, "flat")
    spent = f" in {figures.duration(run.duration_s)}" if math.isfinite(run.duration_s) else ""
    if run.exit_code is None:
        return Verdict("bad", f"This run has no end: {_UNENDED}; {flats}")
    if run.complete == total and total and run.exit_code == ExitCode.COMPLETE:
        what = "The filter is" if total == 1 else f"All {total} filters are"
        if noted := sum(bool(notes(one)) for one in run.filters.values()):
            look = f"{noted} of them with a note" if total > 1 else "with a note"
            return Verdict("warn", f"{what} complete, {look}: {flats}{spent}")
        return Verdict("good", f"{what} complete: {flats}{spent}")
    counted = run.exit_code in (ExitCode.COMPLETE, ExitCode.INCOMPLETE)
    why = "" if counted else _ENDINGS.get(run.exit_code, "")
    sentence = f"{run.complete} of {figures.plural(total, 'filter')} complete: {flats}{spent}"
    return Verdict("bad", f"{sentence}; {why}") if why else Verdict("warn", sentence)


def _night(run: RunRecord) -> str:
    try:
        day = date.fromisoformat(run.folder.name if run.folder else "")
    except ValueError:
        return f"{run.started.astimezone(UTC):%-d %B %Y}" if run.started else "night not known"
    return f"night of {day:%-d %B %Y}"


def _accepted(run: RunRecord) -> str:
    bands = {one.band for one in run.filters.values() if math.isfinite(one.band[0])}
    if len(bands) != 1:
        return "per filter" if bands else ""
    low, high = bands.pop()
    return f"{100 * low:.1f} to {figures.percent(high)}"
