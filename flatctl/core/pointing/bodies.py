"""Where the Sun and the Moon stand.

The Moon after the Astronomical Almanac (page D46, "Low-precision formulae for geocentric
coordinates of the Moon"): within 0.4 degrees for 1900 to 2100 once its parallax, up to a degree,
is taken off its height.
"""

from datetime import datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin

from flatctl.core.nights.sun import J2000, Site, obliquity_deg, sun_place_deg
from flatctl.core.pointing.directions import Equatorial, Horizontal, to_horizontal

_CENTURY = timedelta(days=36525)
# Degrees, degrees per century: amplitude, phase and rate of each term.
_LONGITUDE = (
    (6.29, 135.0, 477198.87),
    (-1.27, 259.3, -413335.36),
    (0.66, 235.7, 890534.22),
    (0.21, 269.9, 954397.74),
    (-0.19, 357.5, 35999.05),
    (-0.11, 186.5, 966404.03),
)
_LATITUDE = (
    (5.13, 93.3, 483202.02),
    (0.28, 228.2, 960400.89),
    (-0.28, 318.3, 6003.15),
    (-0.17, 217.6, -407332.21),
)
_PARALLAX = (
    (0.0518, 135.0, 477198.87),
    (0.0095, 259.3, -413335.36),
    (0.0078, 235.7, 890534.22),
    (0.0028, 269.9, 954397.74),
)


def sun_at(when: datetime, site: Site) -> Horizontal:
    """Return where the Sun's centre stands at a moment (time zone aware), within 0.03 degrees."""
    return to_horizontal(Equatorial(*sun_place_deg(when)), when, site)


def moon_at(when: datetime, site: Site) -> Horizontal:
    """Return where the Moon's centre stands at a moment (time zone aware), seen from the site."""
    centuries = (when - J2000) / _CENTURY
    longitude = radians(
        218.32
        + 481267.881 * centuries
        + sum(size * _sin(at, rate, centuries) for size, at, rate in _LONGITUDE)
    )
    latitude = radians(sum(size * _sin(at, rate, centuries) for size, at, rate in _LATITUDE))
    parallax = 0.9508 + sum(size * _sin(at + 90.0, rate, centuries) for size, at, rate in _PARALLAX)
    tilt = radians(obliquity_deg(when))
    x = cos(latitude) * cos(longitude)
    y = cos(tilt) * cos(latitude) * sin(longitude) - sin(tilt) * sin(latitude)
    z = sin(tilt) * cos(latitude) * sin(longitude) + cos(tilt) * sin(latitude)
    geocentric = to_horizontal(Equatorial(degrees(atan2(y, x)), degrees(asin(z))), when, site)
    height = radians(geocentric.alt_deg)
    lowered = atan2(sin(height) - sin(radians(parallax)), cos(height))
    return Horizontal(degrees(lowered), geocentric.az_deg)


def _sin(phase_deg: float, rate_deg: float, centuries: float) -> float:
    return sin(radians(phase_deg + rate_deg * centuries))
