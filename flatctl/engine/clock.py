"""The only clock the engine knows, so that tests and simulations can bring their own."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of time that can also wait."""

    def now(self) -> datetime:
        """Return the time of day, UTC, timezone-aware."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back."""

    def sleep(self, seconds: float) -> None:
        """Wait for that long."""


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        """Return the time of day, UTC, timezone-aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back, and counts a machine's sleep."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Wait for that long."""
        if seconds > 0:
            time.sleep(seconds)
