import math
from datetime import UTC, datetime

import pytest
from event_streams import Night, complete_night, mixed_night, typed

from flatctl.events import Flat
from flatctl.outputs.record import RunRecord, as_taken, taken_at, time_of
from flatctl.outputs.sentences.run import end_line, line_of
from flatctl.outputs.stored import event_of, events_of


def test_a_record_counts_what_the_events_say() -> None:
    run = RunRecord.of(complete_night(flats=4))
    assert (run.complete, run.flats, run.exit_code) == (2, 8, 0)


def test_a_dark_flat_under_way_is_no_filter_more() -> None:
    run = RunRecord.of(complete_night(flats=4))
    exposing = typed("exposing", kind="dark_flat", n=1)
    run.take(exposing)
    line_of(run, exposing)
    assert end_line(run).startswith("Complete: 2 of 2 filters, 8 flats")


def test_flats_of_an_earlier_run_count_as_on_disk() -> None:
    night = Night().begin("R", wanted=30, present=12).flat("R")
    assert RunRecord.of(night).filters["R"].on_disk == 13


def test_the_last_flat_stands_for_a_filter_with_flats() -> None:
    night = Night().begin("R").trial("R", 0.9).flat("R", exposure_s=2.5)
    latest = RunRecord.of(night).filters["R"].latest
    assert latest is not None
    assert isinstance(latest, Flat)
    assert latest.exposure_s == 2.5


def test_the_last_trial_stands_for_a_filter_without_flats() -> None:
    night = Night().begin("R").trial("R", 0.9).trial("R", 0.7)
    latest = RunRecord.of(night).filters["R"].latest
    assert latest is not None
    assert latest.level == 0.7


def test_frames_kept_and_rejected_stay_in_the_order_taken() -> None:
    night = Night().begin("R").flat("R").reject("R").flat("R")
    kinds = [shot.event for shot in RunRecord.of(night).filters["R"].captured]
    assert kinds == ["flat", "rejected", "flat"]


def test_a_filter_the_run_never_came_to_takes_its_outcome_from_the_end_of_the_run() -> None:
    night = Night(filters=("L", "R")).begin("L").end("L").over(143)
    assert RunRecord.of(night).filters["R"].outcome == "stopped"


def test_events_of_an_unknown_name_change_nothing() -> None:
    events = mixed_night().events
    assert event_of({"event": "comet", "time": "?"}) is None
    known = list(events_of({"events": events}))
    assert list(events_of({"events": [*events, {"event": "comet"}, 17]})) == known


def test_damaged_events_read_as_unknown() -> None:
    events = [17, {"event": "trial", "filter": "L", "level": "high", "time": "noon", "n": True}]
    shot = RunRecord.of(events_of({"events": events})).filters["L"].trials[0]
    assert math.isnan(shot.level)
    assert (time_of(shot), shot.n) == (None, 0)


def test_an_exposure_was_taken_when_it_began() -> None:
    shot = typed("flat", exposed_at="2026-11-22T17:15:20Z")
    assert taken_at(shot) == datetime(2026, 11, 22, 17, 15, 20, tzinfo=UTC)


@pytest.mark.parametrize("exposed_at", [None, "", "yesterday", 7])
def test_an_exposure_whose_begin_is_not_known_was_taken_when_it_was_told_of(exposed_at) -> None:
    shot = typed("rejected", exposed_at=exposed_at)
    assert taken_at(shot) == shot.time


def test_exposures_are_put_into_the_order_in_which_they_began() -> None:
    late, early = (typed("flat", exposed_at=f"2026-11-22T17:15:{s}Z") for s in (20, 10))
    assert as_taken([late, early]) == [early, late]


def test_exposures_stay_as_they_came_where_a_time_is_unknown() -> None:
    came = [typed("flat"), typed("flat", time="")]
    assert as_taken(came) == came
