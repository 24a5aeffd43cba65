"""The chance that a frame meets the band, for a light of which only so much is known."""

from dataclasses import dataclass
from math import erfc, inf, log, pi, sqrt

import numpy as np

from flatctl.core.sky.twilight import Floats

_PAGE = sqrt(2.0 / pi)
# Chances are no smaller than what lies beyond so many standard deviations.
_SIGMAS_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """The light expected of an exposure, as the logarithm of full scales.

    `lns`, `errors` and `weights` are those of each kind of sky that it may be.
    """

    lns: Floats
    errors: Floats
    weights: Floats

    @property
    def ln_light(self) -> float:
        """Return the logarithm of the light expected."""
        return float(self.weights @ self.lns)

    @property
    def error(self) -> float:
        """Return the standard deviation of that."""
        off = self.lns - self.ln_light
        return sqrt(float(self.weights @ (self.errors**2 + off * off)))

    def chance(self, low: float, high: float) -> float:
        """Return the chance that the light falls between two levels above the pedestal."""
        return float(self.weights @ (self._below(high) - self._below(low)))

    def _below(self, level: float) -> Floats:
        if level <= 0:
            return np.zeros(self.lns.size)
        if level == inf:
            return np.ones(self.lns.size)
        return below((log(level) - self.lns) / self.errors)


def below(sigmas: Floats) -> Floats:
    """Return the chance of a normal deviate below so many standard deviations.

    To 4e-4: Page, Applied Statistics 26, 75, 1977.
    """
    result: Floats = 0.5 + 0.5 * np.tanh(_PAGE * sigmas * (1.0 + 0.044715 * sigmas * sigmas))
    return result


def beyond(sigmas: Floats) -> tuple[Floats, Floats]:
    """Return the mean of a normal deviate of which it is known that it is beyond a bound.

    And by how much its variance, of 1, is less. Both by the hazard of the normal distribution:
    Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions 1, 1994, chapter 13.10.
    """
    bounds = np.clip(sigmas, -_SIGMAS_MAX, _SIGMAS_MAX)
    above = np.array([erfc(each / sqrt(2.0)) / 2 for each in bounds])
    mean = np.exp(-bounds * bounds / 2) / sqrt(2.0 * pi) / above
    return mean, mean * (mean - bounds)
