"""Flats through filters whose names are not ASCII, taken in one run and found again by the next."""

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
