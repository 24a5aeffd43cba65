"""A set without a search, dark flats alone, and one frame to look at."""

from dataclasses import replace

import pytest
from bench import TIMEOUTS, Bench

from flatctl import events
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.engine.job import Job
from flatctl.engine.one_frame import Look, OneFrame
from flatctl.engine.rig import Rig
from flatctl.engine.stop import StopSignals
from flatctl.errors import UsageError
from flatctl.storage.history import History

HELD = {"exposure_start_s": 0.5, "exposure_min_s": 0.5, "exposure_max_s": 0.5}


def reached(tmp_path) -> tuple[int, float]:
    """Return the setting at which a filter gets its flats."""
    bench = Bench(tmp_path / "before", filters=("L",), count=1)
    bench.run()
    (flat,) = bench.all(events.Flat)
    return flat.brightness, flat.exposure_s


def held(brightness: int, exposure_s: float, **more) -> FilterPlan:
    times = dict.fromkeys(("exposure_start_s", "exposure_min_s", "exposure_max_s"), exposure_s)
    return FilterPlan("L", brightness_step=brightness, **times, **more)


def test_a_set_at_a_setting_that_is_given_needs_no_search(tmp_path):
    brightness, exposure_s = reached(tmp_path)
    bench = Bench(tmp_path, plans=[held(brightness, exposure_s, count=3)])
    assert bench.run() == 0
    assert len(bench.all(events.Trial)) == 1
    assert {(e.brightness, e.exposure_s) for e in bench.all(events.Flat)} == {
        (brightness, exposure_s)
    }


def test_a_setting_that_is_given_is_judged_all_the_same(tmp_path):
    brightness, exposure_s = reached(tmp_path)
    bench = Bench(tmp_path, plans=[held(brightness, exposure_s / 4, count=3)])
    assert (bench.run(), bench.outcomes) == (5, {"L": "too_dim"})
    assert bench.all(events.Flat) == []
    assert {e.exposure_s for e in bench.all(events.Trial)} == {exposure_s / 4}


def test_a_step_that_the_panel_lacks_is_an_error_of_the_command(tmp_path):
    bench = Bench(tmp_path, plans=[held(4000, 1.0)])
    with pytest.raises(UsageError, match=r"--brightness 4000: .* goes from 0 to"):
        bench.run()


def test_dark_flats_alone_are_those_of_the_flats_on_disk(tmp_path):
    bench = Bench(tmp_path, filters=("L", "R"), count=2)
    bench.run()
    taken = {e.exposure_s for e in bench.all(events.Flat)}
    darks = bench.again(dark_flats=2, only_darks=True)
    assert darks.run() == 0
    assert {e.exposure_s for e in darks.all(events.DarkFlat)} == taken
    assert (darks.all(events.Flat), darks.all(events.Trial)) == ([], [])
    assert len(darks.all(events.DarkFlat)) == 2 * len(taken)


def test_dark_flats_alone_have_the_exposure_that_is_given(tmp_path):
    bench = Bench(tmp_path, plans=[FilterPlan("L", **HELD)], dark_flats=1, job={"only_darks": True})
    assert bench.run() == 0
    assert [e.exposure_s for e in bench.all(events.DarkFlat)] == [0.5]


def test_dark_flats_of_flats_that_nobody_knows_are_an_error_of_the_command(tmp_path):
    bench = Bench(tmp_path, dark_flats=1, job={"only_darks": True})
    with pytest.raises(UsageError, match="--exposure"):
        bench.run()


def look(tmp_path, plan: FilterPlan) -> tuple[Look, Bench]:
    """Take one frame on a bench's rig."""
    bench = Bench(tmp_path, plans=[plan])
    fake = bench.fake
    rig = Rig(
        fake.camera,
        fake.wheel,
        fake.panel,
        setup=CameraSetup(),
        timeouts=TIMEOUTS,
        clock=fake.clock,
    )
    with History(tmp_path / "history.sqlite") as history:
        found = OneFrame(
            rig,
            Job(rig="bench", plan=lambda _: ()),
            lambda _: plan,
            history=history,
            signals=StopSignals(),
            tell=lambda _: None,
            tell_fault=lambda *_: None,
        ).take()
    return found, bench


def test_one_frame_is_taken_at_the_setting_given_and_nothing_is_kept(tmp_path):
    brightness, exposure_s = reached(tmp_path)
    found, bench = look(tmp_path, held(brightness, exposure_s))
    assert found.shot.setting == (brightness, exposure_s)
    assert found.band.low_adu < found.shot.level_adu < found.band.high_adu
    assert bench.fake.world.light.lit is False
    assert list((tmp_path / "flats").rglob("*")) == []


def test_one_frame_is_taken_at_the_setting_that_the_last_run_found(tmp_path):
    before = Bench(tmp_path, filters=("L",), count=1)
    before.run()
    (flat,) = before.all(events.Flat)
    plan = before.plans[0]
    found, _ = look(tmp_path, plan)
    assert (found.learned, found.shot.setting) == (True, (flat.brightness, flat.exposure_s))
    other, _ = look(tmp_path, replace(plan, filter="R"))
    assert other.learned is False
