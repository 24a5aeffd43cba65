"""A clock that tests move: waiting takes no time, or little of it."""

import time
from datetime import UTC, datetime, timedelta

FIRST_LIGHT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


class VirtualClock:
    """A source of time that stands still until somebody waits on it.

    For who watches, a wait takes a part of its time all the same: so many `times_faster`.
    """

    def __init__(self, start: datetime = FIRST_LIGHT, *, times_faster: float | None = None) -> None:
        self._start = start
        self.times_faster = times_faster
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """Return the time of day, UTC, timezone-aware."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._elapsed_s

    def sleep(self, seconds: float) -> None:
        """Advance by that long; a negative time is no time."""
        if self.times_faster is not None and seconds > 0:
            time.sleep(seconds / self.times_faster)
        self._elapsed_s += max(0.0, seconds)
