"""A run: filter by filter select, search and capture, then the dark flats; the lamp guarded."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, replace
from functools import partial
from itertools import groupby

from flatctl import events
from flatctl.core.nights.history import PastRun
from flatctl.core.types import Bank, CameraSetup, FilterPlan, Outcome
from flatctl.devices.protocols import Bounded
from flatctl.engine.calibrate import known_calibration
from flatctl.engine.context import RunContext
from flatctl.engine.darks import take_dark_flats
from flatctl.engine.flat_set import FlatSetRun
from flatctl.engine.guard import LampGuard, guard_of, under_guard
from flatctl.engine.job import Job, SkyJob
from flatctl.engine.opening import adopt, ensure_room, full_scale, started
from flatctl.engine.panel_off import check_leak, known_pedestal, measure_pedestal
from flatctl.engine.recovery import Recovery, RigLost
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Safety
from flatctl.engine.set_events import SetEvents
from flatctl.engine.sharing import await_camera
from flatctl.engine.sky.darks import take_sky_darks
from flatctl.engine.sky.flats import SkyFlats
from flatctl.engine.sky.order import by_light
from flatctl.engine.sky.set import SkySet
from flatctl.engine.starting import Learned
from flatctl.engine.stop import StopSignals
from flatctl.engine.waits import Waits
from flatctl.errors import (
    DeviceError,
    ExitCode,
    Fault,
    FlatctlError,
    Stopped,
    StorageError,
    UsageError,
)
from flatctl.events import Awaited, Preparation
from flatctl.storage.directory import free_bytes
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter

# So many filters in a row without any light, and none with, are no filters' fault.
_DARK_MAX = 2


@dataclass(eq=False)
class Session:
    """One run of one rig. Use it once."""

    rig: Rig
    job: Job
    _: KW_ONLY
    writer: FrameWriter
    history: History
    emit: events.Listener
    signals: StopSignals

    def __post_init__(self) -> None:
        self._outcomes: dict[str, Outcome] = {}
        self._filters: dict[str, str] = {}
        self._under_way: FlatSetRun | SkyFlats | None = None
        self._darkened: dict[CameraSetup, set[float]] = {}
        self._warned: set[str] = set()
        self._started: events.RunStarted | None = None

    def run(self) -> int:
        """Do the job and return the exit code: 0, or 5 where a filter is incomplete.

        Raises any `FlatctlError` that ended the run, or `Stopped`; `LightUnknown` where the panel
        is not known to be off. `run_finished` has been told before, if `run_started` was.
        """
        began_s = self.rig.clock.monotonic()
        guard = guard_of(self.rig, self.signals)
        guard.tell = self._tell_light
        try:
            with self.writer:
                under_guard(self.rig, self._do, guard=guard, tell_fault=self._tell_fault)
        except BaseException as ending:
            # A disk that is full as well must not stand for a light that is on.
            lost = guard.lost(ending)
            error = lost or ending
            if isinstance(error, FlatctlError | Stopped):
                error.mount = self._mount_left() or ""
            code = (
                error.exit_code if isinstance(error, FlatctlError | Stopped) else ExitCode.INTERNAL
            )
            # Nor must what fails while the end is told stand for what ended the run.
            with suppress(Exception):
                self._finish(code, self.rig.clock.monotonic() - began_s, str(error), guard)
            if lost is None or lost is ending:
                raise
            raise lost from ending
        complete = all(o is Outcome.COMPLETE for o in self._outcomes.values())
        code = ExitCode.COMPLETE if complete else ExitCode.INCOMPLETE
        self._finish(code, self.rig.clock.monotonic() - began_s, "", guard)
        return code

    def _do(self, steps: range) -> None:
        self.rig.open()
        plans = self._possible(self.job.plan(self.rig.slots))
        ensure_room(self.job, self.rig, self.writer, plans)
        context = self._begin(steps, plans)
        context.recovery.retry(context.safety.establish)
        own = self.rig.setup
        for plan in (each for each in plans if each.obstacle):
            self._outcomes[events.set_label(plan)] = Outcome.DEVICE
            SetEvents(context, plan).given_up(plan.obstacle)
        possible = [plan for plan in plans if not plan.obstacle]
        for setup, sets in self._by_setup(possible, own):
            self.rig.setup = setup
            self._take_sets(context, sets)

    def _by_setup(
        self, plans: Sequence[FilterPlan], own: CameraSetup
    ) -> Iterable[tuple[CameraSetup, list[FilterPlan]]]:
        """Yield the sets of each camera setup; of the sky in the order of their light."""
        if self.job.sky is not None:
            return by_light(plans, own, dawn=self.job.sky.dawn)
        groups = groupby(plans, key=lambda plan: plan.setup or own)
        return [(setup, list(sets)) for setup, sets in groups]

    def _possible(self, plans: Sequence[FilterPlan]) -> Sequence[FilterPlan]:
        """Hold the plans against the camera's limits; what it can't do is an obstacle.

        Raises `Unfit` where it can do none of them.
        """
        camera = self.rig.camera
        if not isinstance(camera, Bounded):
            return plans
        found = [camera.unfit(plan.setup or self.rig.setup, plan) for plan in plans]
        if plans and all(found):
            raise found[0][0]
        return [
            replace(plan, obstacle=str(unfit[0])) if unfit and not plan.obstacle else plan
            for plan, unfit in zip(plans, found, strict=True)
        ]

    def _take_sets(self, context: RunContext, plans: Sequence[FilterPlan]) -> None:
        """Take the sets of one camera setup, then their dark flats."""
        if not self._prepare(context, plans):
            return
        if self.job.only_darks and self.job.sky is not None:
            self._take_sky_darks_alone(context, plans)
            return
        if self.job.only_darks:
            self._take_darks_alone(context, [FlatSetRun(context, plan, None) for plan in plans])
            return
        if self.job.sky is not None:
            self._take_of_sky(context, self.job.sky, plans)
            return
        shortest_s = min(
            plans[0].exposures_s or (self.rig.info.exposure_min_s or plans[0].exposure_min_s,)
        )
        if self.job.leak_check:
            measure_pedestal(context, shortest_s)
        pedestal = known_pedestal(context)
        runs = [FlatSetRun(context, plan, pedestal) for plan in plans]
        self._take_flats(runs)
        exposures_s = set().union(*(each.exposures_s for each in runs))
        if self.job.leak_check and any(each.taken for each in runs):
            check_leak(
                context,
                shortest_s=shortest_s,
                longest_s=max(exposures_s),
                flat_adu=runs[0].band.target_adu,
            )
        self._take_darks(context, runs, exposures_s)

    def _take_of_sky(self, context: RunContext, sky: SkyJob, plans: Sequence[FilterPlan]) -> None:
        """Take the sets of one camera setup of the sky, then their dark flats."""
        flats = SkyFlats(context, sky, plans, self.signals, self._tell_fault)
        self._under_way = flats
        self._outcomes.update(flats.run())
        take_sky_darks(context, plans, flats.exposures_s, self._tell_fault)

    def _take_sky_darks_alone(self, context: RunContext, plans: Sequence[FilterPlan]) -> None:
        """Take the dark flats of flats of the sky that are there.

        Raises `UsageError` where there are none.
        """
        sets = [SkySet(context, plan) for plan in plans]
        for each in sets:
            each.look()
        known = set().union(*(each.exposures_s for each in sets))
        if not known:
            raise UsageError("no flats of the sky, so the exposure of the dark flats is not known")
        take_sky_darks(context, plans, known, self._tell_fault)
        for each in sets:
            outcome = Outcome.COMPLETE if each.exposures_s else Outcome.STOPPED
            self._outcomes[events.set_label(each.plan)] = outcome

    def _take_darks(
        self, context: RunContext, runs: Sequence[FlatSetRun], exposures_s: set[float]
    ) -> None:
        # The longest first: in a long one a light that is still on is seen for certain.
        done = self._darkened.setdefault(self.rig.setup, set())
        take_dark_flats(
            context,
            sorted(exposures_s - done, reverse=True),
            self.job.dark_flats,
            flat_adu=min(each.band.low_adu for each in runs),
        )
        done |= exposures_s

    def _take_darks_alone(self, context: RunContext, runs: Sequence[FlatSetRun]) -> None:
        """Take the dark flats of flats that are there, or would be taken by what was learned.

        Raises `UsageError` where no exposure is known.
        """
        exposures_s = {each: each.known_exposures_s() for each in runs}
        known = set().union(*exposures_s.values())
        if not known:
            raise UsageError(
                "no flats of tonight and none learned, so the exposure of the dark flats is not "
                "known: name it with --exposure"
            )
        self._take_darks(context, runs, known)
        for flat_set, found in exposures_s.items():
            outcome = Outcome.COMPLETE if found else Outcome.STOPPED
            self._outcomes[events.set_label(flat_set.plan)] = outcome

    def _prepare(self, context: RunContext, plans: Sequence[FilterPlan]) -> bool:
        """Make the camera ready for these sets; give them up where it refuses its setup."""
        waiting = Awaited(Preparation.CAMERA, temperature_c=self.rig.setup.temperature_c)
        context.tell_waiting(waiting)
        context.recovery.renew()
        try:
            context.recovery.retry(self.rig.prepare)
        except (RigLost, DeviceError) as failure:
            error = failure.error if isinstance(failure, RigLost) else failure
            # A camera that refuses this setup may well take another one.
            if not isinstance(error, Fault) or len(self._outcomes) == len(plans):
                raise
            for plan in plans:
                self._outcomes[events.set_label(plan)] = Outcome.DEVICE
                SetEvents(context, plan).given_up(str(error))
            return False
        return True

    def _take_flats(self, runs: Sequence[FlatSetRun]) -> None:
        """Take set after set; what one learns of the light is for the later ones of its bank."""
        learned: dict[Bank | None, Learned] = defaultdict(Learned)
        dark = 0
        for flat_set, following in zip(runs, [*runs[1:], None], strict=True):
            self._under_way = flat_set
            bank = flat_set.plan.panel_bank
            start_next = partial(self._start_next, following, learned, bank)
            outcome, learned[bank] = flat_set.run(learned[bank], start_next)
            self._outcomes[events.set_label(flat_set.plan)] = outcome
            dark = dark + 1 if flat_set.is_dark else 0
            left = runs[runs.index(flat_set) + 1 :]
            if dark >= _DARK_MAX and left and Outcome.COMPLETE not in self._outcomes.values():
                # It is not the filters: nothing shines.
                for each in left:
                    self._outcomes[events.set_label(each.plan)] = Outcome.TOO_DIM
                    each.finish(Outcome.TOO_DIM, events.Doubt.DARK)
                return

    def _start_next(
        self,
        following: FlatSetRun | None,
        learned: dict[Bank | None, Learned],
        bank: Bank | None,
        known: Learned,
    ) -> None:
        """Let the rig start for the set that follows, unless all its flats are there."""
        learned[bank] = known
        if following is None:
            return
        plan = following.plan
        brightness = following.first_brightness(learned[plan.panel_bank])
        if brightness is not None:
            self.rig.start_next(plan.filter, brightness, plan.panel_bank)

    def _begin(self, steps: range, plans: Sequence[FilterPlan]) -> RunContext:
        """Tell that the run starts, and return what its parts work with."""
        self._outcomes = {events.set_label(plan): Outcome.STOPPED for plan in plans}
        self._filters = {events.set_label(plan): events.label(plan.filter) for plan in plans}
        bank = plans[0].panel_bank if plans else None
        known = known_calibration(self.history, self.job.rig, self.rig, bank)
        now, waits = self.rig.clock.now(), Waits(self.rig, self.emit)
        context = RunContext(
            job=self.job,
            run=f"{now:%Y%m%dT%H%M%SZ}",
            rig=self.rig,
            steps=steps,
            full_scale=full_scale(self.job, self.rig, self.history, known),
            calibration=known,
            writer=self.writer,
            history=self.history,
            recovery=Recovery(
                self.rig,
                self._tell_fault,
                waits.reach_again,
                self._await_camera if self.job.share else None,
            ),
            safety=Safety(self.job.rules, self.rig, self.emit),
            waits=waits,
            emit=self.emit,
        )
        self._started = started(context, plans, now, self.writer.open_night(now))
        self.emit(self._started)
        for alias, slot in dict.fromkeys((plan.named, plan.filter) for plan in plans):
            if alias and slot is not None:
                self.emit(events.FilterAlias(time=now, named=alias, filter=slot))
        self._tell_history()
        if known is not None:
            adopt(context, known)
        return context

    def _by_filter(self) -> dict[str, Outcome]:
        """Return the outcome of each filter: complete where all its sets are."""
        found: dict[str, Outcome] = {}
        for name, outcome in self._outcomes.items():
            before = found.get(self._filters[name])
            if before in (None, Outcome.COMPLETE):
                found[self._filters[name]] = outcome
        return found

    def _tell_history(self) -> None:
        """Say what is wrong with the history; it never ends a run."""
        for warning in self.history.warnings:
            if warning not in self._warned:
                self._warned.add(warning)
                self._tell_fault(DeviceError("history", warning), recovered=True)

    def _await_camera(self) -> None:
        def tell(what: Awaited) -> None:
            self.emit(events.Waiting(time=self.rig.clock.now(), what=what))

        await_camera(self.rig.camera, self.rig.clock, tell)

    def _tell_light(self, error: DeviceError) -> None:
        """Say, while it is tried again, why the light is not out."""
        what = Awaited(Preparation.DARK, fault=f"{error.device}: {error.what}")
        # What watches must not stand in the way of the light.
        with suppress(Exception):
            self.emit(events.Waiting(time=self.rig.clock.now(), what=what))

    def _tell_fault(self, error: DeviceError, recovered: bool) -> None:
        self.emit(
            events.FaultSeen(
                time=self.rig.clock.now(),
                device=error.device,
                what=error.what,
                recovered=recovered,
            )
        )

    def _free_bytes(self) -> int | None:
        """Return the room left for frames; `None` where the disk does not say."""
        with suppress(StorageError):
            return free_bytes(self.writer.directory)
        return None

    def _mount_left(self) -> str | None:
        left = self._under_way.mount_left if isinstance(self._under_way, SkyFlats) else None
        return left.value if left is not None else None

    def _finish(self, code: int, seconds: float, reason: str, guard: LampGuard) -> None:
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
            self.writer.placed,
            str(started.folder),
            sets,
        )
        with self.signals.held():
            try:
                self.history.remember_run(past)
                if self._under_way is not None:
                    self._under_way.finish(Outcome.STOPPED)
                self._tell_history()
            finally:
                self.emit(
                    events.RunFinished(
                        time=self.rig.clock.now(),
                        exit_code=code,
                        filters=self._by_filter(),
                        sets=dict(self._outcomes),
                        frames=self.writer.placed,
                        seconds=seconds,
                        reason=reason,
                        light=guard.light,
                        cover=guard.cover.value if guard.cover else None,
                        free_bytes=self._free_bytes(),
                        mount=self._mount_left(),
                    )
                )
