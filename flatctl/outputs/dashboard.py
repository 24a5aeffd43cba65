"""The moving part of a terminal: a bar per filter, and the exposure that is going on."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.measure import Measurement
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.run import filter_label, left_words

_MARGIN_LINES = 7
_NAME_WIDTH = 12


@dataclass(frozen=True)
class Activity:
    """What the run is at, since `since` on the console's own clock, in seconds.

    `expected_s` is how long the shutter stays open, NaN where nobody knows.
    """

    label: str
    since: float
    expected_s: float = math.nan


class Dashboard:
    """Draw the run as it stands at this moment.

    How long something lasts comes from the console's clock, the time of day from `now`.
    """

    def __init__(self, screen: Console, now: Callable[[], datetime]) -> None:
        self._now = now
        self.run = RunRecord()
        self._spinner = Spinner("dots")
        self._screen = screen
        self.activity = Activity("", screen.get_time())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the bars and the line of the current exposure.

        What can't be drawn is left out: neither a listener nor the thread that draws may fail.
        """
        try:
            yield from list(self._drawn(console, options.max_width))
        except Exception:  # noqa: BLE001 because what is drawn must never end a run
            return

    def _drawn(self, console: Console, width: int) -> Iterator[RenderableType]:
        records = list(self.run.filters.values())
        grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
        grid.add_column(no_wrap=True, max_width=_NAME_WIDTH, overflow="ellipsis")
        grid.add_column(ratio=1)
        grid.add_column(no_wrap=True, justify="right")
        grid.add_column(no_wrap=True, min_width=11)
        for record in _window(records, max(console.size.height - _MARGIN_LINES, 1)):
            grid.add_row(
                Text(filter_label(record), "bold" if _is_going_on(record) else ""),
                _bar(record),
                Text(f"{record.on_disk} of {record.wanted}" if record.wanted else ""),
                _state(self.run, record, self._now()),
            )
        yield Text()
        yield grid
        yield self._going_on(width)
        yield Text(self._clock(), "dim", no_wrap=True, overflow="ellipsis")

    def _clock(self) -> str:
        now = self._now()
        local = figures.local_time(now, "%H:%M:%S")
        return " · ".join(filter(None, (f"   {local}", left_words(self.run, now))))

    def _going_on(self, width: int) -> Table:
        activity = self.activity
        elapsed_s = max(self._screen.get_time() - activity.since, 0.0)
        wait = ""
        if elapsed_s >= 1.0:
            wait = figures.duration(elapsed_s)
            if elapsed_s <= activity.expected_s:
                wait += f" of {figures.duration(activity.expected_s)}"
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_column(width=2)
        line.add_column(no_wrap=True, overflow="ellipsis", max_width=max(width - 30, 20))
        line.add_column(no_wrap=True, style="cyan")
        line.add_row(
            self._spinner, Text(figures.printable(activity.label)), Text(wait and f"· {wait}")
        )
        return line


def _is_going_on(record: FilterRecord) -> bool:
    return record.started and not record.outcome


@dataclass(frozen=True)
class Bar:
    """A bar that shows without any colour what is done; a red torch leaves none."""

    done_frac: float
    style: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield what is done, then what is not."""
        done, open_ = ("#", ".") if options.ascii_only else ("█", "░")
        full = round(self.done_frac * options.max_width)
        yield Text.assemble((done * full, self.style), (open_ * (options.max_width - full), "dim"))

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Take what room there is."""
        return Measurement(4, options.max_width)


def _bar(record: FilterRecord) -> Bar:
    ended_short = record.outcome is not None and not record.complete
    style = "yellow" if ended_short else "green" if record.complete else "cyan"
    return Bar(min(record.on_disk / record.wanted, 1.0) if record.wanted else 0.0, style)


def _state(run: RunRecord, record: FilterRecord, now: datetime) -> Text:
    if record.outcome:
        return Text(figures.words(record.outcome), "green" if record.complete else "yellow")
    if not record.started:
        return Text("waiting", "dim")
    if run.by_sky:
        return _state_of_sky(run, record, now)
    if not record.flats:
        return Text("searching")
    return Text(_time_left(record) or "capturing")


def _state_of_sky(run: RunRecord, record: FilterRecord, now: datetime) -> Text:
    """Return from when on its light is expected; of several that have theirs, the next is taken."""
    planned = run.sky_plan.filters if run.sky_plan else ()
    mine = next((each for each in planned if each.filter == record.name), None)
    if mine is None:
        return Text("not planned" if planned else "waiting", "dim")
    if mine.opens > now:
        return Text(f"from {figures.clock_minutes(mine.opens)}", "dim")
    if mine is not planned[0]:
        return Text("its turn next", "dim")
    return Text(_time_left(record) or "capturing")


def _time_left(record: FilterRecord) -> str:
    """Return `1 min 20 s left`, from the pace of the flats so far."""
    if len(record.flats) < 3:
        return ""
    first, last = record.flats[0], record.flats[-1]
    pace_s = (last.time - first.time).total_seconds() / (len(record.flats) - 1)
    left_s = pace_s * (record.wanted - record.on_disk)
    return f"{figures.duration(left_s)} left" if left_s > 0 else ""


def _window(records: list[FilterRecord], lines: int) -> list[FilterRecord]:
    """Return as many filters as fit, those around the one that is going on."""
    if len(records) <= lines:
        return records
    at = next((i for i, r in enumerate(records) if not r.outcome), len(records) - 1)
    first = min(max(at - lines // 2, 0), len(records) - lines)
    return records[first : first + lines]
