"""Waiting until a light stands still."""

import pytest

from flatctl.core.search.settle import SettleCheck


def test_a_light_has_settled_once_the_last_repeats_agree():
    check = SettleCheck(repeats=3)
    seen = [
        check.observe(level) for level in (20000.0, 25000.0, 29000.0, 29900.0, 30000.0, 30020.0)
    ]
    assert seen == [False, False, False, False, False, True]
    assert check.settled
    assert not check.expired


def test_a_light_that_never_settles_expires_at_the_limit():
    check = SettleCheck(repeats=2, limit=4)
    seen = [check.observe(level) for level in (1.0, 2.0, 1.0, 2.0)]
    assert seen == [False] * 4
    assert check.expired


def test_repeats_may_differ_by_just_the_fraction_asked_for():
    check = SettleCheck(agree_frac=0.01, repeats=2)
    check.observe(9900.0)
    assert check.observe(10000.0)
    assert not check.observe(10102.0)


@pytest.mark.parametrize(
    "limits", [{"agree_frac": 0.0}, {"repeats": 1}, {"repeats": 9, "limit": 8}]
)
def test_limits_without_sense_are_refused(limits):
    with pytest.raises(ValueError, match=r"agree_frac|repeats"):
        SettleCheck(**limits)


@pytest.mark.parametrize("median", [float("nan"), -1.0])
def test_a_median_without_sense_is_refused(median):
    with pytest.raises(ValueError, match="median_adu"):
        SettleCheck().observe(median)


def test_the_narrowest_limits_that_make_sense_are_allowed():
    check = SettleCheck(repeats=2, limit=2)
    assert not check.observe(0.0)
    assert check.observe(0.0)


def test_a_fraction_of_1_agrees_with_everything_and_is_refused():
    with pytest.raises(ValueError, match="agree_frac"):
        SettleCheck(agree_frac=1.0)
