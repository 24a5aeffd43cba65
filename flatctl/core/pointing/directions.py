"""Directions: over the horizon, and in coordinates of date as mounts take them.

Meeus, Astronomical Algorithms, 2nd ed., chapter 13. Coordinates are of date, with mean sidereal
time: without nutation and aberration (0.01 degrees together) and without refraction (0.03 degrees
at a height of 30), so never to be compared with catalogues of J2000 (0.4 degrees off by now).
"""

from dataclasses import dataclass
from datetime import datetime
from math import acos, asin, atan2, cos, degrees, hypot, radians, sin

from flatctl.core.nights.sun import Site, sidereal_deg

_ARCSEC_PER_DEG = 3600.0


@dataclass(frozen=True, slots=True)
class Horizontal:
    """A direction over the horizon, in degrees; azimuths are counted from north over east."""

    alt_deg: float
    az_deg: float


@dataclass(frozen=True, slots=True)
class Equatorial:
    """A direction in the sky, in degrees: right ascension 0 to 360 and declination, of date."""

    ra_deg: float
    dec_deg: float


@dataclass(frozen=True, slots=True)
class Axes:
    """A direction by hour angle (-180 to 180, west is positive) and declination, in degrees."""

    hour_angle_deg: float
    dec_deg: float


def to_equatorial(at: Horizontal, when: datetime, site: Site) -> Equatorial:
    """Return where in the sky a direction points at a moment (time zone aware)."""
    axes = to_axes(at, site)
    ascension = sidereal_deg(when, site) - axes.hour_angle_deg
    return Equatorial(ascension % 360.0, axes.dec_deg)


def to_horizontal(at: Equatorial, when: datetime, site: Site) -> Horizontal:
    """Return where over the horizon a place of the sky stands at a moment (time zone aware)."""
    hour_angle = around(sidereal_deg(when, site) - at.ra_deg)
    return from_axes(Axes(hour_angle, at.dec_deg), site)


def to_axes(at: Horizontal, site: Site) -> Axes:
    """Return the hour angle and declination of a direction."""
    # Meeus' azimuth is counted from the south; the formula is the same both ways.
    turned = _turned(at.az_deg, at.alt_deg, site.latitude_deg)
    return Axes(*turned)


def from_axes(at: Axes, site: Site) -> Horizontal:
    """Return the direction of an hour angle and declination."""
    azimuth, height = _turned(at.hour_angle_deg, at.dec_deg, site.latitude_deg)
    return Horizontal(height, azimuth % 360.0)


def separation_deg(one: Horizontal, other: Horizontal) -> float:
    """Return the angle between two directions, 0 to 180."""
    heights = radians(one.alt_deg), radians(other.alt_deg)
    apart = radians(one.az_deg - other.az_deg)
    cosine = sin(heights[0]) * sin(heights[1]) + cos(heights[0]) * cos(heights[1]) * cos(apart)
    return degrees(acos(max(-1.0, min(1.0, cosine))))


def offset(at: Equatorial, east_arcsec: float, north_arcsec: float) -> Equatorial:
    """Return the place so far east and north of one, in the plane that touches the sky there."""
    east, north = (radians(each / _ARCSEC_PER_DEG) for each in (east_arcsec, north_arcsec))
    dec = radians(at.dec_deg)
    ahead = cos(dec) - north * sin(dec)
    up = sin(dec) + north * cos(dec)
    ascension = at.ra_deg + degrees(atan2(east, ahead))
    return Equatorial(ascension % 360.0, degrees(atan2(up, hypot(ahead, east))))


def around(degrees_: float) -> float:
    """Return an angle as one from -180 to 180."""
    return (degrees_ + 180.0) % 360.0 - 180.0


def _turned(longitude_deg: float, height_deg: float, latitude_deg: float) -> tuple[float, float]:
    """Return azimuth and height of an hour angle and declination, or these of those."""
    along, up, latitude = radians(longitude_deg), radians(height_deg), radians(latitude_deg)
    west = -cos(up) * sin(along)
    pole = cos(latitude) * sin(up) - sin(latitude) * cos(up) * cos(along)
    high = sin(latitude) * sin(up) + cos(latitude) * cos(up) * cos(along)
    return degrees(atan2(west, pole)), degrees(asin(max(-1.0, min(1.0, high))))
