"""The statistics of a frame against numpy and against exact arithmetic."""

import math
import tracemalloc
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flatctl.core.pixels.histogram import CHUNK_PX, fast_histogram, plain_histogram
from flatctl.core.pixels.statistics import measure

frames = hnp.arrays(
    np.uint16,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=24),
    elements=st.one_of(st.integers(0, 65535), st.sampled_from([0, 1, 65534, 65535])),
)


def flat(rows: int, cols: int, *, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(27000, 160, (rows, cols)).astype(np.uint16)


def exact_std(pixels: np.ndarray) -> float:
    values = [int(value) for value in pixels.reshape(-1)]
    mean = Fraction(sum(values), len(values))
    variance = sum((value - mean) ** 2 for value in values) / len(values)
    with localcontext() as context:
        context.prec = 60
        return float((Decimal(variance.numerator) / Decimal(variance.denominator)).sqrt())


@given(frames)
def test_agrees_with_numpy_to_the_last_digit(pixels: np.ndarray) -> None:
    found = measure(pixels, 65535)
    median = np.median(pixels)
    assert (found.count, found.min, found.max) == (pixels.size, pixels.min(), pixels.max())
    assert found.median == median
    assert found.mean == pixels.mean()
    assert found.mad == np.median(np.abs(pixels - median))
    assert found.std == pytest.approx(pixels.std(), rel=1e-12, abs=1e-9)


@given(frames)
def test_the_standard_deviation_is_exact_to_the_last_digit(pixels: np.ndarray) -> None:
    assert measure(pixels, 65535).std == pytest.approx(exact_std(pixels), rel=3e-16, abs=0)


@given(frames, st.integers(1, 65535))
def test_pixels_at_or_above_full_scale_are_clipped(pixels: np.ndarray, full_scale: int) -> None:
    assert measure(pixels, full_scale).clipped_frac == np.mean(pixels >= full_scale)


@given(frames, st.integers(1, 3), st.integers(1, 3))
def test_the_layout_in_memory_does_not_matter(pixels: np.ndarray, down: int, across: int) -> None:
    view = pixels[::-down, ::across]
    assert measure(view, 60000) == measure(np.ascontiguousarray(view), 60000)
    assert measure(pixels.T, 60000) == measure(pixels, 60000)


@pytest.mark.parametrize("shape", [(1, CHUNK_PX + 3), (CHUNK_PX + 3, 1), (700, 901), (512, 1024)])
def test_frames_of_several_chunks_agree_with_numpy(shape: tuple[int, int]) -> None:
    pixels = flat(*shape)
    found = measure(pixels, 65535)
    assert (found.median, found.mean) == (np.median(pixels), pixels.mean())


@pytest.mark.parametrize("level", [0, 1, 27000, 65535])
def test_a_constant_frame_does_not_deviate(level: int) -> None:
    found = measure(np.full((5, 7), level, np.uint16), 65535)
    assert (found.mean, found.median, found.std, found.mad) == (level, level, 0.0, 0.0)


def test_a_saturated_frame_is_clipped_throughout() -> None:
    assert measure(np.full((4, 4), 65535, np.uint16), 65535).clipped_frac == 1.0


def test_nothing_is_clipped_below_a_full_scale_that_no_pixel_can_reach() -> None:
    assert measure(np.full((4, 4), 65535, np.uint16), 70000.0).clipped_frac == 0.0


def test_a_full_scale_between_two_values_clips_from_the_upper_one() -> None:
    assert measure(np.array([[100, 101]], np.uint16), 100.5).clipped_frac == 0.5


def test_the_median_of_an_even_number_of_pixels_lies_between_the_middle_ones() -> None:
    assert measure(np.array([[1, 2], [3, 65535]], np.uint16), 65535).median == 2.5


def test_pixels_in_the_other_byte_order_are_understood() -> None:
    pixels = flat(9, 11)
    assert measure(pixels.astype(">u2"), 65535) == measure(pixels, 65535)


def stored(pixels: np.ndarray) -> np.ndarray:
    """What FITS stores of unsigned pixels: 32768 less, the most significant byte first."""
    return (pixels.astype(np.int32) - 32768).astype(">i2")


@given(frames)
def test_pixels_as_fits_stores_them_have_the_same_statistics(pixels: np.ndarray) -> None:
    assert measure(stored(pixels), 60000) == measure(pixels, 60000)


@given(frames, st.integers(1, 3), st.integers(1, 3))
def test_views_of_stored_pixels_agree_with_numpy(
    pixels: np.ndarray, down: int, across: int
) -> None:
    found = measure(stored(pixels)[::-down, ::across], 65535)
    view = pixels[::-down, ::across]
    assert (found.median, found.mean, found.min, found.max) == (
        np.median(view),
        view.mean(),
        view.min(),
        view.max(),
    )


def test_stored_pixels_of_several_chunks_agree_with_numpy() -> None:
    pixels = flat(700, 901)
    found = measure(stored(pixels), 65535)
    assert (found.median, found.mean) == (np.median(pixels), pixels.mean())


@given(frames)
def test_the_fast_way_of_counting_counts_the_same(pixels: np.ndarray) -> None:
    fast = fast_histogram()
    if fast is None:
        pytest.skip("the extra fast is not installed")
    for form in (pixels, stored(pixels), pixels.T, stored(pixels)[::-1]):
        assert np.array_equal(fast(form), plain_histogram(form))


def test_the_fast_way_counts_more_pixels_of_one_value_than_single_precision_holds() -> None:
    fast = fast_histogram()
    if fast is None:
        pytest.skip("the extra fast is not installed")
    assert fast(np.full((4100, 4100), 77, np.uint16))[77] == 4100 * 4100


def test_the_frame_is_left_as_it_was() -> None:
    pixels = flat(20, 30)
    before = pixels.copy()
    measure(pixels, 65535)
    assert np.array_equal(pixels, before)


def test_the_extra_memory_does_not_grow_with_the_frame() -> None:
    peaks = []
    for rows in (3000, 6000):
        pixels = np.tile(flat(rows // 10, 400), (10, 10))
        tracemalloc.start()
        measure(pixels[::-1, ::-1], 65535)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.05 * peaks[0] < 24e6


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((0, 0), np.uint16),
        np.zeros((4, 0), np.uint16),
        np.zeros(4, np.uint16),
        np.zeros((2, 2, 2), np.uint16),
        np.zeros((2, 2), np.float32),
        np.zeros((2, 2), np.int32),
    ],
)
def test_what_is_not_a_frame_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="a frame h"):
        measure(pixels, 65535)


@pytest.mark.parametrize("full_scale", [0, -1, math.nan, math.inf])
def test_a_senseless_full_scale_is_refused(full_scale: float) -> None:
    with pytest.raises(ValueError, match="full scale"):
        measure(np.zeros((2, 2), np.uint16), full_scale)
