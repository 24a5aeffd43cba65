"""The light of one twilight: how it fades through each filter, with clouds and with the Moon.

Zenith brightness after Patat, Ugolnikov & Postylyakov 2006 (A&A 455, 385), magnitudes per square
second of arc; electrons by N0 = 5.48e10 photons per second and square metre at magnitude 0 (AB) and
relative bandwidth 1. This night's slope and zero point are its own, drawn from the seed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import acos, cos, degrees, pi, radians, sin

import numpy as np
from numpy.typing import NDArray

from flatctl.core.nights.sun import Site, sidereal_deg, sun_altitude_deg, sun_place_deg
from flatctl.core.pointing.bodies import sun_at
from flatctl.core.pointing.directions import Horizontal, separation_deg

Floats = NDArray[np.float64]

_WAVELENGTHS_NM = (365.0, 438.0, 551.0, 641.0, 806.0)
_A0 = (11.78, 11.84, 11.84, 11.40, 10.93)
_A1 = (1.376, 1.411, 1.518, 1.567, 1.470)
_A2 = (-0.039, -0.041, -0.057, -0.064, -0.062)
_DARK_SKY = (22.0, 22.6, 21.6, 20.9, 19.7)
_BEND_ABOVE, _FIT_ENDS, _FIT_BEGINS = 0.07, 11.0, -9.0
_PHOTONS = 5.48e10
_ARCSEC2_PER_SR = 4.2545e10

# The light is tabulated from an hour before the start to six hours after it.
_BEFORE_S, _AFTER_S, _STEP_S, _SUN_STEP_S = 3600.0, 6 * 3600.0, 1.0, 20.0
# How much brighter the sky is, per square degree from the point where it is evenest.
_NULL_ALT_DEG, _UNEVEN = 75.0, 2.5e-4


@dataclass(frozen=True)
class Clouds:
    """Clouds as a factor of the light: an Ornstein-Uhlenbeck walk of its logarithm."""

    wobble: float = 0.0
    tau_s: float = 120.0


@dataclass(frozen=True)
class Telescope:
    """What gathers the light: f-ratio, aperture, and the share of photons that are counted."""

    f_ratio: float = 5.0
    aperture_m: float = 0.1
    efficiency: float = 0.55

    def arcsec_per_px(self, pixel_um: float) -> float:
        """Return how much of the sky a pixel sees, along its side."""
        return degrees(pixel_um * 1e-6 / (self.f_ratio * self.aperture_m)) * 3600.0

    def electrons_at_zero(self, bandwidth: float) -> float:
        """Return electrons per second from magnitude 0, for all of the aperture."""
        return _PHOTONS * bandwidth * self.efficiency * pi / 4 * self.aperture_m**2


@dataclass(frozen=True)
class Sky:
    """A twilight at some latitude: on the side of the equator where it is `summer`, or winter.

    It begins with the Sun at `starts_deg`, at whatever longitude that is so. The Moon adds light
    of `moon_mag` per square second of arc. `stars` is how many there are, 1 far from the Milky Way.
    A panel that is `behind_panel` hides the sky while its cover is closed.
    """

    latitude_deg: float = 50.0
    summer: bool = False
    dawn: bool = False
    starts_deg: float = -0.5
    clouds: Clouds = Clouds()
    moon_mag: float | None = None
    stars: float = 1.0
    telescope: Telescope = Telescope()
    behind_panel: bool = False

    def site(self, start: datetime) -> Site:
        """Return the place where the Sun stands at `starts_deg` at that time, and rises or sets."""
        ascension, declination = sun_place_deg(start)
        northern = (declination > 0) == self.summer
        latitude_deg = self.latitude_deg if northern else -self.latitude_deg
        lat, dec = radians(latitude_deg), radians(declination)
        cosine = (sin(radians(self.starts_deg)) - sin(lat) * sin(dec)) / (cos(lat) * cos(dec))
        if not -1.0 < cosine < 1.0:
            raise ValueError(f"the Sun is never at {self.starts_deg:g} degrees there today")
        hour_angle = degrees(acos(cosine)) * (-1.0 if self.dawn else 1.0)
        here_deg = hour_angle + ascension - sidereal_deg(start, Site(0.0, 0.0))
        return Site(latitude_deg, (here_deg + 180.0) % 360.0 - 180.0, 100.0)


class Twilight:
    """A sky as time goes by. Times are the world's seconds; `utc` makes time of day of them."""

    def __init__(self, sky: Sky, start: datetime, start_s: float, seed: int) -> None:
        self.sky = sky
        self.site = sky.site(start)
        self._start, self._start_s = start, start_s
        rng = np.random.default_rng([seed, 7])
        self._steeper = 1.0 + 0.03 * float(rng.standard_normal())
        self._fainter_mag = 0.15 * float(rng.standard_normal())
        self._times_s = np.arange(start_s - _BEFORE_S, start_s + _AFTER_S, _STEP_S)
        self._altitudes_deg = self._sun_track()
        self._cloud = _walk(sky.clouds, self._times_s.size, rng)
        self._sums: dict[tuple[float, float], Floats] = {}

    def utc(self, time_s: float) -> datetime:
        """Return the time of day."""
        return self._start + timedelta(seconds=time_s - self._start_s)

    def electrons(
        self, nm: tuple[float, float], pixel_um: float, start_s: float, end_s: float
    ) -> float:
        """Return the electrons per pixel between two moments, integrated, at the null point.

        `nm` are the middle of the filter and its width.
        """
        if nm not in self._sums:
            self._sums[nm] = self._summed(nm)
        begun, ended = np.interp((start_s, end_s), self._times_s, self._sums[nm])
        wavelength_nm, width_nm = nm
        scope = self.sky.telescope
        pixel_arcsec2 = scope.arcsec_per_px(pixel_um) ** 2
        per_s = scope.electrons_at_zero(width_nm / wavelength_nm) * pixel_arcsec2
        return float(per_s * (ended - begun))

    def evenness(self, at: Horizontal, time_s: float) -> tuple[float, float, float]:
        """Return how bright the sky is there over the null point, and its slope per degree.

        The slope is that of the brightness over its own, towards greater azimuths and heights.
        """
        sun = sun_at(self.utc(time_s), self.site)
        null = Horizontal(_NULL_ALT_DEG, (sun.az_deg + 180.0) % 360.0)
        away_deg = separation_deg(at, null)
        brightness = 1.0 + _UNEVEN * away_deg**2
        slope = 2.0 * _UNEVEN * away_deg / brightness
        up = at.alt_deg - null.alt_deg
        side = ((at.az_deg - null.az_deg + 180.0) % 360.0 - 180.0) * cos(radians(at.alt_deg))
        length = max((up**2 + side**2) ** 0.5, 1e-9)
        return brightness, slope * side / length, slope * up / length

    def _sun_track(self) -> Floats:
        every = int(_SUN_STEP_S / _STEP_S)
        asked = [*self._times_s[::every], self._times_s[-1] + _SUN_STEP_S]
        altitudes = [sun_altitude_deg(self.utc(float(each)), self.site) for each in asked]
        track: Floats = np.interp(self._times_s, asked, altitudes)
        return track

    def _summed(self, nm: tuple[float, float]) -> Floats:
        a0, a1, a2, dark = (
            float(np.interp(nm[0], _WAVELENGTHS_NM, column))
            for column in (_A0, _A1, _A2, _DARK_SKY)
        )
        x = np.clip(-5.0 - self._altitudes_deg, _FIT_BEGINS, _FIT_ENDS)
        curve = a1 * x + np.where(x > 0, a2, _BEND_ABOVE) * x * x
        flux = 10.0 ** (-0.4 * (a0 + self._fainter_mag + self._steeper * curve))
        flux += 10.0 ** (-0.4 * dark)
        if self.sky.moon_mag is not None:
            flux += 10.0 ** (-0.4 * self.sky.moon_mag)
        rates = flux * self._cloud
        sums = np.cumsum((rates[1:] + rates[:-1]) / 2 * _STEP_S)
        return np.concatenate((np.zeros(1), sums))


def _walk(clouds: Clouds, count: int, rng: np.random.Generator) -> Floats:
    if not clouds.wobble:
        return np.ones(count)
    keeps = float(np.exp(-_STEP_S / clouds.tau_s))
    kicks = rng.standard_normal(count) * clouds.wobble * (1.0 - keeps**2) ** 0.5
    value, walk = float(kicks[0]), np.empty(count)
    for i, kick in enumerate(kicks):
        value = keeps * value + kick
        walk[i] = value
    return np.exp(walk)
