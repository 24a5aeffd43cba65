"""`report.html`: one page that shows a run to whoever has to trust its flats.

The page is made from the events in `run.json`, with thumbnails from the FITS files, and needs
nothing else: no network, no script, no file beside it. A file that is gone or broken, a run that
was cut short, an event that misses a key: each is said on the page, and the rest is shown.
"""

import math
import statistics
from collections.abc import Sequence
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from string import Template

from flatctl.errors import ExitCode, StorageError
from flatctl.events import DarkFlat, Event
from flatctl.outputs import figures
from flatctl.outputs.markup import Markup, element, escape, join, table
from flatctl.outputs.record import FilterRecord, RunRecord, time_of
from flatctl.outputs.report_calibration import calibration_chapter
from flatctl.outputs.report_filter import chapter, todo
from flatctl.outputs.runfile import REPORT_FILE, RUN_FILE, WriteText, earlier_runs
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.sentences.run import filter_label, notes, outcome_words
from flatctl.outputs.stored import events_of, read_run
from flatctl.outputs.thumbnail import FrameFolder, Load, load_thumbnail

_NO_END = "it has no end: it is still going on, or was cut short"
_ENDINGS = {
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


def write_report(run: RunRecord, write_text: WriteText, load: Load = load_thumbnail) -> Path:
    """Write the report of a run that has just ended into its folder, return its path.

    `write_text(path, text)` replaces a file atomically, `load` makes a picture of a FITS file.
    Raises `StorageError` where it can't be written.
    """
    return _write((run.folder or Path()) / RUN_FILE, run, write_text, load)


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
    for other in earlier_runs(path.parent) if path.name == RUN_FILE else []:
        try:
            earlier += events_of(read_run(other))
        except StorageError as error:
            troubles.append(f"An earlier run of the night is not on this page: {error}")
    night = RunRecord.of([*earlier, *run.told]) if earlier else run
    name = REPORT_FILE if path.name == RUN_FILE else f"{path.stem.replace('run', 'report')}.html"
    target = path.with_name(name)
    write_text(target, render(night, FrameFolder(path.parent, run.folder, load), troubles))
    return target


def render(record: RunRecord, frames: FrameFolder, troubles: Sequence[str] = ()) -> str:
    """Return the report of a night, of one run or of several, as one HTML page.

    `troubles` are said on the page.
    """
    filters = list(record.filters.values())
    chapters = [
        chapter(record, one, f"filter-{place}", frames)
        for place, one in enumerate(filters, start=1)
    ]
    package = files("flatctl.outputs")
    page = Template(package.joinpath("report.html").read_text(encoding="utf-8"))
    night, folder = _night(record), str(record.folder or "")
    return page.substitute(
        title=escape(f"{record.rig or 'Flats'} · {night}"),
        style=package.joinpath("report.css").read_text(encoding="utf-8"),
        body=join(
            _header(record, night),
            *(element("p", each, class_="warn") for each in troubles),
            _to_do(record),
            _overview(record),
            _runs(record),
            *chapters,
            calibration_chapter(record),
            _dark_flats(record),
            _skipped(record),
            _faults(record),
        ),
        footer=join(
            f"Run {record.run}", f"made by flatctl from {RUN_FILE}", folder, separator=" · "
        ),
    )


def _runs(run: RunRecord) -> Markup:
    """Return a table of the runs where the night had several; the page is of all of them."""
    if len(run.parts) < 2:
        return Markup("")
    rows = [
        (
            figures.clock(part.started),
            figures.clock(part.finished),
            str(part.flats),
            _NO_END if part.exit_code is None else _ENDINGS.get(part.exit_code, part.reason),
        )
        for part in run.parts
    ]
    columns = (("Begun, UTC", ""), ("Ended", ""), ("Flats", "num"), ("How it ended", "long"))
    return element("section", element("h2", "Runs of this night"), table(None, columns, rows))


def _header(run: RunRecord, night: str) -> Markup:
    ended = _time(run.finished) if run.finished else "not known"
    facts = [
        ("Camera", run.camera),
        ("Panel", run.panel),
        ("Begun", _time(run.started)),
        ("Ended", ended),
        ("Duration", figures.duration(run.duration_s)),
        ("Accepted level", _accepted(run)),
        ("Full scale", f"{figures.adu(run.full_scale_adu)} ADU"),
    ]
    entries = [
        element("div", element("dt", name), element("dd", value or figures.UNKNOWN))
        for name, value in facts
    ]
    tone, mark, sentence = _verdict(run)
    return element(
        "header",
        element("p", f"Flat frames · {night}", class_="eyebrow"),
        element("h1", run.rig or "Unnamed rig"),
        element(
            "p",
            element("span", mark, class_="mark", aria_hidden="true"),
            element("span", figures.kept_together(sentence)),
            class_=f"verdict {tone}",
        ),
        element("dl", *entries, class_="facts"),
    )


def _verdict(run: RunRecord) -> tuple[str, str, str]:
    """Return tone, mark and sentence of the verdict at a glance."""
    total = len(run.filters)
    flats = figures.plural(run.flats, "flat")
    spent = f" in {figures.duration(run.duration_s)}" if math.isfinite(run.duration_s) else ""
    if run.exit_code is None:
        return "bad", "✕", f"This run has no end: it is still going on, or was cut short; {flats}"
    if run.complete == total and total and run.exit_code == ExitCode.COMPLETE:
        what = "The filter is" if total == 1 else f"All {total} filters are"
        return "good", "✓", f"{what} complete: {flats}{spent}"
    counted = run.exit_code in (ExitCode.COMPLETE, ExitCode.INCOMPLETE)
    why = "" if counted else _ENDINGS.get(run.exit_code, "")
    sentence = f"{run.complete} of {figures.plural(total, 'filter')} complete: {flats}{spent}"
    return ("bad" if why else "warn"), ("✕" if why else "!"), sentence + (f"; {why}" if why else "")


def _to_do(run: RunRecord) -> Markup:
    notes = [todo(one, named=True) for one in run.filters.values()]
    if run.reason and not any(notes):
        notes.append(element("div", element("p", run.reason), class_="todo"))
    if not any(notes):
        return Markup("")
    return element("section", element("h2", "What to do"), *notes)


def _overview(run: RunRecord) -> Markup:
    if not run.filters:
        return element("section", element("p", "No event of this run is on record."))
    columns = (
        ("Filter", ""),
        ("Outcome", ""),
        ("Flats", "num"),
        ("Trials", "num room"),
        ("Exposure", "num"),
        ("Brightness", "num room"),
        ("Level", "num"),
    )
    rows = [_overview_row(run, one, i) for i, one in enumerate(run.filters.values(), start=1)]
    return element(
        "section",
        element("h2", "Filters"),
        table(None, columns, rows, row_headings=True),
    )


def _overview_row(run: RunRecord, record: FilterRecord, place: int) -> tuple[str, ...]:
    shot = record.latest
    levels = [s.level for s in record.flats if math.isfinite(s.level)]
    level = statistics.median(levels) if levels else (shot.level if shot else math.nan)
    tone = "good" if record.complete else "warn"
    return (
        element("a", filter_label(record), href=f"#filter-{place}"),
        _outcome(record, tone),
        f"{record.on_disk} of {record.wanted}" if record.wanted else figures.UNKNOWN,
        str(len(record.trials)),
        figures.seconds(shot.exposure_s) if shot else figures.UNKNOWN,
        figures.brightness(shot.brightness, run.brightness_max) if shot else figures.UNKNOWN,
        figures.percent(level),
    )


def _outcome(record: FilterRecord, tone: str) -> Markup:
    said = element("span", outcome_words(record), class_=tone)
    many = len(notes(record))
    if not many:
        return said
    return join(said, " ", element("span", figures.plural(many, "note"), class_="warn note-count"))


def _dark_flats(run: RunRecord) -> Markup:
    if not run.dark_flats:
        return Markup("")
    taken: dict[float, list[DarkFlat]] = {}
    for event in run.dark_flats:
        taken.setdefault(event.exposure_s, []).append(event)
    rows = [
        (figures.seconds(exposure_s), f"{len(events)} of {events[-1].count}")
        for exposure_s, events in taken.items()
    ]
    return element(
        "section",
        element("h2", "Dark flats"),
        table(None, (("Exposure", ""), ("Frames", "num")), rows),
    )


def _skipped(run: RunRecord) -> Markup:
    if not run.skipped:
        return Markup("")
    rows = [(path.name, event.reason) for path, event in run.skipped.items()]
    title = element("h2", "Files that do not count")
    return element("section", title, table(None, (("File", ""), ("Why", "long")), rows))


def _faults(run: RunRecord) -> Markup:
    if not run.faults:
        return Markup("")
    rows = [
        (
            figures.clock(time_of(event)),
            join(element("strong", event.device), element("br"), why_words(event.what)),
            "yes" if event.recovered else "no",
        )
        for event in run.faults
    ]
    columns = (("Time, UTC", ""), ("What happened", "long"), ("Recovered", ""))
    return element("section", element("h2", "Faults of devices"), table(None, columns, rows))


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


def _time(time: datetime | None) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if time else ""
