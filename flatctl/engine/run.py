"""A run: filter by filter select, search and capture, then the dark flats; the lamp guarded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from flatctl import events
from flatctl.core.calibration import SETTLE_ADOPTED_MAX_S
from flatctl.core.nights.history import PastRun
from flatctl.core.nights.sun import Site
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import Bank, CameraSetup, FilterPlan, Outcome
from flatctl.engine.calibrate import Known, known_calibration
from flatctl.engine.context import RunContext
from flatctl.engine.darks import take_dark_flats
from flatctl.engine.flat_set import FilterRun
from flatctl.engine.guard import under_guard
from flatctl.engine.learned import Learned
from flatctl.engine.panel_off import check_leak, measure_pedestal
from flatctl.engine.recovery import Recovery, RigLost
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Rule, Safety
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, ExitCode, Fault, FlatctlError, Stopped
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter

USUAL_BITS = 16


@dataclass(frozen=True)
class Job:
    """What a run is to do.

    `plan` makes the flats wanted out of the wheel's slot names, `writer` opens the place where
    frames go. Where `full_scale_adu` is `None` it is that of a stored calibration, else derived
    from what the camera says; `dark_flats` are wanted of each exposure, panel off. With
    `adopt_settling` the rig waits after a change of light as long as a calibration has measured.
    `rules` say what must be so around the rig.
    """

    rig: str
    plan: Callable[[Sequence[str]], Sequence[FilterPlan]]
    full_scale_adu: float | None = None
    dark_flats: int = 0
    resume: bool = True
    rules: Sequence[Rule] = ()
    adopt_settling: bool = False
    quality: QualityLimits | None = None
    leak_check: bool = False
    site: Site | None = None
    dark_flat_type: str = "DARK"


class Session:
    """One run of one rig. Use it once."""

    def __init__(
        self,
        rig: Rig,
        job: Job,
        *,
        writer: FrameWriter,
        history: History,
        emit: events.Listener,
        signals: StopSignals,
    ) -> None:
        self._rig = rig
        self._job = job
        self._writer = writer
        self._history = history
        self._emit = emit
        self._signals = signals
        self._outcomes: dict[str, Outcome] = {}
        self._filters: dict[str, str] = {}
        self._under_way: FilterRun | None = None
        self._darkened: dict[CameraSetup, set[float]] = {}
        self._warned: set[str] = set()
        self._started: events.RunStarted | None = None

    def run(self) -> int:
        """Do the job and return the exit code: 0, or 5 where a filter is incomplete.

        The panel is off when it returns or raises. Raises any `FlatctlError` that ended the run,
        or `Stopped`; `run_finished` has been told before, if `run_started` was.
        """
        began_s = self._rig.clock.monotonic()
        try:
            with self._writer:
                under_guard(self._rig, self._do, signals=self._signals, tell_fault=self._tell_fault)
        except BaseException as error:
            code = (
                error.exit_code if isinstance(error, FlatctlError | Stopped) else ExitCode.INTERNAL
            )
            self._finish(code, self._rig.clock.monotonic() - began_s, str(error))
            raise
        complete = all(o is Outcome.COMPLETE for o in self._outcomes.values())
        code = ExitCode.COMPLETE if complete else ExitCode.INCOMPLETE
        self._finish(code, self._rig.clock.monotonic() - began_s, "")
        return code

    def _do(self, steps: range) -> None:
        self._rig.open()
        plans = self._job.plan(self._rig.slots)
        context = self._begin(steps, plans)
        context.recovery.retry(context.safety.establish)
        own = self._rig.setup
        for setup, sets in groupby(plans, key=lambda plan: plan.setup or own):
            self._rig.setup = setup
            self._take_sets(context, list(sets))

    def _take_sets(self, context: RunContext, plans: Sequence[FilterPlan]) -> None:
        """Take the sets of one camera setup, then their dark flats."""
        self._emit(events.Waiting(time=self._rig.clock.now(), what=self._preparing()))
        context.recovery.renew()
        try:
            context.recovery.retry(self._rig.prepare)
        except (RigLost, DeviceError) as failure:
            error = failure.error if isinstance(failure, RigLost) else failure
            # A camera that refuses this setup may well take another one.
            if not isinstance(error, Fault) or len(self._outcomes) == len(plans):
                raise
            for plan in plans:
                self._give_up(context, plan, str(error))
            return
        if self._job.leak_check:
            measure_pedestal(context, self._shortest_s(plans[0]))
        learned: dict[Bank | None, Learned] = {}
        exposures_s: set[float] = set()
        runs = [FilterRun(context, plan) for plan in plans]
        for plan, filter_run, later in zip(plans, runs, [*runs[1:], None], strict=True):
            self._under_way = filter_run
            outcome = filter_run.run(learned.get(plan.panel_bank, Learned()), later)
            self._outcomes[events.set_label(plan)] = outcome
            learned[plan.panel_bank] = filter_run.learned
            exposures_s |= filter_run.exposures_s
        if self._job.leak_check and any(each.taken for each in runs):
            check_leak(
                context,
                shortest_s=self._shortest_s(plans[0]),
                longest_s=max(exposures_s),
                flat_adu=plans[0].target * context.full_scale_adu,
            )
        # The longest first: in a long one a light that is still on is seen for certain.
        done = self._darkened.setdefault(self._rig.setup, set())
        take_dark_flats(
            context,
            sorted(exposures_s - done, reverse=True),
            self._job.dark_flats,
            flat_adu=min(plan.target - plan.tolerance for plan in plans) * context.full_scale_adu,
        )
        done |= exposures_s

    def _shortest_s(self, plan: FilterPlan) -> float:
        return min(plan.exposures_s or (self._rig.info.exposure_min_s or plan.exposure_min_s,))

    def _preparing(self) -> str:
        wanted_c = self._rig.setup.temperature_c
        return "camera gets ready" + ("" if wanted_c is None else f", cooling to {wanted_c:g} °C")

    def _give_up(self, context: RunContext, plan: FilterPlan, why: str) -> None:
        self._outcomes[events.set_label(plan)] = Outcome.DEVICE
        context.emit(
            events.FilterFinished(
                time=self._rig.clock.now(),
                filter=events.label(plan.filter),
                set=events.set_label(plan),
                outcome=Outcome.DEVICE,
                trials=0,
                flats=0,
                why=why,
            )
        )

    def _begin(self, steps: range, plans: Sequence[FilterPlan]) -> RunContext:
        self._outcomes = {events.set_label(plan): Outcome.STOPPED for plan in plans}
        self._filters = {events.set_label(plan): events.label(plan.filter) for plan in plans}
        now = self._rig.clock.now()
        known = known_calibration(self._history, self._job.rig, self._rig)
        full_scale_adu = self._full_scale(known)
        context = RunContext(
            run=f"{now:%Y%m%dT%H%M%SZ}",
            rig_name=self._job.rig,
            rig=self._rig,
            steps=steps,
            full_scale_adu=full_scale_adu,
            resume=self._job.resume,
            writer=self._writer,
            history=self._history,
            recovery=Recovery(self._rig, self._tell_fault),
            safety=Safety(self._job.rules, self._rig, self._emit),
            emit=self._emit,
            quality=self._job.quality,
            site=self._job.site,
            dark_flat_type=self._job.dark_flat_type,
            calibration=known.calibration if known else None,
        )
        self._started = events.RunStarted(
            time=now,
            run=context.run,
            rig=self._job.rig,
            filters=tuple(dict.fromkeys(self._filters.values())),
            sets=tuple(self._outcomes),
            folder=self._writer.open_night(now),
            camera=self._rig.camera.name,
            panel=self._rig.panel.name,
            brightness_min=steps[0],
            brightness_max=steps[-1],
            full_scale_adu=full_scale_adu,
            target={events.label(plan.filter): plan.target for plan in plans}
            | {events.set_label(plan): plan.target for plan in plans},
            tolerance={events.label(plan.filter): plan.tolerance for plan in plans}
            | {events.set_label(plan): plan.tolerance for plan in plans},
        )
        self._emit(self._started)
        self._tell_history()
        if known is not None:
            self._adopt(known)
        return context

    def _by_filter(self) -> dict[str, Outcome]:
        """Return the outcome of each filter: complete where all its sets are."""
        found: dict[str, Outcome] = {}
        for name, outcome in self._outcomes.items():
            before = found.get(self._filters[name])
            if before in (None, Outcome.COMPLETE):
                found[self._filters[name]] = outcome
        return found

    def _full_scale(self, known: Known | None) -> float:
        """Return the level of a full pixel: configured, else calibrated, else as claimed."""
        calibrated = known.calibration.full_scale_adu if known else None
        claimed = float(2 ** (self._rig.info.bits or USUAL_BITS) - 1)
        return self._job.full_scale_adu or calibrated or claimed

    def _adopt(self, known: Known) -> None:
        calibration = known.calibration
        if self._job.adopt_settling and calibration.settle_s is not None:
            self._rig.settle_s = min(calibration.settle_s, SETTLE_ADOPTED_MAX_S)
        self._emit(
            events.CalibrationUsed(
                time=self._rig.clock.now(),
                measured=known.measured,
                pedestal_adu=calibration.pedestal_adu,
                leak_adu_s=calibration.leak_adu_s,
                calibrated_full_scale_adu=calibration.full_scale_adu,
                bits=calibration.bits,
                settle_s=calibration.settle_s,
                exposure_s=calibration.exposure_s,
                curve_brightness=tuple(step for step, _ in calibration.curve),
                curve_adu=tuple(level for _, level in calibration.curve),
            )
        )

    def _tell_history(self) -> None:
        """Say what is wrong with the history; it never ends a run."""
        for warning in self._history.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._tell_fault(DeviceError("history", warning), recovered=True)

    def _tell_fault(self, error: DeviceError, recovered: bool) -> None:
        self._emit(
            events.FaultSeen(
                time=self._rig.clock.now(),
                device=error.device,
                what=error.what,
                recovered=recovered,
            )
        )

    def _finish(self, code: int, seconds: float, reason: str) -> None:
        """Remember the run and tell its end; nothing to do where it never started."""
        started = self._started
        if started is None:
            return
        sets = {name: outcome.value for name, outcome in self._outcomes.items()}
        past = PastRun(
            started.run,
            started.rig,
            started.time,
            seconds,
            code,
            self._writer.placed,
            str(started.folder),
            sets,
        )
        with self._signals.held():
            if self._under_way is not None:
                self._under_way.finish(Outcome.STOPPED)
            self._history.remember_run(past)
            self._tell_history()
            self._emit(
                events.RunFinished(
                    time=self._rig.clock.now(),
                    exit_code=code,
                    filters=self._by_filter(),
                    sets=dict(self._outcomes),
                    frames=self._writer.placed,
                    seconds=seconds,
                    reason=reason,
                )
            )
