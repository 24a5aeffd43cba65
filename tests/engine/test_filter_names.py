"""Flats through filters of odd names, of other names than the wheel's, and of none it has."""

from collections import Counter
from dataclasses import replace

import pytest
from astropy.io import fits
from bench import Bench, small

from flatctl import events
from flatctl.core.types import FilterPlan

NAMES = ("红", "洪", "Hα", "Ha", "ha", "L" * 80)


def wheel_of(names: tuple[str, ...]):
    rig = small("mono")
    return replace(rig, filters=tuple(replace(rig.filters[0], name=name) for name in names))


@pytest.fixture
def bench(tmp_path):
    plans = [FilterPlan(name, count=2) for name in NAMES]
    made = Bench(tmp_path, rig=wheel_of(NAMES), plans=plans)
    assert made.run() == 0
    return made


def test_flats_of_all_filters_keep_apart(bench):
    found = Counter(fits.getheader(path)["FILTER"] for path in bench.frames)
    tokens = {path.name.partition("_EXPTIME")[0].casefold() for path in bench.frames}
    assert (list(found.values()), len(tokens)) == ([2] * len(NAMES), len(NAMES))


def test_the_next_run_finds_them_all_though_the_slots_have_changed_places(bench):
    again = bench.again(rig=wheel_of(NAMES[::-1]))
    assert (again.run(), again.all(events.Flat)) == (0, [])


def test_the_next_run_finds_none_for_a_filter_that_only_reads_the_same(bench):
    other = "鸿"  # Hong, as the first two
    again = bench.again(rig=wheel_of((*NAMES[1:], other)), plans=[FilterPlan(other, count=2)])
    again.run()
    assert len(again.all(events.Flat)) == 2


def test_a_set_whose_filter_the_wheel_lacks_does_not_keep_the_others_from_being_taken(tmp_path):
    missing = FilterPlan("Lum", count=2, obstacle="there is no such filter")
    run = Bench(tmp_path, plans=[missing, FilterPlan("R", count=2)])
    assert run.run() == 5
    assert run.outcomes == {"Lum": "device", "R": "complete"}
    assert run.all(events.FilterFinished)[0].why == "there is no such filter"


def test_a_filter_that_is_called_otherwise_is_said_to_be(tmp_path):
    run = Bench(tmp_path, plans=[FilterPlan("L", count=2, named="Lum")])
    assert run.run() == 0
    assert [(e.named, e.filter) for e in run.all(events.FilterAlias)] == [("Lum", "L")]
