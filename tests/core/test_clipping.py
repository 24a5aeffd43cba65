"""Centre and spread of a stack: right for noise, blind to what doesn't belong."""

import math

import numpy as np
import pytest

from flatctl.core.pixels.clipping import SIGMAS, centre, common_noise, spread


def noise(count: int, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(1.0, 0.01, (count, 60, 80))
    return values.astype(np.float32)


@pytest.mark.parametrize("count", range(1, 8))
def test_the_centre_is_the_median(count):
    stack = noise(count)
    assert centre(stack) == pytest.approx(np.median(stack, axis=0), rel=1e-6)


@pytest.mark.parametrize("count", [2, 3, 5, 10, 30])
def test_the_common_noise_is_that_of_the_pixels(count):
    assert common_noise(noise(count)) == pytest.approx(0.01, rel=0.05)


def test_a_few_odd_pixels_do_not_change_the_common_noise():
    stack = noise(10)
    stack[3, :5, :5] += 1.0
    assert common_noise(stack) == pytest.approx(0.01, rel=0.02)


def test_a_single_frame_has_no_noise_that_could_be_known():
    assert math.isnan(common_noise(noise(1)))


@pytest.mark.parametrize("count", [3, 5, 10, 30])
def test_fewer_than_one_good_value_in_a_thousand_lies_farther_than_the_limit(count):
    stack = noise(count)
    far = np.abs(stack - centre(stack)) > SIGMAS * spread(stack, floor=common_noise(stack))
    assert far.mean() < 1e-3


@pytest.mark.parametrize("count", [3, 5, 10, 30])
def test_a_cosmic_ray_lies_farther_than_the_limit(count):
    stack = noise(count)
    stack[1, 7, 9] += 0.2
    far = np.abs(stack - centre(stack)) > SIGMAS * spread(stack, floor=common_noise(stack))
    assert far[1, 7, 9]


def test_a_pixel_noisier_than_its_neighbours_is_measured_by_itself():
    stack = noise(30)
    stack[:, 7, 9] = 1 + 10 * (stack[:, 7, 9] - 1)
    far = np.abs(stack - centre(stack)) > SIGMAS * spread(stack, floor=common_noise(stack))
    assert far[:, 7, 9].sum() <= 2
