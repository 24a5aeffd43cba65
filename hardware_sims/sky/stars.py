"""Stars of a seeded sky, as points or as trails by how the telescope moved meanwhile."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from math import cos, floor, radians

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pointing.directions import Equatorial, around

Image = NDArray[np.float32]
Star = tuple[float, float, float]
"""Right ascension and declination in degrees, and magnitude."""

# Stars are drawn in cells of the sky of this size, down to the faintest of this magnitude; so many
# in a square degree, rising by this power of ten per magnitude.
_CELL_DEG, _FAINTEST = 0.2, 18.0
_PER_DEG2, _RISE = 1500.0, 0.33
_FWHM_ARCSEC = 3.0
# A star is drawn if its peak, were it a point, stands out of the sky by this share.
_SHOWS = 0.002
_MOST_STEPS = 2000


def starlight(
    shape: tuple[int, int],
    track: Sequence[Equatorial],
    arcsec_per_px: float,
    zero_mag_e: float,
    sky_e: float,
    *,
    density: float,
    seed: int,
) -> Image:
    """Return the electrons of the stars in a frame, shape (rows, cols) float32.

    `track` is where the telescope pointed, evenly spaced over the exposure; `zero_mag_e` are the
    electrons of a star of magnitude 0 in all of it, `sky_e` those of the sky in each pixel.
    """
    image = np.zeros(shape, dtype=np.float32)
    spread_px2 = 1.133 * (_FWHM_ARCSEC / arcsec_per_px) ** 2
    least_e = max(_SHOWS * sky_e * spread_px2, 1e-9)
    middle = track[len(track) // 2]
    offsets = np.array([_apart_px(each, middle, arcsec_per_px) for each in track])
    steps = 1 + int(np.abs(np.diff(offsets, axis=0)).sum()) if len(track) > 1 else 1
    places = np.linspace(0, len(track) - 1, min(steps, _MOST_STEPS))
    moved = np.column_stack(
        [np.interp(places, np.arange(len(track)), offsets[:, axis]) for axis in (0, 1)]
    )
    reach_px = np.abs(moved).max() + max(shape)
    for ra_deg, dec_deg, magnitude in _around(middle, reach_px * arcsec_per_px, density, seed):
        light_e = zero_mag_e * 10.0 ** (-0.4 * magnitude)
        if light_e < least_e:
            continue
        east, north = _apart_px(Equatorial(ra_deg, dec_deg), middle, arcsec_per_px)
        cols = np.rint(shape[1] / 2 - (east - moved[:, 0])).astype(int)
        rows = np.rint(shape[0] / 2 + (north - moved[:, 1])).astype(int)
        inside = (cols >= 0) & (cols < shape[1]) & (rows >= 0) & (rows < shape[0])
        np.add.at(image, (rows[inside], cols[inside]), np.float32(light_e / len(moved)))
    return _blurred(image, _FWHM_ARCSEC / arcsec_per_px / 2.355) if image.any() else image


def _around(middle: Equatorial, reach_arcsec: float, density: float, seed: int) -> Iterator[Star]:
    reach_deg = reach_arcsec / 3600.0
    low, high = (floor((middle.dec_deg + side * reach_deg) / _CELL_DEG) for side in (-1, 1))
    for band in range(max(low, -450), min(high, 449) + 1):
        around_it = _cells_in(band)
        wide_deg = 360.0 / around_it
        shrunk = max(cos(radians(band * _CELL_DEG)), 0.01)
        first = floor((middle.ra_deg - reach_deg / shrunk) / wide_deg)
        last = floor((middle.ra_deg + reach_deg / shrunk) / wide_deg)
        for cell in range(first, min(last, first + around_it - 1) + 1):
            yield from _drawn(band, cell % around_it, density, seed)


def _cells_in(band: int) -> int:
    return max(1, round(360.0 * cos(radians((band + 0.5) * _CELL_DEG)) / _CELL_DEG))


@lru_cache(maxsize=512)
def _drawn(
    band: int, cell: int, density: float, seed: int
) -> tuple[tuple[float, float, float], ...]:
    rng = np.random.default_rng([seed, band + 1000, cell])
    count = int(rng.poisson(density * _PER_DEG2 * _CELL_DEG**2))
    wide_deg = 360.0 / _cells_in(band)
    ascensions = (cell + rng.random(count)) * wide_deg
    declinations = (band + rng.random(count)) * _CELL_DEG
    magnitudes = _FAINTEST + np.log10(rng.random(count) + 1e-6) / _RISE
    return tuple(zip(ascensions.tolist(), declinations.tolist(), magnitudes.tolist(), strict=True))


def _apart_px(at: Equatorial, middle: Equatorial, arcsec_per_px: float) -> tuple[float, float]:
    east_deg = around(at.ra_deg - middle.ra_deg) * cos(radians(middle.dec_deg))
    north_deg = at.dec_deg - middle.dec_deg
    return east_deg * 3600.0 / arcsec_per_px, north_deg * 3600.0 / arcsec_per_px


def _blurred(image: Image, sigma_px: float) -> Image:
    reach = max(1, int(np.ceil(3 * sigma_px)))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_px) ** 2)
    weights = (weights / weights.sum()).astype(np.float32)
    for axis in (0, 1):
        image = _summed(image, weights, reach, axis)
    return image


def _summed(image: Image, weights: Iterable[np.float32], reach: int, axis: int) -> Image:
    widths = [(reach, reach) if each == axis else (0, 0) for each in (0, 1)]
    padded = np.pad(image, widths)
    summed = np.zeros_like(image)
    for shift, weight in enumerate(weights):
        part = slice(shift, shift + image.shape[axis])
        summed += weight * (padded[part] if axis == 0 else padded[:, part])
    return summed
