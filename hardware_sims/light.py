"""The switch and the dial of the panel: what was set, and when.

The light has no physics (see `lamp.py`). It lives in memory, or in a small file where several
driver processes share it; either way it can keep a log whose last line tells how it stands.
"""

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

# An exposure looks back a few changes at most; more would only make the shared file grow.
REMEMBERED = 100


@dataclass(frozen=True)
class Change:
    """How the light stands from `time_s` on.

    `brightness` is in the panel's own steps; `closed` says whether the cover, and the panel in
    it, is in front of the telescope.
    """

    time_s: float
    lit: bool
    brightness: int
    closed: bool = True


class Light:
    """The light of the panel as its electronics know it: on or off, and how bright.

    `now` returns seconds that never go back and that all processes share (the panel's electronics
    go by it, too), `utc` the time of day for the log. With `state` the light is shared through that
    file. Thread-safe.
    """

    def __init__(
        self,
        maximum: int = 255,
        *,
        now: Callable[[], float] = time.monotonic,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        log: Path | None = None,
        state: Path | None = None,
    ) -> None:
        self.maximum = maximum
        self.now = now
        self._utc = utc
        self._log = log
        self._state = state
        self._lock = threading.RLock()
        self._memory: list[Change] = [Change(-1e9, lit=False, brightness=0)]
        if log is not None and not log.exists():
            self._note(self._last())

    @property
    def lit(self) -> bool:
        """Whether it is switched on."""
        return self._last().lit

    @property
    def brightness(self) -> int:
        """The step it is set to, 0 to `maximum`, whether lit or not."""
        return self._last().brightness

    @property
    def closed(self) -> bool:
        """Whether the cover is closed, that is, the panel stands before the telescope."""
        return self._last().closed

    def set(self, *, lit: bool | None = None, brightness: int | None = None) -> None:
        """Switch it, dial it, or both; what is `None` stays.

        Raises `ValueError` when `brightness` is outside 0 to `maximum`.
        """
        if brightness is not None and not 0 <= brightness <= self.maximum:
            raise ValueError(f"brightness {brightness} is outside 0 to {self.maximum}")
        self._change(lit=lit, brightness=brightness)

    def move_cover(self, *, closed: bool) -> None:
        """Bring the panel before the telescope (`closed`) or out of the way."""
        self._change(closed=closed)

    def changes(self) -> list[Change]:
        """Return how it stood over time, oldest first, never empty."""
        with self._lock:
            if self._state is not None:
                self._memory = _load(self._state) or self._memory
            return list(self._memory)

    def _last(self) -> Change:
        return self.changes()[-1]

    def _change(self, **wanted: bool | int | None) -> None:
        with self._lock, _locked(self._state):
            changes = self.changes()
            last = changes[-1]
            given = {name: value for name, value in wanted.items() if value is not None}
            following = replace(last, **given)  # type: ignore[arg-type]  # because mypy can't pair names with types here
            if following == last:
                return
            following = replace(following, time_s=self.now())
            self._memory = [*changes, following][-REMEMBERED:]
            if self._state is not None:
                write_json(self._state, [asdict(change) for change in self._memory])
            self._note(following)

    def _note(self, change: Change) -> None:
        if self._log is None:
            return
        stamp = self._utc().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {
            "time": stamp,
            "lit": change.lit,
            "brightness": change.brightness,
            "closed": change.closed,
        }
        with self._log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def write_json(path: Path, content: object) -> None:
    """Write `content` so that a reader sees the old file or the new one, never a part."""
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    part.write_text(json.dumps(content) + "\n", encoding="utf-8")
    part.replace(path)


def _load(path: Path) -> list[Change]:
    try:
        return [Change(**item) for item in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []


@contextmanager
def _locked(path: Path | None) -> Iterator[None]:
    if path is None:
        yield
        return
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
