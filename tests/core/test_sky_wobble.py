"""A sky that scatters more than is wanted ends a set; no other does."""

from math import exp
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sky_search import SKY, a_search, run

from flatctl import SkyFilter
from flatctl.core.sky.wobble import Wobble

FILTERS = [SkyFilter("L", 20), SkyFilter("Ha", 20)]


def wobbling(by: float, seed: int = 1):
    """Return a sky whose light is off by so much from frame to frame."""
    random = Random(seed)
    return lambda *frame: 1000.0 + (SKY(*frame) - 1000.0) * exp(random.gauss(0.0, by))


def outcomes(by: float, max_wobble: float, seed: int = 1) -> set[str]:
    search = a_search(filters=FILTERS, max_wobble=max_wobble)
    run(search, wobbling(by, seed))
    return set(search.outcomes.values())


@settings(max_examples=4)
@given(st.integers(0, 1000))
def test_a_sky_that_wobbles_twice_as_much_as_is_wanted_ends_a_set_as_unstable(seed) -> None:
    assert "unstable" in outcomes(0.1, 0.05, seed)


@settings(max_examples=4)
@given(st.integers(0, 1000))
def test_a_quiet_sky_never_ends_a_set(seed) -> None:
    assert outcomes(0.005, 0.05, seed) == {"complete"}


def test_without_a_limit_the_scatter_ends_nothing_by_itself() -> None:
    assert outcomes(0.1, 0.0) == {"complete"}


def test_the_end_tells_how_much_the_light_scattered() -> None:
    search = a_search(filters=FILTERS, max_wobble=0.05)
    run(search, wobbling(0.2))
    name = next(name for name, each in search.outcomes.items() if each == "unstable")
    assert search.facts[name].figures["wobble"] > 0.05


def test_one_frame_behind_a_cloud_is_no_scatter() -> None:
    wobble = Wobble()
    for off in (0.001, -0.002, 0.5, 0.001, -0.001):
        wobble.take(off)
    assert wobble.scatter < 0.01


@given(st.lists(st.floats(-3, 3), max_size=4))
def test_few_frames_tell_no_scatter(offs) -> None:
    wobble = Wobble()
    for off in offs:
        wobble.take(off)
    assert wobble.scatter == 0.0


@pytest.mark.parametrize("wrong", [-0.1, float("nan"), float("inf")])
def test_a_limit_that_makes_no_sense_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="max_wobble"):
        a_search(max_wobble=wrong)
