"""How high the Sun stands, and when it rises through a height.

Formulas of the Astronomical Almanac (page C5, "Low precision formulas for the Sun"), with Greenwich
mean sidereal time after Meeus, Astronomical Algorithms, 2nd ed., eq. 12.4: within 0.03 degrees for
1950 to 2050. Heights are of the Sun's centre, without refraction, as twilights are defined.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import asin, atan2, cos, degrees, radians, sin

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
HORIZON = timedelta(hours=36)
_DAY = timedelta(days=1)
_STEP = timedelta(minutes=10)
_SHARP = timedelta(seconds=1)


@dataclass(frozen=True)
class Site:
    """A place on the Earth, in degrees and metres; north and east are positive."""

    latitude_deg: float
    longitude_deg: float
    elevation_m: float | None = None


def sun_altitude_deg(when: datetime, site: Site) -> float:
    """Return the height of the Sun's centre above the horizon at `when` (time zone aware)."""
    ascension, declination = map(radians, sun_place_deg(when))
    hour_angle = radians(sidereal_deg(when, site)) - ascension
    latitude = radians(site.latitude_deg)
    height = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour_angle)
    return degrees(asin(max(-1.0, min(1.0, height))))


def sun_place_deg(when: datetime) -> tuple[float, float]:
    """Return the right ascension (-180 to 180) and declination of the Sun's centre, of date."""
    days = (when - J2000) / _DAY
    mean_longitude = 280.460 + 0.9856474 * days
    anomaly = radians(357.528 + 0.9856003 * days)
    longitude = radians(mean_longitude + 1.915 * sin(anomaly) + 0.020 * sin(2 * anomaly))
    obliquity = radians(obliquity_deg(when))
    ascension = atan2(cos(obliquity) * sin(longitude), cos(longitude))
    return degrees(ascension), degrees(asin(sin(obliquity) * sin(longitude)))


def obliquity_deg(when: datetime) -> float:
    """Return the angle between the equator and the ecliptic."""
    return 23.439 - 0.0000004 * ((when - J2000) / _DAY)


def sidereal_deg(when: datetime, site: Site) -> float:
    """Return the local mean sidereal time at `when` (time zone aware), 0 to 360."""
    days = (when - J2000) / _DAY
    return (280.46061837 + 360.98564736629 * days + site.longitude_deg) % 360.0


def next_rise(after: datetime, altitude_deg: float, site: Site) -> datetime | None:
    """Return when the Sun first rises through `altitude_deg`, to the second.

    `None` where it does not within a day and a half: a polar summer or winter, or a height that
    it never reaches there. One that it exceeds for less than ten minutes may be passed over.
    """
    return _next_crossing(after, altitude_deg, site, rising=True)


def next_set(after: datetime, altitude_deg: float, site: Site) -> datetime | None:
    """Return when the Sun first sinks through `altitude_deg`; see `next_rise`."""
    return _next_crossing(after, altitude_deg, site, rising=False)


def rises(when: datetime, site: Site) -> bool:
    """Say whether the Sun is on its way up."""
    return sun_altitude_deg(when + _SHARP, site) > sun_altitude_deg(when, site)


def sun_range_deg(after: datetime, site: Site) -> tuple[float, float]:
    """Return the lowest and the highest altitude of the Sun in the day from `after` on."""
    heights = [sun_altitude_deg(after + i * _STEP, site) for i in range(_DAY // _STEP + 1)]
    return min(heights), max(heights)


def _next_crossing(
    after: datetime, altitude_deg: float, site: Site, *, rising: bool
) -> datetime | None:
    def passed(when: datetime) -> bool:
        return (sun_altitude_deg(when, site) >= altitude_deg) is rising

    start, there = after, passed(after)
    while start < after + HORIZON:
        end = start + _STEP
        was_there, there = there, passed(end)
        if there and not was_there:
            return _crossing(start, end, passed)
        start = end
    return None


def _crossing(before: datetime, after: datetime, passed: Callable[[datetime], bool]) -> datetime:
    while after - before > _SHARP:
        middle = before + (after - before) / 2
        if passed(middle):
            after = middle
        else:
            before = middle
    return after
