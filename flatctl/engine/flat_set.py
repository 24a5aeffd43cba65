"""One filter: select it, search its setting, have its set captured."""

from dataclasses import replace
from functools import partial

from flatctl import events
from flatctl.core.band import Band
from flatctl.core.nights.history import SettingKey, Trained
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.search.settle import SettleCheck
from flatctl.core.types import (
    Bank,
    FilterPlan,
    FrameKind,
    Measurement,
    Outcome,
    Setting,
    Verdict,
)
from flatctl.engine.capture import Capture, Found
from flatctl.engine.context import RunContext
from flatctl.engine.learned import Learned, spread_steps
from flatctl.engine.limits import Limits
from flatctl.engine.panel_off import known_pedestal
from flatctl.engine.set_events import SetEvents
from flatctl.engine.shot import Shot
from flatctl.engine.start import trained_start, untrained_start
from flatctl.errors import BadReply, DeviceError
from flatctl.events import Doubt, Why
from flatctl.storage.resume import FinishedFrame, finished

_FAR, _ALIKE = 1.5, 1.1  # ratios of steps, and of their light
_UNREACHED = (Outcome.TOO_DIM, Outcome.TOO_BRIGHT, Outcome.TOO_COARSE)


def _is_stuck(search: FlatSearch, start: Setting) -> bool:
    """Tell whether a search got there by the exposure, the light being one at two steps far apart.

    Steps that are near, or so dark that the camera's pedestal hides them, prove nothing.
    """
    low, high = sorted((start.brightness, search.setting.brightness))
    if not search.light_is_unresponsive or high < _FAR * low:
        return False
    dim, bright = search.light((low, high))
    return bright <= _ALIKE * dim


class FilterRun:
    """The flats of one filter. `learned` is what it knew at first, and what it taught."""

    def __init__(self, context: RunContext, plan: FilterPlan) -> None:
        self._context = context
        self._plan = plan
        self._telling = SetEvents(context, plan)
        self._capture = Capture(context, plan, self._telling, self._set_out_later)
        self.learned = Learned()
        self._doubt: Doubt | None = None
        self._trials = 0
        self._present: tuple[FinishedFrame, ...] | None = None
        self._later: FilterRun | None = None
        self._finished = False

    def run(self, learned: Learned, later: "FilterRun | None" = None) -> Outcome:
        """Do it and say how it ended. What ends the whole run is raised.

        `learned` is what earlier filters taught, and grows. The rig sets out for the filter `later`
        once the last frame of this one has been read. Where this raises, `finish` is the caller's:
        the light goes out first, then the frames under way are waited for.
        """
        self.learned = learned
        self._later = later
        self._context.recovery.renew()
        try:
            outcome, why = self._search_and_capture()
        except DeviceError as error:
            outcome, why = Outcome.DEVICE, str(error)
            self._context.writer.drain()
        self.finish(outcome, why)
        return outcome

    def finish(self, outcome: Outcome, why: Why = "") -> None:
        """Tell, once, how it ended; its frames are all on disk by then."""
        if self._finished:
            return
        self._finished = True
        flats = len(self._present or ()) + self.taken
        self._telling.finished(outcome, trials=self._trials, flats=flats, why=why)

    @property
    def taken(self) -> int:
        """How many frames were put on disk."""
        return self._capture.taken

    @property
    def exposures_s(self) -> set[float]:
        """The exposures of the frames on disk, those of an earlier run of the night included."""
        return self._capture.exposures_s | {frame.exposure_s for frame in self._present or ()}

    @property
    def panel_bank(self) -> Bank | None:
        """The panel's range of light for this filter; what was learned of one is of that one."""
        return self._plan.panel_bank

    def set_out(self, learned: Learned) -> None:
        """Let the rig set out for this filter, unless all its flats are there already."""
        self.learned = learned
        if len(self._on_disk()) < self._plan.count:
            limits = self._limits()
            trained = trained_start(self._context, self._plan, limits)
            start = trained or untrained_start(self._context, self._plan, limits, learned)
            search = self._new_search(limits, start)
            self._context.rig.start_next(
                self._plan.filter, search.setting.brightness, self._plan.panel_bank
            )

    def _search_and_capture(self) -> tuple[Outcome, Why]:
        context, plan = self._context, self._plan
        present = self._on_disk()
        wanted = plan.count - len(present)
        limits = self._limits()
        trained = trained_start(context, plan, limits)
        start = trained or untrained_start(context, plan, limits, self.learned)
        self._telling.started(
            start, trained=trained is not None, wanted=plan.count, present=len(present)
        )
        if wanted <= 0:
            return Outcome.COMPLETE, ""
        if plan.filter is not None:
            what = f"filter wheel turns to {plan.filter}"
            context.emit(events.Waiting(time=context.clock.now(), what=what))
        context.recovery.retry(partial(context.rig.select, plan.filter, plan.panel_bank))
        place = (plan.rotator_deg, plan.focuser_steps)
        if place != (None, None):
            what = "rotator and focuser go where the lights had them"
            context.emit(events.Waiting(time=context.clock.now(), what=what))
        context.recovery.retry(partial(context.rig.place, *place))
        outcome, why = self._attempt(limits, start)
        if limits.on_ladder and outcome in _UNREACHED and self._doubt is not Doubt.UNRESPONSIVE:
            # Better a set of dark flats more than a filter without flats.
            self._telling.off_ladder(why)
            limits = self._limits(on_ladder=False)
            outcome, why = self._attempt(
                limits, untrained_start(context, plan, limits, self.learned)
            )
        if outcome is not Outcome.COMPLETE and self._doubt:
            # A panel reached anew is told everything anew, and often that is all it takes.
            context.recovery.bring_back(BadReply(context.rig.panel.name, self._doubt))
            outcome, why = self._attempt(limits, start)
        return outcome, why

    def _attempt(self, limits: Limits, start: Setting) -> tuple[Outcome, Why]:
        """Search, and capture what is missing."""
        before = self.learned
        found = self._search(limits, start)
        if found.search.outcome is Outcome.REACHED and self._plan.settle_frames is not None:
            found.tell()
            self._wait_until_steady(found.shot.setting, self._plan.settle_frames)
            found = self._search(limits, found.shot.setting)
        search = found.search
        if search.outcome is not Outcome.REACHED:
            found.tell()
            self._tell_curve(search, limits)
            self._doubt = Doubt.UNRESPONSIVE if search.light_is_unresponsive else None
            return search.outcome or Outcome.UNSTABLE, search.ending or ""
        stuck = _is_stuck(search, start)
        if stuck and self._doubt is not Doubt.UNRESPONSIVE and not self.learned.deaf:
            # Another exposure would do. But a panel that does not dim may not go out either.
            found.tell()
            self._doubt, self.learned = Doubt.UNRESPONSIVE, before
            return Outcome.UNSTABLE, Doubt.UNRESPONSIVE
        self.learned = replace(self.learned, deaf=stuck)
        present = [frame.number for frame in self._on_disk()]
        outcome, why = self._capture.run(limits, found, present)
        self._doubt = None if self._capture.refused else Doubt.CHANGED
        self.learned = replace(self.learned, response=self._capture.response)
        self._remember(self._capture.response, found.shot)
        self._tell_curve(search, limits)
        self._context.writer.drain()
        return outcome, why

    def _new_search(self, limits: Limits, start: Setting) -> FlatSearch:
        plan = self._plan
        band = Band.of(plan.target, plan.tolerance, self._context.full_scale_adu)
        known = self.learned.response or self._stored_response() or Response()
        return FlatSearch.within(
            band, limits.of_search, start, known.knowing(known_pedestal(self._context))
        )

    def _search(self, limits: Limits, start: Setting) -> Found:
        """Search to the end; the last frame is not told of yet, there is no time for that."""
        search = self._new_search(limits, start)
        readings: list[Measurement] = []
        under_way = self._context.begin(search.setting)
        while True:
            self._trials += 1
            self._telling.exposing("trial", self._trials, under_way.setting)
            shot = self._context.read(under_way, self._plan.channel)
            search.observe(median_adu=shot.level_adu, clipped_frac=shot.clipped_frac)
            readings.append(shot.measurement)
            assert search.verdict is not None  # it has just observed a frame
            tell = partial(self._telling.trial, shot, n=self._trials, verdict=search.verdict)
            if search.outcome is not None:
                self.learned = self.learned.after(search)
                return Found(search, readings, shot, tell)
            shot.release_pixels()
            try:
                under_way = self._context.begin(search.setting)
            finally:
                tell()

    def _wait_until_steady(self, setting: Setting, frames: int) -> None:
        """Repeat an exposure until the light stands still, or `frames` are spent."""
        check = SettleCheck(limit=frames)
        while not (check.settled or check.expired):
            self._trials += 1
            self._telling.exposing("trial", self._trials, setting)
            shot = self._context.read(self._context.begin(setting), self._plan.channel)
            check.observe(shot.level_adu)
            self._telling.trial(shot, n=self._trials, verdict=Verdict.SETTLING)

    def _set_out_later(self) -> None:
        if self._later is not None:
            same_light = self._later.panel_bank == self.panel_bank
            self._later.set_out(self.learned if same_light else Learned())

    def _tell_curve(self, search: FlatSearch, limits: Limits) -> None:
        steps = spread_steps(*limits.brightness)
        self._telling.curve(
            pedestal_adu=search.response.pedestal_adu or 0.0,
            brightness=steps,
            light_adu_s=search.light(steps),
        )

    def _on_disk(self) -> tuple[FinishedFrame, ...]:
        """Return the flats of this set that an earlier run of the night left, each verified."""
        if self._present is not None:
            return self._present
        context, plan = self._context, self._plan
        self._present = ()
        if context.resume:
            wanted = context.wanted(FrameKind.FLAT, plan)
            found = finished(context.writer.directory, context.writer.night, wanted)
            self._present = found.frames[: plan.count]
        return self._present

    def _setting_key(self, filter_name: str | None) -> SettingKey:
        return self._context.setting_key(filter_name, self._plan.panel_bank)

    def _stored_response(self) -> Response | None:
        """Return what an earlier night learned of panel and camera."""
        text = self._context.history.response(self._setting_key(None))
        if text is None:
            return None
        try:
            return Response.from_json(text)
        except ValueError:
            # Written by another version: the search learns it anew.
            return None

    def _remember(self, response: Response, accepted: Shot) -> None:
        history, key = self._context.history, self._setting_key(self._plan.filter)
        level = accepted.level_adu / self._context.full_scale_adu
        brightness, exposure_s = accepted.setting
        history.remember(key, Trained(brightness, exposure_s, level, self._context.clock.now()))
        history.remember_response(key, response.to_json())

    def _limits(self, *, on_ladder: bool = True) -> Limits:
        context = self._context
        return Limits.of(self._plan, context.steps, context.rig.info, on_ladder=on_ladder)
