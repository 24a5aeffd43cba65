"""The run told in plain lines: for logs, pipes and services, without a single control code."""

from typing import TextIO

from flatctl.outputs import figures
from flatctl.outputs.jsonlines import Outlet
from flatctl.outputs.record import FilterRecord, Plain, RunRecord, moment, text
from flatctl.outputs.sentences.run import (
    end_line,
    fault_line,
    findings,
    finish_line,
    problem_line,
    quality_lines,
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
        time = moment(event)
        stamp = time.strftime("%H:%M:%SZ  ") if time else ""
        for line in lines_of(self.record, event):
            self._outlet.write(f"{stamp}{figures.printable(line)}\n")

    def close(self) -> None:
        """Do nothing; a line once written needs no end."""


_NOBODY = FilterRecord("")


def lines_of(run: RunRecord, event: Plain) -> list[str]:
    """Return what there is to say of an event that `run` has taken, line by line."""
    match text(event, "event"):
        case "set_quality":
            return quality_lines(run.of_event(event))
        case "light_leak":
            return findings(event)
        case _:
            line = line_of(run, event)
            return [line] if line else []


def line_of(run: RunRecord, event: Plain) -> str:
    """Return what there is to say of an event that `run` has taken, or an empty text."""
    filter_: FilterRecord = run.of_event(event) if "filter" in event else _NOBODY
    match text(event, "event"):
        case "run_started":
            return run_line(run)
        case "filter_started":
            return start_line(run, filter_, event)
        case "trial":
            return trial_line(run, filter_)
        case "rejected":
            return rejected_line(filter_)
        case "filter_finished":
            return finish_line(run, filter_)
        case "fault":
            return fault_line(event)
        case "problem":
            return problem_line(event)
        case "waiting":
            return waiting_line(event)
        case "run_finished":
            why = f" {run.reason}" if run.reason else ""
            return end_line(run) + why
        case _:
            return ""
