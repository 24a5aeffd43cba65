"""A clock that tests move: waiting takes no time."""

from datetime import UTC, datetime, timedelta

FIRST_LIGHT = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)


class VirtualClock:
    """A source of time that stands still until somebody waits on it."""

    def __init__(self, start: datetime = FIRST_LIGHT) -> None:
        self._start = start
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """Return the time of day, UTC, timezone-aware."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic(self) -> float:
        """Return seconds since the clock was made."""
        return self._elapsed_s

    def sleep(self, seconds: float) -> None:
        """Advance by that long at once; a negative time is no time."""
        self._elapsed_s += max(0.0, seconds)
