"""What the frames have told of tonight's sky, of each filter and of the pedestal, with errors.

One state for all: the logarithm of how bright the sky is against the mean one, how much steeper it
fades, the pedestal, and the logarithm of each filter's throughput. A frame is a linear measurement
of their sum, so that what one filter tells of the sky holds for all others (a Kalman filter, e.g.
Gelb, Applied Optimal Estimation, 1974). The sky wanders at random between the frames; how much is
read from how far the last frames fell from what was foretold: clear nights are told from clouds.

Light is in units of full scale, so that it is the same for each camera.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import erf, log, sqrt

import numpy as np
from numpy.typing import NDArray

from flatctl.core.sky.filters import Guess
from flatctl.core.sky.light import ExpectedLight, summed
from flatctl.core.sky.memory import SkyMemory

Row = NDArray[np.float64]

# Where things stand in the state.
_SKY, _STEEPNESS, _PEDESTAL_AT, _FILTERS = range(4)

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
# How much the sky wanders (variance of the logarithm per second): before anything is seen, at least
# and at most; how many frames that guess counts for, and after how many a frame counts half.
_WANDER, _WANDER_MIN, _WANDER_MAX = 1e-6, 2e-8, 2e-3
_WANDER_COUNTS, _KEPT = 1.5, 0.75
# Further off than this many standard deviations, and what was foretold is not believed any more.
_SURPRISE = 3.0
# A frame at full scale is expected to have been brighter by this factor, or another night's.
_OVER, _OVER_ERROR = 1.6, 0.5
# Less light above the pedestal than this only says how much it is at most, within so much.
_DIMMEST, _DARK_ERROR = 0.004, 0.5
# Levels are known to about this fraction of full scale.
_STEP = 0.0005


@dataclass(frozen=True, slots=True)
class Forecast:
    """The light expected of an exposure: the logarithm of full scales, and its error."""

    ln_light: float
    error: float

    def chance(self, low: float, high: float) -> float:
        """Return the chance that the light falls between two levels above the pedestal."""
        return self._below(high) - self._below(low)

    def _below(self, level: float) -> float:
        if level <= 0:
            return 0.0
        return 0.5 * (1 + erf((log(level) - self.ln_light) / (self.error * sqrt(2))))


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
        size = _FILTERS + len(lights)
        self._mean, self._spread = np.zeros(size), np.zeros((size, size))
        self._begin(guesses, memory, pedestal)
        self._time_s: float | None = None
        self._wander, self._weight = _WANDER, _WANDER_COUNTS
        self._skies: list[float] = []
        self._full = 0
        self.seen: set[str] = set()

    @property
    def pedestal(self) -> float:
        """Return the level without light, as a fraction of full scale."""
        return float(self._mean[_PEDESTAL_AT])

    @property
    def wander(self) -> float:
        """Return the variance of the sky's logarithm per second."""
        return self._wander

    def ln_scale(self, name: str, time_s: float) -> float:
        """Return the logarithm of full scales for each unit of the mean sky's light, at a time."""
        return float(self._row(name, time_s) @ self._mean)

    def light_of(self, name: str) -> tuple[Row, Row]:
        """Return the light expected through a filter, as `ExpectedLight` has it for the mean sky.

        Rates and sums in full scales, on the same grid.
        """
        mean = self._lights[name]
        steepness = float(self._mean[_STEEPNESS])
        rates = np.exp(
            (1 + steepness) * mean.ln_rates
            + (self._mean[_SKY] + self._mean[self._place[name]])
            - steepness * self._references[name]
        )
        return rates, summed(rates)

    def forecast(self, name: str, start_s: float, exposure_s: float) -> Forecast:
        """Return the light expected of an exposure that begins at `start_s`."""
        mid_s = start_s + exposure_s / 2
        row = self._row(name, mid_s)
        waited_s = max(0.0, mid_s - self._time_s) if self._time_s is not None else 0.0
        variance = float(row @ self._spread @ row) + self._wander * waited_s + _NOISE**2
        ln_light = log(self._lights[name].during(start_s, exposure_s))
        return Forecast(float(row @ self._mean) + ln_light, sqrt(variance))

    def observe(self, name: str, mid_s: float, exposure_s: float, level: float) -> None:
        """Learn from an unclipped frame of that level, a fraction of full scale."""
        self._full = 0
        self._advance(mid_s)
        row = self._row(name, mid_s)
        above = level - self.pedestal
        light = max(above, _DIMMEST)
        off = log(light) - self._expected(row, name, mid_s, exposure_s)
        # ln(level - pedestal), with the pedestal's own error in it.
        row[_PEDESTAL_AT] = 1.0 / light
        noise = (_NOISE + _STEP / light) ** 2
        if above < _DIMMEST:
            if off >= 0:
                return
            noise += _DARK_ERROR**2
        variance = float(row @ self._spread @ row) + noise
        if name in self.seen:
            self._learn_wander(off, variance)
        if off * off > _SURPRISE**2 * variance:
            variance += self._doubt(row, off)
        self._correct(row, off, variance)
        self._mean[_PEDESTAL_AT] = min(max(self._mean[_PEDESTAL_AT], 0.0), level)
        self.seen.add(name)
        self._skies.append(float(self._mean[_SKY]))

    def observe_full(self, name: str, mid_s: float, exposure_s: float) -> None:
        """Learn from a frame at full scale: there was at least that much light.

        From the third one after the other on each makes the guess bolder: what one bound after the
        other is believed to say hardens, and a sky far off would take dozens of frames.
        """
        self._advance(mid_s)
        row = self._row(name, mid_s)
        self._full += 1
        bold = max(1, 2 * self._full - 4)
        least = log(_OVER**bold * max(1.0 - self.pedestal, 0.1))
        off = max(0.0, least - self._expected(row, name, mid_s, exposure_s))
        variance = float(row @ self._spread @ row) + _OVER_ERROR**2
        if off * off > _SURPRISE**2 * variance:
            variance += self._doubt(row, off)
        self._correct(row, off, variance)

    def rescale(self, factor: float) -> None:
        """Go on with a full scale that is smaller by `factor`."""
        self._mean[_FILTERS:] += log(factor)
        self._mean[_PEDESTAL_AT] *= factor
        self._spread[_PEDESTAL_AT, :] *= factor
        self._spread[:, _PEDESTAL_AT] *= factor

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
                self._spread[self._place[name], self._place[other]] += shared

    def _expected(self, row: Row, name: str, mid_s: float, exposure_s: float) -> float:
        light = self._lights[name].during(mid_s - exposure_s / 2, exposure_s)
        return float(row @ self._mean) + log(light)

    def _correct(self, row: Row, off: float, variance: float) -> None:
        gain = self._spread @ row / variance
        self._mean += gain * off
        self._spread -= np.outer(gain, row @ self._spread)

    def _doubt(self, row: Row, off: float) -> float:
        """Doubt what is thought of the sky and its course; return by how much (a variance)."""
        self._spread[_SKY, _SKY] += off * off
        self._spread[_STEEPNESS, _STEEPNESS] += _STEEPNESS_ERROR**2
        return float(off * off + (row[_STEEPNESS] * _STEEPNESS_ERROR) ** 2)

    def _advance(self, time_s: float) -> None:
        if self._time_s is not None:
            self._spread[_SKY, _SKY] += self._wander * max(0.0, time_s - self._time_s)
        self._time_s = time_s

    def _row(self, name: str, mid_s: float) -> Row:
        row = np.zeros(self._mean.size)
        row[_SKY] = 1.0
        row[_STEEPNESS] = self._lights[name].ln_rate(mid_s) - self._references[name]
        row[self._place[name]] = 1.0
        return row

    def _learn_wander(self, off: float, variance: float) -> None:
        self._weight = _KEPT * self._weight + 1.0
        self._wander += self._wander * (off * off / variance - 1.0) / self._weight
        self._wander = min(max(self._wander, _WANDER_MIN), _WANDER_MAX)

    def _set(self, i: int, mean: float, error: float) -> None:
        self._mean[i], self._spread[i, i] = mean, error * error
