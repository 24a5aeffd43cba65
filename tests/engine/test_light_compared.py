"""A filter whose light is not what it was: told, and cured where turning the wheel cures it."""

from dataclasses import replace

import pytest
from bench import Bench

from flatctl import events
from flatctl.core.quality.findings import Kind, QualityLimits

FILTERS = ("L", "R", "Ha")


@pytest.fixture
def bench(tmp_path) -> Bench:
    first = Bench(tmp_path, filters=FILTERS, count=3)
    assert first.run() == 0
    assert said(first) == []
    return first.again(resume=False)


def said(bench: Bench) -> list[tuple[str, Kind]]:
    compared = [*bench.all(events.LightCompared), *bench.all(events.SetQuality)]
    light = (Kind.FILTER_LIGHT, Kind.PANEL_LIGHT, Kind.SAME_FILTER)
    return [(e.filter, each.kind) for e in compared for each in e.findings if each.kind in light]


def brighter(bench: Bench, factor: float) -> Bench:
    scenario = bench.fake.world.scenario
    lamp = replace(scenario.lamp, flux_e_s=factor * scenario.lamp.flux_e_s)
    return Bench(
        bench.folder,
        rig=replace(scenario, lamp=lamp),
        filters=FILTERS,
        resume=False,
        night=bench.night,
    )


def test_nothing_is_said_where_all_is_as_it_was(bench):
    assert bench.run() == 0
    assert said(bench) == []
    assert [event.factor for event in bench.all(events.LightCompared)] == pytest.approx(
        [1.0] * 3, rel=0.05
    )


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_a_lamp_that_has_aged_is_nothing_to_tell(bench, factor):
    older = brighter(bench, factor)
    assert older.run() == 0
    assert said(older) == []


@pytest.mark.parametrize("factor", [0.3, 3.0])
def test_another_panel_is_told_and_no_filter_is_blamed_once_a_second_one_says_so(bench, factor):
    other = brighter(bench, factor)
    assert other.run() == 0
    assert [kind for name, kind in said(other) if name != "L"] == [Kind.PANEL_LIGHT] * 2


def lie(bench: Bench, until_turned: bool) -> None:
    """Let another filter than L stand in its slot."""
    wheel, turret = bench.fake.wheel, bench.fake.world.turret
    select, through = wheel.select, bench.fake.world.scenario.filters
    names = [each.name for each in through]
    asked: list[str] = []

    def lying(filter_name: str, timeout_s: float) -> None:
        select(filter_name, timeout_s)
        asked.append(filter_name)
        if filter_name == "L" and not (until_turned and len(asked) > 1):
            turret.slot = names.index("Ha")
            bench.fake.wheel.standing = lambda: "L"
        else:
            bench.fake.wheel.standing = lambda: filter_name

    wheel.select = lying


def test_a_wheel_that_is_right_once_it_was_turned_is_turned_and_that_is_told(bench):
    lie(bench, until_turned=True)
    assert bench.run() == 0
    assert said(bench) == [("L", Kind.FILTER_LIGHT)]
    assert ["turned away and back" in fault.what for fault in bench.all(events.FaultSeen)] == [True]
    assert {e.exposure_s for e in bench.all(events.Flat) if e.filter == "L"} == {1.0}


def test_a_wheel_that_stays_wrong_is_told_with_the_filter_that_stands_there(bench):
    lie(bench, until_turned=False)
    assert bench.run() == 0
    assert said(bench) == [("L", Kind.FILTER_LIGHT)] * 2
    assert [e.like for e in bench.all(events.LightCompared)] == ["Ha", "Ha", None, None]


def test_two_filters_of_one_light_and_one_dust_are_told(tmp_path):
    job = {"quality": QualityLimits()}
    bench = Bench(tmp_path, filters=("L", "R"), count=3, job=job, size_px=(320, 240))
    wheel = bench.fake.wheel
    wheel._turn = lambda slot: None
    wheel.standing = lambda: bench.all(events.FilterStarted)[-1].filter
    assert bench.run() == 0
    assert said(bench) == [("R", Kind.SAME_FILTER)]


def test_another_gain_is_compared_with_nothing(bench):
    other = bench.again()
    other.setup = replace(other.setup, gain=other.fake.world.neutral().gain + 10)
    other.run()
    assert other.all(events.LightCompared) == []
