"""How the light wanders about its course: haze and clouds that come and go.

Their logarithm is an Ornstein-Uhlenbeck process: it has a size, and forgets itself in a correlation
time (Uhlenbeck & Ornstein, Phys. Rev. 36, 823, 1930). Neither is known beforehand, so each of a few
dozen pairs is a sky of its own, and frames tell which of them fit (a bank of Kalman filters:
Magill, IEEE Trans. Automatic Control 10, 434, 1965). Clouds are grey: all filters share them.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from flatctl.core.sky.twilight import Floats

# Standard deviations of the logarithm, from the clearest sky to broken cloud in steps of 2.5, and
# the seconds in which a cloud drives past the field, from a gust to a quarter of an hour.
_SIZES = (0.001, 0.003, 0.008, 0.02, 0.05, 0.12, 0.3)
_TIMES_S = (30.0, 100.0, 300.0, 1000.0)


@dataclass(frozen=True, slots=True)
class Skies:
    """Hold the kinds of sky: the size of their clouds, and how fast each forgets (1/s).

    Whatever is asked of them is answered with one figure for each.
    """

    sizes: Floats
    rates: Floats

    @staticmethod
    def usual() -> "Skies":
        """Return those that a night may have."""
        pairs = np.array(list(product(_SIZES, _TIMES_S)))
        return Skies(pairs[:, 0], 1.0 / pairs[:, 1])

    def kept(self, seconds: float) -> Floats:
        """Return the part of a deviation that is left after so long."""
        return np.exp(-self.rates * seconds)

    def mean_kept(self, exposure_s: float) -> Floats:
        """Return the part of a deviation that is left in the mean of an exposure."""
        turns = self.rates * exposure_s
        return -np.expm1(-turns) / turns

    def new(self, seconds: float) -> Floats:
        """Return the variance that comes up in so long."""
        return -(self.sizes**2) * np.expm1(-2 * self.rates * seconds)

    def off_in_series(self, exposures_s: Floats, between_s: float) -> Floats:
        """Return how far the mean of an exposure is off what the one before lets expect.

        As a variance, one row for each exposure of a series with so much time between them.
        """
        turns = exposures_s[:, None] * self.rates
        kept = -np.expm1(-turns) / turns
        # For short exposures that is a quotient of near noughts: there its series.
        exact = 2 * (turns + np.expm1(-turns)) / turns**2
        whole = np.where(turns < 1e-3, 1 - turns / 3, exact)
        shared = kept**2 * self.kept(between_s)
        result: Floats = self.sizes**2 * (whole - shared**2 / whole)
        return result

    def likely(self, weights: Floats, least: float) -> tuple["Skies", Floats]:
        """Return those that are as likely as that at least, with their weights."""
        which = weights >= least
        return Skies(self.sizes[which], self.rates[which]), weights[which] / weights[which].sum()

    def new_in_mean(self, exposure_s: float) -> tuple[Floats, Floats]:
        """Return what comes up during an exposure.

        That is the variance of its mean, and the covariance of that with the deviation at its end.
        """
        turns, kept = self.rates * exposure_s, self.mean_kept(exposure_s)
        # For short exposures that is a difference of near equal figures: there its series.
        exact = 2 * (turns + np.expm1(-turns)) / turns**2 - kept**2
        variance = self.sizes**2 * np.where(turns < 1e-3, 2 / 3 * turns, exact)
        return variance, -(self.sizes**2) * kept * np.expm1(-turns)
