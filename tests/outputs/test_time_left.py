"""How long the flats will still take: by the nights before, then by the pace of this one."""

from datetime import timedelta

import pytest
from event_streams import Night

from flatctl.outputs.record import RunRecord, time_of
from flatctl.outputs.sentences.run import left_words
from flatctl.outputs.time_left import flats_end


def record(night: Night, **flat_s: float) -> RunRecord:
    night.events[0]["flat_s"] = flat_s
    made = RunRecord()
    for event in night:
        made.take(event)
    return made


def left_s(run: RunRecord) -> float | None:
    end = flats_end(run)
    return None if end is None else (end - time_of(run.told[-1])) / timedelta(seconds=1)


def begun(count: int = 10) -> Night:
    return Night(filters=("L", "Ha")).begin("L", wanted=count)


def test_before_any_flat_the_nights_before_say_it():
    assert left_s(record(begun(), L=2.0, Ha=30.0)) == 10 * 2.0 + 10 * 30.0


def test_without_a_history_nothing_is_known_before_the_third_flat():
    assert left_s(record(begun())) is None


def test_a_filter_never_taken_before_leaves_it_unknown():
    assert left_s(record(begun(), L=2.0)) is None


def test_the_pace_of_this_night_counts_once_it_is_known_and_the_past_for_what_has_not_begun():
    night = begun()
    for _ in range(4):
        night.flat("L", 0.51, exposure_s=1.0, count=10)
    run = record(night, L=99.0, Ha=30.0)
    pace_s = (run.filters["L"].flats[-1].time - night.begun) / timedelta(seconds=1) / 4
    assert left_s(run) == pytest.approx(6 * pace_s + 10 * 30.0, rel=0.01)


def test_a_run_that_is_over_has_nothing_left():
    night = Night(filters=("L",)).begin("L", wanted=1)
    night.flat("L", 0.51).end("L", "complete", "")
    assert left_s(record(night, L=2.0)) is None


@pytest.mark.parametrize("past_s", [1e300, -5.0, float("nan"), float("inf")])
def test_a_past_that_can_not_be_is_no_past(past_s):
    run = record(begun(), L=past_s, Ha=past_s)
    assert left_words(run, time_of(run.told[-1])) == ""
