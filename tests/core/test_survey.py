"""The statistics of any image against numpy, whatever the type of its pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from flatctl.core.pixels.survey import guess_full_scale, survey, survey_channels

TYPES = (np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.float32, np.float64)
images = st.sampled_from(TYPES).flatmap(
    lambda dtype: hnp.arrays(
        dtype,
        hnp.array_shapes(min_dims=2, max_dims=3, min_side=1, max_side=9),
        elements=(
            st.floats(-1000, 70000, width=32)
            if np.dtype(dtype).kind == "f"
            else st.integers(max(np.iinfo(dtype).min, -40000), min(np.iinfo(dtype).max, 70000))
        ),
    )
)


@given(images)
def test_every_figure_is_that_of_numpy(pixels):
    found = survey(pixels, 200.0)
    wide = pixels.astype(np.float64)
    median = np.median(wide)
    assert (found.count, found.min, found.max) == (wide.size, wide.min(), wide.max())
    assert found.mean == pytest.approx(wide.mean(), rel=1e-6, abs=1e-6)
    assert found.median == pytest.approx(median, rel=1e-6)
    assert found.std == pytest.approx(wide.std(), rel=1e-5, abs=1e-3)
    deviations = np.abs(wide - median)
    assert found.average_deviation == pytest.approx(deviations.mean(), rel=1e-5, abs=1e-2)
    assert found.mad == pytest.approx(np.median(deviations), rel=1e-5, abs=1e-2)
    assert found.clipped_frac == np.mean(wide >= 200.0)


def test_pixels_that_are_no_number_do_not_count():
    assert survey(np.array([[1.0, np.nan], [np.inf, 3.0]]), 65535).mean == 2.0


@pytest.mark.parametrize("pixels", [np.zeros((0, 4), np.uint16), np.full((2, 2), np.nan)])
def test_an_image_without_a_pixel_is_refused(pixels):
    with pytest.raises(ValueError, match="no pixel"):
        survey(pixels, 65535)


def test_levels_are_normalised_and_fractions_are_not():
    found = survey(np.full((2, 2), 32768, np.uint16), 65535).normalised(65535)
    assert (found.median, found.count, found.clipped_frac) == (32768 / 65535, 4, 0.0)


def test_a_bayer_image_has_three_channels_the_greens_being_one():
    cell = np.array([[100, 200], [202, 300]], np.uint16)
    found = survey_channels(np.tile(cell, (4, 4)), "RGGB", 65535)
    assert {name: one.median for name, one in found.items()} == {
        "all": 201, "R": 100, "G": 201, "B": 300,
    }  # fmt: skip


def test_three_planes_are_red_green_and_blue():
    planes = np.stack([np.full((2, 3), level, np.uint16) for level in (1, 2, 3)])
    found = survey_channels(planes, None, 65535)
    assert [(name, one.mean) for name, one in found.items()] == [
        ("all", 2.0), ("R", 1.0), ("G", 2.0), ("B", 3.0),
    ]  # fmt: skip


def test_other_planes_are_numbered():
    assert list(survey_channels(np.zeros((2, 3, 4)), None, 1.0)) == ["all", "1", "2"]


def test_one_plane_is_the_whole():
    assert list(survey_channels(np.zeros((1, 3, 4)), None, 1.0)) == ["all"]


@pytest.mark.parametrize(
    ("pixels", "scale"),
    [
        (np.zeros(2, np.uint8), 255),
        (np.zeros(2, np.uint16), 65535),
        (np.zeros(2, np.int16), 32767),
        (np.array([0, 65535], np.int32), 65535),
        (np.full(600, 100, np.uint16), 65535),
        (np.full(600, 4095, np.uint16), 4095),
        (np.array([0.2, 1.0], np.float32), 1),
        (np.array([np.nan, 40000.0]), 65535),
    ],
)
def test_full_scale_is_guessed_from_the_pixels(pixels, scale):
    assert guess_full_scale(pixels)[:2] == (scale, True)


@pytest.mark.parametrize("type_", [np.uint32, np.int32, np.float32])
def test_beyond_16_bits_nobody_knows_where_a_pixel_is_full(type_):
    scale, clips, _ = guess_full_scale(np.array([0, 65536], type_))
    assert (np.isnan(scale), clips) == (True, False)


def test_of_a_normalised_master_nobody_knows_what_clipped():
    assert guess_full_scale(np.array([0.8, 1.2])) == (1.0, False, False)


@pytest.mark.parametrize("ceiling", [4095, 16383, 58000, 65520])
@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_pixels_that_pile_up_tell_full_scale(ceiling, dtype):
    light = np.random.default_rng(1).normal(0.99 * ceiling, 0.02 * ceiling, (60, 80))
    pixels = np.minimum(light, ceiling).astype(dtype)
    assert guess_full_scale(pixels) == (ceiling, True, True)
    assert survey(pixels, ceiling).clipped_frac == np.mean(pixels == ceiling) > 0.1
