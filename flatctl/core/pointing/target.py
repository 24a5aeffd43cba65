"""What to point at for flats of the sky, and what stands in the way of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from math import copysign
from typing import Literal

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.bodies import moon_at, sun_at
from flatctl.core.pointing.directions import (
    Horizontal,
    from_axes,
    separation_deg,
    to_axes,
    to_equatorial,
    to_horizontal,
)

Position = Literal["null", "zenith", "stay"] | tuple[float, float]
"""The null point, the zenith, where the mount stands already, or height and azimuth in degrees."""

# The sky is evenest about 15 degrees from the zenith, away from the Sun: Chromey & Hasselbacher
# 1996 (PASP 108, 944). Where the Moon is too near to it, others of that height will do.
NULL_ALT_DEG = 75.0
_NULL_ASIDE_DEG = (0.0, 45.0, -45.0, 90.0, -90.0)
# More than any dither.
_OFF_MERIDIAN_DEG = 1.5


@dataclass(frozen=True, slots=True)
class Limits:
    """How near to Sun and Moon, and how low, nothing is pointed, in degrees."""

    sun_deg: float = 40.0
    moon_deg: float = 30.0
    horizon_deg: float = 30.0


class Barrier(StrEnum):
    """What stands in the way of pointing somewhere."""

    SUN = "sun"
    MOON = "moon"
    HORIZON = "horizon"


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What stands in the way: at `when`, `at` has `found_deg` where `allowed_deg` are needed.

    These are distances from the Sun or the Moon, or heights.
    """

    barrier: Barrier
    at: Horizontal
    when: datetime
    found_deg: float
    allowed_deg: float


Course = Iterable[tuple[datetime, Horizontal]]
"""Where something points, from moment to moment."""


def aims(position: Position, when: datetime, site: Site) -> tuple[Horizontal, ...]:
    """Return where to point at a moment, the best first; nothing where the mount is to stay."""
    opposite_deg = sun_at(when, site).az_deg + 180.0
    match position:
        case "zenith":
            found: tuple[Horizontal, ...] = (Horizontal(90.0, opposite_deg % 360.0),)
        case "null":
            found = tuple(
                Horizontal(NULL_ALT_DEG, (opposite_deg + aside_deg) % 360.0)
                for aside_deg in _NULL_ASIDE_DEG
            )
        case (alt_deg, az_deg):
            found = (Horizontal(alt_deg, az_deg % 360.0),)
        case _:
            found = ()
    return tuple(_off_meridian(each, site) for each in found)


def _off_meridian(at: Horizontal, site: Site) -> Horizontal:
    """Return a direction so far off the meridian that no dither makes a mount change sides."""
    axes = to_axes(at, site)
    if abs(axes.hour_angle_deg) >= _OFF_MERIDIAN_DEG:
        return at
    turned_deg = copysign(_OFF_MERIDIAN_DEG, axes.hour_angle_deg)
    return from_axes(replace(axes, hour_angle_deg=turned_deg), site)


def choose(
    position: Position,
    times: Sequence[datetime],
    site: Site,
    limits: Limits,
    *,
    tracking: bool = False,
) -> Horizontal | Hindrance | None:
    """Return where to point from the first of these times to the last, or what stands in the way.

    Without `tracking` a direction over the horizon stays. `None` where the mount is to stay.
    """
    first: Hindrance | None = None
    for aim in aims(position, times[0], site):
        course = tracked(aim, times, site) if tracking else ((when, aim) for when in times)
        found = hindrance(course, site, limits)
        if found is None:
            return aim
        first = first or found
    return first


def foreseen(
    position: Position, times: Sequence[datetime], site: Site, limits: Limits
) -> Hindrance | None:
    """Return what will stand in the way where a position is taken anew at each of these times."""
    for when in times:
        found = choose(position, (when,), site, limits)
        if isinstance(found, Hindrance):
            return found
    return None


def tracked(
    at: Horizontal, times: Sequence[datetime], site: Site
) -> Iterator[tuple[datetime, Horizontal]]:
    """Return where a mount points that tracks from the first of these times on."""
    place = to_equatorial(at, times[0], site)
    return ((when, to_horizontal(place, when, site)) for when in times)


def hindrance(course: Course, site: Site, limits: Limits) -> Hindrance | None:
    """Return what first stands in the way of a course; a Moon below the horizon does not."""
    for when, at in course:
        if at.alt_deg < limits.horizon_deg:
            return Hindrance(Barrier.HORIZON, at, when, at.alt_deg, limits.horizon_deg)
        from_sun = separation_deg(at, sun_at(when, site))
        if from_sun < limits.sun_deg:
            return Hindrance(Barrier.SUN, at, when, from_sun, limits.sun_deg)
        moon = moon_at(when, site)
        from_moon = separation_deg(at, moon)
        if moon.alt_deg > 0 and from_moon < limits.moon_deg:
            return Hindrance(Barrier.MOON, at, when, from_moon, limits.moon_deg)
    return None
