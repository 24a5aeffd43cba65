"""The run told in plain lines: for logs, pipes and services, without a single control code."""

from typing import TextIO

from flatctl.outputs import figures
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.record import FilterRecord, Plain, RunRecord, moment, text
from flatctl.outputs.sentences import (
    end_line,
    fault_line,
    finish_line,
    rejected_line,
    run_line,
    start_line,
    trial_line,
    waiting_line,
)


class PlainLines:
    """Write one line per happening of a filter, the time (UTC) in front; flats are left out."""

    def __init__(self, stream: TextIO) -> None:
        self._outlet = Outlet(stream)
        self.record = RunRecord()

    def __call__(self, event: Plain) -> None:
        """Take one event."""
        self.record.take(event)
        line = self._line(event)
        if not line:
            return
        time = moment(event)
        stamp = time.strftime("%H:%M:%SZ  ") if time else ""
        self._outlet.write(f"{stamp}{figures.printable(line)}\n")

    def close(self) -> None:
        """Do nothing; a line once written needs no end."""

    def _line(self, event: Plain) -> str:
        filter_: FilterRecord = self.record.of_event(event) if "filter" in event else _NOBODY
        match text(event, "event"):
            case "run_started":
                return run_line(self.record)
            case "filter_started":
                return start_line(self.record, filter_, event)
            case "trial":
                return trial_line(self.record, filter_)
            case "rejected":
                return rejected_line(filter_)
            case "filter_finished":
                return finish_line(self.record, filter_)
            case "fault":
                return fault_line(event)
            case "waiting":
                return waiting_line(event)
            case "run_finished":
                why = f" {self.record.reason}" if self.record.reason else ""
                return end_line(self.record) + why
            case _:
                return ""


_NOBODY = FilterRecord("")
