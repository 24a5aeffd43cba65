import math

from event_streams import Night, complete_night, mixed_night

from flatctl.outputs.plain import line_of
from flatctl.outputs.record import RunRecord, ShotKind
from flatctl.outputs.sentences.run import end_line


def test_a_record_counts_what_the_events_say() -> None:
    run = RunRecord.of(complete_night(flats=4))
    assert (run.complete, run.flats, run.exit_code) == (2, 8, 0)


def test_a_dark_flat_under_way_is_no_filter_more() -> None:
    run = RunRecord.of(complete_night(flats=4))
    line_of(run, {"event": "exposing", "filter": "", "kind": "dark_flat", "n": 1})
    assert end_line(run).startswith("Complete: all 2 filters, 8 flats")


def test_flats_of_an_earlier_run_count_as_on_disk() -> None:
    night = Night().begin("R", wanted=30, present=12).flat("R")
    assert RunRecord.of(night).filters["R"].on_disk == 13


def test_the_last_flat_stands_for_a_filter_with_flats() -> None:
    night = Night().begin("R").trial("R", 0.9).flat("R", exposure_s=2.5)
    latest = RunRecord.of(night).filters["R"].latest
    assert latest is not None
    assert (latest.kind, latest.exposure_s) == (ShotKind.FLAT, 2.5)


def test_the_last_trial_stands_for_a_filter_without_flats() -> None:
    night = Night().begin("R").trial("R", 0.9).trial("R", 0.7)
    latest = RunRecord.of(night).filters["R"].latest
    assert latest is not None
    assert latest.level == 0.7


def test_frames_kept_and_rejected_stay_in_the_order_taken() -> None:
    night = Night().begin("R").flat("R").reject("R").flat("R")
    kinds = [shot.kind.value for shot in RunRecord.of(night).filters["R"].captured]
    assert kinds == ["flat", "rejected", "flat"]


def test_a_filter_the_run_never_came_to_takes_its_outcome_from_the_end_of_the_run() -> None:
    night = Night(filters=("L", "R")).begin("L").end("L").over(143)
    assert RunRecord.of(night).filters["R"].outcome == "stopped"


def test_events_of_an_unknown_name_change_nothing() -> None:
    events = mixed_night().events
    assert RunRecord.of([*events, {"event": "comet", "time": "?"}]) == RunRecord.of(events)


def test_damaged_events_read_as_unknown() -> None:
    events = [17, {"event": "trial", "filter": "L", "level": "high", "time": "noon", "n": True}]
    shot = RunRecord.of(events).filters["L"].trials[0]
    assert math.isnan(shot.level)
    assert (shot.time, shot.number) == (None, 0)
