"""What the user sees of a run: progress on a terminal, else plain lines, and a table at its end."""

import io
import os
from collections.abc import Mapping
from typing import Protocol, TextIO

from rich.console import Console as RichConsole
from rich.live import Live
from rich.text import Text

from flatctl.outputs import figures
from flatctl.outputs.dashboard import Activity, Dashboard
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.plain import PlainLines
from flatctl.outputs.record import FilterRecord, Plain, RunRecord, count, number, text
from flatctl.outputs.sentences.run import (
    fault_line,
    filter_label,
    findings,
    finish_line,
    off_ladder,
    problem_line,
    quality_lines,
    rejected_line,
    run_line,
    start_line,
    trial_line,
    waiting_line,
)
from flatctl.outputs.summary import print_summary

_LOG_WIDTH = 100


class Talk(Protocol):
    """What tells the user of a run while it goes on."""

    record: RunRecord

    def __call__(self, event: Plain) -> None:
        """Take one event."""
        ...

    def close(self) -> None:
        """Leave the terminal as it was."""
        ...


class TerminalProgress:
    """Draw bars and the current exposure below lines that stay: trials, rejects, faults, ends."""

    def __init__(self, screen: RichConsole) -> None:
        self.record = RunRecord()
        self._screen = screen
        self._dashboard = Dashboard(self.record, screen)
        # Not stdout: it carries results, and those must not be drawn into the talk.
        self._live = Live(
            get_renderable=lambda: self._dashboard,
            console=screen,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )
        self._gone = False

    def __call__(self, event: Plain) -> None:
        """Take one event."""
        self.record.take(event)
        if self._gone:
            return
        try:
            self._show(event)
        except OSError:
            # The terminal is gone (a dropped connection); the flats matter more than the picture.
            self._gone = True

    def close(self) -> None:
        """Take the bars off the screen and give the cursor back; idempotent."""
        if not self._gone:
            self._live.stop()

    def _show(self, event: Plain) -> None:
        for line in self._lines(event):
            self._screen.print(_hanging(line, self._screen))
        activity = self._activity(event)
        if activity is not None:
            self._dashboard.activity = activity
        match text(event, "event"):
            case "run_started":
                # Drawn at once: two threads that both draw first would leave one picture behind.
                self._live.start(refresh=True)
            case "run_finished":
                self._live.stop()
            case _:
                pass

    def _lines(self, event: Plain) -> list[Text]:
        match text(event, "event"):
            case "set_quality":
                worth = quality_lines(self.record.of_event(event))
                return [_text(each, "" if "photons" in each else "yellow") for each in worth]
            case "light_leak":
                return [_text(each, "yellow") for each in findings(event)]
            case _:
                line = self._line(event)
                return [] if line is None else [line]

    def _line(self, event: Plain) -> Text | None:
        record = self.record.of_event(event) if "filter" in event else FilterRecord("")
        match text(event, "event"):
            case "run_started":
                return _text(run_line(self.record), "bold")
            case "filter_started":
                return _text(start_line(self.record, record, event), "dim")
            case "off_ladder":
                return _text(f"{filter_label(record)}: {off_ladder(record)}", "yellow")
            case "trial":
                accepted = record.trials[-1].verdict == "accepted"
                return _text(trial_line(self.record, record), "" if accepted else "dim")
            case "rejected":
                return _text(rejected_line(record), "yellow")
            case "filter_finished":
                done = record.outcome == "complete"
                return _text(finish_line(self.record, record), "green" if done else "bold yellow")
            case "problem":
                return _text(problem_line(event), "bold red")
            case "waiting" if self.record.started is None:
                return _text(waiting_line(event), "dim")
            case "fault":
                recovered = event.get("recovered") is True
                return _text(fault_line(event), "yellow" if recovered else "bold red")
            case _:
                return None

    def _activity(self, event: Plain) -> Activity | None:
        """Say what the run is at after this event: the wait that the user is going to see."""
        now = self._screen.get_time()
        match text(event, "event"):
            case "run_started":
                return Activity("preparing the devices", now)
            case "waiting":
                return Activity(f"waiting: {text(event, 'what')}", now)
            case "exposing":
                return Activity(self._exposing(event), now, number(event, "exposure_s"))
            case "filter_started":
                record = self.record.of_event(event)
                what = "trial 1" if record.present < record.wanted or not record.wanted else ""
                expected = number(event, "start_exposure_s") if what else float("nan")
                return Activity(_joined(filter_label(record), what), now, expected)
            case "trial":
                record = self.record.of_event(event)
                shot = record.trials[-1]
                if shot.verdict == "accepted":
                    return Activity(f"{filter_label(record)} · saving flat 1", now)
                return Activity(f"{filter_label(record)} · trial {shot.number + 1}", now)
            case "flat" | "rejected":
                return self._next_flat(self.record.of_event(event), now)
            case "dark_flat":
                done = f"{count(event, 'index')} of {count(event, 'count')}"
                return Activity(f"dark flats · {done}", now, number(event, "exposure_s"))
            case _:
                return None

    def _next_flat(self, record: FilterRecord, now: float) -> Activity:
        following = record.on_disk + 1
        latest = record.latest
        if latest is None or following > record.wanted:
            return Activity(f"{filter_label(record)} · finishing", now)
        label = f"{filter_label(record)} · flat {following} of {record.wanted}"
        return Activity(label, now, latest.exposure_s)

    def _exposing(self, event: Plain) -> str:
        light = figures.brightness(number(event, "brightness"), self.record.brightness_max)
        what = f"{figures.words(text(event, 'kind'))} {count(event, 'n')}"
        shutter = figures.seconds(number(event, "exposure_s"))
        name = figures.printable(text(event, "filter"))
        if text(event, "kind") == "dark_flat":
            return _joined(name, what, shutter)
        return _joined(name, what, light, shutter)


class Console:
    """Tell the user of a run: talk on stderr while it goes on, the table on stdout at its end.

    Progress is drawn only where stderr is a terminal that can move its cursor; `results=False`
    leaves stdout to somebody else (`--json`).
    """

    def __init__(self, stdout: TextIO, stderr: TextIO, *, results: bool = True) -> None:
        self._stdout = stdout
        self._results = Outlet(stdout) if results else None
        # Bars and JSON on one terminal would spoil each other's lines.
        shared = not results and stdout.isatty()
        self._talk: Talk
        if _can_draw(stderr) and not shared:
            self._talk = TerminalProgress(RichConsole(file=stderr, force_terminal=True))
        else:
            self._talk = PlainLines(stderr)

    def __call__(self, event: Mapping[str, object]) -> None:
        """Take one event; `run_finished` brings the table."""
        self._talk(event)
        if self._results is not None and text(event, "event") == "run_finished":
            self._results.write(self._table())

    def close(self) -> None:
        """Leave the terminal as it was, however the run ended; idempotent."""
        self._talk.close()

    def _table(self) -> str:
        # Rendered apart from the stream: a locale without some character must not end the run.
        page = io.StringIO()
        drawn = self._stdout.isatty()
        width = _columns(self._stdout) if drawn else _LOG_WIDTH
        screen = RichConsole(
            file=page,
            width=width,
            force_terminal=drawn,
            color_system="auto" if drawn else None,
            legacy_windows=False,
        )
        print_summary(self._talk.record, screen)
        lines = (line.rstrip() for line in page.getvalue().splitlines())
        return "\n".join(lines) + "\n"


def _columns(stream: TextIO) -> int:
    """Return the terminal's width; a serial console may not know its own."""
    given = os.environ.get("COLUMNS", "")
    asked = int(given) if given.isdecimal() else 0
    return asked or os.get_terminal_size(stream.fileno()).columns or 80


def _can_draw(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")


def _hanging(line: Text, screen: RichConsole) -> Text:
    """Return the line broken between words, what follows the first break set in by two."""
    broken = line.wrap(screen, max(screen.width - 2, 20))
    return Text("\n  ").join(broken)


def _text(line: str, style: str) -> Text:
    return Text(figures.printable(line), style)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
