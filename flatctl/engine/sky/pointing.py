"""Where the telescope points during flats of the sky: there, from frame to frame, and at the end.

Whatever happens the mount is not sent, nor left on a way, near the Sun or low; and what ends well
or badly leaves it with its tracking off, or parked.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from flatctl.core.nights.sun import Site, sidereal_deg
from flatctl.core.pointing.bodies import moon_at, sun_at
from flatctl.core.pointing.directions import (
    Axes,
    Equatorial,
    Horizontal,
    around,
    offset,
    separation_deg,
    to_equatorial,
    to_horizontal,
)
from flatctl.core.pointing.dither import dither_arcsec
from flatctl.core.pointing.path import way
from flatctl.core.pointing.target import (
    Barrier,
    Hindrance,
    Limits,
    choose,
    foreseen,
    hindrance,
)
from flatctl.devices.protocols import Mount, MountReport, MountState
from flatctl.engine.clock import Clock
from flatctl.engine.sky.pointing_plan import (
    PointingPlan,
    as_it_stands,
    minutes,
    refuse_other_site,
    refuse_other_time,
    unsafe,
)
from flatctl.errors import DeviceError, Fault, UnsafeError

_ASK_S = 20.0
# When a mount that is left is looked at once more, and how often its tracking is switched off.
_ON_AGAIN_S, _OFF_TIMES = 2.0, 3
# A report may be a moment old, and is of a mount that is not quite where it was sent.
_OFF_DEG = 0.3
_AWAY_DEG = 1.0


@dataclass(frozen=True)
class Pointing:
    """Where the telescope points at a moment; the Moon's distance and height, the Sun's distance.

    Angles are in degrees, coordinates of date. `dithers` counts the frames that were dithered,
    `pointed` how often it was pointed anew.
    """

    at: Equatorial
    direction: Horizontal
    tracking: bool
    sun_distance_deg: float
    moon_distance_deg: float
    moon_alt_deg: float
    dithers: int
    pointed: int


class SkyPointing:
    """Point a mount at the sky at `site`, and keep it there.

    A mount that may not be moved, or is to stay where it is, is only looked at.
    """

    def __init__(self, mount: Mount, site: Site, clock: Clock, plan: PointingPlan) -> None:
        self._mount = mount
        self._site = site
        self._clock = clock
        self._plan = plan
        self._aim: Horizontal | None = None
        self._pointed_s = 0.0
        self._pointed = 0
        self._frames = 0

    @property
    def name(self) -> str:
        """The mount's name."""
        return self._mount.name

    def begin(self, until: datetime) -> None:
        """Point there, with the tracking as wanted, for flats until then.

        Raises:
            UnsafeError: what is wanted comes near the Sun, the Moon or the horizon before the end,
                the mount stands elsewhere than the configuration has it, has another time, or does
                not let itself be used as it stands.
            DeviceError: the mount can't be reached, or does not obey.

        """
        report = self._mount.report(_ASK_S)
        refuse_other_site(self._mount.name, report.site, self._site)
        refuse_other_time(self._mount.name, report, self._clock.now(), self._site)
        times = minutes(self._clock.now(), until)
        if not self._moves:
            self._begin_as_it_stands(report, times)
            return
        found = foreseen(self._plan.position, times, self._site, self._plan.limits)
        if found is not None:
            raise unsafe(self._mount.name, found)
        if report.state is MountState.PARKED:
            self._mount.unpark(_ASK_S)
            if self._mount.report(_ASK_S).state is MountState.PARKED:
                raise Fault(self._mount.name, "is still parked", "unpark it by hand")
        self._point()

    def before_frame(self) -> Pointing:
        """Bring it to where the next frame is to be taken, at rest; return where that is.

        Raises as `begin` does.
        """
        if self._moves:
            due = self._clock.monotonic() - self._pointed_s >= self._plan.repoint_s
            if due or (self._frames and self._plan.dither_arcsec):
                self._point(anew=due)
        self._frames += 1
        return self.check()

    def check(self) -> Pointing:
        """Return where it points; a frame that was taken meanwhile counts only if this returns.

        Raises `UnsafeError` where it is parked or on its way, near the Sun or low, or away from
        where it was sent; `DeviceError` where its tracking is not as wanted and does not become so.
        """
        report = self._mount.report(_ASK_S)
        if report.state in (MountState.PARKED, MountState.SLEWING) or report.at is None:
            raise UnsafeError(f"{self._mount.name} is {report.state.value}: no flats meanwhile")
        if self._moves and (report.state is MountState.TRACKING) != self._plan.tracking:
            self._mount.track(self._plan.tracking, _ASK_S)
        now = self._clock.now()
        pointing = self._pointing(report, report.at, now)
        found = hindrance([(now, pointing.direction)], self._site, self._widened)
        if found is not None:
            raise unsafe(self._mount.name, found)
        if self._aim is not None and not self._plan.tracking:
            away_deg = separation_deg(self._aim, pointing.direction)
            if away_deg > _AWAY_DEG:
                raise UnsafeError(
                    f"{self._mount.name} is {away_deg:.1f}° from where it was sent; see whether it "
                    "slips, or sinks"
                )
        return pointing

    def rest(self) -> None:
        """Have it not track while nothing is exposed; it may be long until the next frame."""
        if self._moves and self._plan.tracking:
            self._mount.track(False, _ASK_S)
            self._pointed_s = -inf

    def end(self) -> MountState:
        """Leave it with its tracking off, or parked; a mount that may not be moved as it is.

        Return how it stands then. Raises `DeviceError` where it does not obey.
        """
        if not self._mount.may_move:
            with suppress(DeviceError):
                return self._mount.report(_ASK_S).state
            return MountState.UNKNOWN
        try:
            self._mount.abort(_ASK_S)
        finally:
            if self._plan.park_at_end:
                self._mount.park(self._plan.slew_s)
            else:
                self._switch_tracking_off()
        return MountState.PARKED if self._plan.park_at_end else MountState.STANDING

    def _switch_tracking_off(self) -> None:
        """Switch it off for good: some drivers switch it on again soon after a goto."""
        for _ in range(_OFF_TIMES):
            self._mount.track(False, _ASK_S)
            self._clock.sleep(_ON_AGAIN_S)
            if self._mount.report(_ASK_S).state is not MountState.TRACKING:
                return
        raise Fault(
            self._mount.name,
            "switches its tracking on again by itself",
            "switch it off at the mount",
        )

    @property
    def _moves(self) -> bool:
        return self._mount.may_move and self._plan.position != "stay"

    @property
    def _widened(self) -> Limits:
        limits = self._plan.limits
        return Limits(
            limits.sun_deg - _OFF_DEG, limits.moon_deg - _OFF_DEG, limits.horizon_deg - _OFF_DEG
        )

    def _begin_as_it_stands(self, report: MountReport, times: Sequence[datetime]) -> None:
        """See to it that a mount can be used where it stands."""
        mount, plan = self._mount, self._plan
        course = as_it_stands(
            mount.name, plan, report, times, self._site, may_move=mount.may_move, asked=times[0]
        )
        if report.state is MountState.TRACKING and not plan.tracking:
            mount.track(False, _ASK_S)
        found = hindrance(course, self._site, self._widened)
        if found is not None:
            raise unsafe(mount.name, found)

    def _point(self, *, anew: bool = True) -> None:
        """Go to where the frames are taken, or for the next of them a little beside it."""
        now = self._clock.now()
        if anew or self._aim is None:
            steps_s = (0.0, self._plan.repoint_s / 2, self._plan.repoint_s)
            times = [now + timedelta(seconds=each) for each in steps_s]
            plan = self._plan
            aim = choose(plan.position, times, self._site, plan.limits, tracking=plan.tracking)
            if isinstance(aim, Hindrance):
                raise unsafe(self._mount.name, aim)
            self._aim = aim
            self._pointed_s = self._clock.monotonic()
            self._pointed += 1
        if self._aim is None:
            return
        place = to_equatorial(self._aim, now, self._site)
        beside = dither_arcsec(self._frames, self._plan.dither_arcsec)
        self._slew(offset(place, *beside))

    def _slew(self, goal: Equatorial) -> None:
        """Go to a place of the sky by a way that is permitted."""
        report = self._mount.report(_ASK_S)
        if report.at is None:
            raise Fault(self._mount.name, "does not say where it points")
        now = self._clock.now()
        start = self._axes(report.at, now)
        legs = way(
            start, self._axes(goal, now), now, self._site, self._plan.limits, flips=report.flips
        )
        if isinstance(legs, Hindrance):
            raise unsafe(self._mount.name, legs)
        begun = to_horizontal(report.at, now, self._site)
        lowest_deg = min(begun.alt_deg, self._plan.limits.horizon_deg) - 2.0
        if report.flips:
            # It may have to pass below the pole.
            lowest_deg = min(lowest_deg, abs(self._site.latitude_deg) - 8.0)

        def on_way(at: Equatorial) -> None:
            self._watch(at, lowest_deg)

        for leg in legs[:-1]:
            at = self._of_date(leg)
            self._mount.slew(at, self._plan.slew_s, tracking=True, on_way=on_way)
        self._mount.slew(goal, self._plan.slew_s, tracking=self._plan.tracking, on_way=on_way)

    def _watch(self, at: Equatorial, lowest_deg: float) -> None:
        """Raise `UnsafeError` where a mount on its way comes too near to the Sun, or too low."""
        now = self._clock.now()
        direction = to_horizontal(at, now, self._site)
        from_sun_deg = separation_deg(direction, sun_at(now, self._site))
        nearest_deg = self._plan.limits.sun_deg - _OFF_DEG
        if from_sun_deg < nearest_deg:
            raise unsafe(
                self._mount.name, Hindrance(Barrier.SUN, direction, now, from_sun_deg, nearest_deg)
            )
        if direction.alt_deg < lowest_deg:
            found = Hindrance(Barrier.HORIZON, direction, now, direction.alt_deg, lowest_deg)
            raise unsafe(self._mount.name, found)

    def _axes(self, at: Equatorial, when: datetime) -> Axes:
        return Axes(around(sidereal_deg(when, self._site) - at.ra_deg), at.dec_deg)

    def _of_date(self, axes: Axes) -> Equatorial:
        sidereal = sidereal_deg(self._clock.now(), self._site)
        return Equatorial((sidereal - axes.hour_angle_deg) % 360.0, axes.dec_deg)

    def _pointing(self, report: MountReport, at: Equatorial, now: datetime) -> Pointing:
        direction = to_horizontal(at, now, self._site)
        moon = moon_at(now, self._site)
        return Pointing(
            at=at,
            direction=direction,
            tracking=self._plan.tracking if self._moves else report.state is MountState.TRACKING,
            sun_distance_deg=separation_deg(direction, sun_at(now, self._site)),
            moon_distance_deg=separation_deg(direction, moon),
            moon_alt_deg=moon.alt_deg,
            dithers=self._frames if self._moves and self._plan.dither_arcsec else 0,
            pointed=self._pointed,
        )
