"""The parts that the judgement of flats is made of, each alone."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatctl.core.quality.change import change, towards
from flatctl.core.quality.dust import moved, spots
from flatctl.core.quality.noise import pair_noise, photon_transfer, take_sample
from flatctl.core.quality.ripple import CALM, ripple
from flatctl.core.quality.shape import (
    CELLS_ALONG,
    Shape,
    cell_size,
    radial_profile,
    scatter,
    shape_of,
    smoothed,
    sums,
)

RNG = np.random.default_rng


def noisy(rows: int = 240, cols: int = 320, *, level: float = 30000.0, seed: int = 1) -> np.ndarray:
    return RNG(seed).normal(level, 150, (rows, cols)).astype(np.uint16)


def vignetted(rows: int = 48, cols: int = 64, depth: float = 0.3) -> Shape:
    y = np.linspace(-1, 1, rows)[:, None]
    x = np.linspace(-1, 1, cols)[None, :]
    cells = 1 - depth * (x**2 + y**2) / 2
    return Shape(cells / cells.mean(), 10)


def dusty(places: list[tuple[float, float]], *, depth: float = 0.05) -> Shape:
    y, x = np.arange(48)[:, None], np.arange(64)[None, :]
    cells = vignetted().cells.copy()
    for row, col in places:
        cells *= 1 - depth * np.exp(-((y - row) ** 2 + (x - col) ** 2) / 4)
    return Shape(cells + RNG(1).normal(0, 1e-4, cells.shape), 10)


# shape


@given(st.integers(2, 3000), st.integers(2, 3000))
def test_cells_are_even_and_never_more_than_allowed(rows, cols):
    side = cell_size(rows, cols)
    assert side % 2 == 0
    assert max(rows, cols) // side <= CELLS_ALONG


@settings(max_examples=30)
@given(st.integers(2, 90), st.integers(2, 90), st.integers(0, 99))
def test_a_shape_is_the_mean_of_each_cell(rows, cols, seed):
    pixels = RNG(seed).integers(20_000, 22_000, (rows, cols), dtype=np.uint16)
    side = cell_size(rows, cols)
    summed = sums(pixels) if min(rows, cols) >= side else None
    if summed is None:
        return
    shape = shape_of(summed, 0.0)
    corner = (
        pixels[:side, :side].mean() / pixels[: rows // side * side, : cols // side * side].mean()
    )
    assert shape.cells[0, 0] == pytest.approx(corner)
    assert shape.cells.mean() == pytest.approx(1.0)


def test_rows_and_columns_are_summed_alike():
    pixels = noisy()
    one, other = sums(pixels), sums(np.ascontiguousarray(pixels.T))
    assert np.allclose(one.rows, other.cols.T)


def test_a_bayer_pattern_leaves_no_trace_in_a_shape():
    cell = np.array([[9000, 30000], [30000, 12000]])
    shape = shape_of(sums(np.tile(cell, (60, 80)).astype(np.uint16)), 0.0)
    assert np.allclose(shape.cells, 1.0)


def test_the_pedestal_is_no_light():
    pixels = np.full((64, 64), 3000, np.uint16)
    pixels[:32] = 2000
    shape = shape_of(sums(pixels), 1000.0)
    assert shape.cells[-1, 0] / shape.cells[0, 0] == pytest.approx(2.0)


def test_a_frame_smaller_than_a_cell_has_no_shape():
    with pytest.raises(ValueError, match="too small"):
        sums(np.zeros((2, 1000), np.uint16))


def test_a_stored_shape_is_the_same_to_a_ten_thousandth():
    shape = dusty([(10, 20)])
    again = Shape.from_json(shape.to_json())
    assert again.fits(shape)
    assert np.abs(again.cells - shape.cells).max() < 1e-4
    assert len(shape.to_json()) < 8000


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "nonsense",
        json.dumps({"version": 99}),
        json.dumps({"version": 1, "cell_px": 2, "rows": 2, "cols": 2, "u2": "!"}),
        json.dumps({"version": 1, "cell_px": 2, "rows": 2, "cols": 2, "u2": "AAAA"}),
    ],
)
def test_what_is_no_shape_is_refused(text):
    with pytest.raises(ValueError, match="shape"):
        Shape.from_json(text)


def test_the_profile_falls_from_the_centre_to_the_corners():
    profile = radial_profile(vignetted())
    assert profile[0] == 1.0
    assert list(profile) == sorted(profile, reverse=True)
    assert profile[-1] == pytest.approx(0.73, abs=0.02)


def test_the_profile_of_a_few_cells_and_of_darkness_is_whole():
    assert len(radial_profile(Shape(np.ones((1, 2)), 2))) == 10
    assert radial_profile(Shape(np.zeros((4, 4)), 2)) == (0.0,) * 10


def test_smoothing_keeps_what_is_even():
    assert np.allclose(smoothed(np.ones((9, 12)), 5), 1.0)


def test_scatter_is_blind_to_a_gradient_and_to_dust():
    cells = RNG(3).normal(0, 0.01, (60, 60))
    slope = np.linspace(0, 1, 60)[:, None]
    cells[10:13, 10:13] = 5.0
    assert scatter(cells + slope) == pytest.approx(0.01, rel=0.15)
    assert scatter(np.ones((1, 1))) == 0.0


# change


@settings(max_examples=20)
@given(st.floats(-0.1, 0.1), st.floats(-0.1, 0.1), st.floats(-0.05, 0.05))
def test_a_gradient_and_a_veil_are_told_apart(right, down, veil):
    reference = vignetted()
    y = np.linspace(-0.5, 0.5, 48)[:, None]
    x = np.linspace(-0.5, 0.5, 64)[None, :]
    new = Shape(reference.cells * (1 + right * x + down * y) + veil, 10)
    found = change(new, reference)
    assert found.gradient_frac == pytest.approx(np.hypot(right, down), abs=1e-6)
    assert found.veil_frac == pytest.approx(veil, abs=1e-6)


def test_without_vignetting_a_veil_is_not_seen():
    found = change(Shape(np.full((20, 20), 1.1), 2), Shape(np.ones((20, 20)), 2))
    assert (found.veil_frac, found.veil_sigma) == (0.0, float("inf"))


def test_cells_without_light_have_no_say():
    reference = vignetted()
    reference.cells[:10] = 0.001
    new = Shape(reference.cells.copy(), 10)
    new.cells[:10] = 0.5
    assert change(new, reference).gradient_frac == pytest.approx(0.0, abs=1e-9)
    dark = Shape(np.zeros((20, 20)), 2)
    assert change(dark, dark).gradient_frac == 0.0


def test_a_strip_of_cells_has_a_gradient_along_it_only():
    strip, even = np.linspace(0.95, 1.05, 40), np.ones((1, 40))
    assert change(Shape(strip[None, :], 2), Shape(even, 2)).gradient_frac == pytest.approx(0.1)
    assert change(Shape(strip[:, None], 2), Shape(even.T, 2)).gradient_frac == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("angle", "side"),
    [(0, "right"), (90, "bottom"), (180, "left"), (-90, "top"), (-45, "upper right")],
)
def test_a_direction_has_a_name(angle, side):
    assert towards(angle) == side


# dust


def test_a_spot_is_found_where_it_is():
    difference = RNG(2).normal(0, 2e-4, (48, 64))
    difference[20:23, 30:33] -= 0.02
    (spot,) = spots(difference, 10, 0.005)
    assert (spot.row_px, spot.col_px) == (215, 315)
    assert spot.depth_frac == pytest.approx(0.02, rel=0.1)


def test_no_more_than_a_dozen_spots_are_listed():
    difference = RNG(2).normal(0, 2e-4, (60, 60))
    difference[5::12, 5::12] -= 0.3
    assert len(spots(difference, 10, 0.005)) == 12


def test_an_even_difference_and_a_tiny_one_have_no_spots():
    assert spots(np.zeros((48, 64)), 10, 0.005) == ()
    assert spots(np.zeros((8, 8)), 10, 0.005) == ()


@settings(max_examples=20)
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_a_pattern_that_moved_is_followed(down, right):
    places = [(12.0, 20.0), (30.0, 44.0), (22.0, 33.0), (35.0, 12.0)]
    found = moved(dusty([(r + down, c + right) for r, c in places]), dusty(places))
    if np.hypot(down, right) < 0.15:
        assert found is None
    elif np.hypot(down, right) > 0.4:
        assert found is not None
        assert found.down_px == pytest.approx(10 * down, abs=2.5)
        assert found.right_px == pytest.approx(10 * right, abs=2.5)


def test_another_pattern_has_not_moved():
    assert moved(dusty([(10.0, 10.0), (40.0, 20.0)]), dusty([(30.0, 40.0), (15.0, 50.0)])) is None


def test_a_pattern_of_a_tiny_frame_has_not_moved():
    tiny = Shape(np.ones((4, 4)), 2)
    assert moved(tiny, tiny) is None


def test_a_pattern_that_left_far_is_no_pattern_that_moved():
    assert moved(dusty([(5.0, 8.0)]), dusty([(40.0, 55.0)])) is None


# ripple


def waves(swing: float, period_px: float, *, rows: int = 600, seed: int = 1) -> np.ndarray:
    y = np.arange(0, rows, 2.0)[:, None]
    wave = 1 + swing / 2 * np.sin(2 * np.pi * y / period_px)
    slope = 1 - 0.3 * (y / rows - 0.4) ** 2
    return 30000 * wave * slope * RNG(seed).normal(1, 5e-4, (rows // 2, 32))


@settings(max_examples=30)
@given(st.floats(0.002, 0.05), st.floats(6, 100))
def test_the_swing_and_the_period_of_a_wave_are_measured(swing, period_px):
    found = ripple(waves(swing, period_px))
    assert found.certain
    assert found.swing_frac == pytest.approx(swing, rel=0.25)
    assert found.period_px == pytest.approx(period_px, rel=0.12)


@settings(max_examples=50)
@given(st.integers(0, 300))
def test_noise_has_no_certain_wave(seed):
    assert not ripple(waves(0.0, 20, seed=seed)).certain


def test_dust_in_a_third_of_the_bands_makes_no_wave():
    bands = waves(0.0, 20)
    bands[100:130, :10] *= 0.9
    assert ripple(bands).swing_frac < 0.001


def test_few_rows_and_darkness_have_no_wave():
    assert ripple(np.ones((10, 5))) == CALM
    assert ripple(np.zeros((100, 5))) == CALM
    assert ripple(np.ones((100, 5))).certain is False


def test_a_wave_of_the_sensor_stands_still_and_one_of_a_lamp_does_not():
    one = ripple(waves(0.02, 30, seed=1))
    assert ripple(waves(0.02, 30, seed=2)).stands_still(one)
    assert not ripple(np.roll(waves(0.02, 30, seed=2), 5, axis=0)).stands_still(one)
    assert not ripple(waves(0.02, 50)).stands_still(one)
    assert not one.stands_still(None)


# noise


def test_a_sample_is_bounded_and_keeps_the_places_of_a_cell_apart():
    pixels = np.zeros((3000, 5000), np.uint16)
    pixels[1::2, ::2] = 7
    sample = take_sample(pixels)
    assert sample.nbytes <= 2 << 20
    assert [set(np.unique(place)) for place in sample] == [{0}, {0}, {7}, {0}]


@settings(max_examples=5)
@given(st.floats(0.2, 4.0))
def test_the_gain_follows_from_the_noise(e_per_adu):
    rng = RNG(5)
    frames = [
        np.rint(1000 + rng.poisson(20000 * e_per_adu, (240, 320)) / e_per_adu).astype(np.uint16)
        for _ in range(2)
    ]
    noise = pair_noise(*map(take_sample, frames), pedestal_adu=1000.0)
    assert noise.e_per_adu == pytest.approx(e_per_adu, rel=6 * noise.sigma)
    assert noise.photons_e == pytest.approx(20000 * e_per_adu, rel=6 * noise.sigma)
    assert noise.noise_frac == pytest.approx((20000 * e_per_adu) ** -0.5, rel=0.03)
    assert abs(noise.correlation) < 0.03


@pytest.mark.parametrize("ratio", [0.8, 0.9, 1.1, 1.25])
def test_the_gain_follows_from_frames_of_unlike_light_too(ratio):
    light_e = np.full((512, 512), 8000.0)
    rng = np.random.default_rng(5)
    frames = [rng.poisson(part * light_e).astype(np.uint16) for part in (1.0, ratio)]
    noise = pair_noise(*map(take_sample, frames), pedestal_adu=0.0)
    assert noise.e_per_adu == pytest.approx(1.0, abs=4 * noise.sigma)


def test_a_lamp_that_drifts_and_a_cosmic_ray_make_no_noise():
    one, other, ray = noisy(seed=1), noisy(seed=2), noisy(seed=2, level=30900)
    ray[100, 100:102] = 65535
    clean = pair_noise(take_sample(one), take_sample(other), 0.0)
    dirty = pair_noise(take_sample(one), take_sample(ray), 0.0)
    assert dirty.e_per_adu == pytest.approx(clean.e_per_adu, rel=0.04)


def test_neighbours_of_a_smoothed_frame_share_their_noise():
    def soft(seed: int) -> np.ndarray:
        pixels = noisy(seed=seed).astype(float)
        return ((pixels + np.roll(pixels, 1, axis=1)) / 2).astype(np.uint16)

    noise = pair_noise(take_sample(soft(1)), take_sample(soft(2)), 0.0)
    assert noise.correlation == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(("shift", "bits"), [(0, 16), (2, 14), (4, 12)])
def test_the_steps_of_the_converter_are_seen(shift, bits):
    frames = [(noisy(seed=s) >> shift) << shift for s in (1, 2)]
    assert pair_noise(*map(take_sample, frames), 0.0).bits == bits


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (noisy(64, 64), noisy(80, 64)),
        (noisy(8, 8), noisy(8, 8)),
        (noisy(), np.zeros((240, 320), np.uint16)),
        (noisy(), noisy()),
        (np.zeros((240, 320), np.uint16), noisy()),
    ],
)
def test_where_there_is_nothing_to_compare_nothing_is_said(one, other):
    assert pair_noise(take_sample(one), take_sample(other), 0.0) is None


def test_a_frame_of_one_value_has_no_steps():
    even = np.full((240, 320), 5000, np.uint16)
    noise = pair_noise(take_sample(even), take_sample(noisy(level=5000)), 0.0)
    assert (noise.step_adu, noise.bits) == (0, 16)


@pytest.mark.parametrize("order", [">i2", "<i2", ">u2"])
def test_pixels_as_fits_stores_them_are_the_same_pixels(order):
    pixels = noisy(60, 80)
    stored = pixels.astype(order) if order.endswith("u2") else (pixels.astype(int) - 32768)
    stored = stored.astype(order)
    assert np.array_equal(sums(stored).rows, sums(pixels).rows)
    assert np.array_equal(take_sample(stored), take_sample(pixels))


def half_as_bright_on_the_left(seed: int, e_per_adu: float = 0.25) -> np.ndarray:
    """Return a flat of photon noise alone, from 20 000 ADU at one side to 40 000 at the other."""
    light = np.linspace(20_000, 40_000, 512)[None, :].repeat(512, axis=0)
    photons = np.random.default_rng(seed).poisson(light * e_per_adu)
    return (1000 + photons / e_per_adu).round().astype(np.uint16)


def test_the_noise_of_photons_grows_with_the_root_of_the_light():
    pairs = [
        pair_noise(
            take_sample(half_as_bright_on_the_left(n)),
            take_sample(half_as_bright_on_the_left(n + 10)),
            1000.0,
        )
        for n in range(3)
    ]
    points = photon_transfer(pairs)
    light, noise = (np.array(column) for column in zip(*points, strict=True))
    assert len(points) == 12
    assert list(light) == sorted(light)
    assert (light[0], light[-1]) == pytest.approx((21_250, 38_750), rel=0.03)
    assert noise == pytest.approx(np.sqrt(light / 0.25), rel=0.02)


def test_without_a_pair_there_is_no_noise_to_draw():
    assert photon_transfer([]) == ()
