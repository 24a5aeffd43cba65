"""How a mount moves: where the telescope points at any moment, past and to come.

It is an equatorial one whose two axes turn at once and equally fast. Its course is a list of
stretches, in memory or in a file that other processes share.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from flatctl.core.nights.sun import Site, sidereal_deg
from flatctl.core.pointing.directions import (
    Axes,
    Equatorial,
    Horizontal,
    around,
    from_axes,
    to_axes,
)
from hardware_sims.light import write_json

_REMEMBERED = 200
_DITHER_DEG = 0.5
_SETTLES_S = 0.25


class Doing(StrEnum):
    """What a mount does."""

    PARKED = "parked"
    PARKING = "parking"
    SLEWING = "slewing"
    TRACKING = "tracking"
    STANDING = "standing"


@dataclass(frozen=True)
class MountHabits:
    """What a mount does that one would not wish for.

    It `starts` parked or unparked, and turns at `speed_deg_s`. It may refuse to be unparked, ignore
    that its tracking is switched off, or switch it on again `tracks_again_s` after a goto. A small
    move may never end (`endless_dither`), nor any (`endless`). Standing, it may sink at
    `sinks_deg_s`. It believes to stand `site_off_deg` farther north, and its driver may end in
    its `dies_in_slew`-th slew. With `clock_off_s` it tells of a clock, which is that far ahead.
    """

    starts: Doing = Doing.STANDING
    speed_deg_s: float = 6.0
    refuses_unpark: bool = False
    ignores_track_off: bool = False
    tracks_again_s: float | None = None
    endless_dither: bool = False
    endless: bool = False
    sinks_deg_s: float = 0.0
    site_off_deg: float = 0.0
    dies_in_slew: int = 0
    clock_off_s: float | None = None


@dataclass(frozen=True)
class Stretch:
    """From `time_s` on: at rest on `axes` (hour angle, declination), or in the sky at `place`.

    A move goes from `axes` to the place that `goal` is at `ends_s`.
    """

    time_s: float
    doing: Doing
    axes: tuple[float, float] | None = None
    place: tuple[float, float] | None = None
    goal: tuple[float, float] | None = None
    ends_s: float = 0.0


class Motion:
    """The course of a mount on the world's clock. `utc` makes time of day of its seconds."""

    def __init__(
        self,
        habits: MountHabits,
        site: Site,
        now: Callable[[], float],
        utc: Callable[[float], datetime],
        state: Path | None = None,
    ) -> None:
        self.habits = habits
        self.site = site
        self.slews = 0
        self._now, self._utc, self._state = now, utc, state
        self._begun_s = now()
        self._lock = threading.RLock()
        # Parked where equatorial mounts are: at the pole.
        pole = 90.0 if site.latitude_deg >= 0 else -90.0
        self._park = (-90.0, pole)
        first = Stretch(-1e9, habits.starts, axes=self._park)
        if habits.starts is Doing.STANDING:
            high = to_axes(Horizontal(70.0, 135.0), site)
            first = replace(first, axes=(high.hour_angle_deg, high.dec_deg))
        self._course = [first]

    def doing(self, time_s: float | None = None) -> Doing:
        """Return what it does, now or at another time."""
        return self._at(self._now() if time_s is None else time_s).doing

    def place(self, time_s: float | None = None) -> Equatorial:
        """Return where in the sky it points, now or at another time."""
        when = self._now() if time_s is None else time_s
        axes = self.axes(when)
        return Equatorial((self.sidereal_deg(when) - axes.hour_angle_deg) % 360.0, axes.dec_deg)

    def sidereal_deg(self, time_s: float | None = None) -> float:
        """Return the sidereal time that it believes it is."""
        when = self._now() if time_s is None else time_s
        off = timedelta(seconds=self.habits.clock_off_s or 0.0)
        return sidereal_deg(self._utc(when) + off, self.site)

    def direction(self, time_s: float | None = None) -> Horizontal:
        """Return where over the horizon it points, now or at another time."""
        return from_axes(self.axes(time_s), self.site)

    def axes(self, time_s: float | None = None) -> Axes:
        """Return how its axes stand, now or at another time."""
        when = self._now() if time_s is None else time_s
        now = self._at(when)
        if now.place is not None:
            return self._axes_of(now.place, when)
        begun = Axes(*(now.axes or self._park))
        if now.goal is not None:
            goal = (
                self._axes_of(now.goal, now.ends_s)
                if now.doing is Doing.SLEWING
                else Axes(*now.goal)
            )
            return _between(begun, goal, (when - now.time_s) * self.habits.speed_deg_s)
        if now.doing is Doing.STANDING and self.habits.sinks_deg_s:
            sunk = from_axes(begun, self.site)
            lower = sunk.alt_deg - (when - max(now.time_s, self._begun_s)) * self.habits.sinks_deg_s
            return to_axes(Horizontal(max(lower, -89.0), sunk.az_deg), self.site)
        return begun

    def slew(self, to: Equatorial) -> None:
        """Set off to a place of the sky; the mount tracks once it is there."""
        now_s, begun = self._now(), self.axes()
        self.slews += 1
        goal = (to.ra_deg, to.dec_deg)
        ends_s = now_s
        for _ in range(3):  # the sky goes on while the mount turns
            ends_s = now_s + self._takes_s(begun, self._axes_of(goal, ends_s))
        small = ends_s - now_s < _SETTLES_S + _DITHER_DEG / self.habits.speed_deg_s
        if self.habits.endless or (small and self.habits.endless_dither):
            ends_s = now_s + 1e6
        moving = Stretch(
            now_s,
            Doing.SLEWING,
            axes=(begun.hour_angle_deg, begun.dec_deg),
            goal=goal,
            ends_s=ends_s,
        )
        self._go_on(moving, Stretch(ends_s, Doing.TRACKING, place=goal))

    def park(self) -> None:
        """Set off to where it parks."""
        now_s, begun = self._now(), self.axes()
        ends_s = now_s + self._takes_s(begun, Axes(*self._park))
        moving = Stretch(
            now_s,
            Doing.PARKING,
            axes=(begun.hour_angle_deg, begun.dec_deg),
            goal=self._park,
            ends_s=ends_s,
        )
        self._go_on(moving, Stretch(ends_s, Doing.PARKED, axes=self._park))

    def unpark(self) -> bool:
        """Unpark it, if it lets itself be."""
        if self.doing() is Doing.PARKED and not self.habits.refuses_unpark:
            self._go_on(Stretch(self._now(), Doing.STANDING, axes=self._park))
        return self.doing() is not Doing.PARKED

    def track(self, on: bool) -> bool:
        """Switch its tracking, if it lets it be switched; return whether it did."""
        doing = self.doing()
        if doing not in (Doing.TRACKING, Doing.STANDING):
            return False  # in a slew that is forgotten
        if not on and self.habits.ignores_track_off:
            return False
        now_s, place, axes = self._now(), self.place(), self.axes()
        here = (place.ra_deg, place.dec_deg), (axes.hour_angle_deg, axes.dec_deg)
        if on:
            self._go_on(Stretch(now_s, Doing.TRACKING, place=here[0]))
            return True
        again_s = self.habits.tracks_again_s
        stands = Stretch(now_s, Doing.STANDING, axes=here[1])
        if again_s is None:
            self._go_on(stands)
        else:
            later = (self.sidereal_deg(now_s + again_s) - axes.hour_angle_deg) % 360.0
            again = Stretch(now_s + again_s, Doing.TRACKING, place=(later, axes.dec_deg))
            self._go_on(stands, again)
        return True

    def abort(self) -> None:
        """Stop where it is; what it did not finish leaves it tracking."""
        if self.doing() in (Doing.SLEWING, Doing.PARKING):
            place = self.place()
            self._go_on(Stretch(self._now(), Doing.TRACKING, place=(place.ra_deg, place.dec_deg)))

    def _takes_s(self, one: Axes, other: Axes) -> float:
        turned = abs(around(other.hour_angle_deg - one.hour_angle_deg))
        return _SETTLES_S + max(turned, abs(other.dec_deg - one.dec_deg)) / self.habits.speed_deg_s

    def _axes_of(self, place: tuple[float, float], time_s: float) -> Axes:
        sidereal = self.sidereal_deg(min(time_s, self._now() + 1e5))
        return Axes(around(sidereal - place[0]), place[1])

    def _at(self, time_s: float) -> Stretch:
        with self._lock:
            return next(each for each in reversed(self._read()) if each.time_s <= time_s)

    def _go_on(self, *stretches: Stretch) -> None:
        with self._lock:
            kept = [each for each in self._read() if each.time_s < stretches[0].time_s]
            self._course = [*kept[-_REMEMBERED:], *stretches]
            if self._state is not None:
                write_json(self._state, [asdict(each) for each in self._course])

    def _read(self) -> list[Stretch]:
        if self._state is not None and self._state.exists():
            told = json.loads(self._state.read_text(encoding="utf-8"))
            self._course = [Stretch(**{**each, "doing": Doing(each["doing"])}) for each in told]
        return self._course


def _between(begun: Axes, goal: Axes, turned_deg: float) -> Axes:
    turn, climb = around(goal.hour_angle_deg - begun.hour_angle_deg), goal.dec_deg - begun.dec_deg
    along = max(-turned_deg, min(turned_deg, turn))
    up = max(-turned_deg, min(turned_deg, climb))
    return Axes(around(begun.hour_angle_deg + along), begun.dec_deg + up)
