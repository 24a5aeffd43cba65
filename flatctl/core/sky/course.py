"""The course of one twilight: the light each filter is expected to give, and exposures for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log

from flatctl.core.band import Band
from flatctl.core.sky.chance import Forecast
from flatctl.core.sky.filters import SkyFilter, guesses
from flatctl.core.sky.light import ExpectedLight, SunTrack, Window
from flatctl.core.sky.memory import SkyMemory
from flatctl.core.sky.planner import Timetable, Wanted
from flatctl.core.sky.tonight import Tonight

# The mean twilight is compared with tonight's where the Sun stands here, or as near as it gets.
_REFERENCE_DEG = -6.0
# Full scales: less than this above the pedestal is no level to aim at.
_LEAST = 1e-4
# What a look may be off by for the pedestal, as a part of the band; its least part of a flat's
# light, below which the shutter's own time counts; and how far (standard deviations) it is to stay
# below full scale.
_LOOK_PART, _LOOK_LEAST, _FULL_SIGMAS = 0.1, 0.2, 1.3


@dataclass(frozen=True, slots=True)
class Levels:
    """The band above the pedestal: its lower end, the aim, its upper end, of full scale."""

    low: float
    aim: float
    high: float


@dataclass(frozen=True, slots=True)
class Offer:
    """The exposure that comes nearest to the aim, and what it is expected to give.

    `is_free` says that no limit of the exposure stands in the way; `chance` is that of a level in
    the band, `missing` the factor (a logarithm) by which the light lies outside it: below it where
    it is `dim`.
    """

    exposure_s: float
    forecast: Forecast
    is_free: bool
    chance: float
    dim: bool
    missing: float


class Course:
    """Foretell one twilight, and learn from its frames.

    `tonight` is what has been learned, `window` the time in which exposures may begin.
    """

    def __init__(
        self,
        filters: Sequence[SkyFilter],
        window: Window,
        sun_altitude: Callable[[float], float],
        memory: SkyMemory,
        pedestal: float | None,
    ) -> None:
        self.window = window
        self._filters = {each.name: each for each in filters}
        longest_s = max(each.exposure_range_s[1] for each in filters)
        track = SunTrack(sun_altitude, window, longest_s)
        self._lights = {each.name: ExpectedLight(track, each.colour_nm) for each in filters}
        self._start_s = track.start_s
        nearest = float(abs(track.altitudes_deg - _REFERENCE_DEG).argmin())
        self.tonight = Tonight(
            self._lights, guesses(tuple(filters)), memory, pedestal, track.start_s + nearest
        )

    def levels(self, band: Band) -> Levels:
        """Return the band above tonight's pedestal."""
        pedestal = self.tonight.pedestal
        low = max(band.low - pedestal, _LEAST)
        high = max(band.high - pedestal, low)
        return Levels(low, min(max(band.frac(band.aim_adu) - pedestal, low), high), high)

    def offer(self, name: str, begins_s: float, band: Band) -> Offer:
        """Return the exposure to take through a filter if it begins at a time."""
        shortest, longest = self._filters[name].exposure_range_s
        levels, exposure_s = self.levels(band), shortest
        # Twice, as how much steeper tonight's twilight is counts in the middle of the exposure.
        for _ in range(2):
            light = levels.aim * exp(-self.tonight.ln_scale(name, begins_s, exposure_s))
            exposure_s = max(self._lights[name].exposure_s(begins_s, light, longest), shortest)
        forecast = self.tonight.forecast(name, begins_s, exposure_s)
        dim = forecast.ln_light < log(levels.aim)
        return Offer(
            exposure_s,
            forecast,
            shortest < exposure_s < longest,
            forecast.chance(levels.low, levels.high),
            dim,
            log(levels.low) - forecast.ln_light if dim else forecast.ln_light - log(levels.high),
        )

    def look_s(self, name: str, band: Band, offer: Offer) -> float:
        """Return how long to expose for a look at a filter's light; shorter than for a flat.

        It is as long as the pedestal's error wants for what it is to tell, a part of the band. Of a
        light that may be far brighter than thought, it is short enough not to be full.
        """
        shortest, levels = self._filters[name].exposure_range_s[0], self.levels(band)
        told = log(levels.high / levels.low) * _LOOK_PART
        light = 1.0 / (1.0 / levels.aim + told / self.tonight.pedestal_error)
        light = min(max(light, _LOOK_LEAST * levels.aim), exp(-_FULL_SIGMAS * offer.forecast.error))
        return max(offer.exposure_s * min(light / levels.aim, 1.0), shortest)

    def timetable(self, name: str, frames: int, band: Band, overhead_s: float) -> Timetable:
        """Return when frames of a filter could be taken."""
        levels = self.levels(band)
        wanted = Wanted(
            name,
            frames,
            self._start_s,
            *self.tonight.light_of(name),
            levels.low,
            levels.aim,
            levels.high,
            self._filters[name].exposure_range_s,
            lambda lns, exposures_s: self.tonight.chances(
                lns, exposures_s, overhead_s, (levels.low, levels.high)
            ),
        )
        window = self.window
        return Timetable(wanted, (window.opens_s, window.closes_s), overhead_s, dawn=window.dawn)
