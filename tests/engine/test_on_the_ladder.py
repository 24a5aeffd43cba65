"""Exposures on the ladder: few sets of dark flats, and no filter lost for it."""

import pytest
from bench import Bench

from flatctl import events
from flatctl.core.nights.ladder import ladder
from flatctl.core.search.endings import EndingKind

RUNGS = ladder(0.1, 30.0)
ALL = ("L", "R", "G", "B", "Ha")


def on_ladder(folder, scenario="mono", **plan):
    return Bench(folder, scenario, ladder_s=RUNGS, **plan)


def exposures(bench: Bench) -> set[float]:
    return {flat.exposure_s for flat in bench.all(events.Flat)}


def test_every_filter_is_taken_on_a_rung_with_brightness_bringing_it_into_the_band(tmp_path):
    bench = on_ladder(tmp_path, "dim", filters=ALL, dark_flats=2)
    assert bench.run() == 0
    assert exposures(bench) <= set(RUNGS)
    assert bench.all(events.OffLadder) == []
    assert all(abs(flat.level - 0.51) <= 0.05 for flat in bench.all(events.Flat))


def test_fewer_sets_of_dark_flats_are_needed_than_without(tmp_path):
    sets = {}
    for name, make in (("with", on_ladder), ("without", Bench)):
        bench = make(tmp_path / name, "dim", filters=ALL, dark_flats=2)
        assert bench.run() == 0
        sets[name] = {dark.exposure_s for dark in bench.all(events.DarkFlat)}
        assert sets[name] == exposures(bench)
    assert len(sets["with"]) < len(sets["without"])


def test_the_start_is_the_rung_nearest_to_the_one_wished_for(tmp_path):
    bench = on_ladder(tmp_path, filters=("L",), exposure_start_s=1.3)
    assert bench.run() == 0
    assert [e.start_exposure_s for e in bench.all(events.FilterStarted)] == [1.0]


def test_a_light_that_cannot_be_dimmed_leaves_the_ladder_and_says_so(tmp_path):
    fixed = {"brightness_min": 1.0, "brightness_start": 1.0, "tolerance": 0.01}
    bench = on_ladder(tmp_path, "dim", filters=("L",), **fixed)
    assert bench.run() == 0
    (left,) = bench.all(events.OffLadder)
    assert left.why
    assert not exposures(bench) & set(RUNGS)


def test_a_filter_that_no_exposure_serves_says_why_it_ends(tmp_path):
    bench = on_ladder(tmp_path, "dim", filters=("Ha",), exposure_max_s=2.5)
    assert bench.run() == 5
    assert bench.outcomes == {"Ha": "too_dim"}
    assert bench.all(events.FilterFinished)[-1].why.kind is EndingKind.NEEDS_LONGER


@pytest.mark.parametrize("scenario", ["mono", "bright", "dim", "gamma", "warmup", "leak"])
def test_the_ladder_loses_no_filter_that_is_reached_without_it(tmp_path, scenario):
    free = Bench(tmp_path / "free", scenario, filters=ALL)
    stepped = on_ladder(tmp_path / "ladder", scenario, filters=ALL)
    free.run()
    stepped.run()
    assert stepped.outcomes == free.outcomes


def test_a_drift_that_brightness_cannot_follow_leaves_the_ladder(tmp_path):
    fixed = {"brightness_min": 0.5, "brightness_start": 0.5, "brightness_max": 0.5}
    bench = on_ladder(tmp_path, "warmup", filters=("L",), count=20, **fixed)
    assert bench.run() == 0
    assert len(bench.all(events.Flat)) == 20


def test_a_shutter_speed_that_is_no_rung_is_used_where_no_rung_serves(tmp_path):
    speeds = (0.25, 0.33, 0.5, 0.65, 0.8, 1.0, 1.3, 1.6, 2.0)
    bench = Bench(
        tmp_path,
        "dim",
        filters=("L",),
        brightness_min=1.0,
        brightness_start=1.0,
        exposures_s=speeds,
        ladder_s=ladder(0.1, 1.3, speeds),
    )
    assert bench.run() == 0
    assert exposures(bench) <= set(speeds)
