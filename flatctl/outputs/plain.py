"""The run told in plain lines: for logs, pipes and services, without a single control code."""

from datetime import timedelta
from typing import TextIO

from flatctl.core.types import Outcome
from flatctl.events import UNKNOWN_TIME, Awaited, Event, FilterFinished, Waiting
from flatctl.outputs import figures
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.run import left_words, progress_line
from flatctl.outputs.talk_lines import TalkLines

# Between two lines on one wait: doubled each time, up to a minute.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 4.0, 60.0
# So long without a line, and the next frame has one.
_SILENCE = timedelta(seconds=60)


class PlainLines:
    """Write one line per happening of a filter, the time (UTC) in front; of flats, one a minute.

    Where a `table` comes at the end, it says what ended a set short.
    """

    def __init__(self, stream: TextIO, *, table: bool = False) -> None:
        self._outlet = Outlet(stream)
        self._waits = Pace()
        self._lines = TalkLines(table=table)
        self._told = UNKNOWN_TIME

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event."""
        if isinstance(event, Waiting) and not self._waits.is_due(event):
            return
        lines = self._lines.of(event, run)
        if isinstance(event, FilterFinished) and event.outcome is not Outcome.STOPPED:
            lines[-1] = " · ".join(filter(None, (lines[-1], left_words(run, event.time))))
        if not lines and event.time - self._told >= _SILENCE:
            lines = list(filter(None, [progress_line(run, event)]))
        if lines:
            self._told = event.time
        for line in lines:
            self._outlet.write(f"{event.time:%H:%M:%SZ}  {figures.printable(line)}\n")

    def close(self) -> None:
        """Do nothing; a line once written needs no end."""


class Pace:
    """Which words on a wait get a line of their own: ever fewer, the longer it takes."""

    def __init__(self) -> None:
        self._what: Awaited | str | None = None
        self._says = ""
        self._due = UNKNOWN_TIME
        self._pause_s = _FIRST_PAUSE_S

    def is_due(self, event: Waiting) -> bool:
        """Say whether this is news: another wait, another word, or a while since the last one."""
        if event.what != self._what or (event.says and event.says != self._says):
            self._what, self._says, self._pause_s = event.what, event.says, _FIRST_PAUSE_S
        elif event.time < self._due:
            return False
        else:
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._due = event.time + timedelta(seconds=self._pause_s)
        return True
