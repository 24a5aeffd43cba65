"""The noise of flats, from pairs: what photons must make, and what they can't.

Two flats of the same light differ by their noise only; dust, vignetting and the pixels' own
sensitivity cancel. Photons make a variance equal to their number, so that signal over variance is
the gain in electrons per ADU (photon transfer: Janesick, Photon Transfer, SPIE 2007).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.sixteen_bits import Pixels16
from flatctl.core.quality.shape import native

TILES_ALONG = 8
TILE_PX = 128
_OUTLIER_SIGMA = 5.0  # cosmic rays; of a normal distribution nothing is missing that matters
_PIXELS_MIN = 256

Sample = NDArray[np.uint16]


def take_sample(pixels: Pixels16) -> Sample:
    """Return a copy of up to 8 × 8 square tiles of a frame, shape (places, tiles, pixels).

    The four `places` are those of a 2 × 2 cell, from the first pixel of the frame, so that each
    is of one colour whatever the Bayer pattern. A million pixels at most (2 MB), whatever the
    size of the frame; none of the tiniest frames.
    """
    rows, cols = pixels.shape
    high, wide = (min(TILE_PX, length // TILES_ALONG // 2 * 2) for length in (rows, cols))
    tops, lefts = (
        [2 * (length * place // (2 * TILES_ALONG)) for place in range(TILES_ALONG)]
        for length in (rows, cols)
    )
    tiles = [native(pixels[top : top + high, left : left + wide]) for top in tops for left in lefts]
    places = [
        [tile[down::2, across::2].ravel() for tile in tiles] for down in (0, 1) for across in (0, 1)
    ]
    return np.array(places, dtype=np.uint16)


@dataclass(frozen=True)
class PairNoise:
    """What the difference of two frames says.

    `noise_frac` is the noise of one pixel of one frame over its light, of the faintest colour;
    `e_per_adu` the gain; `sigma` the relative uncertainty of its square or of the gain;
    `correlation` how far neighbours share their noise (0 for raw data); `step_adu` the distance
    of the values that occur. `tiles` are light and variance (ADU, ADU²) of each place of each tile,
    shape (2, places × tiles).
    """

    noise_frac: float
    e_per_adu: float
    photons_e: float
    sigma: float
    correlation: float
    step_adu: int
    noise_adu: float
    tiles: NDArray[np.float64] = field(compare=False, repr=False)

    @property
    def bits(self) -> int:
        """Return how many bits of 16 the values use, as their steps say."""
        return 16 - int(math.log2(self.step_adu)) if self.step_adu > 0 else 16


def pair_noise(one: Sample, other: Sample, pedestal_adu: float) -> PairNoise | None:
    """Compare samples of two frames; None where there is nothing to compare.

    The four places of a 2 × 2 cell are taken apart, which does justice to any Bayer pattern, and
    the light of each tile is made equal first: lamps drift, and their light changes its shape.
    """
    if one.shape != other.shape or one.size < _PIXELS_MIN:
        return None
    first, second = (each.astype(np.float32) - np.float32(pedestal_adu) for each in (one, other))
    light = [each.mean(axis=2, keepdims=True) for each in (first, second)]
    if not all((each > 0).all() for each in light):
        return None
    factor = light[0] / light[1]
    # Of photons, the second frame has 1/factor times as many, and factor² times their variance.
    noise = (first - second * factor) / np.sqrt(1.0 + factor)
    spread = np.sqrt(np.square(noise).mean(axis=(1, 2), keepdims=True))
    noise[np.abs(noise) > _OUTLIER_SIGMA * spread] = 0.0
    of_tiles = np.square(noise).mean(axis=2, dtype=np.float64)
    variance = of_tiles.mean(axis=1)
    signal = light[0].mean(axis=(1, 2), dtype=np.float64)
    if variance.min() <= 0 or signal.min() <= 0:
        return None
    e_per_adu = float(signal.sum() / variance.sum())
    return PairNoise(
        noise_frac=float((np.sqrt(variance) / signal).max()),
        e_per_adu=e_per_adu,
        photons_e=float(signal.min()) * e_per_adu,
        sigma=math.sqrt(2.0 / one.size),
        correlation=_correlation(noise, np.sqrt(variance)),
        step_adu=_step(one),
        noise_adu=float(np.sqrt(variance.mean())),
        tiles=np.array([light[0].ravel(), of_tiles.ravel()]),
    )


def photon_transfer(
    pairs: Sequence[PairNoise], points: int = 12
) -> tuple[tuple[float, float], ...]:
    """Return light and noise (ADU) of one pixel of one flat, from the faintest parts of the frame.

    Vignetting and the colours of a Bayer sensor spread the light. Where only photons make the
    noise, it grows with the root of the light (Janesick, Photon Transfer, SPIE 2007).
    """
    if not pairs:
        return ()
    light, variance = np.mean([pair.tiles for pair in pairs], axis=0)
    parts = [part for part in np.array_split(np.argsort(light), points) if part.size]
    means = [(float(light[part].mean()), float(variance[part].mean())) for part in parts]
    return tuple((level, math.sqrt(spread)) for level, spread in means)


def _correlation(noise: NDArray[np.float32], sigma: NDArray[np.float64]) -> float:
    """Return the correlation of neighbours in a row and in a column, the greater by amount."""

    def shared(one: int, other: int) -> float:
        product: float = float(np.vdot(noise[one], noise[other])) / noise[one].size
        return product / float(sigma[one] * sigma[other])

    across = (shared(0, 1) + shared(2, 3)) / 2
    down = (shared(0, 2) + shared(1, 3)) / 2
    return across if abs(across) > abs(down) else down


def _step(sample: Sample) -> int:
    """Return the greatest step of which all values are multiples, counted from one of them."""
    values = np.flatnonzero(np.bincount(sample[0, 0], minlength=1))
    return int(np.gcd.reduce(values - values[0])) if values.size > 1 else 0
