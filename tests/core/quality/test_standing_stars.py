"""Points of light that stand still in a master, told from dust and from hot pixels."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatctl.core.quality.stars import standing_stars

SIZE = 200


def field(seed: int = 1, noise: float = 0.003) -> np.ndarray:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE - 0.5
    return (1.0 - 0.1 * (x**2 + y**2) + noise * rng.standard_normal((SIZE, SIZE))).astype("f4")


def with_points(light: np.ndarray, height: float, fwhm_px: float, count: int = 8) -> list:
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:SIZE, :SIZE]
    places = [(25 + 50 * (n // 3) + rng.random(), 25 + 50 * (n % 3)) for n in range(count)]
    for row, col in places:
        squared = (y - row) ** 2 + (x - col) ** 2
        light *= (1 + height * np.exp(-squared * 2.773 / fwhm_px**2)).astype("f4")
    return [(round(row), round(col)) for row, col in places]


def with_dust(light: np.ndarray, radius_px: float, depth: float) -> None:
    y, x = np.mgrid[:SIZE, :SIZE]
    for n in range(8):
        distance = np.hypot(y - 30 - 45 * (n // 3), x - 30 - 45 * (n % 3)) / radius_px
        light *= (1 - depth * np.exp(-(((distance - 0.75) / 0.3) ** 2))).astype("f4")


@given(st.floats(0.08, 3.0), st.floats(1.6, 5.0))
@settings(max_examples=40)
def test_stars_are_found_where_they_are(height, fwhm_px):
    light = field()
    places = with_points(light, height, fwhm_px)
    found = {(spot.row_px, spot.col_px) for spot in standing_stars(light)}
    near = [any(abs(r - a) <= 1 and abs(c - b) <= 1 for a, b in found) for r, c in places]
    assert all(near)


@given(st.floats(4.0, 20.0), st.floats(0.02, 0.3))
@settings(max_examples=40)
def test_dust_is_no_star(radius_px, depth):
    light = field()
    with_dust(light, radius_px, depth)
    assert standing_stars(light) == ()


@given(st.integers(0, 1000), st.floats(0.001, 0.02))
@settings(max_examples=40)
def test_noise_is_no_star(seed, noise):
    assert standing_stars(field(seed, noise)) == ()


@pytest.mark.parametrize("together", [1, 2, 3])
def test_hot_pixels_are_no_stars_also_where_some_lie_together(together):
    light = field()
    for n in range(30):
        light[20 + 5 * n, 30 + 4 * n : 30 + 4 * n + together] *= 1.4
    assert standing_stars(light) == ()


def test_a_few_such_places_are_no_proof():
    light = field()
    with_points(light, 0.5, 2.5, count=2)
    assert standing_stars(light) == ()


@pytest.mark.parametrize("edge", [np.s_[:, :20], np.s_[-30:], np.s_[:, 90:95]])
def test_pixels_without_light_are_no_stars_nor_is_what_lies_beside_them(edge):
    light = field()
    light[edge] = 1.0
    light[edge] *= 0.03
    assert standing_stars(light) == ()


def test_a_bright_column_is_no_star():
    light = field()
    light[:, 90] *= 1.05
    light[:, 120:123] *= 1.02
    assert standing_stars(light) == ()


@pytest.mark.parametrize("rows", [520, 600, 1030])
def test_stars_are_found_once_wherever_a_large_master_is_cut(rows):
    light = np.ones((rows, 100), dtype="f4")
    light += np.float32(0.002) * np.random.default_rng(1).standard_normal(light.shape, dtype="f4")
    places = [*range(40, rows - 20, 45), *([511] if rows > 530 else [])]
    for row in places:
        light[row - 1 : row + 2, 49:52] *= 1.2
    found = sorted(spot.row_px for spot in standing_stars(light))
    assert len(found) == len(set(found))
    assert set(places) <= set(found)


def test_a_small_master_has_none():
    assert standing_stars(np.ones((40, 60), dtype="f4")) == ()
