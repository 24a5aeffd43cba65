"""The table at the end of a run: what became of every filter, and what to do about the rest."""

import io
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from flatctl.errors import ExitCode
from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.sentences.run import (
    end_line,
    filter_label,
    left_line,
    outcome_words,
    result_line,
)
from flatctl.outputs.sentences.sky import MOUNT_LEFT, exposures, mount_sentence, sun, sun_of

_NARROW = 72


def end_table(run: RunRecord, width: int, again: str = "") -> RenderableType:
    """Return the end of a run for a terminal of that many columns; `again` goes on with it."""
    parts: list[RenderableType] = [Text(), _table(run, narrow=width < _NARROW), Text()]
    incomplete = [f for f in run.filters.values() if f.why and not f.complete]
    for why, records in _by_reason(incomplete).items():
        # How they ended stands in the table, and the sentence begins with it.
        names = ", ".join(filter_label(each) for each in records)
        parts.append(Text(names, "bold yellow"))
        # Broken here, since what draws a table would part figures from their units.
        parts.append(Text(f"  {figures.wrapped(figures.printable(why), width - 3)}"))
    style = "green" if run.exit_code == ExitCode.COMPLETE else "bold yellow"
    if incomplete:
        parts.append(Text())
    # What ended it otherwise is the last thing that the program says, with the light.
    ended = result_line(run) if run.reason and not run.light_lost else end_line(run)
    parts.append(Text(figures.wrapped(ended, width), style))
    if run.mount and run.reason and not run.light_lost:
        known = run.mount in MOUNT_LEFT
        parts.append(Text(mount_sentence(run.mount), "" if known else "bold red"))
    if left := left_line(run):
        parts.append(Text(left))
    if run.folder:
        parts.append(_whole(f"Frames: {run.frames_folder or run.folder}"))
    if run.report:
        parts.append(_whole(f"Report: {run.report}"))
    if run.exit_code == ExitCode.INCOMPLETE and again:
        parts.append(_whole(f"To go on: {again}"))
    if run.light_lost:
        parts.append(Text(figures.printable(run.reason), "bold red"))
    return Group(*parts)


def _whole(line: str) -> Text:
    """Return a line that is broken nowhere, so that what it names can be copied."""
    return Text(figures.printable(line), "dim", no_wrap=True, overflow="ignore")


def _by_reason(records: Sequence[FilterRecord]) -> dict[str, list[FilterRecord]]:
    """Return the filters that ended for each reason: what holds for several is said once."""
    found: dict[str, list[FilterRecord]] = {}
    for record in records:
        found.setdefault(why_words(record.why), []).append(record)
    return found


def _table(run: RunRecord, *, narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2 if not narrow else 1, 0, 0))
    table.add_column("Filter", overflow="fold")
    table.add_column("Outcome")
    lit = "Sun" if run.by_sky else "Light" if narrow else "Brightness"
    for heading in ("Trials", "Flats", "Exposure", lit, "Level"):
        table.add_column(heading, justify="right", no_wrap=True)
    for record in run.filters.values():
        table.add_row(*_row(run, record, narrow=narrow))
    return table


def _row(run: RunRecord, record: FilterRecord, *, narrow: bool) -> list[Text]:
    outcome = Text(outcome_words(record), "green" if record.complete else "bold yellow")
    shot = record.latest
    unknown = figures.UNKNOWN
    exposure, lit = _exposure(run, record, narrow=narrow)
    between = "/" if narrow else " of "
    have = f"{record.on_disk}{between}{record.wanted}" if record.wanted else unknown
    return [
        Text(filter_label(record), "bold"),
        outcome,
        Text(str(len(record.trials))),
        Text(have),
        Text(exposure or unknown),
        Text(lit or unknown),
        Text(figures.percent(shot.level) if shot else unknown),
    ]


def _exposure(run: RunRecord, record: FilterRecord, *, narrow: bool) -> tuple[str, str]:
    """Return what a set was exposed with, and the light: the Sun's altitude, or the panel's."""
    shot = record.latest
    if shot is None:
        return "", ""
    if record.of_sky:
        return exposures(record), sun_of(record)
    if shot.sun_altitude_deg is not None:
        return figures.seconds(shot.exposure_s), sun(shot.sun_altitude_deg)
    whole = run.brightness_max
    lit = figures.brightness(shot.brightness, 0 if narrow and whole > 1 else whole)
    return figures.seconds(shot.exposure_s), lit


def summary_lines(run: RunRecord, width: int, *, drawn: bool = False, again: str = "") -> list[str]:
    """Return the end of a run as lines of text, in a terminal's colours where it is `drawn`."""
    page = io.StringIO()
    screen = Console(
        file=page,
        width=width,
        force_terminal=drawn,
        color_system="auto" if drawn else None,
        legacy_windows=False,
    )
    screen.print(end_table(run, width, again), crop=False)
    return [line.rstrip() for line in page.getvalue().splitlines()]
