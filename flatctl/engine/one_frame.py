"""One frame through one filter, to look at: nothing of it is kept."""

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial

from flatctl.core.band import Band
from flatctl.core.pixels.channels import frame_pattern
from flatctl.core.types import FilterPlan, Setting
from flatctl.engine.calibrate import known_calibration
from flatctl.engine.guard import guard_of, under_guard
from flatctl.engine.job import Job
from flatctl.engine.opening import full_scale
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Safety
from flatctl.engine.shot import Exposure, Shot
from flatctl.engine.starting import rig_limits
from flatctl.engine.stop import StopSignals
from flatctl.engine.waits import Waits
from flatctl.errors import DeviceError
from flatctl.events import Awaited, Event, Preparation, Waiting
from flatctl.storage.history import History


@dataclass(frozen=True, eq=False)
class Look:
    """What one frame shows: its `shot`, and the `band` of its filter.

    `learned` tells whether its setting was.
    """

    plan: FilterPlan
    shot: Shot
    band: Band
    learned: bool


@dataclass(eq=False)
class OneFrame:
    """One exposure of one rig, at the setting of the plan, else the one learned. Use it once.

    `plan` makes the plan of the filter out of the wheel's slot names; `tell` hears what is waited
    for.
    """

    rig: Rig
    job: Job
    plan: Callable[[Sequence[str]], FilterPlan]
    _: KW_ONLY
    history: History
    signals: StopSignals
    tell: Callable[[Awaited | Waiting], None]
    tell_fault: Callable[[DeviceError, bool], None]

    def take(self) -> Look:
        """Take it, and return it measured; the panel is off afterwards.

        Raises any `FlatctlError`, or `Stopped`; `LightUnknown` where the panel is not known to be
        off.
        """
        guard = guard_of(self.rig, self.signals)
        return under_guard(self.rig, self._take, guard=guard, tell_fault=self.tell_fault)

    def _take(self, steps: range) -> Look:
        rig, recovery = self.rig, Recovery(self.rig, self.tell_fault)
        safety = Safety(self.job.rules, rig, self._hear)
        rig.open()
        plan = self.plan(rig.slots)
        limits = rig_limits(rig, steps, plan, ladder=False)
        recovery.retry(safety.establish)
        awaited = Awaited(Preparation.CAMERA, temperature_c=rig.setup.temperature_c)
        Waits(rig, self._hear).begin(awaited)
        recovery.retry(rig.prepare)
        recovery.retry(partial(rig.select, plan.filter, plan.panel_bank))
        trained = self.history.trained(rig.key(self.job.rig, plan.filter, plan.panel_bank))
        middle = steps[len(steps) // 2]
        start = Setting(middle, plan.exposure_start_s)
        if trained is not None:
            start = Setting(trained.brightness, trained.exposure_s)
        setting = limits.clamp(*start)

        def begin() -> None:
            safety.check()
            rig.begin(setting)

        frame, time_s = Exposure(rig, recovery, begin, setting).read()
        scale = full_scale(
            self.job, rig, self.history, known_calibration(self.history, self.job.rig, rig)
        )
        bayer = None
        if rig.state.binning == 1:
            bayer = frame_pattern(frame.header.values, frame.raw.shape[0], rig.info.bayer)
        shot = Shot(setting, frame, time_s, scale.adu, bayer, plan.channel)
        eight_bits = frame.header.values.get("BITPIX") == 8
        if scale.learn(setting, (shot.statistics, *shot.channels.values()), eight_bits=eight_bits):
            shot.rescale(scale.adu)
        band = Band.of(plan.target, plan.tolerance, scale.adu)
        return Look(plan, shot, band, trained is not None and setting == start)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Waiting):
            self.tell(event)
