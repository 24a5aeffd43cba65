"""The light that the sky is expected to give through one filter, integrated once for a twilight."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from math import exp

import numpy as np

from flatctl.core.sky.twilight import Floats, ln_brightness

STEP_S = 1.0
# The Sun moves evenly enough for straight lines between times so far apart.
_ASKED_S = 10.0


@dataclass(frozen=True, slots=True)
class Window:
    """The time in which exposures may begin, seconds; `dawn` while the Sun rises."""

    opens_s: float
    closes_s: float
    dawn: bool


class SunTrack:
    """The Sun's altitude over a window and the longest exposure after it, on a grid of seconds."""

    def __init__(
        self, sun_altitude: Callable[[float], float], window: Window, after_s: float
    ) -> None:
        self.start_s = window.opens_s
        seconds = window.closes_s - window.opens_s + after_s + 2 * _ASKED_S
        asked = np.arange(0.0, seconds + _ASKED_S, _ASKED_S)
        altitudes = [sun_altitude(self.start_s + each) for each in asked]
        self.altitudes_deg = np.interp(np.arange(0.0, seconds, STEP_S), asked, altitudes)


class ExpectedLight:
    """Light through a filter of throughput 1 under the mean sky: its rate, and its sum over time.

    Rates are relative to magnitude 0; the sum begins with the track. Times are those of the clock
    of the search, in seconds; beyond the track the light is held.
    """

    def __init__(self, track: SunTrack, wavelength_nm: float) -> None:
        self.start_s = track.start_s
        self.ln_rates = ln_brightness(track.altitudes_deg, wavelength_nm)
        self._ln_rates: list[float] = self.ln_rates.tolist()
        self._sums: list[float] = summed(np.exp(self.ln_rates)).tolist()

    def ln_rate(self, time_s: float) -> float:
        """Return the logarithm of the rate at a time."""
        return _at(self._ln_rates, (time_s - self.start_s) / STEP_S)

    def during(self, time_s: float, exposure_s: float) -> float:
        """Return the light of an exposure that begins at a time."""
        if exposure_s < STEP_S:
            return exposure_s * exp(self.ln_rate(time_s + exposure_s / 2))
        return self._sum(time_s + exposure_s) - self._sum(time_s)

    def exposure_s(self, time_s: float, light: float, longest_s: float) -> float:
        """Return how long to expose from a time on for so much light; `longest_s` if more."""
        here = self._sum(time_s)
        if here + light >= self._sum(time_s + longest_s):
            return longest_s
        i = bisect_right(self._sums, here + light) - 1
        if i + 1 < len(self._sums):
            step = self._sums[i + 1] - self._sums[i]
            end_s = self.start_s + (i + (here + light - self._sums[i]) / step) * STEP_S
            if end_s - time_s >= STEP_S:
                return min(end_s - time_s, longest_s)
        # Within one step the rate is a better straight line than its sum.
        short_s = light * exp(-self.ln_rate(time_s))
        return min(light * exp(-self.ln_rate(time_s + short_s / 2)), longest_s)

    def _sum(self, time_s: float) -> float:
        return _at(self._sums, (time_s - self.start_s) / STEP_S, rising=True)


def summed(rates: Floats) -> Floats:
    """Return the sum of a rate over the grid, from its beginning on."""
    sums = np.cumsum((rates[1:] + rates[:-1]) / 2 * STEP_S)
    return np.concatenate((np.zeros(1), sums))


def _at(values: list[float], place: float, *, rising: bool = False) -> float:
    i = int(place)
    if place < 0:
        return values[0] + (place * (values[1] - values[0]) if rising else 0.0)
    if i + 1 >= len(values):
        last = values[-1]
        return last + ((place - len(values) + 1) * (last - values[-2]) if rising else 0.0)
    return values[i] + (place - i) * (values[i + 1] - values[i])


# How far ahead a window is looked for: one that was missed is not waited for until the next day.
_AHEAD_S, _RASTER_S = 18 * 3600.0, 120.0


def find_window(
    sun_altitude: Callable[[float], float],
    altitudes_deg: tuple[float, float],
    time_s: float,
    *,
    dawn: bool,
) -> Window | None:
    """Return when the Sun next passes through the range in that direction, from a time on.

    It opens at once where the Sun is within already; None where it was missed, or does not come.
    """

    def inside(when_s: float) -> bool:
        height = sun_altitude(when_s)
        ahead = sun_altitude(when_s + 1.0)
        right_way = ahead > height if dawn else ahead < height
        return right_way and altitudes_deg[0] <= height <= altitudes_deg[1]

    end_s = time_s + _AHEAD_S
    opens_s = time_s
    while not inside(opens_s):
        if opens_s > end_s:
            return None
        if inside(opens_s + _RASTER_S):
            opens_s = _edge(inside, opens_s, opens_s + _RASTER_S)
            break
        opens_s += _RASTER_S
    closes_s = opens_s
    while inside(closes_s + _RASTER_S) and closes_s < end_s + _AHEAD_S:
        closes_s += _RASTER_S
    return Window(opens_s, _edge(inside, closes_s + _RASTER_S, closes_s), dawn)


def _edge(inside: Callable[[float], bool], outer_s: float, inner_s: float) -> float:
    while abs(inner_s - outer_s) > 0.5:
        middle_s = (outer_s + inner_s) / 2
        if inside(middle_s):
            inner_s = middle_s
        else:
            outer_s = middle_s
    return inner_s
