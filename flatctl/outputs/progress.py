"""The picture of a run on a terminal: bars below lines that stay."""

from collections.abc import Callable
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.text import Text

from flatctl import events
from flatctl.core.types import Outcome, Verdict
from flatctl.events import Event
from flatctl.outputs import figures
from flatctl.outputs.dashboard import Activity, Dashboard
from flatctl.outputs.record import FilterRecord, RunRecord, time_of
from flatctl.outputs.sentences.reasons import waiting_words
from flatctl.outputs.sentences.run import filter_label, worth_line
from flatctl.outputs.talk_lines import TalkLines

# A narrower terminal has no room for the time before each line.
_ROOM_FOR_CLOCK = 80


class TerminalProgress:
    """Draw bars and the current exposure below lines that stay: trials, rejects, faults, ends."""

    def __init__(
        self,
        screen: Console,
        *,
        table: bool = False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._screen = screen
        self._lines = TalkLines(table=table)
        self._dashboard = Dashboard(screen, now)
        # Not stdout: it carries results, and those must not be drawn into the talk.
        self._live = Live(
            get_renderable=lambda: self._dashboard,
            console=screen,
            refresh_per_second=8,
            transient=True,
            redirect_stdout=False,
        )
        self._gone = False
        self._awaited: events.Awaited | str | None = None

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event."""
        if self._gone:
            return
        try:
            self._show(event, run)
        except OSError:
            # The terminal is gone (a dropped connection); the flats matter more than the picture.
            self._gone = True

    def close(self) -> None:
        """Take the bars off the screen and give the cursor back; idempotent."""
        if not self._gone:
            self._live.stop()

    def _show(self, event: Event, run: RunRecord) -> None:
        self._dashboard.run = run
        for line in self._lasting(event, run):
            # Broken already; a path that is too long for a line is left to the terminal.
            self._screen.print(line, soft_wrap=True)
        activity = self._activity(event, run)
        if not isinstance(event, events.Waiting):
            self._awaited = None
        if activity is not None:
            self._dashboard.activity = activity
        if isinstance(event, events.RunStarted):
            # Drawn at once: two threads that both draw first would leave one picture behind.
            self._live.start(refresh=True)
        elif isinstance(event, events.RunFinished):
            self._live.stop()

    def _lasting(self, event: Event, run: RunRecord) -> list[Text]:
        """Return the lines of an event that stay on the screen, each in its colour."""
        shown_below = isinstance(event, events.Waiting) and run.started is not None
        if shown_below or isinstance(event, events.RunFinished):
            return []
        worth = ""
        if isinstance(event, events.SetQuality):
            worth = worth_line(run.of_event(event), event)
        width = self._screen.width - 1
        known = self._screen.width >= _ROOM_FOR_CLOCK and time_of(event)
        clock = f"{figures.clock(known)}  " if known else ""
        return [
            Text(
                figures.wrapped(clock + figures.printable(each), width, len(clock) + 2),
                "" if each == worth else _style(event),
            )
            for each in self._lines.of(event, run)
        ]

    def _activity(self, event: Event, run: RunRecord) -> Activity | None:
        """Say what the run is at after this event: the wait that the user is going to see."""
        now = self._screen.get_time()
        match event:
            case events.RunStarted():
                return Activity("preparing the devices", now)
            case events.Waiting():
                # Told again as it gets on: it has lasted since the first word of it.
                known, self._awaited = self._awaited, event.what
                since = self._dashboard.activity.since if known == event.what else now
                left_s = None if isinstance(event.what, str) else event.what.left_s
                expected_s = float("nan") if left_s is None else left_s
                return Activity(waiting_words(event), since, expected_s)
            case events.Exposing():
                return Activity(_exposing(event, run), now, event.exposure_s)
            case events.FilterStarted() if run.by_sky:
                return None
            case events.FilterStarted():
                begins = event.present < event.wanted or not event.wanted
                label = _joined(filter_label(run.of_event(event)), "trial 1" if begins else "")
                return Activity(label, now, event.start_exposure_s if begins else float("nan"))
            case events.Trial():
                accepted = event.verdict is Verdict.ACCEPTED
                what = "saving flat 1" if accepted else f"trial {event.n + 1}"
                return Activity(_joined(filter_label(run.of_event(event)), what), now)
            case events.Flat() | events.Rejected():
                return _next_flat(run.of_event(event), now)
            case events.DarkFlat():
                label = f"dark flats · {event.index} of {event.count}"
                return Activity(label, now, event.exposure_s)
            case _:
                return None


def _style(event: Event) -> str:
    match event:
        case events.RunStarted():
            return "bold"
        case events.FilterStarted() | events.Waiting() | events.SkyPlan() | events.Pointed():
            return "dim"
        case events.Trial():
            return "" if event.verdict is Verdict.ACCEPTED else "dim"
        case events.FilterFinished():
            return "green" if event.outcome is Outcome.COMPLETE else "bold yellow"
        case events.FaultSeen():
            return "yellow" if event.recovered else "bold red"
        case events.Problem():
            return "bold red"
        case _:
            return "yellow"


def _next_flat(record: FilterRecord, now: float) -> Activity:
    following = record.on_disk + 1
    latest = record.latest
    if latest is None or following > record.wanted:
        return Activity(f"{filter_label(record)} · finishing", now)
    label = f"{filter_label(record)} · flat {following} of {record.wanted}"
    return Activity(label, now, latest.exposure_s)


def _exposing(event: events.Exposing, run: RunRecord) -> str:
    brightness = figures.brightness(event.brightness, run.brightness_max)
    # One more than the bar beside it shows, also while a frame before it is still being judged.
    n = run.of_event(event).on_disk + 1 if event.kind == "flat" else event.n
    what = f"{figures.words(event.kind)} {n}"
    shutter = figures.seconds(event.exposure_s)
    name = figures.printable(event.filter)
    if event.kind == "dark_flat":
        return _joined(name, what, shutter)
    return _joined(name, what, f"panel on {brightness}" if brightness else "", shutter)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
