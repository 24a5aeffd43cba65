"""The ends of a frame: piles of clipped pixels are told from light that thins out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.pixels.statistics import measure

SHAPE = (64, 96)


def frame(level: float, noise: float, vignetting: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
    light = level * (1 - vignetting * (x**2 + y**2) / 2) + rng.normal(0, noise, SHAPE)
    return np.clip(np.round(light), 0, 65535).astype(np.uint16)


SEEDS = range(25)


@pytest.mark.parametrize("seed", SEEDS)
def test_light_and_noise_pile_up_nowhere(seed):
    odds = np.random.default_rng(seed)
    level = 10 ** odds.uniform(2, 4.6)
    pixels = frame(level, level * 10 ** odds.uniform(-2.5, -1.2), odds.uniform(0, 0.6), seed)
    found = measure(pixels, 65535)
    assert (found.top_frac, found.bottom_frac) == (0, 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_pixels_cut_off_at_the_top_are_counted(seed):
    odds = np.random.default_rng(seed)
    pixels = frame(odds.uniform(8000, 50000), odds.uniform(60, 400), odds.uniform(0, 0.6), seed)
    ceiling = int(np.quantile(pixels, 1 - odds.uniform(0.003, 0.9)))
    cut = np.minimum(pixels, ceiling)
    found = measure(cut, 65535)
    assert found.top_adu == ceiling
    assert found.full_frac == pytest.approx(np.mean(cut == ceiling))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("black", [0, 1, 37])
def test_pixels_lost_at_the_bottom_are_counted(seed, black):
    odds = np.random.default_rng(seed)
    pixels = frame(odds.uniform(2000, 50000), odds.uniform(30, 400), odds.uniform(0, 0.6), seed)
    lost = odds.random(SHAPE) < odds.uniform(0.003, 0.9)
    pixels[lost] = black
    assert measure(pixels, 65535).bottom_frac == pytest.approx(lost.mean())


def test_a_few_odd_pixels_beyond_a_pile_do_not_hide_it():
    pixels = np.minimum(frame(30000, 200, 0.3, 1), 29000)
    pixels.flat[:4] = 65535
    assert measure(pixels, 65535).top_adu == 29000


def test_the_step_is_that_of_the_values_that_occur():
    assert measure(frame(30000, 200, 0.3, 1) // 16 * 16, 65535).step_adu == 16
    assert measure(frame(30000, 200, 0.3, 1), 65535).step_adu == 1
    assert measure(np.full((9, 9), 32, np.uint16), 65535).step_adu == 0


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5])
def test_overscan_and_lost_pixels_have_no_say_in_the_lit_median(share):
    lit = frame(30000, 100, 0.0, 1)
    width = int(share * SHAPE[1])
    masked = lit.copy()
    masked[:, :width] = 1000
    assert measure(masked, 65535).lit_median == pytest.approx(np.median(lit), rel=0.001)
    assert measure(lit, 65535).lit_median == measure(lit, 65535).median


@given(st.integers(0, 60000), st.floats(0.001, 0.9), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_frame_with_a_thousandth_of_its_pixels_at_an_end_is_never_without_loss(
    end_adu, share, at_top, seed
):
    pixels = np.tile(frame(30_000, 300, 0.3, seed), (3, 3))
    odds = np.random.default_rng(seed)
    few = int(np.ceil(share * pixels.size))
    which = odds.permutation(pixels.size)[:few]
    pixels.flat[which] = int(pixels.max()) + 1 + end_adu % 5000 if at_top else end_adu % 15_000
    found = measure(pixels, 65535)
    assert max(found.full_frac, found.bottom_frac) >= few / pixels.size
