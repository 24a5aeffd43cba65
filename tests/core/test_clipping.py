"""Centre and spread of a stack: right for noise, blind to what doesn't belong."""

import math

import numpy as np
import pytest

from flatctl.core.pixels.clipping import clipped_mean, common_noise, mean_without_stars, median


def noise(count: int, seed: int = 1) -> np.ndarray:
    values = np.random.default_rng(seed).normal(1.0, 0.01, (count, 4800))
    return values.astype(np.float32)


def floor(stack: np.ndarray) -> np.ndarray:
    return np.full(stack.shape[1], common_noise(stack), np.float32)


@pytest.mark.parametrize("count", [2, 3, 5, 10, 30])
def test_the_common_noise_is_that_of_the_pixels(count):
    assert common_noise(noise(count)) == pytest.approx(0.01, rel=0.05)


def test_a_few_odd_pixels_do_not_change_the_common_noise():
    stack = noise(10)
    stack[3, :25] += 1.0
    assert common_noise(stack) == pytest.approx(0.01, rel=0.02)


def test_a_single_frame_has_no_noise_that_could_be_known():
    assert math.isnan(common_noise(noise(1)))


@pytest.mark.parametrize("count", [3, 5, 10, 30])
def test_fewer_than_one_good_value_in_a_thousand_is_left_out(count):
    stack = noise(count)
    _, left_out = clipped_mean(stack, floor(stack))
    assert left_out < 1e-3 * stack.size


@pytest.mark.parametrize("count", [3, 5, 10, 30])
def test_a_cosmic_ray_is_left_out(count):
    stack = noise(count)
    others = np.delete(stack[:, 7], 1)
    stack[1, 7] += 0.2
    assert clipped_mean(stack, floor(stack))[0][7] == pytest.approx(others.mean(), rel=1e-6)


def test_a_pixel_noisier_than_its_neighbours_is_measured_by_itself():
    stack = noise(30)[:, :1]
    spread_wide = 1 + 10 * (stack - 1)
    _, left_out = clipped_mean(spread_wide, np.full(1, 0.01, np.float32))
    assert left_out <= 2


@pytest.mark.parametrize("average", [clipped_mean, mean_without_stars])
@pytest.mark.parametrize("count", [1, 2])
def test_of_one_or_two_frames_nothing_is_left_out(average, count):
    stack = noise(count)
    stack[0, 3] += 100
    mean, left_out = average(stack, floor(stack))
    assert left_out == 0
    assert mean == pytest.approx(stack.mean(axis=0), rel=1e-6)


@pytest.mark.parametrize("average", [clipped_mean, mean_without_stars])
def test_a_pixel_has_the_same_mean_among_any_others(average):
    stack = noise(9)
    stack[2, ::7] += 1
    width = floor(stack)
    whole, _ = average(stack, width)
    one_by_one = [average(stack[:, [px]], width[:1])[0][0] for px in range(50)]
    assert np.array_equal(whole[:50], one_by_one)


def test_where_nothing_is_near_the_mean_of_the_rest_the_median_stands():
    """Three values, one so low that it draws the mean away from the two others."""
    stack = np.array([[-100.0], [0.0], [0.0]], np.float32)
    mean, left_out = mean_without_stars(stack, np.ones(1, np.float32))
    assert (mean[0], left_out) == (0.0, 3)


def test_a_median_is_of_each_pixel():
    stack = noise(5)
    assert np.array_equal(median(stack), np.median(stack, axis=0))
