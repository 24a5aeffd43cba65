"""A run of several camera setups, rotator angles and focuser positions."""

import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events
from flatctl.core.nights.plan import name_sets
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.errors import Fault

SLOW, FAST = CameraSetup(binning=1, gain=0), CameraSetup(binning=2, gain=100)
IMPOSSIBLE = CameraSetup(binning=1, gain=1e6)


class Axis:
    """A rotator and a focuser at once: it goes where it is sent, and remembers it."""

    name = "Axis"

    def __init__(self) -> None:
        self.went: list[float] = []

    def open(self, timeout_s: float) -> float:
        return 7

    def turn(self, angle_deg: float, timeout_s: float) -> float:
        self.went.append(angle_deg)
        return angle_deg + 0.1

    def move(self, steps: int, timeout_s: float) -> int:
        self.went.append(steps)
        return steps

    def close(self) -> None:
        return


def plan(filter_name: str, setup: CameraSetup | None = None, **place) -> FilterPlan:
    return FilterPlan(filter_name, count=2, setup=setup, **place)


@pytest.fixture
def bench(tmp_path):
    def build(*plans: FilterPlan, **options) -> Bench:
        return Bench(tmp_path, plans=name_sets(plans), **options)

    return build


def cards(bench: Bench, *keywords: str) -> list[tuple]:
    return [tuple(fits.getheader(path)[k] for k in keywords) for path in bench.frames]


def test_a_setup_that_comes_back_needs_no_second_set_of_dark_flats(bench):
    run = bench(plan("L", SLOW), plan("L", FAST), plan("R", SLOW), dark_flats=2, resume=False)
    assert run.run() == 0
    darks = [
        tuple(fits.getheader(path)[k] for k in ("EXPTIME", "XBINNING", "GAIN"))
        for path in run.frames
        if path.name.startswith("DARKFLAT")
    ]
    assert len(set(darks)) >= 2
    assert all(darks.count(each) == 2 for each in darks)


def test_every_set_is_taken_with_its_own_setup(bench):
    run = bench(plan("L", SLOW), plan("L", FAST))
    assert run.run() == 0
    assert sorted(cards(run, "XBINNING", "GAIN")) == [(1, 0), (1, 0), (2, 100), (2, 100)]


def test_the_camera_is_prepared_once_per_setup(bench):
    run = bench(plan("L", SLOW), plan("R", SLOW), plan("L", FAST))
    run.run()
    assert run.fake.camera.prepared == [SLOW, FAST]


def test_events_name_the_filter_and_tell_the_set(bench):
    run = bench(plan("L", SLOW), plan("L", FAST))
    run.run()
    told = [(e.filter, e.set) for e in run.all(events.FilterFinished)]
    assert told == [("L", "L, bin 1, gain 0"), ("L", "L, bin 2, gain 100")]


def test_the_end_tells_the_outcome_of_each_filter_and_of_each_set(bench):
    run = bench(plan("L", SLOW), plan("L", IMPOSSIBLE), plan("R", FAST))
    assert run.run() == 5
    (end,) = run.all(events.RunFinished)
    assert end.filters == {"L": "device", "R": "complete"}
    assert list(end.sets.values()) == ["complete", "device", "complete"]


def test_a_setup_that_the_camera_refuses_says_why(bench):
    run = bench(plan("L", IMPOSSIBLE), plan("R", FAST))
    run.run()
    assert "gain 1e+06 is refused" in run.all(events.FilterFinished)[0].why


def test_dark_flats_are_taken_with_each_setup(bench):
    run = bench(plan("L", SLOW), plan("L", FAST), dark_flats=1)
    run.run()
    darks = [fits.getheader(path) for path in run.frames if "DARKFLAT" in path.name]
    assert {header["XBINNING"] for header in darks} == {1, 2}


def test_rotator_and_focuser_go_where_the_set_wants_them(bench):
    run = bench(
        plan("L", rotator_deg=30.0), plan("L", rotator_deg=90.0, focuser_steps=4200), axis=Axis()
    )
    assert run.run() == 0
    assert run.axis.went == [30.0, 90.0, 4200]


def test_headers_say_where_rotator_and_focuser_stood(bench):
    run = bench(plan("L", rotator_deg=30.0, focuser_steps=4200), axis=Axis())
    run.run()
    keywords = ("ROTATOR", "ROTATANG", "FOCPOS", "FOCUSPOS")
    assert cards(run, *keywords) == [(30.1, 30.1, 4200, 4200)] * 2


def test_flats_of_another_angle_are_not_those_of_this_one(bench):
    first = bench(plan("L", rotator_deg=30.0), axis=Axis())
    first.run()
    later = first.again(plans=(plan("L", rotator_deg=90.0),))
    later.run()
    assert len(later.frames) == 4


def test_flats_of_this_angle_are_not_taken_again(bench):
    first = bench(plan("L", rotator_deg=30.0, focuser_steps=4200), axis=Axis())
    first.run()
    later = first.again()
    later.run()
    assert later.fake.camera.exposures == []


def test_a_rotator_that_can_not_come_costs_its_sets_only(bench):
    class Blocked(Axis):
        def turn(self, angle_deg: float, timeout_s: float) -> float:
            raise Fault("Rotator", "is at 12° 180 s after it was sent to 30°", "look at it")

    run = bench(plan("L", rotator_deg=30.0), plan("R"), axis=Blocked())
    assert run.run() == 5
    assert run.outcomes == {"L": "device", "R": "complete"}
