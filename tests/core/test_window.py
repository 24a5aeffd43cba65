from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.window import Window, window_at

SIX_HOURS = timedelta(hours=6)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def at_six(after: datetime) -> datetime:
    six = after.replace(hour=6, minute=0, second=0, microsecond=0)
    return six if six > after else six + timedelta(days=1)


def closing(opens: datetime) -> datetime:
    return opens + SIX_HOURS


def opening_at(hours: float) -> Window | None:
    return window_at(MIDNIGHT + timedelta(hours=hours), at_six, closing)


def six(day: int) -> Window:
    opens = MIDNIGHT.replace(day=day, hour=6)
    return Window(opens, opens + SIX_HOURS)


def test_in_the_night_it_is_the_coming_morning():
    assert opening_at(2) == six(22)


def test_in_the_evening_it_is_tomorrow_morning():
    assert opening_at(20) == six(23)


def test_while_a_window_is_open_it_is_that_one():
    assert opening_at(7) == six(22)


def test_once_it_has_closed_it_is_the_next_one():
    assert opening_at(12) == six(23)


def test_at_the_very_moment_it_is_open():
    assert opening_at(6) == six(22)


def test_without_an_opening_there_is_no_window():
    assert window_at(MIDNIGHT, lambda _: None, closing) is None


@given(st.integers(0, 48 * 3600))
def test_a_window_has_never_closed(seconds):
    now = MIDNIGHT + timedelta(seconds=seconds)
    window = window_at(now, at_six, closing)
    assert window is not None
    assert window.closes > now
