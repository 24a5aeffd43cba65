"""What the frames have told of tonight's sky, of each filter and of the pedestal, with errors.

One state for all: the logarithm of how bright the sky is against the mean one, how much steeper it
fades, the pedestal, how far a cloud is off just now, and the logarithm of each filter's throughput.
A frame is a linear measurement of their sum, so that what one filter tells of the sky holds for all
others (a Kalman filter, e.g. Gelb, Applied Optimal Estimation, 1974). There is such a state for
each kind of sky that it may be, and frames tell which: clear nights are told from clouds.

Light is in units of full scale, so that it is the same for each camera.
"""

from collections.abc import Mapping
from math import log, sqrt

import numpy as np

from flatctl.core.sky.chance import Forecast, below
from flatctl.core.sky.clouds import Skies
from flatctl.core.sky.filters import Guess
from flatctl.core.sky.light import ExpectedLight, summed
from flatctl.core.sky.memory import SkyMemory
from flatctl.core.sky.twilight import Floats

# Where things stand in the state.
_SKY, _STEEPNESS, _PEDESTAL_AT, _CLOUD, _FILTERS = range(5)

# Full scales per second that a filter as wide as its wavelength gives at magnitude 0, at f/5 with
# pixels of 3.8 micrometres; how far off that may be for another rig, in the natural logarithm.
_LN_RIG, _RIG_ERROR = log(0.1 / 0.545) + 0.921 * 11.84, 1.5
# How much a night may differ from the last one, and how much steeper its twilight may be.
_NIGHT_ERROR, _STEEPNESS_ERROR = 0.18, 0.05
# How well what another night taught of a filter holds.
_LEARNED_ERROR = 0.02
# Fractions of full scale: the pedestal before anything is known, and what is known of a known one.
_PEDESTAL, _PEDESTAL_ERROR, _KNOWN_ERROR = 0.015, 0.012, 0.0005
# How far a frame's light is off by itself.
_NOISE = 0.002
# The chance that the sky becomes one of another kind from one frame to the next.
_TURNS = 0.01
# Further off than this many standard deviations, and what was foretold is not believed any more.
_SURPRISE = 3.0
# A frame at full scale is expected to have been brighter by this factor, or another night's.
_OVER, _OVER_ERROR = 1.6, 0.5
# Less light above the pedestal than this only says how much it is at most, within so much.
_DIMMEST, _DARK_ERROR = 0.004, 0.5
# Kinds of sky less likely than this don't count for what is planned.
_UNLIKELY = 0.005
# What is left of a cloud is told for times so far apart.
_COARSE_S = 10
# Levels are known to about this fraction of full scale.
_STEP = 0.0005


class Tonight:
    """Learn from frames, and foretell the light of the next one.

    `lights` is the mean sky through each filter, `reference_s` the time at which the twilight is as
    bright as in the mean, however steep it is.
    """

    def __init__(
        self,
        lights: Mapping[str, ExpectedLight],
        guesses: Mapping[str, Guess],
        memory: SkyMemory,
        pedestal: float | None,
        reference_s: float,
    ) -> None:
        self._lights = lights
        self._references = {name: each.ln_rate(reference_s) for name, each in lights.items()}
        self._place = {name: _FILTERS + i for i, name in enumerate(lights)}
        self._kinds = Skies.usual()
        kinds = self._kinds.sizes.size
        size = _FILTERS + len(lights)
        self._means, self._spreads = np.zeros((kinds, size)), np.zeros((kinds, size, size))
        self._prior = np.full(kinds, 1.0 / kinds)
        self._weights = self._prior.copy()
        self._begin(guesses, memory, pedestal)
        self._time_s: float | None = None
        self._skies: list[float] = []
        self._full = 0
        self.seen: set[str] = set()

    @property
    def pedestal(self) -> float:
        """Return the level without light, as a fraction of full scale."""
        return float(self._mean[_PEDESTAL_AT])

    @property
    def _mean(self) -> Floats:
        mean: Floats = self._weights @ self._means
        return mean

    def wander(self, seconds: float) -> float:
        """Return the variance that the sky's logarithm gathers in so long."""
        return float(self._weights @ self._kinds.new(seconds))

    def ln_scale(self, name: str, start_s: float, exposure_s: float) -> float:
        """Return the logarithm of full scales for each unit of the mean sky's light."""
        rows = self._rows(name, start_s, exposure_s)
        return float(self._weights @ np.einsum("ki,ki->k", rows, self._means))

    def light_of(self, name: str) -> tuple[Floats, Floats]:
        """Return the light expected through a filter, as `ExpectedLight` has it for the mean sky.

        Rates and sums in full scales, on the same grid.
        """
        light, mean = self._lights[name], self._mean
        steepness = float(mean[_STEEPNESS])
        rates = np.exp(
            (1 + steepness) * light.ln_rates
            + (mean[_SKY] + mean[self._place[name]])
            - steepness * self._references[name]
            + self._clouds(light.start_s, light.ln_rates.size)
        )
        return rates, summed(rates)

    def forecast(self, name: str, start_s: float, exposure_s: float) -> Forecast:
        """Return the light expected of an exposure that begins at `start_s`."""
        rows = self._rows(name, start_s, exposure_s)
        variances = self._variances(rows, start_s, exposure_s) + _NOISE**2
        ln_light = log(self._lights[name].during(start_s, exposure_s))
        lns = np.einsum("ki,ki->k", rows, self._means) + ln_light
        return Forecast(lns, np.sqrt(variances), self._weights)

    def chances(
        self, lns: Floats, exposures_s: Floats, overhead_s: float, bounds: tuple[float, float]
    ) -> Floats:
        """Return the chances that light falls between bounds in a series of such exposures."""
        kinds, weights = self._kinds.likely(self._weights, _UNLIKELY)
        errors = np.sqrt(kinds.off_in_series(exposures_s, overhead_s) + _NOISE**2)
        low, high = (below((log(bound) - lns[:, None]) / errors) for bound in bounds)
        result: Floats = (high - low) @ weights
        return result

    def observe(self, name: str, mid_s: float, exposure_s: float, level: float) -> None:
        """Learn from an unclipped frame of that level, a fraction of full scale."""
        self._full = 0
        start_s = mid_s - exposure_s / 2
        light = np.maximum(level - self._means[:, _PEDESTAL_AT], _DIMMEST)
        is_dark = level - self.pedestal < _DIMMEST
        rows = self._rows(name, start_s, exposure_s)
        offs = np.log(light) - self._expected(rows, name, start_s, exposure_s)
        if is_dark and float(self._weights @ offs) >= 0:
            return
        # ln(level - pedestal), with the pedestal's own error in it.
        noises = (_NOISE + _STEP / light) ** 2 + is_dark * _DARK_ERROR**2
        self._learn(rows, offs, noises, start_s, exposure_s, 1.0 / light, tells=name in self.seen)
        self._means[:, _PEDESTAL_AT] = np.clip(self._means[:, _PEDESTAL_AT], 0.0, max(level, 0.0))
        self.seen.add(name)
        self._skies.append(float(self._mean[_SKY]))

    def observe_full(self, name: str, mid_s: float, exposure_s: float) -> None:
        """Learn from a frame at full scale: there was at least that much light.

        From the third one after the other on each makes the guess bolder: what one bound after the
        other is believed to say hardens, and a sky far off would take dozens of frames.
        """
        start_s = mid_s - exposure_s / 2
        rows = self._rows(name, start_s, exposure_s)
        self._full += 1
        bold = max(1, 2 * self._full - 4)
        least = log(_OVER**bold * max(1.0 - self.pedestal, 0.1))
        offs = np.maximum(least - self._expected(rows, name, start_s, exposure_s), 0.0)
        noises = np.full(offs.size, _OVER_ERROR**2)
        self._learn(rows, offs, noises, start_s, exposure_s, 0.0, tells=False)

    def _learn(
        self,
        rows: Floats,
        offs: Floats,
        noises: Floats,
        start_s: float,
        exposure_s: float,
        pedestal: Floats | float,
        *,
        tells: bool,
    ) -> None:
        """Correct each kind of sky by what was off, and believe those more that were off less."""
        kinds, gap_s = self._kinds, self._waited_s(start_s)
        self._pass(gap_s)
        new, both = kinds.new_in_mean(exposure_s)
        rows[:, _CLOUD] = kinds.mean_kept(exposure_s)
        rows[:, _PEDESTAL_AT] = pedestal
        across = np.einsum("kij,kj->ki", self._spreads, rows)
        variances = np.einsum("ki,ki->k", rows, across) + new + noises
        if tells:
            ln = np.log(self._weights) - 0.5 * (offs**2 / variances + np.log(variances))
            believed = np.exp(ln - ln.max())
            self._weights = (1 - _TURNS) * believed / believed.sum() + _TURNS * self._prior
        wrong = offs**2 > _SURPRISE**2 * variances
        if wrong.any():
            self._spreads[wrong, _SKY, _SKY] += offs[wrong] ** 2
            self._spreads[wrong, _STEEPNESS, _STEEPNESS] += _STEEPNESS_ERROR**2
            across = np.einsum("kij,kj->ki", self._spreads, rows)
            variances = np.einsum("ki,ki->k", rows, across) + new + noises
        self._pass(exposure_s)
        across[:, _CLOUD] = across[:, _CLOUD] * kinds.kept(exposure_s) + both
        gains = across / variances[:, None]
        self._means += gains * offs[:, None]
        self._spreads -= gains[:, :, None] * across[:, None, :]
        self._time_s = start_s + exposure_s

    def _pass(self, seconds: float) -> None:
        """Let time pass: what the clouds were is forgotten, and others come."""
        kept = self._kinds.kept(seconds)
        self._means[:, _CLOUD] *= kept
        self._spreads[:, _CLOUD, :] *= kept[:, None]
        self._spreads[:, :, _CLOUD] *= kept[:, None]
        self._spreads[:, _CLOUD, _CLOUD] += self._kinds.new(seconds)

    def _waited_s(self, start_s: float) -> float:
        return max(0.0, start_s - self._time_s) if self._time_s is not None else 0.0

    def _variances(self, rows: Floats, start_s: float, exposure_s: float) -> Floats:
        """Return the variance of the mean light of an exposure, for each kind of sky."""
        kinds = self._kinds
        spread = np.einsum("ki,kij,kj->k", rows, self._spreads, rows)
        new = kinds.mean_kept(exposure_s) ** 2 * kinds.new(self._waited_s(start_s))
        result: Floats = spread + new + kinds.new_in_mean(exposure_s)[0]
        return result

    def _clouds(self, start_s: float, seconds: int) -> Floats:
        """Return the deviation that is left of now, for each second of the track."""
        if self._time_s is None:
            return np.zeros(seconds)
        some = np.arange(0, seconds + _COARSE_S, _COARSE_S)
        waited = np.maximum(start_s + some - self._time_s, 0.0)
        left = np.exp(-waited[:, None] * self._kinds.rates)
        deviations = left @ (self._weights * self._means[:, _CLOUD])
        result: Floats = np.interp(np.arange(seconds), some, deviations)
        return result

    def rescale(self, factor: float) -> None:
        """Go on with a full scale that is smaller by `factor`."""
        self._means[:, _FILTERS:] += log(factor)
        self._means[:, _PEDESTAL_AT] *= factor
        self._spreads[:, _PEDESTAL_AT, :] *= factor
        self._spreads[:, :, _PEDESTAL_AT] *= factor

    def memory(self, before: SkyMemory) -> SkyMemory:
        """Return what the next night may know, of this night and those before."""
        if not self._skies:
            return before
        known = dict(before.throughputs)
        known.update((name, float(self._mean[self._place[name]])) for name in self.seen)
        nights, tonight = before.nights, sum(self._skies) / len(self._skies)
        sky = (before.sky * nights + tonight) / (nights + 1)
        off = abs(tonight - before.sky) if nights else _NIGHT_ERROR
        error = sqrt((before.error**2 * (nights + 2) + off * off) / (nights + 3))
        return SkyMemory(known, sky, error, nights + 1, self.pedestal)

    def _begin(
        self, guesses: Mapping[str, Guess], memory: SkyMemory, pedestal: float | None
    ) -> None:
        known = {name: k for name, k in memory.throughputs.items() if name in self._place}
        if known:
            self._set(_SKY, memory.sky, memory.error)
        else:
            self._set(_SKY, 0.0, _RIG_ERROR)
        self._set(_STEEPNESS, 0.0, _STEEPNESS_ERROR)
        self._spreads[:, _CLOUD, _CLOUD] = self._kinds.sizes**2
        if pedestal is not None:
            self._set(_PEDESTAL_AT, pedestal, _KNOWN_ERROR)
        elif memory.pedestal is not None:
            self._set(_PEDESTAL_AT, memory.pedestal, _PEDESTAL_ERROR / 3)
        else:
            self._set(_PEDESTAL_AT, _PEDESTAL, _PEDESTAL_ERROR)
        units = [k - guesses[name].ln for name, k in known.items()]
        unit = sum(units) / len(units) if units else _LN_RIG
        new = [name for name in self._place if name not in known]
        for name, k in known.items():
            self._set(self._place[name], k, _LEARNED_ERROR)
        for name in new:
            self._set(self._place[name], guesses[name].ln + unit, guesses[name].error)
            for other in new:
                shared = guesses[name].shared_error * guesses[other].shared_error
                self._spreads[:, self._place[name], self._place[other]] += shared

    def _expected(self, rows: Floats, name: str, start_s: float, exposure_s: float) -> Floats:
        light = self._lights[name].during(start_s, exposure_s)
        result: Floats = np.einsum("ki,ki->k", rows, self._means) + log(light)
        return result

    def _rows(self, name: str, start_s: float, exposure_s: float) -> Floats:
        mid_s = start_s + exposure_s / 2
        rows = np.zeros(self._means.shape)
        rows[:, _SKY] = 1.0
        rows[:, _STEEPNESS] = self._lights[name].ln_rate(mid_s) - self._references[name]
        kept = self._kinds.kept(self._waited_s(start_s))
        rows[:, _CLOUD] = kept * self._kinds.mean_kept(exposure_s)
        rows[:, self._place[name]] = 1.0
        return rows

    def _set(self, i: int, mean: float, error: float) -> None:
        self._means[:, i], self._spreads[:, i, i] = mean, error * error
