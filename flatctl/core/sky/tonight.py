"""What the frames have told of tonight's sky, of each filter and of the pedestal, with errors.

One state for all: the logarithm of how bright the sky is against the mean one, how much steeper it
fades, the pedestal, how far a cloud is off just now, and the logarithm of each filter's throughput.
A frame is a linear measurement of their sum, so that what one filter tells of the sky holds for all
others (a Kalman filter, e.g. Gelb, Applied Optimal Estimation, 1974). There is such a state for
each kind of sky that it may be, and frames tell which: clear nights are told from clouds.

Light is in units of full scale, so that it is the same for each camera.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from flatctl.core.sky.chance import Forecast, below, beyond
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
# Less light above the pedestal than this only says how much it is at most, within so much.
_DIMMEST, _DARK_ERROR = 0.004, 0.5
# Kinds of sky less likely than this don't count for what is planned.
_UNLIKELY = 0.005
# What is left of a cloud is told for times so far apart.
_COARSE_S = 10
# Less light than this is none of a flat.
_AIMED = 0.1
# Levels are known to about this fraction of full scale.
_STEP = 0.0005


@dataclass(frozen=True, slots=True)
class _Measured:
    """How far a frame was off, for each kind of sky, and what that has in common with the state.

    `variances` are those of `offs`, `believed` those before anything was doubted.
    """

    offs: Floats
    across: Floats
    variances: Floats
    believed: Floats


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
        self.seen: set[str] = set()

    @property
    def pedestal(self) -> float:
        """Return the level without light, as a fraction of full scale."""
        return float(self._mean[_PEDESTAL_AT])

    @property
    def pedestal_error(self) -> float:
        """Return the standard deviation of that."""
        return sqrt(float(self._weights @ self._spreads[:, _PEDESTAL_AT, _PEDESTAL_AT]))

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
        lns = self._expected(rows, name, start_s, exposure_s)
        # What is off in the pedestal and in the light by as much the other way is not off in sum.
        rows[:, _PEDESTAL_AT] = 1.0 / np.maximum(np.exp(np.minimum(lns, 0.0)), _AIMED)
        variances = self._variances(rows, start_s, exposure_s) + _NOISE**2
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
        start_s = mid_s - exposure_s / 2
        light = np.maximum(level - self._means[:, _PEDESTAL_AT], _DIMMEST)
        is_dark = level - self.pedestal < _DIMMEST
        rows = self._rows(name, start_s, exposure_s)
        offs = np.log(light) - self._expected(rows, name, start_s, exposure_s)
        if is_dark and float(self._weights @ offs) >= 0:
            return
        # ln(level - pedestal), with the pedestal's own error in it.
        noises = (_NOISE + _STEP / light) ** 2 + is_dark * _DARK_ERROR**2
        rows[:, _PEDESTAL_AT] = 1.0 / light
        frame = self._measured(rows, offs, noises, start_s, exposure_s)
        if name in self.seen:
            self._believe(frame)
        self._correct(frame, offs, 1.0)
        self._means[:, _PEDESTAL_AT] = np.clip(self._means[:, _PEDESTAL_AT], 0.0, max(level, 0.0))
        self.seen.add(name)
        self._skies.append(float(self._mean[_SKY]))

    def observe_full(self, name: str, mid_s: float, exposure_s: float) -> None:
        """Learn from a frame at full scale: there was at least that much light."""
        start_s = mid_s - exposure_s / 2
        rows = self._rows(name, start_s, exposure_s)
        offs = log(max(1.0 - self.pedestal, 0.1)) - self._expected(rows, name, start_s, exposure_s)
        frame = self._measured(rows, offs, np.full(offs.size, _NOISE**2), start_s, exposure_s)
        shifts, told = beyond(frame.offs / np.sqrt(frame.variances))
        self._correct(frame, shifts * np.sqrt(frame.variances), told)

    def _measured(
        self, rows: Floats, offs: Floats, noises: Floats, start_s: float, exposure_s: float
    ) -> "_Measured":
        """Let time pass until a frame is over; return what it measured, for each kind of sky."""
        kinds = self._kinds
        self._pass(self._waited_s(start_s))
        new, both = kinds.new_in_mean(exposure_s)
        rows[:, _CLOUD] = kinds.mean_kept(exposure_s)

        def seen() -> tuple[Floats, Floats]:
            across = np.einsum("kij,kj->ki", self._spreads, rows)
            return across, np.einsum("ki,ki->k", rows, across) + new + noises

        across, variances = seen()
        believed = variances
        wrong = offs * offs > _SURPRISE**2 * variances
        if wrong.any():
            # What is thought of the sky and of its course is doubted.
            self._spreads[wrong, _SKY, _SKY] += offs[wrong] ** 2
            self._spreads[wrong, _STEEPNESS, _STEEPNESS] += _STEEPNESS_ERROR**2
            across, variances = seen()
        self._pass(exposure_s)
        across[:, _CLOUD] = across[:, _CLOUD] * kinds.kept(exposure_s) + both
        self._time_s = start_s + exposure_s
        return _Measured(offs, across, variances, believed)

    def _correct(self, frame: "_Measured", shifts: Floats, told: Floats | float) -> None:
        """Shift what a frame measured; `told` is the part of its variance that is known now."""
        gains = frame.across / frame.variances[:, None]
        self._means += gains * shifts[:, None]
        known = np.multiply(told, frame.variances)
        self._spreads -= gains[:, :, None] * gains[:, None, :] * known[:, None, None]

    def _believe(self, frame: "_Measured") -> None:
        """Believe those kinds of sky more whose frames were off less."""
        ln = np.log(self._weights)
        ln -= 0.5 * (frame.offs**2 / frame.believed + np.log(frame.believed))
        likely = np.exp(ln - ln.max())
        self._weights = (1 - _TURNS) * likely / likely.sum() + _TURNS * self._prior

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
