"""Ways for a mount from one direction to another, never too near to the Sun, never too low.

How a mount moves is not known: both axes at once and each at its own speed, and whether these are
of the equator or of the horizon nobody says. So a leg is permitted where all that lies between its
ends is: the whole rectangle in hour angle and declination, and that in azimuth and height. A leg
that is not is cut into shorter ones, whose rectangles are smaller, or led over another place.

A mount that flips at the meridian swings around the pole to get to its other side, at declinations
from that of the place up. It is led across the meridian near the pole, where that is small.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import copysign, cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.bodies import sun_at
from flatctl.core.pointing.directions import (
    Axes,
    Horizontal,
    around,
    from_axes,
    separation_deg,
    to_axes,
)
from flatctl.core.pointing.target import Barrier, Hindrance, Limits

# The Sun goes on meanwhile.
_TAKES = timedelta(minutes=5)
# A rectangle is looked at on a grid of so many degrees, and kept clear of the Sun by what may lie
# between its points; so much lower than the limit, or than where it began, a leg may get.
_GRID_DEG, _BETWEEN_DEG, _DIP_DEG, _SAG_DEG = 1.0, 0.75, 1.0, 0.1
# A mount that is parked level may report that it stands a little lower.
_LEVEL_DEG = -1.0
_CUTS = (1, 2, 4, 8, 16)
# Near the zenith azimuths say nothing, and half a circle may be gone both ways.
_ZENITH_DEG, _HALF_CIRCLE_DEG = 89.0, 175.0
_VIA_ALT_DEG, _VIA_ASIDE_DEG = (80.0, 65.0, 50.0), (0, 45, -45, 90, -90, 135, -135)
# So near to the pole, and no lower than this above the horizon, the meridian is crossed.
_FLIP_DEC_DEG, _FLIP_FLOOR_DEG = 85.0, 1.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Bounds:
    """What every leg of a way has to keep to: distance from these places of the Sun, and height."""

    site: Site
    suns: tuple[Horizontal, ...]
    sun_deg: float
    horizon_deg: float
    flips: bool

    def is_flip(self, begin: Axes, end: Axes) -> bool:
        """Say whether a mount may change sides between two directions."""
        turn_deg = around(end.hour_angle_deg - begin.hour_angle_deg)
        same_side = begin.hour_angle_deg * (begin.hour_angle_deg + turn_deg) > 0
        return self.flips and not (same_side and abs(begin.hour_angle_deg + turn_deg) < 180.0)

    def floor_deg(self, begin: Axes, *, flip: bool) -> float:
        """Return how low a leg may get: one that begins lower than the limit may only rise.

        No flip is possible that does not pass below the pole.
        """
        floor_deg = min(self.horizon_deg - _DIP_DEG, from_axes(begin, self.site).alt_deg - _SAG_DEG)
        if not flip:
            return floor_deg
        below_pole_deg = abs(self.site.latitude_deg) - (90.0 - _FLIP_DEC_DEG) - _DIP_DEG
        return max(min(floor_deg, below_pole_deg), _FLIP_FLOOR_DEG)


def way(
    start: Axes, goal: Axes, when: datetime, site: Site, limits: Limits, *, flips: bool = False
) -> tuple[Axes, ...] | Hindrance:
    """Return where to go one after the other to get to `goal`, or what stands in the way.

    The mount `flips` at the meridian where it stands on one side of a pier.

    A mount that stands lower than the limit is led upwards only; one that stands below the
    horizon, or nearer to the Sun than permitted, is not led anywhere. The Moon harms nobody on
    the way.
    """
    suns = tuple(sun_at(each, site) for each in (when, when + _TAKES))
    bounds = _Bounds(site, suns, limits.sun_deg + _BETWEEN_DEG, limits.horizon_deg, flips)
    ends = from_axes(start, site), from_axes(goal, site)
    for end, lowest_deg in zip(ends, (_LEVEL_DEG, limits.horizon_deg), strict=True):
        if end.alt_deg < lowest_deg:
            return Hindrance(Barrier.HORIZON, end, when, end.alt_deg, lowest_deg)
        if (near_deg := _from_sun_deg(end, bounds)) < bounds.sun_deg:
            return Hindrance(Barrier.SUN, end, when, near_deg, limits.sun_deg)
    for vias in _routes(start, goal, suns[0], site):
        legs = [_straight(*leg, bounds) for leg in pairwise((start, *vias, goal))]
        if None not in legs:
            return tuple(stop for leg in legs if leg is not None for stop in leg)
    near_deg, lowest_deg = _extremes(start, goal, bounds)
    if near_deg < bounds.sun_deg:
        return Hindrance(Barrier.SUN, ends[1], when, near_deg, limits.sun_deg)
    return Hindrance(Barrier.HORIZON, ends[1], when, lowest_deg, limits.horizon_deg)


def _routes(start: Axes, goal: Axes, sun: Horizontal, site: Site) -> Iterator[tuple[Axes, ...]]:
    """Yield what to go over: nothing, the pole, or a place somewhere high."""
    yield ()
    near_pole = [
        Axes(end.hour_angle_deg, copysign(_FLIP_DEC_DEG, site.latitude_deg))
        for end in (start, goal)
    ]
    yield tuple(near_pole)
    for alt_deg in _VIA_ALT_DEG:
        for aside_deg in _VIA_ASIDE_DEG:
            via = to_axes(Horizontal(alt_deg, (sun.az_deg + 180.0 + aside_deg) % 360.0), site)
            yield (via,)


def _straight(start: Axes, goal: Axes, bounds: _Bounds) -> tuple[Axes, ...] | None:
    """Return the fewest legs on the straight line of both axes that are all permitted."""
    turn_deg = around(goal.hour_angle_deg - start.hour_angle_deg)
    climb_deg = goal.dec_deg - start.dec_deg
    for cuts in _CUTS:
        stops = [
            Axes(
                around(start.hour_angle_deg + turn_deg * i / cuts),
                start.dec_deg + climb_deg * i / cuts,
            )
            for i in range(cuts)
        ]
        stops.append(goal)
        if all(_is_clear(*leg, bounds) for leg in pairwise(stops)):
            return tuple(stops[1:])
    return None


def _is_clear(begin: Axes, end: Axes, bounds: _Bounds) -> bool:
    near_deg, lowest_deg = _extremes(begin, end, bounds)
    floor_deg = bounds.floor_deg(begin, flip=bounds.is_flip(begin, end))
    return near_deg >= bounds.sun_deg and lowest_deg >= floor_deg


def _extremes(begin: Axes, end: Axes, bounds: _Bounds) -> tuple[float, float]:
    """Return how near to the Sun and how low anything between two directions lies."""
    site = bounds.site
    ends = from_axes(begin, site), from_axes(end, site)
    suns = [(sun.az_deg, sun.alt_deg) for sun in bounds.suns]
    sun_axes = [to_axes(sun, site) for sun in bounds.suns]
    whole_circle = max(each.alt_deg for each in ends) > _ZENITH_DEG
    over_horizon = _between(
        (ends[0].az_deg, ends[0].alt_deg), (ends[1].az_deg, ends[1].alt_deg), whole=whole_circle
    )
    flip = bounds.is_flip(begin, end)
    decs_deg = [begin.dec_deg, end.dec_deg]
    if flip:
        pole_deg = copysign(90.0, site.latitude_deg)
        decs_deg = [pole_deg, max(decs_deg, key=lambda dec_deg: abs(dec_deg - pole_deg))]
    over_equator = _between(
        (begin.hour_angle_deg, decs_deg[0]), (end.hour_angle_deg, decs_deg[1]), whole=flip
    )
    zenith = (0.0, site.latitude_deg)
    near_deg = min(
        *(_apart_deg(over_horizon, sun).min() for sun in suns),
        *(_apart_deg(over_equator, (sun.hour_angle_deg, sun.dec_deg)).min() for sun in sun_axes),
    )
    lowest_deg = min(over_horizon[1].min(), 90.0 - _apart_deg(over_equator, zenith).max())
    return float(near_deg), float(lowest_deg)


def _between(
    one: tuple[float, float], other: tuple[float, float], *, whole: bool
) -> tuple[Floats, Floats]:
    """Return a grid of longitudes, shape (1, n), and latitudes, shape (m, 1), between two."""
    turn_deg = around(other[0] - one[0])
    if whole or abs(turn_deg) > _HALF_CIRCLE_DEG:
        turn_deg = 360.0
    return _grid(one[0], turn_deg)[None, :], _grid(one[1], other[1] - one[1])[:, None]


def _grid(start_deg: float, span_deg: float) -> Floats:
    return np.linspace(start_deg, start_deg + span_deg, 2 + int(abs(span_deg) / _GRID_DEG))


def _apart_deg(of: tuple[Floats, Floats], point: tuple[float, float]) -> Floats:
    """Return the angles between the places of a grid and a point, shape (m, n)."""
    longitudes, latitudes = np.radians(of[0]), np.radians(of[1])
    at = radians(point[0]), radians(point[1])
    cosines = np.sin(latitudes) * sin(at[1]) + np.cos(latitudes) * cos(at[1]) * np.cos(
        longitudes - at[0]
    )
    apart: Floats = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    return apart


def _from_sun_deg(at: Horizontal, bounds: _Bounds) -> float:
    return min(separation_deg(at, sun) for sun in bounds.suns)
