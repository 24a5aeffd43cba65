"""One filter: select it, search its setting, capture its set.

The camera exposes while the frame before is dealt with: as soon as one has been read the next is
begun, and only then the one in hand is measured, judged, told of and written. So the capture is
one frame behind: a change of setting comes one frame after its reason, and a frame that turns out
bad is replaced at the end of the set.
"""

import itertools
import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

from flatctl.core.response import Response
from flatctl.core.search import FlatSearch
from flatctl.core.series import FlatSeries
from flatctl.core.settle import SettleCheck
from flatctl.core.types import Bank, FilterOutcome, FilterPlan, FrameKind, Outcome, Setting
from flatctl.engine import events
from flatctl.engine.context import RunContext, Shot
from flatctl.engine.exposure import Exposure
from flatctl.engine.learned import Learned, spread_steps
from flatctl.engine.limits import Limits
from flatctl.engine.quality import SetWatch
from flatctl.errors import BadReply, DeviceError
from flatctl.storage.history import SettingKey, Trained
from flatctl.storage.resume import FinishedFrame, finished

_DEAF = "it reports every brightness it is asked for, and the light does not change"
_CHANGED = "it reports the same brightness, and the light has changed"
_UNREACHED = (FilterOutcome.TOO_DIM, FilterOutcome.TOO_BRIGHT, FilterOutcome.TOO_COARSE)


class FilterRun:
    """The flats of one filter. `taken` counts the frames put on disk."""

    def __init__(self, context: RunContext, plan: FilterPlan) -> None:
        self._context = context
        self._plan = plan
        self._label = events.label(plan.filter)
        self._set = events.set_label(plan)
        self.learned = Learned()
        self.exposures_s: set[float] = set()
        self.taken = 0
        self._earlier: set[int] = set()  # numbers of the flats from before this capture
        self._kept: set[int] = set()  # numbers of this run's flats, on disk or on their way
        self._doubt = ""
        self._trials = 0
        self._count = plan.count
        self._refused = ""
        self._present: tuple[FinishedFrame, ...] | None = None
        self._later: FilterRun | None = None
        self._finished = False

    def run(self, learned: Learned, later: "FilterRun | None" = None) -> FilterOutcome:
        """Do it and say how it ended. What ends the whole run is raised.

        `learned` is what earlier filters taught, and grows. The rig sets out for the filter `later`
        once the last frame of this one has been read. Where this raises, `finish` is the caller's:
        the light goes out first, then the frames under way are waited for.
        """
        self.learned = learned
        self._later = later
        self._context.recovery.renew()
        try:
            outcome, reason = self._search_and_capture()
        except DeviceError as error:
            outcome, reason = FilterOutcome.DEVICE, str(error)
            self._context.shelf.drain()
        self.finish(outcome, reason)
        return outcome

    def finish(self, outcome: FilterOutcome, reason: str = "") -> None:
        """Tell, once, how it ended; its frames are all on disk by then."""
        if self._finished:
            return
        self._finished = True
        self._emit(
            events.FilterFinished,
            outcome=outcome.value,
            trials=self._trials,
            flats=len(self._present or ()) + self.taken,
            reason=reason,
        )

    @property
    def panel_bank(self) -> Bank | None:
        """The panel's range of light for this filter; what was learned of one is of that one."""
        return self._plan.panel_bank

    def set_out(self, learned: Learned) -> None:
        """Let the rig set out for this filter, unless all its flats are there already."""
        self.learned = learned
        if len(self._on_disk()) < self._plan.count:
            limits = self._limits()
            start = self._trained_start(limits) or self._untrained_start(limits)
            search = self._new_search(limits, start)
            self._context.rig.set_out(self._plan.filter, search.setting[0], self._plan.panel_bank)

    def _search_and_capture(self) -> tuple[FilterOutcome, str]:
        context, plan = self._context, self._plan
        present = self._on_disk()
        self.exposures_s = {frame.exposure_s for frame in present}
        wanted = plan.count - len(present)
        limits = self._limits()
        trained = self._trained_start(limits)
        start = trained or self._untrained_start(limits)
        self._emit(
            events.FilterStarted,
            start_brightness=start.brightness,
            start_exposure_s=start.exposure_s,
            trained=trained is not None,
            wanted=plan.count,
            present=len(present),
        )
        if wanted <= 0:
            return FilterOutcome.COMPLETE, ""
        if plan.filter is not None:
            what = f"filter wheel turns to {plan.filter}"
            context.emit(events.Waiting(time=context.clock.now(), what=what))
        context.recovery.surviving(partial(context.rig.select, plan.filter, plan.panel_bank))
        place = (plan.rotator_deg, plan.focuser_steps)
        if place != (None, None):
            what = "rotator and focuser go where the lights had them"
            context.emit(events.Waiting(time=context.clock.now(), what=what))
        context.recovery.surviving(partial(context.rig.stand, *place))
        outcome, reason = self._attempt(limits, start)
        if limits.on_ladder and outcome in _UNREACHED and self._doubt != _DEAF:
            # Better a set of dark flats more than a filter without flats.
            self._emit(events.OffLadder, reason=reason)
            limits = self._limits(on_ladder=False)
            outcome, reason = self._attempt(limits, self._untrained_start(limits))
        if outcome is not FilterOutcome.COMPLETE and self._doubt:
            # A panel reached anew is told everything anew, and often that is all it takes.
            context.recovery.bring_back(BadReply(context.rig.panel.name, self._doubt))
            outcome, reason = self._attempt(limits, start)
        return outcome, reason

    def _attempt(self, limits: Limits, start: Setting) -> tuple[FilterOutcome, str]:
        """Search, and capture what is missing."""
        search, shot, tell = self._search(limits, start)
        if search.outcome is Outcome.REACHED and self._plan.settle_frames is not None:
            tell()
            self._wait_until_steady(shot.setting, self._plan.settle_frames)
            search, shot, tell = self._search(limits, shot.setting)
        if search.outcome is not Outcome.REACHED:
            tell()
            self._tell_curve(search, limits)
            self._doubt = _DEAF if search.light_is_deaf else ""
            return FilterOutcome((search.outcome or Outcome.UNSTABLE).value), search.explanation
        outcome, reason = self._capture(limits, search, shot, tell)
        self._doubt = "" if self._refused else _CHANGED
        self._remember(search, shot)
        self._tell_curve(search, limits)
        self._context.shelf.drain()
        return outcome, reason

    def _new_search(self, limits: Limits, start: Setting) -> FlatSearch:
        scale, plan = self._context.full_scale_adu, self._plan
        return FlatSearch(
            target_adu=plan.target * scale,
            tolerance_adu=plan.tolerance * scale,
            full_scale_adu=scale,
            brightness_range=limits.brightness,
            exposure_range_s=limits.exposure_s,
            start=start,
            response=self.learned.response or self._stored_response(),
            exposures_s=limits.exposures_s,
        )

    def _search(
        self, limits: Limits, start: Setting
    ) -> tuple[FlatSearch, Shot, Callable[[], None]]:
        """Search; return also the last frame, and what tells of it: there is no time for that."""
        search = self._new_search(limits, start)
        under_way = self._context.begin(Setting(*search.setting))
        while True:
            self._trials += 1
            self._tell_exposing("trial", self._trials, under_way.setting)
            shot = self._context.read(under_way, self._plan.channel)
            search.observe(median_adu=shot.level_adu, clipped_frac=shot.clipped_frac)
            tell = partial(self._tell, events.Trial, shot, n=self._trials, verdict=search.verdict)
            if search.outcome is not None:
                self.learned = self.learned.after(search)
                return search, shot, tell
            shot.let_go()
            try:
                under_way = self._context.begin(Setting(*search.setting))
            finally:
                tell()

    def _wait_until_steady(self, setting: Setting, frames: int) -> None:
        """Repeat an exposure until the light stands still, or `frames` are spent."""
        check = SettleCheck(limit=frames)
        while not (check.settled or check.expired):
            self._trials += 1
            self._tell_exposing("trial", self._trials, setting)
            shot = self._context.read(self._context.begin(setting), self._plan.channel)
            check.observe(shot.level_adu)
            self._tell(events.Trial, shot, n=self._trials, verdict="settling")

    def _capture(
        self,
        limits: Limits,
        search: FlatSearch,
        accepted: Shot,
        tell_accepted: Callable[[], None],
    ) -> tuple[FilterOutcome, str]:
        scale, plan = self._context.full_scale_adu, self._plan
        self._earlier = {frame.number for frame in self._on_disk()} | self._kept
        series = FlatSeries(
            target_adu=plan.target * scale,
            tolerance_adu=plan.tolerance * scale,
            full_scale_adu=scale,
            brightness_range=limits.brightness,
            exposure_range_s=limits.exposure_s,
            exposures_s=limits.exposures_s,
            setting=accepted.setting,
            response=search.response,
            count=plan.count - len(self._earlier),
            lag=1,
        )
        known = search.response
        watch = SetWatch(self._context, plan, known.pedestal_adu if known else None)
        if plan.flat_noise is not None:
            self._want(series, watch.first_guess() - len(self._earlier))

        def deal_with(shot: Shot) -> None:
            if shot is accepted:
                tell_accepted()
            self._judge(series, watch, shot)
            shot.let_go()

        self._take(series, accepted, deal_with)
        self._context.shelf.drain()
        watch.finish(self._context.emit, self._set)
        if series.outcome in (None, Outcome.REACHED):
            return FilterOutcome.COMPLETE, ""
        return FilterOutcome(series.outcome.value), self._refused or series.explanation

    def _take(self, series: FlatSeries, accepted: Shot, deal_with: Callable[[Shot], None]) -> None:
        """Take the frames of the series; the `accepted` one is the first."""
        under_way = self._next(series, partial(deal_with, accepted))
        while series.outcome is None:
            # Nothing is under way where the last frame turned out bad: it is replaced.
            under_way = under_way or self._context.begin(series.setting)
            self._tell_exposing("flat", self._free_number(series.kept), under_way.setting)
            shot = self._context.read(under_way, self._plan.channel)
            under_way = self._next(series, partial(deal_with, shot))

    def _next(
        self, series: FlatSeries, deal_with_frame_in_hand: Callable[[], None]
    ) -> Exposure | None:
        """Begin the next exposure, unless the frame in hand may have been the last."""
        try:
            if series.kept + 1 < series.count:
                return self._context.begin(series.setting)
            # Only once: whoever has to come back stays until the set is complete.
            later, self._later = self._later, None
            if later is not None:
                same_light = later.panel_bank == self.panel_bank
                later.set_out(self.learned if same_light else Learned())
            return None
        finally:
            # Whatever becomes of the next exposure, the frame in hand is not lost.
            deal_with_frame_in_hand()

    def _judge(self, series: FlatSeries, watch: SetWatch, shot: Shot) -> None:
        fault = watch.reason(shot)
        judgement = series.observe(
            median_adu=shot.level_adu,
            clipped_frac=shot.clipped_frac,
            time_s=shot.time_s,
            setting=shot.setting,
            refused=bool(fault),
        )
        self._refused = fault if judgement.reason == "refused" else ""
        if not judgement.kept:
            reason = self._refused or self._sentence(judgement.reason, shot)
            self._tell(events.Rejected, shot, reason=reason)
            return
        watch.keep(shot)
        needed = watch.count(len(self._earlier))
        if needed is not None and series.outcome is None:
            # One more is under way already.
            self._want(series, max(needed, series.kept + 1))
        self._keep(shot, self._free_number(series.kept - 1), watch)

    def _want(self, series: FlatSeries, count: int) -> None:
        series.want(count)
        self._count = series.count + len(self._earlier)

    def _free_number(self, nth: int) -> int:
        """Return the `nth` number, from 0, which no flat from before this capture has."""
        free = (number for number in itertools.count(1) if number not in self._earlier)
        return next(itertools.islice(free, nth, None))

    def _keep(self, shot: Shot, number: int, watch: SetWatch) -> None:
        plan = self._plan
        self._kept.add(number)
        record = self._context.record(
            FrameKind.FLAT,
            shot.frame,
            shot.statistics,
            number=number,
            count=self._count,
            filter_name=plan.filter,
            brightness=shot.setting.brightness,
            target=plan.target,
            tolerance=plan.tolerance,
            bank=plan.panel_bank,
            level_adu=shot.level_adu,
            channel=plan.channel if shot.channels else None,
            pedestal_adu=watch.measured_pedestal_adu,
            e_per_adu=watch.e_per_adu,
        )
        count = self._count

        def placed(path: Path) -> None:
            self.taken += 1
            self.exposures_s.add(shot.setting.exposure_s)
            self._tell(
                events.Flat,
                shot,
                index=number,
                count=count,
                path=path,
                statistics=shot.statistics,
            )

        self._context.shelf.put(shot.frame, record, placed)

    def _tell_curve(self, search: FlatSearch, limits: Limits) -> None:
        steps = spread_steps(*limits.brightness)
        self._emit(
            events.PanelCurve,
            pedestal_adu=search.response.pedestal_adu or 0.0,
            brightness=steps,
            light_adu_s=tuple(float(f"{light:.5g}") for light in search.light(steps)),
        )

    def _tell_exposing(self, kind: str, n: int, setting: Setting) -> None:
        self._emit(
            events.Exposing,
            kind=kind,
            n=n,
            brightness=setting.brightness,
            exposure_s=setting.exposure_s,
        )

    def _on_disk(self) -> tuple[FinishedFrame, ...]:
        """Return the flats of this set that an earlier run of the night left, each verified."""
        if self._present is not None:
            return self._present
        context, plan = self._context, self._plan
        self._present = ()
        if context.resume:
            wanted = context.wanted(FrameKind.FLAT, plan)
            found = finished(context.shelf.directory, context.shelf.night, wanted)
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

    def _remember(self, search: FlatSearch, accepted: Shot) -> None:
        history, key = self._context.history, self._setting_key(self._plan.filter)
        level = accepted.level_adu / self._context.full_scale_adu
        brightness, exposure_s = accepted.setting
        history.remember(key, Trained(brightness, exposure_s, level, self._context.clock.now()))
        if search.response is not None:
            history.remember_response(key, search.response.to_json())

    def _sentence(self, verdict: str, shot: Shot) -> str:
        plan = self._plan
        level = shot.level_adu / self._context.full_scale_adu
        low, high = plan.target - plan.tolerance, plan.target + plan.tolerance
        if verdict == "clipped" and level <= high:
            return f"clipped: {100 * shot.clipped_frac:.2f} % of the pixels are full"
        words = "too dim" if level < low else "too bright"
        return f"{words}: {100 * level:.1f} %, wanted {100 * low:.1f} to {100 * high:.1f} %"

    def _limits(self, *, on_ladder: bool = True) -> Limits:
        context = self._context
        return Limits.of(self._plan, context.steps, context.rig.info, on_ladder=on_ladder)

    def _trained_start(self, limits: Limits) -> Setting | None:
        """Return the setting that worked last time, where today's limits still allow it."""
        trained = self._context.history.trained(self._setting_key(self._plan.filter))
        if trained is None or not limits.allow(trained.brightness, trained.exposure_s):
            return None
        return Setting(trained.brightness, trained.exposure_s)

    def _untrained_start(self, limits: Limits) -> Setting:
        """Return where the search starts: between the plan's start and what suited the last filter.

        The filter through which the rig was calibrated starts with what was measured then. The
        filters of a wheel are rather alike, but not so much that the plan has nothing to say:
        the middle, in ratio, is far from neither. Light that can't be dimmed starts with the
        exposure of the last filter, since only the exposure can follow.
        """
        last, (dimmest, brightest) = self.learned.setting, limits.brightness
        calibrated = self._calibrated_start(limits)
        if calibrated is not None:
            return calibrated
        if last is None:
            return limits.start
        if dimmest == brightest:
            return last if limits.allow(*last) else limits.start
        middle = round(math.sqrt(limits.start.brightness * last.brightness))
        return Setting(min(max(middle, dimmest), brightest), limits.start.exposure_s)

    def _calibrated_start(self, limits: Limits) -> Setting | None:
        """Return the setting that meets the target by the calibration, if it was of this filter."""
        calibration, plan = self._context.calibration, self._plan
        usual = plan.panel_bank in (None, self._context.rig.usual_bank)
        if calibration is None or calibration.filter != plan.filter or not usual:
            return None
        exposure_s = limits.start.exposure_s
        step = calibration.step_for(plan.target * self._context.full_scale_adu, exposure_s)
        if step is None or not limits.allow(step, exposure_s):
            return None
        return Setting(step, exposure_s)

    def _emit(self, event: Callable[..., events.Event], /, **facts: object) -> None:
        now = self._context.clock.now()
        self._context.emit(event(time=now, filter=self._label, set=self._set, **facts))

    def _tell(self, event: Callable[..., events.Event], shot: Shot, /, **facts: object) -> None:
        if event is not events.Flat:
            facts["clipped_frac"] = shot.clipped_frac
        if event is not events.Rejected:
            facts["channels"] = {colour: each.median for colour, each in shot.channels.items()}
        self._emit(
            event,
            brightness=shot.setting.brightness,
            exposure_s=shot.setting.exposure_s,
            median_adu=shot.level_adu,
            level=shot.level_adu / self._context.full_scale_adu,
            **facts,
        )
