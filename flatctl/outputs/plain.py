"""The run told in plain lines: for logs, pipes and services, without a single control code."""

from typing import TextIO

from flatctl.events import Event
from flatctl.outputs import figures
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.run import lines_of


class PlainLines:
    """Write one line per happening of a filter, the time (UTC) in front; flats are left out."""

    def __init__(self, stream: TextIO) -> None:
        self._outlet = Outlet(stream)

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event."""
        for line in lines_of(run, event):
            self._outlet.write(f"{event.time:%H:%M:%SZ}  {figures.printable(line)}\n")

    def close(self) -> None:
        """Do nothing; a line once written needs no end."""
