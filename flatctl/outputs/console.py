"""What the user sees of a run: progress on a terminal, else plain lines, and a table at its end."""

import os
from datetime import datetime
from typing import Protocol, TextIO

from flatctl import events
from flatctl.events import Event
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.plain import PlainLines
from flatctl.outputs.record import RunRecord

_LOG_WIDTH = 100


class Talk(Protocol):
    """What tells the user of a run while it goes on."""

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Clock(Protocol):
    """What a run goes by: the time of day, and seconds that nobody sets."""

    def now(self) -> datetime:
        """Return the time of day, UTC, timezone-aware."""

    def monotonic(self) -> float:
        """Return seconds that only grow."""


class Console:
    """Tell the user of a run: talk on stderr while it goes on, the table on stdout at its end.

    Progress is drawn only where stderr is a terminal that can move its cursor; `results=False`
    leaves stdout to somebody else (`--json`). `again` is the command that goes on with the run,
    `clock` the one that it goes by, where that is not the computer's.
    """

    def __init__(
        self,
        stdout: TextIO,
        stderr: TextIO,
        *,
        results: bool = True,
        again: str = "",
        clock: Clock | None = None,
    ) -> None:
        self._again = again
        self._stdout = stdout
        self._results = Outlet(stdout) if results else None
        # Bars and JSON on one terminal would spoil each other's lines.
        shared = not results and stdout.isatty()
        self._talk: Talk
        if _can_draw(stderr) and not shared:
            self._talk = _drawn_on(stderr, clock, table=results)
        else:
            self._talk = PlainLines(stderr, table=results)

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event; `run_finished` brings the table."""
        self._talk(event, run)
        if self._results is not None and isinstance(event, events.RunFinished):
            self._results.write(self._table(run))

    def close(self) -> None:
        """Leave the terminal as it was, however the run ended; idempotent."""
        self._talk.close()

    def _table(self, run: RunRecord) -> str:
        from flatctl.outputs.summary import summary_lines

        # Rendered apart from the stream: a locale without some character must not end the run.
        drawn = self._stdout.isatty()
        width = _columns(self._stdout) if drawn else _LOG_WIDTH
        return "\n".join(summary_lines(run, width, drawn=drawn, again=self._again)) + "\n"


def _drawn_on(stream: TextIO, clock: Clock | None, *, table: bool) -> Talk:
    # Only here is anything drawn: what draws takes long to load.
    from rich.console import Console as RichConsole

    from flatctl.outputs.progress import TerminalProgress

    if clock is None:
        return TerminalProgress(RichConsole(file=stream, force_terminal=True), table=table)
    screen = RichConsole(file=stream, force_terminal=True, get_time=clock.monotonic)
    return TerminalProgress(screen, table=table, now=clock.now)


def _columns(stream: TextIO) -> int:
    """Return the terminal's width; a serial console may not know its own."""
    given = os.environ.get("COLUMNS", "")
    asked = int(given) if given.isdecimal() else 0
    return asked or os.get_terminal_size(stream.fileno()).columns or 80


def _can_draw(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb", "unknown")
