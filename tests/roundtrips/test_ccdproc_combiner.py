"""ccdproc's combiner, given our centre and spread, averages as we do: to the last digit."""

import math

import numpy as np
import pytest
from astropy.nddata import CCDData
from ccdproc import Combiner

from flatctl.core.pixels.clipping import SIGMAS, SKY_SIGMAS, clipped_mean, mean_without_stars

FLOOR = np.float32(0.008)


@pytest.fixture(params=[9, 10, 31])
def stack(request) -> np.ndarray:
    """Return noise of unlike widths, with hits and stars in it, of shape (frames, pixels)."""
    seeded = np.random.default_rng(request.param)
    shape = (request.param, 20_000)
    values = seeded.normal(1.0, seeded.uniform(0.003, 0.03, shape[1]), shape)
    hit = seeded.random(shape) < 0.01
    values[hit] += seeded.exponential(0.3, np.count_nonzero(hit))
    return values.astype(np.float32)


@pytest.fixture
def combiner(stack) -> Combiner:
    return Combiner([CCDData(row[None], unit="adu") for row in stack], dtype=np.float32)


def clip(combiner: Combiner, low: float, high: float, about: np.ndarray) -> None:
    values = combiner.data_arr.data
    distance = np.median(np.abs(values - np.median(values, axis=0)), axis=0)
    width = np.maximum(np.float32(1.4826) * distance, FLOOR)
    combiner.sigma_clipping(low, high, func=lambda *_, **__: about, dev_func=lambda *_, **__: width)


def same(combiner: Combiner, ours: np.ndarray, left_out: int) -> bool:
    found = int(combiner.data_arr.mask.sum())
    return found == left_out > 0 and np.array_equal(combiner.average_combine().data[0], ours)


def test_a_mean_without_hits(stack, combiner):
    clip(combiner, SIGMAS, SIGMAS, np.median(stack, axis=0))
    assert same(combiner, *clipped_mean(stack, np.full(stack.shape[1], FLOOR)))


def test_a_mean_without_stars(stack, combiner):
    # Not None for what is to stay, with which it clips at 3 sigma all the same.
    clip(combiner, math.inf, SKY_SIGMAS, np.median(stack, axis=0))
    others = np.ma.mean(combiner.data_arr, axis=0).filled(np.nan)
    clip(combiner, SKY_SIGMAS, SKY_SIGMAS, others)
    assert same(combiner, *mean_without_stars(stack, np.full(stack.shape[1], FLOOR)))
