"""What the engine relies on in every cover."""

import pytest

from flatctl.devices.protocols import Cover, CoverState
from flatctl.errors import Fault


def test_it_is_a_cover_by_its_methods(cover):
    assert isinstance(cover, Cover)


def test_it_opens_and_says_so(cover, bench):
    cover.open_cover(bench.limit_s)
    assert cover.cover_state(bench.limit_s) is CoverState.OPEN


def test_it_closes_and_says_so(cover, bench):
    cover.open_cover(bench.limit_s)
    cover.close_cover(bench.limit_s)
    assert cover.cover_state(bench.limit_s) is CoverState.CLOSED


def test_closing_twice_is_no_error(cover, bench):
    cover.close_cover(bench.limit_s)
    cover.close_cover(bench.limit_s)
    assert cover.cover_state(bench.limit_s) is CoverState.CLOSED


def test_the_world_sees_it_open(cover, bench, light):
    cover.open_cover(bench.limit_s)
    assert not light.closed


def test_the_world_sees_it_closed(cover, bench, light):
    cover.open_cover(bench.limit_s)
    cover.close_cover(bench.limit_s)
    assert light.closed


def test_it_is_dark_when_it_has_opened(cover, bench, light):
    cover.set_brightness(100, bench.limit_s)
    cover.open_cover(bench.limit_s)
    assert not light.lit


def test_lighting_brings_the_light_before_the_telescope(flip_cover, bench, light):
    flip_cover.open_cover(bench.limit_s)
    flip_cover.set_brightness(100, bench.limit_s)
    assert (light.lit, light.closed) == (True, True)


def test_a_move_that_sticks_is_tried_once_more(sticky_cover, bench, light):
    bench.stick(1)
    sticky_cover.open_cover(bench.limit_s)
    assert not light.closed
    assert sticky_cover.cover_state(bench.limit_s) is CoverState.OPEN


def test_a_cover_that_stays_stuck_is_a_fault_and_the_light_is_off(sticky_cover, bench, light):
    sticky_cover.open_cover(bench.limit_s)
    bench.stick(9)
    with pytest.raises(Fault, match="the cover is asked to be closed, but"):
        sticky_cover.set_brightness(100, bench.limit_s)
    assert not light.lit
