"""Waiting for the morning, in virtual time, with clocks that are set and machines that sleep."""

import time as system
from datetime import UTC, datetime, time, timedelta

import pytest

from flatctl.app.wiring.dawn_wait import Vigil, next_local
from flatctl.core.nights.window import window_at
from flatctl.errors import UnsafeError
from hardware_sims.clock import VirtualClock

DUSK = datetime(2026, 11, 22, 17, tzinfo=UTC)
SIX = datetime(2026, 11, 23, 6, tzinfo=UTC)


class ShakyClock(VirtualClock):
    """A clock that is set by `steps`, seconds to add by when; `naps` let both clocks jump."""

    def __init__(self, start=DUSK) -> None:
        super().__init__(start)
        self.steps: list[tuple[float, float]] = []
        self.naps: list[tuple[float, float]] = []
        self._added_s = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._added_s)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        while self.steps and self.monotonic() >= self.steps[0][0]:
            self._added_s += self.steps.pop(0)[1]
        while self.naps and self.monotonic() >= self.naps[0][0]:
            super().sleep(self.naps.pop(0)[1])


class Morning:
    """A vigil for six o'clock, and what came of it."""

    def __init__(self, start=DUSK, hours_open: float = 3) -> None:
        self.clock = ShakyClock(start)
        self.hours_open = hours_open
        self.told: list[str] = []
        self.checks: list[datetime] = []
        self.hindrance = lambda: ""

    def keep(self) -> datetime:
        """Wait, and return when it ended."""
        Vigil(
            self.clock,
            window=self._window,
            hindrance=lambda: self.hindrance(),
            tell=self.told.append,
            check=lambda: self.checks.append(self.clock.now()),
            remedy="get up earlier",
        ).keep()
        return self.clock.now()

    def _window(self, now: datetime):
        def six(after: datetime) -> datetime:
            found = after.replace(hour=6, minute=0, second=0, microsecond=0)
            return found if found > after else found + timedelta(days=1)

        return window_at(now, six, lambda opens: opens + timedelta(hours=self.hours_open))


def close_to(moment: datetime, wanted: datetime) -> bool:
    return abs(moment - wanted) <= timedelta(seconds=21)


def test_flats_begin_when_the_window_opens():
    assert Morning().keep() == SIX


def test_the_rig_is_checked_at_once_and_half_an_hour_before():
    morning = Morning()
    morning.keep()
    first, second = morning.checks
    assert first == DUSK
    assert close_to(second, SIX - timedelta(minutes=30))


def test_the_rig_is_checked_once_when_there_is_less_than_half_an_hour():
    morning = Morning(SIX - timedelta(minutes=20))
    morning.keep()
    assert len(morning.checks) == 1


def test_a_window_that_is_open_already_is_used_at_once():
    start = SIX + timedelta(hours=1)
    assert Morning(start).keep() == start


def test_a_hindrance_in_the_window_is_waited_for_and_told_once():
    morning = Morning()
    until = SIX + timedelta(hours=1)
    morning.hindrance = lambda: "imaging goes on" if morning.clock.now() < until else ""
    assert close_to(morning.keep(), until)
    assert morning.told.count("imaging goes on") == 1


def test_a_hindrance_that_stays_ends_it_at_the_latest_time():
    morning = Morning()
    morning.hindrance = lambda: "imaging goes on"
    with pytest.raises(UnsafeError, match=r"too late for flats.*\(imaging goes on\)"):
        morning.keep()
    assert close_to(morning.clock.now(), SIX + timedelta(hours=3))


def test_nobody_is_asked_before_the_window_opens():
    morning, asked = Morning(), []
    morning.hindrance = lambda: asked.append(morning.clock.now()) or ""
    morning.keep()
    assert asked == [SIX]


@pytest.mark.parametrize("hours", [-5, -1, 1, 5])
def test_a_clock_that_is_set_in_the_night_moves_nothing(hours):
    morning = Morning()
    morning.clock.steps = [(3600, hours * 3600)]
    assert morning.keep() == SIX


def test_a_clock_set_far_ahead_means_the_morning_after_that():
    morning = Morning()
    morning.clock.steps = [(600, 20 * 3600)]
    assert morning.keep() == SIX + timedelta(days=1)


def test_a_computer_that_thought_it_was_years_ago_waits_for_todays_morning():
    morning = Morning(datetime(1970, 1, 1, tzinfo=UTC))
    morning.clock.steps = [(30, (DUSK - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())]
    assert morning.keep() == SIX


def test_a_machine_that_slept_into_the_window_begins_at_once():
    morning = Morning()
    morning.clock.naps = [(3600, 13 * 3600)]
    assert close_to(morning.keep(), SIX + timedelta(hours=1))


def test_a_machine_that_slept_through_the_window_gives_up():
    morning = Morning()
    morning.clock.naps = [(3600, 20 * 3600)]
    with pytest.raises(UnsafeError, match="too late"):
        morning.keep()


@pytest.fixture
def berlin(monkeypatch):
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    system.tzset()
    yield
    monkeypatch.undo()
    system.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("after", "wanted"),
    [
        (datetime(2026, 11, 22, 17), datetime(2026, 11, 23, 5, 30)),
        (datetime(2026, 11, 23, 5, 30), datetime(2026, 11, 24, 5, 30)),
        (datetime(2026, 3, 28, 20), datetime(2026, 3, 29, 4, 30)),
        (datetime(2026, 10, 24, 20), datetime(2026, 10, 25, 5, 30)),
    ],
    ids=["winter", "at that moment", "into summer time", "out of summer time"],
)
def test_a_clock_time_is_local_and_knows_summer_time(after, wanted):
    assert next_local(after.replace(tzinfo=UTC), time(6, 30)) == wanted.replace(tzinfo=UTC)
