"""Waiting for the morning: until flats are due, and nothing is in their way.

Waiting is done in short steps against the wall clock, which may be set meanwhile, and a machine may
sleep for hours in between: nothing is ever computed from how long somebody meant to wait.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from flatctl.core.nights.window import Window
from flatctl.engine.clock import Clock
from flatctl.errors import UnsafeError

POLL_S = 20.0
STEP_S = 60.0
CHECK_BEFORE = timedelta(minutes=30)


class Vigil:
    """Wait for a window to open, and in it until `hindrance` has nothing to say.

    `window` gives the window that is open at a moment, or the next one. `tell` hears what is waited
    for, whenever that changes. `check` looks at the rig: at once, so that there is time to fix
    what is wrong, and again half an hour before it is needed. Where it is too late for flats
    `remedy` says what to do.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        window: Callable[[datetime], Window],
        hindrance: Callable[[], str],
        tell: Callable[[str], None],
        check: Callable[[], None],
        remedy: str,
    ) -> None:
        self._clock = clock
        self._window_at = window
        self._hindrance = hindrance
        self._tell = tell
        self._check = check
        self._remedy = remedy
        self._told = ""

    def keep(self) -> None:
        """Return when the flats are to begin. Raises `UnsafeError` when it is too late for them."""
        window = self._choose()
        self._check()
        recheck = self._clock.now() < window.opens - CHECK_BEFORE
        offset = self._offset()
        while True:
            if abs((self._offset() - offset).total_seconds()) > STEP_S:
                offset = self._offset()
                self._say("the clock was set")
                window = self._choose()
            now = self._clock.now()
            if now >= window.closes:
                raise UnsafeError(self._too_late(window))
            if now < window.opens:
                if recheck and now >= window.opens - CHECK_BEFORE:
                    recheck = False
                    self._check()
                self._clock.sleep(min(POLL_S, (window.opens - now).total_seconds()))
            elif hindrance := self._hindrance():
                self._say(hindrance)
                self._clock.sleep(POLL_S)
            else:
                return

    def _choose(self) -> Window:
        window = self._window_at(self._clock.now())
        if self._clock.now() < window.opens:
            self._say(f"flats begin at {local(window.opens)}, until {local(window.closes)} at most")
        return window

    def _too_late(self, window: Window) -> str:
        why = f" ({self._told})" if self._told else ""
        return (
            f"too late for flats, the latest time was {local(window.closes)}{why}; {self._remedy}"
        )

    def _offset(self) -> datetime:
        """Return the moment at which the monotonic clock was zero, if no clock was ever set."""
        return self._clock.now() - timedelta(seconds=self._clock.monotonic())

    def _say(self, what: str) -> None:
        if what != self._told:
            self._told = what
            self._tell(what)


def next_local(after: datetime, at: time) -> datetime:
    """Return when the computer's local time is next `at`, after a moment (UTC)."""
    day = after.astimezone().date()
    while True:
        # Without a zone of its own it is the computer's, with summer time as of that day.
        found = datetime.combine(day, at).astimezone(UTC)
        if found > after:
            return found
        day += timedelta(days=1)


def local(when: datetime) -> str:
    """Return a moment in the computer's local time, e.g. `2026-11-23 06:41 CET`."""
    return f"{when.astimezone():%Y-%m-%d %H:%M %Z}"
