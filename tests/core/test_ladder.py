from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.ladder import ladder
from hardware_sims.scenarios import SHUTTER_S


def test_the_rungs_are_one_two_and_five_of_every_decade() -> None:
    assert ladder(0.1, 30.0) == (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


def test_a_camera_with_shutter_speeds_gets_those_nearest_to_a_rung() -> None:
    assert ladder(0.005, 5.0, SHUTTER_S) == (
        *(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0),
    )


def test_a_rung_that_no_shutter_speed_is_near_to_is_none() -> None:
    assert ladder(0.1, 10.0, (0.33, 1.0)) == (1.0,)


def test_a_range_between_two_rungs_has_no_ladder() -> None:
    assert ladder(0.3, 0.4) == ()


seconds = st.floats(1e-5, 3600)


@given(seconds, seconds, st.lists(seconds, max_size=30))
def test_rungs_lie_in_the_range_and_are_possible(
    one: float, other: float, listed: list[float]
) -> None:
    low, high = sorted((one, other))
    rungs = ladder(low, high, listed)
    assert all(low <= rung <= high for rung in rungs)
    assert not listed or set(rungs) <= set(listed)
    assert list(rungs) == sorted(set(rungs))


@given(st.floats(1e-4, 1.0))
def test_two_rungs_are_never_farther_apart_than_the_ratio_two_and_a_half(low: float) -> None:
    rungs = ladder(low, 100 * low)
    assert all(b / a <= 2.5 + 1e-9 for a, b in pairwise(rungs))
    assert rungs[0] / low < 2.5
    assert pytest.approx(100 * low, rel=0.61) == rungs[-1]
