"""One filter: select it, search its setting, capture its set."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from flatctl.core.response import Response
from flatctl.core.search import FlatSearch
from flatctl.core.series import FlatSeries
from flatctl.core.types import FilterOutcome, FilterPlan, FrameKind, Outcome, Setting
from flatctl.engine import events
from flatctl.engine.context import RunContext, Shot
from flatctl.errors import DeviceError
from flatctl.storage.history import Trained
from flatctl.storage.resume import FinishedFrame, Wanted, finished


@dataclass(frozen=True)
class Limits:
    """What the plan, the panel and the camera allow together, in the panel's steps and seconds."""

    brightness: tuple[int, int]
    exposure_s: tuple[float, float]
    exposures_s: tuple[float, ...]
    start: Setting


class FilterRun:
    """The flats of one filter. `taken` counts the frames put on disk."""

    def __init__(self, context: RunContext, plan: FilterPlan, response: Response | None) -> None:
        self._context = context
        self._plan = plan
        self._label = events.label(plan.filter)
        self.response = response
        self.exposures_s: set[float] = set()
        self.taken = 0
        self._trials = 0
        self._present: tuple[FinishedFrame, ...] = ()

    def run(self) -> FilterOutcome:
        """Do it and say how it ended. What ends the whole run is raised."""
        self._context.recovery.renew()
        outcome, reason = FilterOutcome.STOPPED, ""
        try:
            outcome, reason = self._search_and_capture()
        except DeviceError as error:
            outcome, reason = FilterOutcome.DEVICE, str(error)
        finally:
            self._emit(
                events.FilterFinished,
                outcome=outcome.value,
                trials=self._trials,
                flats=len(self._present) + self.taken,
                reason=reason,
            )
        return outcome

    def _search_and_capture(self) -> tuple[FilterOutcome, str]:
        context, plan = self._context, self._plan
        self._present = self._on_disk() if context.resume else ()
        self.exposures_s = {frame.exposure_s for frame in self._present}
        wanted = plan.count - len(self._present)
        limits = self._limits()
        trained = self._trained_start(limits)
        start = trained or limits.start
        self._emit(
            events.FilterStarted,
            start_brightness=start.brightness,
            start_exposure_s=start.exposure_s,
            trained=trained is not None,
            wanted=plan.count,
            present=len(self._present),
        )
        if wanted <= 0:
            return FilterOutcome.COMPLETE, ""
        if plan.filter is not None:
            context.emit(
                events.Waiting(
                    time=context.clock.now(), what=f"filter wheel turns to {plan.filter}"
                )
            )
        context.recovery.surviving(partial(context.rig.select, plan.filter))
        search, shot = self._search(limits, start)
        if search.outcome is not Outcome.REACHED or shot is None:
            return FilterOutcome((search.outcome or Outcome.UNSTABLE).value), search.explanation
        outcome, reason = self._capture(limits, search, shot, wanted)
        self._remember(search, shot)
        context.shelf.drain()
        return outcome, reason

    def _search(self, limits: Limits, start: Setting) -> tuple[FlatSearch, Shot | None]:
        scale, plan = self._context.full_scale_adu, self._plan
        search = FlatSearch(
            target_adu=plan.target * scale,
            tolerance_adu=plan.tolerance * scale,
            full_scale_adu=scale,
            brightness_range=limits.brightness,
            exposure_range_s=limits.exposure_s,
            start=start,
            response=self.response or self._stored_response(),
            exposures_s=limits.exposures_s,
        )
        shot = None
        while search.outcome is None:
            shot = self._shoot(Setting(*search.setting), "trial", self._trials + 1)
            statistics = shot.statistics
            search.observe(median_adu=statistics.median, clipped_frac=statistics.clipped_frac)
            self._trials += 1
            self._tell(events.Trial, shot, n=self._trials, verdict=search.verdict)
        self.response = search.response
        return search, shot

    def _capture(
        self, limits: Limits, search: FlatSearch, shot: Shot, wanted: int
    ) -> tuple[FilterOutcome, str]:
        scale, plan = self._context.full_scale_adu, self._plan
        series = FlatSeries(
            target_adu=plan.target * scale,
            tolerance_adu=plan.tolerance * scale,
            full_scale_adu=scale,
            brightness_range=limits.brightness,
            exposure_range_s=limits.exposure_s,
            exposures_s=limits.exposures_s,
            setting=shot.setting,
            response=search.response,
            count=wanted,
        )
        taken = {frame.number for frame in self._present}
        numbers = [n for n in range(1, plan.count + len(taken) + 1) if n not in taken]
        while True:
            statistics = shot.statistics
            judgement = series.observe(
                median_adu=statistics.median,
                clipped_frac=statistics.clipped_frac,
                time_s=shot.time_s,
            )
            if judgement.kept:
                self._keep(shot, numbers[series.kept - 1])
            else:
                self._tell(events.Rejected, shot, reason=self._sentence(judgement.reason, shot))
            if series.outcome is Outcome.REACHED:
                return FilterOutcome.COMPLETE, ""
            if series.outcome is not None:
                return FilterOutcome(series.outcome.value), series.explanation
            shot = self._shoot(Setting(*series.setting), "flat", numbers[series.kept])

    def _keep(self, shot: Shot, number: int) -> None:
        plan = self._plan
        record = self._context.record(
            FrameKind.FLAT,
            shot.frame,
            shot.statistics,
            number=number,
            count=plan.count,
            filter_name=plan.filter,
            brightness=shot.setting.brightness,
            target=plan.target,
            tolerance=plan.tolerance,
        )

        def placed(path: Path) -> None:
            self.taken += 1
            self.exposures_s.add(shot.setting.exposure_s)
            self._tell(
                events.Flat,
                shot,
                index=number,
                count=plan.count,
                path=path,
                statistics=shot.statistics,
            )

        self._context.shelf.put(shot.frame, record, placed)

    def _shoot(self, setting: Setting, kind: str, n: int) -> Shot:
        self._emit(
            events.Exposing,
            kind=kind,
            n=n,
            brightness=setting.brightness,
            exposure_s=setting.exposure_s,
        )
        return self._context.shoot(setting)

    def _on_disk(self) -> tuple[FinishedFrame, ...]:
        """Return the flats of this set that an earlier run of the night left, each verified."""
        context, plan, state = self._context, self._plan, self._context.rig.state
        wanted = Wanted(
            kind=FrameKind.FLAT,
            rig=context.rig_name,
            camera=context.rig.camera.name,
            binning=state.binning,
            filter=plan.filter,
            gain=state.gain,
            offset=state.offset,
            iso=state.iso,
            readout_mode=state.readout_mode,
            target_adu=plan.target * context.full_scale_adu,
            tolerance_adu=plan.tolerance * context.full_scale_adu,
        )
        found = finished(context.shelf.directory, context.shelf.night, wanted)
        return found.frames[: plan.count]

    def _stored_response(self) -> Response | None:
        """Return what an earlier night learned of panel and camera."""
        text = self._context.history.response(self._context.setting_key(None))
        if text is None:
            return None
        try:
            return Response.from_json(text)
        except ValueError:
            # Written by another version: the search learns it anew.
            return None

    def _remember(self, search: FlatSearch, accepted: Shot) -> None:
        history, key = self._context.history, self._context.setting_key(self._plan.filter)
        level = accepted.statistics.median / self._context.full_scale_adu
        brightness, exposure_s = accepted.setting
        history.remember(key, Trained(brightness, exposure_s, level, self._context.clock.now()))
        if search.response is not None:
            history.remember_response(key, search.response.to_json())

    def _sentence(self, verdict: str, shot: Shot) -> str:
        plan, statistics = self._plan, shot.statistics
        level = statistics.median / self._context.full_scale_adu
        low, high = plan.target - plan.tolerance, plan.target + plan.tolerance
        if verdict == "clipped" and level <= high:
            return f"clipped: {100 * statistics.clipped_frac:.2f} % of the pixels are full"
        words = "too dim" if level < low else "too bright"
        return f"{words}: {100 * level:.1f} %, wanted {100 * low:.1f} to {100 * high:.1f} %"

    def _limits(self) -> Limits:
        plan, steps, info = self._plan, self._context.steps, self._context.rig.info
        shortest_s = max(plan.exposure_min_s, info.exposure_min_s or 0.0)
        longest_s = max(shortest_s, min(plan.exposure_max_s, info.exposure_max_s or math.inf))
        return Limits(
            brightness=(_step(steps, plan.brightness_min), _step(steps, plan.brightness_max)),
            exposure_s=(shortest_s, longest_s),
            exposures_s=plan.exposures_s,
            start=Setting(
                _step(steps, plan.brightness_start),
                min(max(plan.exposure_start_s, shortest_s), longest_s),
            ),
        )

    def _trained_start(self, limits: Limits) -> Setting | None:
        """Return the setting that worked last time, where today's limits still allow it."""
        trained = self._context.history.trained(self._context.setting_key(self._plan.filter))
        if trained is None:
            return None
        lowest, highest = limits.brightness
        shortest_s, longest_s = limits.exposure_s
        allowed = (
            lowest <= trained.brightness <= highest
            and shortest_s <= trained.exposure_s <= longest_s
            and (not limits.exposures_s or trained.exposure_s in limits.exposures_s)
        )
        return Setting(trained.brightness, trained.exposure_s) if allowed else None

    def _emit(self, event: Callable[..., events.Event], /, **facts: object) -> None:
        self._context.emit(event(time=self._context.clock.now(), filter=self._label, **facts))

    def _tell(self, event: Callable[..., events.Event], shot: Shot, /, **facts: object) -> None:
        statistics = shot.statistics
        if event is not events.Flat:
            facts["clipped_frac"] = statistics.clipped_frac
        self._emit(
            event,
            brightness=shot.setting.brightness,
            exposure_s=shot.setting.exposure_s,
            median_adu=statistics.median,
            level=statistics.median / self._context.full_scale_adu,
            **facts,
        )


def _step(steps: range, fraction: float) -> int:
    """Return the panel's step at that fraction of its range, half a step rounded up."""
    return steps[math.floor(fraction * (len(steps) - 1) + 0.5)]
