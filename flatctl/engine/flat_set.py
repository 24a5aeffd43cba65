"""One set of flats: select its filter, search its setting, have it captured."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.nights.history import Trained
from flatctl.core.nights.light import judge_light
from flatctl.core.pedestal import Pedestal
from flatctl.core.quality.findings import Kind
from flatctl.core.search.endings import UNLIT, EndingKind
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.settling import Settling
from flatctl.core.types import FilterPlan, FrameKind, Measurement, Outcome, Setting, Verdict
from flatctl.engine.capture import Capture, Found
from flatctl.engine.compare import passed
from flatctl.engine.context import RunContext
from flatctl.engine.identity import SetIdentity
from flatctl.engine.set_events import SetEvents
from flatctl.engine.shot import Shot
from flatctl.engine.starting import Learned, limits_of, trained_start, untrained_start
from flatctl.engine.wrong_light import other_light, with_longer_exposures
from flatctl.errors import BadReply, DeviceError, Fault
from flatctl.events import Awaited, Doubt, Preparation, Why
from flatctl.storage.resume import FinishedFrame

_FAR, _ALIKE = 1.5, 1.1  # ratios of steps, and of their light
_UNREACHED = (Outcome.TOO_DIM, Outcome.TOO_BRIGHT, Outcome.TOO_COARSE)
_CURVE_POINTS = 49
_LONGER_MAX = 2  # how often an exposure is made longer: the first guess may fall short
_STEADY_FRAMES = 3


class FlatSetRun:
    """The flats of one set; `pedestal` is the level without light, where frames have told it.

    `plan` is what is wanted, `band` are the levels accepted. `exposures_s` are the exposures of the
    frames on disk, those of an earlier run of the night included; `taken` counts those of this run.
    It `is_dark` where its search saw no light of the panel.
    """

    def __init__(self, context: RunContext, plan: FilterPlan, pedestal: Pedestal | None) -> None:
        self._context = context
        self.plan = plan
        self._pedestal = pedestal
        self._telling = SetEvents(context, plan)
        self._capture = Capture(context, plan, telling=self._telling, at_last_frame=self._move_on)
        self._learned = Learned()
        self._start_next: Callable[[Learned], None] | None = None
        self._doubt: Doubt | None = None
        self._turned_back = False
        self._trials = 0
        self.is_dark = False
        self._present: tuple[FinishedFrame, ...] | None = None
        self._finished = False

    def run(
        self, learned: Learned, start_next: Callable[[Learned], None]
    ) -> tuple[Outcome, Learned]:
        """Take them; return how that ended, and what is `learned` by then.

        `start_next` is called once, when the last frame has been read: the rig may move on. What
        ends the whole run is raised, and `finish` is the caller's then: the light goes out first,
        then the frames under way are waited for.
        """
        self._learned = learned
        self._start_next = start_next
        self._context.recovery.renew()
        try:
            outcome, why = self._search_and_capture()
        except DeviceError as error:
            outcome, why = Outcome.DEVICE, str(error)
            self._context.writer.drain()
        self.finish(outcome, why)
        return outcome, self._learned

    def finish(self, outcome: Outcome, why: Why = "") -> None:
        """Tell, once, how it ended; its frames are all on disk by then."""
        if self._finished:
            return
        self._finished = True
        flats = len(self._present or ()) + self.taken
        self._telling.finished(outcome, trials=self._trials, flats=flats, why=why)

    @property
    def band(self) -> Band:
        """The levels accepted, by what is known of full scale by now."""
        plan = self.plan
        return Band.of(plan.target, plan.tolerance, self._context.full_scale_adu)

    @property
    def _identity(self) -> SetIdentity:
        return SetIdentity(self._context, FrameKind.FLAT, self.plan, self.band)

    @property
    def taken(self) -> int:
        """How many frames were put on disk."""
        return self._capture.taken

    @property
    def exposures_s(self) -> set[float]:
        """The exposures of the frames on disk."""
        return self._capture.exposures_s | {frame.exposure_s for frame in self._present or ()}

    def known_exposures_s(self) -> set[float]:
        """Return the exposures of its flats: held, on disk, or the one that worked last time."""
        limits = limits_of(self._context, self.plan, ladder=True)
        if limits.shortest_s == limits.longest_s:
            return {limits.shortest_s}
        there = {frame.exposure_s for frame in self._on_disk()}
        trained = trained_start(self._context, self.plan, limits)
        return there or ({trained.exposure_s} if trained else set())

    def first_brightness(self, learned: Learned) -> int | None:
        """Return the brightness that it will start with, None where all its flats are there."""
        if len(self._on_disk()) >= self.plan.count:
            return None
        limits = limits_of(self._context, self.plan, ladder=True)
        return limits.clamp(*self._start(limits, learned)[0]).brightness

    def _start(self, limits: Limits, learned: Learned) -> tuple[Setting, bool]:
        """Return where the search starts, and whether that worked last time."""
        trained = trained_start(self._context, self.plan, limits)
        start = trained or self._untrained(limits, learned)
        return start, trained is not None

    def _untrained(self, limits: Limits, learned: Learned) -> Setting:
        return untrained_start(self._context, self.plan, self.band.target_adu, limits, learned)

    def _search_and_capture(self) -> tuple[Outcome, Why]:
        context, plan = self._context, self.plan
        limits = limits_of(context, plan, ladder=True)
        present = len(self._on_disk())
        start, trained = self._start(limits, self._learned)
        self._telling.started(
            start,
            trained=trained,
            wanted=plan.count,
            present=present,
            set_number=self._identity.set_number,
        )
        if present >= plan.count:
            return Outcome.COMPLETE, ""
        self._prepare()
        outcome, why = self._attempt(limits, start)
        every = limits_of(context, plan, ladder=False)
        unresponsive = self._doubt is Doubt.UNRESPONSIVE
        if limits != every and outcome in _UNREACHED and not unresponsive:
            # Better a set of dark flats more than a filter without flats.
            self._telling.off_ladder(why)
            limits = every
            outcome, why = self._attempt(limits, self._untrained(limits, self._learned))
        # A panel reached anew is told everything anew, and often that is all it takes. Where it
        # did not help one filter it won't help the next.
        unresponsive = self._doubt is Doubt.UNRESPONSIVE
        helpless = unresponsive and self.is_dark and self._learned.unresponsive
        if outcome is not Outcome.COMPLETE and self._doubt and not helpless:
            rig = context.rig
            name = (rig.camera if self._doubt is Doubt.BROKEN_FRAMES else rig.panel).name
            context.recovery.bring_back(BadReply(name, self._doubt))
            outcome, why = self._attempt(limits, start)
            if self.is_dark:
                self._learned = replace(self._learned, unresponsive=True)
        held = plan.exposure_min_s == plan.exposure_max_s
        for _ in range(_LONGER_MAX):
            longer = with_longer_exposures(limits, self._capture.last, self._capture.refused)
            if outcome is not Outcome.UNSTABLE or held or longer is None:
                break
            limits, start = longer
            outcome, why = self._attempt(limits, start)
        return outcome, why

    def _prepare(self) -> None:
        """Bring wheel, rotator and focuser to where the set wants them."""
        context, plan = self._context, self.plan
        if plan.filter is not None:
            context.tell_waiting(Awaited(Preparation.WHEEL, filter=plan.filter))
        context.recovery.retry(partial(context.rig.select, plan.filter, plan.panel_bank))
        place = (plan.rotator_deg, plan.focuser_steps)
        if place != (None, None):
            context.tell_waiting(Awaited(Preparation.PLACE))
        context.recovery.retry(partial(context.rig.place, *place))

    def _attempt(self, limits: Limits, start: Setting) -> tuple[Outcome, Why]:
        """Search, and capture what is missing."""
        before = self._learned
        found = self._search(limits, start)
        if self._is_another_filter(found.search) and self._turn_away_and_back():
            found.tell()
            self._learned = before
            found = self._search(limits, start)
            self._tell_cure(cured=not self._is_another_filter(found.search))
        if found.search.outcome is Outcome.REACHED and self.plan.settle_frames is not None:
            found.tell()
            self._wait_until_steady(found.shot.setting, self.plan.settle_frames)
            found = self._search(limits, found.shot.setting)
        search = found.search
        last = found.measurements[-1]
        if strange := other_light(self._context, self.plan, search, self.band, last):
            found.tell()
            self._doubt = None
            return Outcome.TOO_BRIGHT, strange
        if search.outcome is not Outcome.REACHED:
            found.tell()
            self._tell_curve(search, limits)
            ending = search.ending
            unlit = ending is not None and ending.kind in UNLIT
            context = self._context
            shone = [*context.shone_through, *(each.filter for each in context.taken)]
            self.is_dark = unlit and not shone
            # A panel that has just shone is not to be reached anew for a filter that is dark.
            if ending is not None and unlit and shone:
                ending = replace(ending, lit=shone[-1])
            else:
                self._doubt = _doubt_of(search)
            if ending is not None and ending.kind is EndingKind.NEEDS_LONGER and self.plan.filter:
                context.shone_through.append(self.plan.filter)
            return search.outcome or Outcome.UNSTABLE, ending or ""
        stuck = _is_stuck(search, start)
        if stuck and self._doubt is not Doubt.UNRESPONSIVE and not self._learned.unresponsive:
            # Another exposure would do. But a panel that does not dim may not go out either.
            found.tell()
            self._doubt, self._learned = Doubt.UNRESPONSIVE, before
            return Outcome.UNSTABLE, Doubt.UNRESPONSIVE
        self._learned = replace(self._learned, unresponsive=stuck)
        present = [frame.number for frame in self._on_disk()]
        outcome, why = self._capture.run(limits, found, present, self._identity)
        self._doubt = None if self._capture.refused else Doubt.CHANGED
        self._learned = replace(self._learned, response=self._capture.response)
        self._remember(self._capture.response, found.shot)
        self._tell_curve(search, limits)
        self._context.writer.drain()
        return outcome, why

    def _search(self, limits: Limits, start: Setting) -> Found:
        """Search to the end; the last frame is not told of yet, there is no time for that."""
        remembered = self._context.history.response
        known = self._learned.response or remembered(self._identity.key) or Response()
        search = FlatSearch.within(self.band, limits, start, known.knowing(self._pedestal))
        measurements: list[Measurement] = []
        under_way = self._context.begin(search.setting)
        while True:
            self._telling.exposing("trial", self._trials + 1, under_way.setting)
            shot = self._context.read(under_way, self.plan.channel)
            if disturbed := self._context.disturbance(shot.disturbances):
                self._telling.rejected(shot, (disturbed,))
                under_way = self._context.begin(search.setting)
                continue
            self._trials += 1
            if self._context.learn_full_scale(shot):
                search.rescale(self.band)
                self._present = None
            if self.band.low_adu <= shot.level_adu <= self.band.high_adu:
                self._context.excuse_stuck(shot, limits.shortest_s)
            search.observe(
                median_adu=shot.level_adu, clipped_frac=shot.clipped_frac, blank=shot.is_blank
            )
            measurements.append(shot.measurement)
            assert search.verdict is not None  # it has just observed a frame
            tell = partial(self._telling.trial, shot, n=self._trials, verdict=search.verdict)
            if search.outcome is not None:
                self._learned = self._learned.after(search)
                return Found(search, measurements, shot, tell)
            shot.release_pixels()
            try:
                under_way = self._context.begin(search.setting)
            finally:
                tell()

    def _is_another_filter(self, search: FlatSearch) -> bool:
        """Compare its light with last time's, tell of it, and say whether it seems another's."""
        context = self._context
        known = passed(context, self.plan, search)
        if known is None:
            return False
        context.passed[:] = [
            *(each for each in context.passed if each.filter != known.filter),
            known,
        ]
        finding = judge_light(context.passed)
        self._telling.compared(known, finding)
        return finding is not None and finding.kind is Kind.FILTER_LIGHT

    def _turn_away_and_back(self) -> bool:
        """Leave the slot and come back, once, for the first filter of a run.

        Some wheels miss their first slot after they were switched on.
        """
        context, rig = self._context, self._context.rig
        others = [name for name in rig.slots if name != self.plan.filter]
        if self._turned_back or len(context.passed) > 1 or rig.wheel is None or not others:
            return False
        self._turned_back = True
        context.recovery.retry(partial(rig.select, others[0], self.plan.panel_bank))
        self._prepare()
        return True

    def _tell_cure(self, *, cured: bool) -> None:
        wheel = self._context.rig.wheel
        if cured and wheel is not None:
            stood = Fault(
                wheel.name,
                "stood at another filter than it said, until it was turned away and back",
            )
            self._context.recovery.overcome([stood])

    def _wait_until_steady(self, setting: Setting, frames: int) -> None:
        """Repeat an exposure until the light stands still, or `frames` are spent."""
        settling = Settling(repeats=_STEADY_FRAMES, frames_max=frames)
        while not settling.over:
            self._trials += 1
            self._telling.exposing("trial", self._trials, setting)
            shot = self._context.read(self._context.begin(setting), self.plan.channel)
            settling.observe(shot.time_s, shot.level_adu)
            self._telling.trial(shot, n=self._trials, verdict=Verdict.SETTLING)

    def _move_on(self) -> None:
        if self._start_next is not None:
            self._start_next(self._learned)

    def _tell_curve(self, search: FlatSearch, limits: Limits) -> None:
        """Tell what the search made of the panel, at steps enough to draw a curve through."""
        span = limits.brightest - limits.dimmest
        parts = (n / (_CURVE_POINTS - 1) for n in range(_CURVE_POINTS))
        steps = sorted({limits.dimmest + round(span * part) for part in parts})
        self._telling.curve(search.response.pedestal_adu or 0.0, steps, search.light(steps))

    def _on_disk(self) -> tuple[FinishedFrame, ...]:
        """Return the flats of this set that an earlier run of the night left, each verified."""
        if self._present is None:
            self._present = self._identity.present[: self.plan.count]
        return self._present

    def _remember(self, response: Response, accepted: Shot) -> None:
        history, key = self._context.history, self._identity.key
        level = accepted.level_adu / self._context.full_scale_adu
        brightness, exposure_s = accepted.setting
        history.remember(key, Trained(brightness, exposure_s, level, self._context.clock.now()))
        history.remember_response(key, response)


def _doubt_of(search: FlatSearch) -> Doubt | None:
    """Return what a search that found nothing makes suspect, if anything."""
    if search.outcome is Outcome.DEVICE:
        return Doubt.BROKEN_FRAMES
    return Doubt.UNRESPONSIVE if search.light_is_unresponsive else None


def _is_stuck(search: FlatSearch, start: Setting) -> bool:
    """Tell whether a search got there by the exposure, the light being one at two steps far apart.

    Steps that are near, or so dark that the camera's pedestal hides them, prove nothing.
    """
    low, high = sorted((start.brightness, search.setting.brightness))
    if not search.light_is_unresponsive or high < _FAR * low:
        return False
    dim, bright = search.light((low, high))
    return bright <= _ALIKE * dim
