"""What is left in a light after our master flat is photon noise, as much as the formula says.

The formula, in electrons: see docs/explanation/quality.md, "What a master flat leaves".
"""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from astropy.io import fits
from nights import Night, blocks, take_night
from numpy.typing import NDArray

from flatctl.app import master as app

SEEDS = range(11, 19)
FLATS, DARKS = 8, 6
SIZE_PX = (240, 192)
SKY_E = 9000.0
GAIN = 100
BLOCK_PX = 12


@dataclass(frozen=True)
class Calibrated:
    """A light of one telescope after calibration.

    `deviation` is each pixel's from the mean, `expected` its standard deviation by the formula,
    `of_flats` the part of it that the flats bring; all fractions of the light.
    """

    deviation: NDArray[np.float64]
    expected: NDArray[np.float64]
    of_flats: NDArray[np.float64]


def formula(night: Night, flat_e: NDArray[np.float64]) -> tuple[NDArray, NDArray]:
    """Return the variance of a calibrated pixel, and the part of it that the flats bring."""
    sensor = night.sensor
    sky_e = SKY_E * night.relative.astype(np.float64)
    dark_e = sensor.dark_e_s(20.0) * 1.0
    even_e2 = dark_e + sensor.read_noise_e**2 + sensor.e_per_adu(GAIN) ** 2 / 12
    of_light = (sky_e + even_e2) / sky_e**2
    of_flats = (flat_e + even_e2) / flat_e**2 / FLATS
    of_darks = even_e2 / DARKS * (1 / sky_e - 1 / flat_e) ** 2
    return of_light + of_flats + of_darks, of_flats


def calibrate(night: Night, folder, seed: int) -> Calibrated:
    dark, flat = (one.path for one in app.master(night.flats, output=folder).masters)
    dark_adu, master = (fits.getdata(path).astype(np.float64) for path in (dark, flat))
    light_adu = night.light(SKY_E, seed=seed + 1000, exposure_s=1.0)
    image = (light_adu - dark_adu) / master
    light_e = fits.getheader(flat)["FLATNORM"] * night.sensor.e_per_adu(GAIN)
    variance, of_flats = formula(night, light_e * night.relative / night.relative.mean())
    return Calibrated(image / image.mean() - 1, np.sqrt(variance), np.sqrt(of_flats))


@pytest.fixture(scope="module")
def lights(tmp_path_factory) -> list[Calibrated]:
    found = []
    for seed in SEEDS:
        folder = tmp_path_factory.mktemp("telescope")
        plan = {"filters": ("L",), "count": FLATS, "dark_flats": DARKS}
        night = take_night(folder, seed=seed, size_px=SIZE_PX, **plan)
        found.append(calibrate(night, folder / "masters", seed))
    return found


def bound(count: int) -> float:
    """Return four standard deviations of the mean of so many squared normal deviates."""
    return 4 * math.sqrt(2 / count)


def test_each_pixel_deviates_by_what_the_formula_says(lights):
    squares = np.array([(one.deviation / one.expected) ** 2 for one in lights])
    for one in squares:
        assert one.mean() == pytest.approx(1, abs=bound(one.size))
    assert squares.mean() == pytest.approx(1, abs=bound(squares.size))


def test_neighbouring_pixels_deviate_for_themselves(lights):
    """Anything left of vignetting or dust would show in the means of blocks long before."""
    squares = []
    for one in lights:
        means = blocks(one.deviation / one.expected, BLOCK_PX) * BLOCK_PX
        squares.append((means - means.mean()) ** 2 * means.size / (means.size - 1))
    assert np.mean(squares) == pytest.approx(1, abs=bound(np.size(squares)))


def test_the_flats_part_of_it_would_be_missed(lights):
    squares = np.array([one.deviation**2 / (one.expected**2 - one.of_flats**2) for one in lights])
    assert squares.mean() > 1 + 10 * bound(squares.size)


def test_the_noise_told_in_the_header_is_that_part(tmp_path):
    night = take_night(
        tmp_path, seed=3, size_px=SIZE_PX, filters=("L",), count=FLATS, dark_flats=DARKS
    )
    *_, flat = app.master(night.flats).masters
    header = fits.getheader(flat.path)
    light_e = header["FLATNORM"] * night.sensor.e_per_adu(GAIN)
    _, of_flats = formula(night, light_e * night.relative / night.relative.mean())
    assert header["FLATNOIS"] == pytest.approx(float(np.sqrt(np.median(of_flats))), rel=0.05)
