"""Where to point at the sky, and what stands in the way of it, before anything is moved."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flatctl.core.nights.sun import Site, sidereal_deg
from flatctl.core.pointing.bodies import moon_at, sun_at
from flatctl.core.pointing.directions import Horizontal, around, separation_deg, to_horizontal
from flatctl.core.pointing.target import (
    Barrier,
    Hindrance,
    Limits,
    Position,
    choose,
    tracked,
)
from flatctl.devices.protocols import MountReport, MountState
from flatctl.errors import UnsafeError

_EVERY = timedelta(minutes=1)
_SITE_DEG = 0.1
# Two minutes: a clock that was set by hand.
_CLOCK_DEG = 0.5


@dataclass(frozen=True)
class PointingPlan:
    """Where to point, and how: see the configuration's keys of the same names.

    Between frames the mount is moved by `dither_arcsec` in both axes, 0 for not at all; every
    `repoint_s` it is brought back. A slew is granted `slew_s`.
    """

    position: Position = "null"
    limits: Limits = field(default_factory=Limits)
    tracking: bool = False
    dither_arcsec: float = 60.0
    repoint_s: float = 300.0
    slew_s: float = 180.0
    park_at_end: bool = False


@dataclass(frozen=True)
class Survey:
    """Where a telescope points in a window: first and last, and how near Sun and Moon come.

    `moon_deg` is `None` where the Moon is never up meanwhile.
    """

    first: Horizontal
    last: Horizontal
    sun_deg: float
    moon_deg: float | None


def minutes(begins: datetime, ends: datetime) -> Sequence[datetime]:
    """Return the moments at which a window is looked at, at least its beginning."""
    return [begins + i * _EVERY for i in range(max(0, (ends - begins) // _EVERY) + 1)]


def survey(course: Sequence[tuple[datetime, Horizontal]], site: Site) -> Survey:
    """Return how near Sun and Moon come on a course of at least one moment."""
    suns = (separation_deg(at, sun_at(when, site)) for when, at in course)
    moons = [
        separation_deg(at, moon) for when, at in course if (moon := moon_at(when, site)).alt_deg > 0
    ]
    return Survey(course[0][1], course[-1][1], min(suns), min(moons, default=None))


def as_it_stands(
    name: str,
    plan: PointingPlan,
    report: MountReport,
    times: Sequence[datetime],
    site: Site,
    *,
    may_move: bool,
    asked: datetime,
) -> Sequence[tuple[datetime, Horizontal]]:
    """Return where a mount that is to stay points at each of these times; `asked` it stood so.

    Raises:
        UnsafeError: it can't be used as it stands.

    """
    if report.state in (MountState.PARKED, MountState.SLEWING) or report.at is None:
        raise UnsafeError(
            f"{name} is {report.state.value}, and is to stay as it is: point it up by hand, with "
            "its tracking off"
        )
    tracks = report.state is MountState.TRACKING
    if tracks and not plan.tracking and not may_move:
        raise UnsafeError(
            f"{name} tracks, and may not be moved: stars would stand still in the flats; switch "
            "its tracking off"
        )
    if tracks and plan.tracking:
        return list(tracked(to_horizontal(report.at, times[0], site), times, site))
    at = to_horizontal(report.at, asked, site)
    return [(when, at) for when in times]


def aimed(
    name: str, plan: PointingPlan, times: Sequence[datetime], site: Site
) -> Sequence[tuple[datetime, Horizontal]]:
    """Return where a mount of that name is sent at each of these times.

    Raises:
        UnsafeError: there it would come near the Sun, the Moon or the horizon.

    """
    course = []
    for when in times:
        at = choose(plan.position, (when,), site, plan.limits)
        if isinstance(at, Hindrance):
            raise unsafe(name, at)
        if at is not None:
            course.append((when, at))
    return course


def refuse_other_site(name: str, told: Site | None, site: Site) -> None:
    """Raise `UnsafeError` where a mount believes to stand elsewhere than the configuration has it.

    It would not point to where it is sent.
    """
    if told is None:
        raise UnsafeError(
            f"{name} does not know where it stands; tell it the site, so that it points where it "
            "is sent"
        )
    apart_deg = max(
        abs(told.latitude_deg - site.latitude_deg),
        abs(around(told.longitude_deg - site.longitude_deg)),
    )
    if apart_deg > _SITE_DEG:
        raise UnsafeError(
            f"{name} believes to stand at latitude {told.latitude_deg:.2f}°, longitude "
            f"{told.longitude_deg:.2f}°, and the configuration says {site.latitude_deg:.2f}°, "
            f"{site.longitude_deg:.2f}°; correct the one that is wrong"
        )


def refuse_other_time(name: str, told: MountReport, now: datetime, site: Site) -> None:
    """Raise `UnsafeError` where a mount that tells of its clock has another time than `now`.

    By the one it points beside where it is sent, by the other the Sun is not where it is.
    """
    if told.sidereal_deg is None:
        return
    ahead_deg = around(told.sidereal_deg - sidereal_deg(now, site))
    if abs(ahead_deg) > _CLOCK_DEG:
        where = "ahead of" if ahead_deg > 0 else "behind"
        raise UnsafeError(
            f"the clock of {name} is {abs(ahead_deg) * 4.0:.0f} min {where} this computer's, by "
            "which flatctl knows where the Sun is; correct the one that is wrong"
        )


def unsafe(name: str, found: Hindrance) -> UnsafeError:
    """Return why a mount of that name is not sent, or left, where it was to point."""
    what = {
        Barrier.SUN: "from the Sun",
        Barrier.MOON: "from the Moon",
        Barrier.HORIZON: "high",
    }[found.barrier]
    return UnsafeError(
        f"{name}: altitude {found.at.alt_deg:.0f}°, azimuth {found.at.az_deg:.0f}° is or leads to "
        f"{found.found_deg:.1f}° {what} at {found.when:%H:%M} UTC, where {found.allowed_deg:.1f}° "
        "are asked for; choose another position"
    )
