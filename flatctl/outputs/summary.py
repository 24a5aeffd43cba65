"""The table at the end of a run: what became of every filter, and what to do about the rest."""

import io

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flatctl.errors import ExitCode
from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.sentences.run import end_line, filter_label, outcome_words

_NARROW = 72


def end_table(run: RunRecord, width: int) -> RenderableType:
    """Return the end of a run for a terminal of that many columns."""
    parts: list[RenderableType] = [Text(), _table(run, narrow=width < _NARROW), Text()]
    incomplete = [f for f in run.filters.values() if f.why and not f.complete]
    for record in incomplete:
        head = f"{filter_label(record)}: {outcome_words(record)}"
        parts.append(Text(head, "bold yellow"))
        parts.append(Padding(Text(figures.printable(why_words(record.why))), (0, 0, 0, 2)))
    if run.reason and not incomplete and not run.light_lost:
        parts.append(Text(figures.printable(run.reason), "yellow"))
    style = "green" if run.exit_code == ExitCode.COMPLETE else "bold yellow"
    parts.append(Text(end_line(run), style))
    if run.folder:
        # Broken nowhere, so that it can be copied whole.
        parts.append(
            Text(figures.printable(str(run.folder)), "dim", no_wrap=True, overflow="ignore")
        )
    if run.light_lost:
        parts.append(Text(figures.printable(run.reason), "bold red"))
    return Group(*parts)


def _table(run: RunRecord, *, narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2 if not narrow else 1, 0, 0))
    table.add_column("Filter", overflow="fold")
    table.add_column("Outcome")
    for heading in ("Trials", "Flats", "Exposure", "Light" if narrow else "Brightness", "Level"):
        table.add_column(heading, justify="right", no_wrap=True)
    for record in run.filters.values():
        table.add_row(*_row(run, record, narrow=narrow))
    return table


def _row(run: RunRecord, record: FilterRecord, *, narrow: bool) -> list[Text]:
    outcome = Text(outcome_words(record), "green" if record.complete else "bold yellow")
    shot = record.latest
    unknown = figures.UNKNOWN
    brightness = unknown
    if shot:
        whole = run.brightness_max
        brightness = figures.brightness(shot.brightness, 0 if narrow and whole > 1 else whole)
    between = "/" if narrow else " of "
    have = f"{record.on_disk}{between}{record.wanted}" if record.wanted else unknown
    return [
        Text(filter_label(record), "bold"),
        outcome,
        Text(str(len(record.trials))),
        Text(have),
        Text(figures.seconds(shot.exposure_s) if shot else unknown),
        Text(brightness or unknown),
        Text(figures.percent(shot.level) if shot else unknown),
    ]


def summary_lines(run: RunRecord, width: int, *, drawn: bool = False) -> list[str]:
    """Return the end of a run as lines of text, in a terminal's colours where it is `drawn`."""
    page = io.StringIO()
    screen = Console(
        file=page,
        width=width,
        force_terminal=drawn,
        color_system="auto" if drawn else None,
        legacy_windows=False,
    )
    screen.print(end_table(run, width), soft_wrap=False)
    return [line.rstrip() for line in page.getvalue().splitlines()]
