"""How the light wanders, what is learned of it, and what chance that leaves a frame."""

from math import erf, exp, log, sqrt
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.sky.chance import Forecast, below, beyond
from flatctl.core.sky.clouds import Skies
from flatctl.core.sky.filters import SkyFilter, guesses
from flatctl.core.sky.light import ExpectedLight, SunTrack, Window
from flatctl.core.sky.memory import SkyMemory
from flatctl.core.sky.tonight import Tonight

SKIES = Skies.usual()
seconds = st.floats(0.01, 300.0)


@given(seconds, seconds)
def test_what_comes_up_in_two_times_is_what_comes_up_in_their_sum(first_s, then_s):
    in_two = SKIES.new(first_s) * SKIES.kept(then_s) ** 2 + SKIES.new(then_s)
    assert in_two == pytest.approx(SKIES.new(first_s + then_s), rel=1e-6)


@given(seconds)
def test_the_mean_of_an_exposure_is_that_of_its_halves(exposure_s):
    half_s = exposure_s / 2
    kept, mean_kept = SKIES.kept(half_s), SKIES.mean_kept(half_s)
    variance, both = SKIES.new_in_mean(half_s)
    between = SKIES.new(half_s)
    of_halves = (2 * variance + mean_kept**2 * between + 2 * mean_kept * both) / 4
    with_end = (kept * both + mean_kept * kept * between + both) / 2
    whole, end = SKIES.new_in_mean(exposure_s)
    assert of_halves == pytest.approx(whole, rel=2e-3)
    assert with_end == pytest.approx(end, rel=2e-3)


@given(st.floats(0.01, 60.0), st.floats(0.0, 30.0), st.floats(0.0, 30.0))
def test_a_longer_time_between_exposures_never_foretells_better(exposure_s, some_s, more_s):
    soon = SKIES.off_in_series(np.array([exposure_s]), some_s)
    late = SKIES.off_in_series(np.array([exposure_s]), some_s + more_s)
    assert np.all(late >= soon * (1 - 1e-9) - 1e-12)


@given(st.floats(-6.0, 6.0))
def test_the_chance_below_is_that_of_the_normal_distribution(sigmas):
    assert below(np.array(sigmas)) == pytest.approx(0.5 * (1 + erf(sigmas / sqrt(2))), abs=4e-4)


@given(st.floats(-8.0, 8.0))
def test_what_is_beyond_a_bound_is_as_its_integral_says(bound):
    grid = np.linspace(bound, max(bound, 0.0) + 9.0, 200_001)
    weights = np.exp((bound * bound if bound > 0 else 0.0) / 2 - grid * grid / 2)
    mean = float(grid @ weights / weights.sum())
    spread = float((grid - mean) ** 2 @ weights / weights.sum())
    told_mean, told = beyond(np.array([bound]))
    assert told_mean[0] == pytest.approx(mean, abs=2e-3)
    assert 1.0 - told[0] == pytest.approx(spread, abs=2e-3)


@given(st.floats(-1e6, 1e6))
def test_however_far_a_bound_is_something_lies_beyond(bound):
    mean, told = beyond(np.array([bound]))
    assert np.isfinite(mean[0])
    assert 0.0 <= told[0] <= 1.0


@given(st.floats(-2.0, 2.0), st.floats(0.001, 1.0), st.floats(0.0, 1.0))
def test_the_chances_below_within_and_above_add_up(ln, error, share):
    forecast = Forecast(np.array([ln, 0.0]), np.array([error, 0.1]), np.array([share, 1.0 - share]))
    parts = (0.0, 0.4), (0.4, 0.6), (0.6, float("inf"))
    assert sum(forecast.chance(*part) for part in parts) == pytest.approx(1.0, abs=1e-6)


def sun(time_s: float) -> float:
    """Return an altitude that sinks by 0.2 degrees a minute, from 0."""
    return -time_s / 300.0


def after_frames(size: float, frames: int = 25) -> Tonight:
    """Return what so many frames of a filter tell, under clouds that change in two minutes."""
    light = ExpectedLight(SunTrack(sun, Window(0.0, 3000.0, dawn=False), 60.0), 550.0)
    tonight = Tonight(
        {"L": light}, guesses((SkyFilter("L", 5),)), SkyMemory(), 0.015, reference_s=1800.0
    )
    odds, cloud, kept = Random(5), 0.0, exp(-8.0 / 120.0)
    for i in range(frames):
        time_s = 1500.0 + 8.0 * i
        cloud = kept * cloud + size * sqrt(1 - kept**2) * odds.gauss(0, 1)
        exposure_s = 0.5 / exp(light.ln_rate(time_s) + 10.0)
        light_here = exp(10.0 + cloud) * light.during(time_s, exposure_s)
        tonight.observe("L", time_s + exposure_s / 2, exposure_s, 0.015 + light_here)
    return tonight


@pytest.mark.parametrize(("size", "least", "most"), [(0.0, 0.0, 0.01), (0.15, 0.03, 0.12)])
def test_a_clear_night_is_told_from_clouds(size, least, most):
    error = after_frames(size).forecast("L", 1708.0, 2.0).error
    assert least <= error <= most


def test_clouds_are_expected_to_leave_the_frames_a_smaller_chance():
    bounds, exposures_s = (0.49, 0.51), np.array([2.0])
    chance = {
        size: float(after_frames(size).chances(np.log([0.5]), exposures_s, 5.0, bounds)[0])
        for size in (0.0, 0.15)
    }
    assert chance[0.0] > 0.95
    assert chance[0.15] < 0.6


def test_a_frame_at_full_scale_says_no_more_than_that_there_is_more():
    """What is brighter than it remains as likely as before, against the rest of that."""
    light = ExpectedLight(SunTrack(sun, Window(0.0, 3000.0, dawn=False), 60.0), 550.0)
    tonight = Tonight(
        {"L": light}, guesses((SkyFilter("L", 5),)), SkyMemory(), 0.015, reference_s=1800.0
    )
    before = tonight.forecast("L", 1500.0, 1.0)
    exposure_s = float(np.exp(-before.ln_light))
    tonight.observe_full("L", 1500.0 + exposure_s / 2, exposure_s)
    after = tonight.forecast("L", 1500.0 + exposure_s, exposure_s)
    # Of a normal distribution that is cut in the middle.
    assert after.ln_light == pytest.approx(before.error * sqrt(2 / np.pi), abs=0.1)
    assert after.error == pytest.approx(before.error * sqrt(1 - 2 / np.pi), rel=0.1)


def test_a_cloud_is_not_expected_to_stay():
    tonight = after_frames(0.0)
    before = [tonight.ln_scale("L", 1708.0 + wait_s, 2.0) for wait_s in (0.0, 900.0)]
    light = ExpectedLight(SunTrack(sun, Window(0.0, 3000.0, dawn=False), 60.0), 550.0)
    for i in range(3):
        time_s, dimmed = 1708.0 + 8.0 * i, exp(10.0 - 0.5) * light.during(1708.0 + 8.0 * i, 2.0)
        tonight.observe("L", time_s + 1.0, 2.0, 0.015 + dimmed)
    soon, late = (tonight.ln_scale("L", 1732.0 + wait_s, 2.0) for wait_s in (0.0, 900.0))
    assert soon - before[0] < log(0.75)
    assert abs(late - before[1]) < abs(soon - before[0])
