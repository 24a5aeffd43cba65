"""Waiting until a light stands still."""

from math import exp

from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.settling import AGREE_FRAC, Settling


def stands(levels: list[float], **limits) -> list[bool]:
    settling, stood = Settling(**limits), []
    for second, level_adu in enumerate(levels):
        settling.observe(float(second), level_adu)
        stood.append(settling.standing)
    return stood


def test_a_light_has_settled_once_the_last_repeats_agree():
    levels = [20000.0, 25000.0, 29000.0, 29900.0, 30000.0, 30020.0]
    assert stands(levels, repeats=3) == [False] * 5 + [True]


def test_a_light_that_never_settles_has_had_its_frames_at_the_limit():
    settling = Settling(repeats=2, frames_max=4)
    over = []
    for level_adu in (1.0, 2.0, 1.0, 2.0):
        settling.observe(0.0, level_adu)
        over.append(settling.over)
    assert over == [False, False, False, True]
    assert not settling.standing


def test_repeats_may_differ_by_just_the_fraction():
    most = 10000.0 * (1 - AGREE_FRAC)
    assert stands([most, 10000.0], repeats=2) == [False, True]
    assert stands([most - 1, 10000.0], repeats=2) == [False, False]


def test_darkness_agrees_with_itself():
    assert stands([0.0, 0.0], repeats=2) == [False, True]


def settled(tau_s: float, cold_frac: float, cadence_s: float) -> Settling:
    settling, now_s = Settling(repeats=5, watch_s=5.0, limit_s=180.0), 0.0
    while not settling.over:
        settling.observe(now_s, 30000.0 * (1 - (1 - cold_frac) * exp(-now_s / tau_s)))
        now_s += cadence_s
    return settling


@given(st.floats(0.1, 12.0), st.floats(0.3, 0.8), st.floats(0.05, 2.0))
def test_the_settling_time_of_a_lamp_that_warms_up_is_found(tau_s, cold_frac, cadence_s):
    found_s = settled(tau_s, cold_frac, cadence_s).settle_s
    assert found_s is not None
    short_frac = (1 - cold_frac) * exp(-found_s / tau_s)
    assert short_frac <= 0.0065


def test_a_light_that_stands_at_once_needs_no_time():
    settling = settled(1e-6, 0.5, 0.5)
    assert settling.settle_s == 0.5
    assert settled(1e-6, 1.0, 0.5).settle_s == 0.0


def test_a_light_that_never_stands_has_no_settling_time():
    settling = Settling(repeats=5, watch_s=5.0, limit_s=20.0)
    for i in range(100):
        settling.observe(float(i), 30000.0 + 1000.0 * (i % 2))
        if settling.over:
            break
    assert (i, settling.settle_s) == (20, None)
