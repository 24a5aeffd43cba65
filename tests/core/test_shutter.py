"""Shutter speeds: told as written or as they are, they are the same speed."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.shutter import HALVES, THIRDS, ladder_of, speed_of, stepped

LADDERS = st.sampled_from([THIRDS, HALVES])


@pytest.mark.parametrize("ladder", [THIRDS, HALVES])
def test_a_speed_is_known_as_it_is_written_and_as_it_is(ladder):
    for speed in ladder:
        assert speed_of(speed.nominal_s, ladder) == speed_of(speed.real_s, ladder) == speed


@pytest.mark.parametrize("ladder", [THIRDS, HALVES])
def test_speeds_are_evenly_apart(ladder):
    apart = {later.stops - one.stops for one, later in itertools.pairwise(ladder)}
    assert len(apart) == 1


@pytest.mark.parametrize(
    ("rounded_s", "written"),
    [(0.017, "1/60 s"), (0.033, "1/30 s"), (0.008, "1/125 s"), (0.77, "0.8 s")],
)
def test_a_time_that_a_file_rounded_is_still_that_speed(rounded_s, written):
    assert str(speed_of(rounded_s, THIRDS)) == written


def test_speeds_are_written_as_photographers_do():
    written = [str(speed_of(each, THIRDS)) for each in (1 / 40, 1 / 4, 0.3, 1, 1.3, 30, 1 / 8000)]
    assert written == ["1/40 s", "1/4 s", "0.3 s", "1 s", "1.3 s", "30 s", "1/8000 s"]


@pytest.mark.parametrize(
    ("nominal_s", "real_s"), [(1 / 30, 1 / 32), (1 / 60, 1 / 64), (15, 16), (30, 32), (1, 1)]
)
def test_a_shutter_is_open_for_a_power_of_two(nominal_s, real_s):
    assert speed_of(nominal_s, THIRDS).real_s == real_s


@pytest.mark.parametrize("exposure_s", [1.1, 0.0283, 61.0, 0.0, -1.0, float("nan")])
def test_other_exposures_are_no_speed(exposure_s):
    assert ladder_of(exposure_s) is None


@pytest.mark.parametrize("exposure_s", [1 / 45, 1 / 90, 1 / 350, 0.7, 3.0])
def test_half_stops_are_a_ladder_of_their_own(exposure_s):
    assert ladder_of(exposure_s) is HALVES


def test_a_third_of_a_stop_more_is_the_next_speed():
    speed = speed_of(1 / 40, THIRDS)
    assert str(stepped(speed, THIRDS, 1.35)) == "1/30 s"
    assert str(stepped(speed, THIRDS, 0.5)) == "1/80 s"


@given(LADDERS, st.data(), st.floats(0.001, 1000))
def test_no_other_speed_comes_nearer_to_the_light_wanted(ladder, data, ratio):
    speed = data.draw(st.sampled_from(ladder))
    found = stepped(speed, ladder, ratio)
    if found is None:
        return
    wanted = speed.real_s * ratio
    off = max(found.real_s / wanted, wanted / found.real_s)
    assert off <= 2 ** (float(ladder[1].stops - ladder[0].stops) / 2) * (1 + 1e-9)


def test_what_lies_beyond_the_dial_is_no_speed():
    assert stepped(speed_of(30.0, THIRDS), THIRDS, 2.0) is None
    assert stepped(speed_of(1 / 40, THIRDS), THIRDS, 1.05) is None
    assert THIRDS[0].stops == Fraction(-13)
