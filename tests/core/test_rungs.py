"""Few exposures of dark flats for many of flats."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_masters import DARK, FLAT

from flatctl.core.nights.masters import darks_for
from flatctl.core.nights.rungs import FACTOR, is_bias_enough, is_lit, nearest_rung, rungs

EXPOSURES = st.floats(0.01, 300.0)


@given(st.lists(EXPOSURES, min_size=1))
def test_rungs_stand_on_either_side_of_each_exposure(exposures_s) -> None:
    found = rungs(exposures_s, 0.001, 3000.0)
    for each_s in exposures_s:
        below = max(rung for rung in found if rung <= each_s * 1.001)
        above = min(rung for rung in found if rung >= each_s * 0.999)
        assert above / below <= FACTOR * 1.001


@given(st.lists(EXPOSURES, min_size=1))
def test_no_rung_lies_where_no_flat_is_or_beyond_the_limits(exposures_s) -> None:
    shortest_s, longest_s = min(exposures_s), max(exposures_s)
    found = rungs(exposures_s, shortest_s, longest_s)
    assert found
    assert shortest_s <= found[0]
    assert found[-1] <= longest_s
    assert len(found) <= 2 * len(exposures_s)


def test_a_hundred_exposures_need_few_rungs() -> None:
    assert len(rungs([0.5 + 0.3 * n for n in range(100)], 0.5, 30.2)) <= 12


def test_rungs_of_one_night_are_those_of_another() -> None:
    assert set(rungs([2.0], 0.1, 30)) == set(rungs([2.2], 0.1, 30))


@given(EXPOSURES)
def test_the_nearest_rung_is_within_half_a_step(exposure_s) -> None:
    ratio = nearest_rung(exposure_s, 0.001, 3000.0) / exposure_s
    assert FACTOR**-0.501 <= ratio <= FACTOR**0.501


@pytest.mark.parametrize(
    ("rise_adu", "lit", "bias"), [(0, False, True), (-5, False, True), (50, False, False)]
)
def test_dark_current_is_told_from_light_and_from_none(rise_adu, lit, bias) -> None:
    short, long = (1.0, 1000.0), (10.0, 1000.0 + rise_adu)
    assert is_lit(short, long, 30_000.0) is lit
    assert is_bias_enough(short, long, 30_000.0) is bias


def test_light_of_a_tenth_of_a_flat_is_seen_even_between_neighbouring_rungs() -> None:
    assert is_lit((1.0, 1000.0 + 2000.0), (1.5, 1000.0 + 3000.0), 30_000.0)


def flat(exposure_s: float, **other):
    return replace(FLAT, sky=True, exposure_s=exposure_s, **other)


def dark(exposure_s: float, **other):
    return replace(DARK, name=f"dark {exposure_s:g}", exposure_s=exposure_s, **other)


@given(st.floats(1.0, 1.5))
def test_the_shares_of_two_rungs_make_up_the_exposure(exposure_s) -> None:
    found = darks_for(flat(exposure_s), [dark(0.667), dark(1.0), dark(1.5), dark(2.25)])
    assert sum(share for _, share in found) == pytest.approx(1.0)
    assert sum(share * each.exposure_s for each, share in found) == pytest.approx(exposure_s)
    assert {each.exposure_s for each, _ in found} <= {1.0, 1.5}


def test_rungs_far_apart_don_t_make_up_an_exposure() -> None:
    assert darks_for(flat(3.0), [dark(1.0), dark(9.0)]) == ()


def test_a_bias_serves_flats_of_the_sky_of_any_exposure() -> None:
    bias = dark(0.5, bias=True)
    assert darks_for(flat(20.0), [bias]) == ((bias, 1.0),)


def test_a_dark_flat_that_is_no_bias_serves_no_other_exposure() -> None:
    assert darks_for(flat(20.0), [dark(0.5)]) == ()


def test_rungs_before_a_bias() -> None:
    found = darks_for(flat(1.2), [dark(0.5, bias=True), dark(1.0), dark(1.5)])
    assert {each.exposure_s for each, _ in found} == {1.0, 1.5}


def test_both_rungs_are_of_one_night() -> None:
    other = date(2026, 11, 21)
    darks = [dark(1.0), dark(1.0, night=other), dark(1.5, night=other)]
    assert {each.night for each, _ in darks_for(flat(1.3), darks)} == {other}


def test_a_flat_of_a_panel_takes_the_dark_flats_of_its_own_exposure() -> None:
    assert darks_for(FLAT, [DARK, dark(FLAT.exposure_s * 1.05)]) == ((DARK, 1.0),)
