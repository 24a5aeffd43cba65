"""Sets of one filter in one night: told apart, never mixed, the last one gone on with."""

from collections import Counter

import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events
from flatctl.core.nights.masters import master_sets
from flatctl.core.types import FilterPlan
from flatctl.storage.master_frames import find_sources


def sets(bench: Bench) -> list[int]:
    """Return how many flats each set on disk has, the largest first."""
    found = Counter(fits.getheader(path)["FLATSET"] for path in bench.frames)
    return sorted(found.values(), reverse=True)


@pytest.fixture
def first(tmp_path):
    run = Bench(tmp_path, filters=("R",), count=3)
    assert run.run() == 0
    return run


@pytest.fixture
def second(first):
    """Another set, begun beside the first one and broken off after two flats."""
    run = first.again(resume=False, plans=[FilterPlan("R", count=2)])
    assert run.run() == 0
    return run


def test_a_set_that_is_begun_anew_is_marked_in_header_and_name(second):
    assert sets(second) == [3, 2]
    assert sum("_SET-2_" in path.name for path in second.frames) == 2


def test_it_is_said_that_there_is_an_earlier_one(second):
    assert [e.set_number for e in second.all(events.FilterStarted)] == [2]


def test_the_last_set_is_the_one_that_is_gone_on_with(second):
    third = second.again(resume=True, plans=[FilterPlan("R", count=4)])
    assert third.run() == 0
    assert (sets(third), len(third.all(events.Flat))) == ([4, 3], 2)


def test_no_master_is_made_of_two_sets(second):
    flats = [source.info for source in find_sources(second.folder / "flats").frames]
    assert sorted(map(len, master_sets(flats))) == [2, 3]


def test_flats_of_another_level_are_a_set_of_their_own(first):
    other = first.again(plans=[FilterPlan("R", count=2, target=0.3)])
    assert other.run() == 0
    assert sets(other) == [3, 2]


def test_flats_at_two_positions_of_the_focuser_are_no_set(tmp_path):
    class Axis:
        name = "Axis"

        def open(self, timeout_s: float) -> float:
            return 7

        def turn(self, angle_deg: float, timeout_s: float) -> float:
            return angle_deg

        def move(self, steps: int, timeout_s: float) -> int:
            return steps

        def close(self) -> None:
            return

    plans = [FilterPlan("R", count=2, focuser_steps=n, name=f"R {n}") for n in (1000, 9000)]
    run = Bench(tmp_path, plans=plans, axis=Axis())
    assert run.run() == 0
    assert sets(run) == [2, 2]


def test_a_run_that_goes_on_keeps_the_set(first):
    again = first.again(plans=[FilterPlan("R", count=5)])
    assert (again.run(), sets(again)) == (0, [5])
