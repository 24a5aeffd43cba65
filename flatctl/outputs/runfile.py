"""`run.json`: everything that happened in a run, in one file that is always whole.

Its cost stays small however long the night is. An event is turned into JSON once and kept as
text; the file is written again only when it is due: at once when the run or a filter starts or ends
and on a fault, otherwise not before a second has gone by per `BYTES_PER_S` bytes of the file. So a
run never writes more than 100 kB/s on average, and even among 3000 frames (1.5 MB of facts) a power
cut costs no more than the facts of the last 15 s.
"""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from flatctl import events
from flatctl.events import Event
from flatctl.outputs.jsonlines import encode, to_plain
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.run_names import Take, keep_earlier_run, own_file, report_of
from flatctl.outputs.sentences.reasons import why_words

BYTES_PER_S = 100_000
_OF_A_FILTER = (events.FilterStarted, events.FilterFinished)
_WRITTEN_AT_ONCE = (events.RunStarted, *_OF_A_FILTER, events.FaultSeen, events.RunFinished)

WriteText = Callable[[Path, str], None]


class RunFile:
    """Keep a run's facts and write them to `run.json` in the run's folder, at `path` once begun.

    `write_text(path, text)` replaces a file atomically; it raises `StorageError` where it can't.
    `take` makes a name this process's as long as it lives; another rig's file is never touched.
    """

    def __init__(self, write_text: WriteText, take: Take = lambda _: True) -> None:
        self.path: Path | None = None
        self._write_text = write_text
        self._take = take
        self._run = RunRecord()
        self._lines: list[str] = []
        self._size = 0
        self._written: datetime | None = None
        self._saved_lines = 0

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take one event, and write the file when it is due.

        Raises:
            StorageError: the file can't be written, or an earlier run's can't be kept.

        """
        if event.passing:
            return
        self._run = run
        line = encode(to_plain(event))
        self._lines.append(line)
        self._size += len(line)
        if isinstance(event, events.RunStarted):
            self.path = own_file(event.folder, event.rig, self._take)
            keep_earlier_run(self.path)
            run.report = report_of(self.path)
        if isinstance(event, _WRITTEN_AT_ONCE) or self._is_due(event.time):
            self.save(event.time)

    def save(self, now: datetime | None = None) -> None:
        """Write what is not yet written; do nothing before the run has started."""
        if self.path is None or self._saved_lines == len(self._lines):
            return
        self._write_text(self.path, self._content())
        self._saved_lines = len(self._lines)
        self._written = now or self._written

    def _is_due(self, now: datetime) -> bool:
        if self._written is None:
            return True
        waited_s = (now - self._written).total_seconds()
        # A clock set back must not keep the file from being written.
        return waited_s < 0 or waited_s >= self._size / BYTES_PER_S

    def _content(self) -> str:
        run = self._run
        head = {
            "run": run.run,
            "rig": run.rig,
            "camera": run.camera,
            "panel": run.panel,
            "light_source": run.light_source,
            "folder": run.folder,
            "started": run.started,
            "finished": run.finished,
            "exit_code": run.exit_code,
            "reason": run.reason,
            "light": run.light,
            "filters": {name: _facts(f) for name, f in run.filters.items()},
        }
        body = ",\n".join(f" {line}" for line in self._lines)
        return f'{encode(head)[:-1]},\n"events": [\n{body}\n]}}\n'


def _facts(record: FilterRecord) -> dict[str, object]:
    latest = record.latest
    return {
        "outcome": record.outcome,
        "reason": why_words(record.why),
        "wanted": record.wanted,
        "present": record.present,
        "flats": len(record.flats),
        "trials": len(record.trials),
        "rejected": len(record.rejected),
        "trained": record.trained,
        "target": record.target,
        "tolerance": record.tolerance,
        "brightness": latest.brightness if latest else None,
        "exposure_s": latest.exposure_s if latest else None,
        "level": latest.level if latest else None,
    }
