"""Banding: rows or columns that wave with a period, as a dimmed lamp makes on a rolling shutter.

A lamp dimmed by pulses (PWM) is on and off while the rows of a rolling shutter open one after the
other, so that each row catches another number of pulses: the level waves down the frame with the
period of the pulses divided by the time between two rows.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from flatctl.core.quality.shape import Cells, polynomial

CYCLES_MIN = 4  # fewer waves across the frame are not told from a change of the light's shape
_DEGREE = 6
_CLEARLY = 25.0  # power of a wave over that of the noise; e to the minus that is pure chance
_SAMPLES_MIN = 32
_SAME = 0.35
# A lamp makes a line of the spectrum: so many times stronger than what is so many places beside
# it, of so many waves. What the light's shape leaves is broad, and of few.
_NARROW, _BESIDE, _NARROW_CYCLES_MIN = 10.0, (3, 7), 8


@dataclass(frozen=True)
class Ripple:
    """A wave along the rows or the columns.

    `swing_frac` is the light from trough to crest, `period_px` the length of a wave, `phasor` half
    the swing with its phase; `strength` is its power over that of the noise at other periods. One
    that is `narrow` is a lamp's, or the sensor's, and no remnant of the light's shape.
    """

    swing_frac: float
    period_px: float
    phasor: complex
    strength: float
    narrow: bool = False

    @property
    def certain(self) -> bool:
        """Return whether it can't be chance."""
        return self.strength > _CLEARLY

    def stands_still(self, before: "Ripple | None") -> bool:
        """Return whether an earlier frame had the very same wave: then it is no lamp's."""
        if before is None or not self.is_like(before):
            return False
        return abs(self.phasor - before.phasor) < _SAME * abs(self.phasor)

    def is_like(self, other: "Ripple") -> bool:
        """Return whether two waves have one period."""
        return bool(np.isclose(self.period_px, other.period_px, rtol=0.02))


CALM = Ripple(0.0, 0.0, 0j, 0.0)


def ripple(bands: Cells, lit: NDArray[np.bool_] | None = None) -> Ripple:
    """Return the strongest wave along the first axis of `bands`, shape (pairs of lines, bands).

    Lines that are not `lit` have no say: those at the edges are left out, others filled in.

    Every band is the mean over some of a line's pixels. The median over the bands is what they
    have in common, so that dust in some of them makes no wave. Vignetting is taken out by a
    polynomial, then the strongest line of the spectrum is taken (Hann window). The power of noise
    in a spectrum is distributed exponentially, so that its mean follows from its median.
    """
    if lit is not None and not lit.all():
        bands = _lit_only(bands, lit)
    count = bands.shape[0]
    means = bands.mean(axis=0)
    if count < _SAMPLES_MIN or not (means > 0).all():
        return CALM
    line = np.median(bands / means, axis=1)
    line = line - polynomial(line[:, None], _DEGREE)[:, 0]
    window = np.hanning(count)
    waves = 2.0 * np.fft.rfft(line * window) / window.sum()
    power = np.abs(waves) ** 2
    power[:CYCLES_MIN] = 0.0
    noise = float(np.median(power[CYCLES_MIN:]) / np.log(2.0))
    best = int(power.argmax())
    return Ripple(
        swing_frac=2.0 * float(np.sqrt(power[best])),
        period_px=2.0 * count / best if best else 0.0,
        phasor=complex(waves[best]),
        strength=float(power[best]) / noise if noise > 0 else 0.0,
        narrow=best >= _NARROW_CYCLES_MIN and _is_line(power, best),
    )


def _is_line(power: Cells, best: int) -> bool:
    near, far = _BESIDE
    beside = [*power[max(best - far + 1, 0) : best - near + 1], *power[best + near : best + far]]
    return float(power[best]) > _NARROW * max(beside, default=0.0)


def _lit_only(bands: Cells, lit: NDArray[np.bool_]) -> Cells:
    there = np.flatnonzero(lit)
    if not there.size:
        return bands
    inside = np.arange(there[0], there[-1] + 1)
    return np.stack([np.interp(inside, there, band[there]) for band in bands.T], axis=1)
