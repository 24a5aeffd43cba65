"""What to do next about a frame: exact where the level without light is known, else a bound."""

from dataclasses import astuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flatctl.core.advice import Bound, advise
from flatctl.core.band import Band
from flatctl.core.shutter import THIRDS, speed_of
from flatctl.core.types import Verdict

FULL_ADU, PEDESTAL_ADU = 15360.0, 2048.0
BAND = Band.of(0.51, 0.05, FULL_ADU)


def advised(level, *, pedestal_adu=PEDESTAL_ADU, clipped=0.0, exposure_s=None, ladder=None):
    return advise(
        BAND,
        level * FULL_ADU,
        clipped,
        pedestal_adu=pedestal_adu,
        exposure_s=exposure_s,
        ladder=ladder,
    )


@given(st.floats(0.14, 0.97), st.floats(0.001, 30))
def test_the_light_named_gives_the_target(level, exposure_s):
    found = advised(level, exposure_s=exposure_s)
    assume(found.ratio is not None)
    light = (level * FULL_ADU - PEDESTAL_ADU) * found.ratio
    assert PEDESTAL_ADU + light == pytest.approx(BAND.target_adu)
    assert found.next_s == pytest.approx(exposure_s * found.ratio)
    assert found.expected == pytest.approx(0.51)


@given(st.floats(0.03, 0.97), st.floats(0, 0.9))
def test_without_a_pedestal_the_ratio_is_a_bound_that_every_pedestal_keeps(level, share):
    found = advised(level, pedestal_adu=None)
    assume(found.ratio is not None)
    pedestal_adu = share * min(level, 0.51) * FULL_ADU
    true = (BAND.target_adu - pedestal_adu) / (level * FULL_ADU - pedestal_adu)
    if found.bound is Bound.AT_LEAST:
        assert true >= found.ratio > 1
    else:
        assert true <= found.ratio < 1
    assert found.expected is None


def test_a_full_frame_can_only_be_halved():
    found = advised(1.0, clipped=1.0, exposure_s=1 / 40, ladder=THIRDS)
    assert (found.verdict, found.ratio, found.bound) == (Verdict.CLIPPED, 0.5, Bound.AT_MOST)
    assert str(found.next_speed) == "1/80 s"
    assert found.expected is None


def test_full_pixels_at_a_good_level_ask_for_a_little_less():
    found = advised(0.53, clipped=0.01)
    light = (0.53 * FULL_ADU - PEDESTAL_ADU) * found.ratio
    assert BAND.low_adu < PEDESTAL_ADU + light < BAND.target_adu


def test_full_pixels_at_the_lower_end_can_not_be_helped_by_the_light():
    found = advised(0.465, clipped=0.01)
    assert (found.verdict, found.ratio, found.dark) == (Verdict.CLIPPED, None, False)


@pytest.mark.parametrize(("level", "pedestal_adu"), [(0.1333, 2048.0), (0.1, 2048.0), (0.01, None)])
def test_a_dark_frame_gives_no_ratio(level, pedestal_adu):
    found = advised(level, pedestal_adu=pedestal_adu, exposure_s=1.0)
    assert (found.dark, found.ratio, found.next_s) == (True, None, None)


@given(st.floats(0.14, 0.97), st.sampled_from(THIRDS))
def test_a_shutter_is_set_to_a_speed_it_has_and_told_what_that_gives(level, speed):
    found = advised(level, exposure_s=speed.nominal_s, ladder=THIRDS)
    if found.next_speed is None:
        assert found.next_s is found.expected is None
        return
    assert found.next_speed in THIRDS
    light = (level * FULL_ADU - PEDESTAL_ADU) * found.next_speed.real_s / speed.real_s
    assert found.expected * FULL_ADU == pytest.approx(PEDESTAL_ADU + light)
    assert found.expected_fits == (BAND.low <= found.expected <= BAND.high)


def test_a_speed_read_back_as_it_is_gives_the_same_advice():
    told = [advised(0.3, exposure_s=each, ladder=THIRDS) for each in (1 / 30, 1 / 32)]
    assert [each.next_speed for each in told] == [speed_of(1 / 13, THIRDS)] * 2


def test_an_exposure_that_is_no_speed_is_scaled_as_it_is():
    found = advised(0.3, exposure_s=1.37, ladder=THIRDS)
    assert found.next_speed is None
    assert found.next_s == pytest.approx(1.37 * found.ratio)


def test_a_good_frame_asks_for_nothing():
    assert astuple(advised(0.51))[5:7] == (None, Bound.EXACT)
