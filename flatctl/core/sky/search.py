"""Flats of one twilight: which filter, when, and how long to expose.

`course` knows what light each filter will give, as the frames told it; `planner` finds the order of
the filters for it. This file asks the second for a filter and the first for an exposure, waits
while the light comes, and gives a filter up when its light has gone.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, inf, isfinite, log, sqrt
from typing import Any

from flatctl.core.band import Band
from flatctl.core.sky.chance import Forecast
from flatctl.core.sky.course import Course, Offer
from flatctl.core.sky.filters import SkyFilter
from flatctl.core.sky.light import find_window
from flatctl.core.sky.memory import SkyMemory
from flatctl.core.sky.planner import Plan, Planner, Timetable
from flatctl.core.sky.steps import Fact, SkyVerdict, Step, Why
from flatctl.core.sky.wobble import Wobble
from flatctl.core.types import Outcome, Verdict

WAIT_MAX_S = 30.0
"""No single wait is longer (contract)."""

# An exposure at a limit is worth it from this chance on that its level is in the band.
_WORTH = 0.6
# With less than this, the first frame of a filter is a look, and as short as one may be.
_HARDLY = 0.15
# Where so little is known (the error of the light's logarithm), one look is taken as soon as the
# light has this chance to be right, at dawn and at dusk (a look that is too early tells something
# at dawn, and is full at dusk); another when the Sun has moved on by so much.
_UNKNOWN_ERROR, _LOOK_CHANCE, _LOOK_AGAIN_DEG = 0.3, {True: 0.05, False: 0.25}, 0.7
# A filter whose light should have gone is looked at once with this chance that it has not.
_THERE_CHANCE = 0.02
# A filter whose light has gone is asked again after so long, while its light lacks no more than
# this factor, and no more than so many times what clouds do in a minute; then with this chance.
_REST_S, _LACKS_MAX, _LACKS_SIGMAS, _CLOUD_S = 10.0, 1.5, 2.0, 60.0
_ASK_CHANCE = 0.15
# The order is planned anew after so long without a frame.
_PLAN_AGAIN_S = 60.0
# From this wobble of the light from frame to frame on, as a part of the band's half width, it is
# the sky that keeps frames out of the band.
_WOBBLY = 0.7
_SHORTEST_WAIT_S = 0.5
# How long it is from one frame to the next is told by so many of the last ones.
_GAPS, _GAPS_LEAST = 5, 3
# A sky that wanders so many times more than before makes a new plan.
_RESTLESS = 4.0
# Expected levels are told up to so many times full scale (a logarithm).
_LN_FULL = 5.0


@dataclass(slots=True)
class _Set:
    """How far a filter has come."""

    wanted: SkyFilter
    band: Band
    count: int
    kept: int = 0
    frames: int = 0
    wobble: Wobble = field(default_factory=Wobble)
    looked_deg: float | None = None
    rests_until_s: float = 0.0
    ending: Fact | None = None
    outcome: Outcome | None = None

    @property
    def missing(self) -> int:
        return self.count - self.kept


class SkyFlatSearch:
    """Take flats of several filters in one twilight.

    Ask `next` what to do, do it, hand each frame to `observe`, until the action is `finish`. Pure:
    the same observations at the same times give the same steps.

    `sun_altitude` gives the Sun's altitude in degrees for a time in seconds, of any epoch; no
    exposure begins outside `sun_altitude_range_deg`, nor with the Sun going the other way than
    `dawn` says. `overhead_s` is the time from the end of an exposure until the next may begin, as
    far as is known before the first ones, `filter_change_s` that of a change of filter. `memory` is
    what `memory` gave another night. A set ends as unstable where its light scatters by more than
    `max_wobble`; 0 for never.

    Raises:
        ValueError: an argument makes no sense.

    """

    def __init__(
        self,
        filters: Sequence[SkyFilter],
        *,
        target_adu: float,
        tolerance_adu: float,
        full_scale_adu: float,
        dawn: bool,
        sun_altitude: Callable[[float], float],
        sun_altitude_range_deg: tuple[float, float] = (-12.0, 0.0),
        overhead_s: float = 3.0,
        filter_change_s: float = 2.0,
        pedestal_adu: float | None = None,
        memory: Mapping[str, Any] | None = None,
        max_wobble: float = 0.0,
    ) -> None:
        names = [each.name for each in filters]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"filters must be there, each once: {names}")
        low_deg, high_deg = sun_altitude_range_deg
        if not (isfinite(low_deg) and isfinite(high_deg) and low_deg < high_deg):
            raise ValueError(f"sun_altitude_range_deg must be (low, high): {low_deg, high_deg}")
        for name, value in (
            ("overhead_s", overhead_s),
            ("filter_change_s", filter_change_s),
            ("max_wobble", max_wobble),
        ):
            if not (isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be a number >= 0: {value}")
        self._full_scale_adu = full_scale_adu
        usual = Band(target_adu, tolerance_adu, full_scale_adu)
        self._sets = {each.name: _Set(each, _band(each, usual), each.count) for each in filters}
        lowest_adu = min(each.band.low_adu for each in self._sets.values())
        if pedestal_adu is not None and not (
            isfinite(pedestal_adu) and 0 <= pedestal_adu < lowest_adu
        ):
            raise ValueError(f"pedestal_adu must lie below the band: {pedestal_adu}")
        self._sun, self._range_deg, self._dawn = sun_altitude, (low_deg, high_deg), dawn
        self._overhead_s, self._change_s = overhead_s, filter_change_s
        self._gaps_s: deque[float] = deque(maxlen=_GAPS)
        self._ended_s: float | None = None
        self._max_wobble = max_wobble
        self._pedestal = None if pedestal_adu is None else pedestal_adu / full_scale_adu
        self._before = SkyMemory.read(memory)
        self._time_s: float | None = None
        self._course: Course | None = None
        self._plan: Plan | None = None
        self._planned_s = 0.0
        self._stale = True
        self._exposing = False
        self.filter: str | None = None

    # What has come of it so far.

    @property
    def counts(self) -> dict[str, int]:
        """Return how many flats each filter has."""
        return {name: each.kept for name, each in self._sets.items()}

    @property
    def outcomes(self) -> dict[str, str]:
        """Return how each filter ended, of those that have."""
        return {name: str(each.outcome) for name, each in self._sets.items() if each.outcome}

    @property
    def facts(self) -> dict[str, Fact]:
        """Return why each filter ended as it did, of those that have."""
        return {name: each.ending for name, each in self._sets.items() if each.ending}

    @property
    def explanation(self) -> dict[str, str]:
        """Return a sentence on how each filter ended, of those that have."""
        from flatctl.core.sky.words import sentence

        return {name: sentence(fact) for name, fact in self.facts.items()}

    @property
    def plan(self) -> Plan | None:
        """Return the order that is being followed."""
        return self._plan

    @property
    def memory(self) -> dict[str, Any]:
        """Return what the next night may know, as JSON can hold it."""
        tonight = self._course.tonight.memory(self._before) if self._course else self._before
        return tonight.stored()

    # What to do next.

    def next(self, time_s: float) -> Step:
        """Return what to do at `time_s`, which never goes back.

        Raises:
            ValueError: the time went back, or is no number.

        """
        if not isfinite(time_s) or (self._time_s is not None and time_s < self._time_s):
            raise ValueError(f"time_s must be a number and never go back: {time_s}")
        self._time_s, self._exposing = time_s, False
        if not self._open():
            return self._finish(Why.COMPLETE)
        course = self._course or self._begin(time_s)
        if course is None:
            return self._finish(Why.MISSED)
        if time_s < course.window.opens_s:
            return self._wait(course.window.opens_s - time_s, Why.WINDOW)
        if time_s > course.window.closes_s:
            return self._finish(Why.OUT_OF_TIME)
        if not self._range_deg[0] <= self._sun(time_s) <= self._range_deg[1]:
            # The window's ends are known to half a second.
            return self._wait(_SHORTEST_WAIT_S, Why.WINDOW)
        while self._open():
            name = self._chosen(course, time_s)
            if name is None:
                return self._rest(time_s)
            step = self._step(course, name, time_s)
            if step is not None:
                return step
        return self._finish(Why.COMPLETE)

    def observe(
        self,
        *,
        mid_s: float,
        exposure_s: float,
        median_adu: float,
        clipped_frac: float,
        refused: bool = False,
    ) -> SkyVerdict:
        """Take in the frame that `next` asked for; `mid_s` is the middle of its exposure.

        One that is `refused` for another reason than its level tells of the light, and is no flat.

        Raises:
            ValueError: no exposure was asked for, or a figure makes no sense.

        """
        if not self._exposing or self.filter is None or self._course is None:
            raise ValueError("observe follows a step whose action is 'expose'")
        if not (isfinite(mid_s) and isfinite(exposure_s) and exposure_s > 0):
            raise ValueError(f"an exposure needs a middle and a length: {mid_s}, {exposure_s}")
        name, tonight = self.filter, self._course.tonight
        here = self._sets[name]
        band = here.band
        verdict = band.judge(median_adu, clipped_frac)
        if refused and verdict is Verdict.ACCEPTED:
            verdict = Verdict.REFUSED
        self._exposing = False
        self._learn_overhead(mid_s, exposure_s)
        expected = tonight.forecast(name, mid_s - exposure_s / 2, exposure_s)
        was_seen, wander = name in tonight.seen, tonight.wander(_CLOUD_S)
        if median_adu > band.linear_adu:
            tonight.observe_full(name, mid_s, exposure_s)
        else:
            tonight.observe(name, mid_s, exposure_s, band.frac(median_adu))
        here.frames += 1
        here.looked_deg = self._sun(mid_s)
        if verdict is Verdict.ACCEPTED:
            here.kept += 1
            if not here.missing:
                self._end(name, Outcome.COMPLETE, Why.COMPLETE)
        elif verdict is Verdict.CLIPPED and median_adu <= band.high_adu:
            self._aim_lower(name, median_adu, exposure_s)
        if was_seen:
            self._watch(name, median_adu, expected)
        changed = not was_seen or tonight.wander(_CLOUD_S) > _RESTLESS * wander
        self._stale = self._stale or changed or here.outcome is not None
        return SkyVerdict(verdict, tonight.pedestal + exp(min(expected.ln_light, _LN_FULL)))

    def _learn_overhead(self, mid_s: float, exposure_s: float) -> None:
        """Learn from frames that came one after the other how long it is between them."""
        begun_s = mid_s - exposure_s / 2
        if self._ended_s is not None:
            self._gaps_s.append(max(0.0, begun_s - self._ended_s))
        if len(self._gaps_s) >= _GAPS_LEAST:
            self._overhead_s = sorted(self._gaps_s)[len(self._gaps_s) // 2]
        self._ended_s = begun_s + exposure_s

    def want(self, name: str, missing: int) -> None:
        """Take so many more flats of a filter, after those that it has."""
        here = self._sets[name]
        self._stale = self._stale or missing != here.missing
        here.count = here.kept + missing
        if not missing and here.outcome is None:
            self._end(name, Outcome.COMPLETE, Why.COMPLETE)
        elif missing and here.outcome is Outcome.COMPLETE:
            here.outcome = here.ending = None

    def drop(self, name: str) -> None:
        """Take a filter out of the plan that can't be taken any more."""
        del self._sets[name]
        self._stale = True

    def rescale(self, full_scale_adu: float) -> None:
        """Go on with another full scale, and the same parts of it for targets.

        What has been learned of the light holds.
        """
        factor, self._full_scale_adu = self._full_scale_adu / full_scale_adu, full_scale_adu
        for each in self._sets.values():
            target_adu, tolerance_adu = each.band.target_adu, each.band.tolerance_adu
            each.band = Band(target_adu / factor, tolerance_adu / factor, full_scale_adu)
        self._before = self._before.rescaled(factor)
        if self._pedestal is not None:
            self._pedestal *= factor
        if self._course is not None:
            self._course.tonight.rescale(factor)
        self._stale = True

    def _begin(self, time_s: float) -> Course | None:
        window = find_window(self._sun, self._range_deg, time_s, dawn=self._dawn)
        if window is None:
            return None
        filters = [each.wanted for each in self._sets.values()]
        self._course = Course(filters, window, self._sun, self._before, self._pedestal)
        return self._course

    def _watch(self, name: str, median_adu: float, expected: Forecast) -> None:
        """End a filter whose light scatters by more than is wanted."""
        here, pedestal = self._sets[name], self._course.tonight.pedestal if self._course else 0.0
        light = here.band.frac(median_adu) - pedestal
        if light <= 0 or median_adu > here.band.linear_adu:
            return
        here.wobble.take(log(light) - expected.ln_light)
        scatter = here.wobble.scatter
        if here.outcome is None and scatter > self._max_wobble > 0:
            self._end(name, Outcome.UNSTABLE, Why.UNSTABLE, wobble=scatter)

    def _aim_lower(self, name: str, median_adu: float, exposure_s: float) -> None:
        """Aim lower where pixels clip within the band; end where that is of no use."""
        here = self._sets[name]
        lower = here.band.below(median_adu)
        if lower is None:
            level = here.band.frac(median_adu)
            self._end(name, Outcome.TOO_BRIGHT, Why.CLIPS, exposure_s=exposure_s, level=level)
        else:
            here.band = lower

    def _open(self) -> list[str]:
        return [name for name, each in self._sets.items() if each.outcome is None]

    def _chosen(self, course: Course, time_s: float) -> str | None:
        """Return the filter to take now; None while all that are left rest."""
        here = self._sets.get(self.filter or "")
        stays = here is not None and here.outcome is None and here.rests_until_s <= time_s
        if stays and not self._stale and time_s - self._planned_s < _PLAN_AGAIN_S:
            return self.filter
        able = [name for name in self._open() if self._sets[name].rests_until_s <= time_s]
        if not able:
            return None
        tables = [self._timetable(course, name) for name in able]
        planner = Planner(tables, self.filter, self._change_s)
        best = planner.plan(time_s)
        self._planned_s, self._stale = time_s, False
        if best is None:
            return able[0]
        if stays and here is not None and here.kept and best.first != self.filter:
            staying = planner.plan(time_s, first=self.filter)
            if staying is not None and staying.complete >= best.complete:
                best = staying
        self._plan = best
        return best.first

    def _timetable(self, course: Course, name: str) -> Timetable:
        here = self._sets[name]
        return course.timetable(name, here.missing, here.band, self._overhead_s)

    def _step(self, course: Course, name: str, time_s: float) -> Step | None:
        """Return what to do with a filter; None once it has been given up or put to rest."""
        begins_s = time_s if name == self.filter else time_s + self._change_s
        offer = course.offer(name, begins_s, self._sets[name].band)
        if offer.is_free or offer.chance >= _WORTH:
            if name in course.tonight.seen:
                return self._expose(name, offer.exposure_s, Why.AIM)
            hardly = offer.chance < _HARDLY
            look_s = course.look_s(name, self._sets[name].band, offer) if hardly else inf
            return self._expose(name, min(look_s, offer.exposure_s), Why.LOOK)
        # At dawn light that is dim will come, and light that is bright has gone.
        if offer.dim == self._dawn:
            if self._may_look(course, name, time_s, offer):
                return self._expose(name, offer.exposure_s, Why.LOOK)
            left_s = self._timetable(course, name).opens_s - time_s
            if left_s <= _SHORTEST_WAIT_S:
                left_s = self._until_free_s(course, name, begins_s)
            return self._wait(left_s, Why.LIGHT, filter=name)
        return self._past(course, name, time_s, offer)

    def _until_free_s(self, course: Course, name: str, begins_s: float) -> float:
        """Return after how long the aim is expected within the exposures allowed, or a whole wait.

        Light that may be in the band already, with a small chance since little is known of it, is
        not asked for again and again.
        """
        low_s, high_s = 0.0, WAIT_MAX_S
        while high_s - low_s > _SHORTEST_WAIT_S:
            middle_s = (low_s + high_s) / 2
            if course.offer(name, begins_s + middle_s, self._sets[name].band).is_free:
                high_s = middle_s
            else:
                low_s = middle_s
        return high_s

    def _past(self, course: Course, name: str, time_s: float, offer: Offer) -> Step | None:
        """Ask a filter again whose light has gone for clouds, it may be; else give it up.

        One of which nothing but its name is known is looked at first.
        """
        if name not in course.tonight.seen and self._may_be_there(course, name, offer):
            return self._expose(name, offer.exposure_s, Why.LOOK)
        clouds = sqrt(offer.forecast.error**2 + course.tonight.wander(_CLOUD_S))
        self._stale = True
        if offer.missing >= min(log(_LACKS_MAX), _LACKS_SIGMAS * clouds):
            self._fail(name, Outcome.TOO_BRIGHT if self._dawn else Outcome.TOO_DIM, Why.GONE, offer)
            return None
        if offer.chance >= _ASK_CHANCE:
            return self._expose(name, offer.exposure_s, Why.CLOUD)
        self._sets[name].rests_until_s = time_s + _REST_S
        return None

    def _may_be_there(self, course: Course, name: str, offer: Offer) -> bool:
        """Tell whether light that should have gone may well be there, so little is known of it."""
        levels = course.levels(self._sets[name].band)
        there = (0.0, levels.high) if self._dawn else (levels.low, inf)
        chance = offer.forecast.chance(*there)
        return offer.forecast.error >= _UNKNOWN_ERROR and chance >= _THERE_CHANCE

    def _may_look(self, course: Course, name: str, time_s: float, offer: Offer) -> bool:
        """Tell whether a look too early is worth it, for what it tells of the light."""
        here = self._sets[name]
        levels = course.levels(here.band)
        if offer.forecast.error < _UNKNOWN_ERROR:
            return False
        right = (levels.low, inf) if self._dawn else (0.0, levels.high)
        if offer.forecast.chance(*right) < _LOOK_CHANCE[self._dawn]:
            return False
        if here.looked_deg is None:
            return True
        return abs(self._sun(time_s) - here.looked_deg) >= _LOOK_AGAIN_DEG

    def _rest(self, time_s: float) -> Step:
        until_s = min(self._sets[name].rests_until_s for name in self._open())
        return self._wait(until_s - time_s, Why.REST)

    def _expose(self, name: str, exposure_s: float, why: Why) -> Step:
        if name != self.filter:
            self.filter, self._ended_s = name, None
            return Step("switch", Fact(Why.PLAN, {"filter": name}), name)
        here, self._exposing = self._sets[name], True
        figures: dict[str, float | str] = {
            "filter": name,
            "n": here.kept + 1,
            "count": here.count,
        }
        return Step("expose", Fact(why, figures), name, exposure_s)

    def _wait(self, left_s: float, why: Why, **figures: str) -> Step:
        seconds = min(max(left_s, _SHORTEST_WAIT_S), WAIT_MAX_S)
        self._ended_s = None
        told: dict[str, float | str] = {
            **figures,
            "seconds": seconds,
            "left_s": max(left_s, seconds),
        }
        return Step("wait", Fact(why, told), seconds=seconds)

    # How it ends.

    def _fail(self, name: str, outcome: Outcome, why: Why, offer: Offer) -> None:
        """End a filter for its light, or for a sky that changes too fast to be met."""
        if self._course is None:
            return
        here = self._sets[name]
        levels = self._course.levels(here.band)
        between_s = offer.exposure_s + self._overhead_s
        wobble = sqrt(self._course.tonight.wander(between_s))
        half_width = (levels.high - levels.low) / 2 / levels.aim
        if here.frames > 2 * here.kept + 2 and wobble > _WOBBLY * half_width:
            self._end(name, Outcome.UNSTABLE, Why.UNSTABLE, wobble=wobble)
            return
        ln_light, exposure_s = offer.forecast.ln_light, offer.exposure_s
        level = self._course.tonight.pedestal + exp(min(ln_light, _LN_FULL))
        needed_s = exposure_s * levels.aim * exp(-ln_light)
        self._end(name, outcome, why, exposure_s=exposure_s, level=level, needed_s=needed_s)

    def _end(self, name: str, outcome: Outcome, why: Why, **figures: float) -> None:
        here = self._sets[name]
        told: dict[str, float | str] = {
            "filter": name,
            "kept": here.kept,
            "count": here.count,
            "sun_altitude_deg": self._sun(self._time_s or 0.0),
            **figures,
        }
        here.outcome, here.ending = outcome, Fact(why, told)

    def _finish(self, why: Why) -> Step:
        for name in self._open():
            if self._course is None or self._time_s is None:
                self._end(name, Outcome.OUT_OF_TIME, why)
            else:
                offer = self._course.offer(name, self._time_s, self._sets[name].band)
                self._fail(name, Outcome.OUT_OF_TIME, why, offer)
        return Step("finish", Fact(why))


def _band(of: SkyFilter, usual: Band) -> Band:
    """Return the levels accepted of a filter, that may have its own."""
    target_adu, tolerance_adu = of.target_adu, of.tolerance_adu
    return Band(
        usual.target_adu if target_adu is None else target_adu,
        usual.tolerance_adu if tolerance_adu is None else tolerance_adu,
        usual.full_scale_adu,
    )
