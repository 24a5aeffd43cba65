from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from flatctl.outputs.times import Course

BEGIN = datetime(2026, 11, 22, 17, 15, 31, tzinfo=UTC)


def course(*seconds: float) -> Course:
    return Course.of([BEGIN + timedelta(seconds=s) for s in seconds])


def test_frames_lie_where_their_time_is() -> None:
    assert course(0, 5, 20).places == (0.0, 5.0, 20.0)


def test_the_axis_is_labelled_with_round_times_of_day() -> None:
    assert course(*range(0, 41, 4)).ticks() == [
        (9.0, "17:15:40"),
        (19.0, "17:15:50"),
        (29.0, "17:16:00"),
        (39.0, "17:16:10"),
    ]


def test_a_long_set_is_labelled_in_minutes() -> None:
    assert [written for _, written in course(0, 600, 1200).ticks()] == [
        "17:20",
        "17:25",
        "17:30",
        "17:35",
    ]


def test_a_pause_between_two_runs_is_cut_short() -> None:
    found = course(0, 5, 10, 30_000, 30_005)
    assert found.places == (0.0, 5.0, 10.0, 30.0, 35.0)
    assert found.cuts == (20.0,)
    assert found.ticks() == [(0.0, "17:15:31"), (30.0, "01:35:31")]


def test_frames_without_a_time_stand_in_the_order_taken() -> None:
    found = Course.of([BEGIN, None, BEGIN])
    assert found.places == (1.0, 2.0, 3.0)
    assert found.label == "Frame, in the order taken"


@given(st.lists(st.floats(0, 70_000), max_size=40).map(sorted))
def test_few_labels_stand_within_the_axis_whatever_the_times(seconds: list[float]) -> None:
    found = course(*seconds)
    ticks = found.ticks()
    assert len(ticks) <= 6
    assert all(found.low - 1 <= place <= found.high + 1 for place, _ in ticks)
    assert sorted(found.places) == list(found.places)
