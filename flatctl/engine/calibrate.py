"""The calibration of a rig: what `flatctl.core.calibration` asks for, exposed one by one."""

import math
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial

from flatctl.core.calibration.curve import curve_exposure, walk_curve
from flatctl.core.calibration.dark_levels import leak, short_level
from flatctl.core.calibration.full_scale import find_full_scale
from flatctl.core.calibration.record import Calibration, clear_adu
from flatctl.core.limits import Limits
from flatctl.core.nights.history import Calibrated
from flatctl.core.pixels.statistics import measure
from flatctl.core.settling import SETTLE_LIMIT_S, Settling
from flatctl.core.types import Bank, FilterPlan, Setting
from flatctl.engine.guard import guard_of, under_guard
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig
from flatctl.engine.safety import Rule, Safety
from flatctl.engine.stop import StopSignals
from flatctl.engine.waits import Waits
from flatctl.errors import DeviceError, Fault
from flatctl.events import Awaited, Chapter, Event, Measuring, Preparation, Waiting
from flatctl.storage.history import History

_SIXTEEN_BITS_ADU = 65535.0
# The light is watched for so long at least, in so many frames.
_REPEATS, _WATCH_S = 5, 5.0
# As much of the light, without it, is the light itself.
_LIT_FRAC = 0.5


def known_calibration(
    history: History, rig_name: str, rig: Rig, bank: Bank | None = None
) -> Calibrated | None:
    """Return the latest calibration that fits how the rig is configured, in that range of light."""
    return history.calibration(rig.key(rig_name, bank=bank, prepared=False))


@dataclass(eq=False)
class CalibrationRun:
    """One calibration of one rig, through one filter. Use it once.

    `plan` makes the plan of that filter out of the wheel's slot names; `tell` hears what is
    being done, `rules` say what must be so around the rig. What was measured is kept in
    `history`, for full scale, settling time and the search of later runs.
    """

    rig: Rig
    plan: Callable[[Sequence[str]], FilterPlan]
    _: KW_ONLY
    rig_name: str
    history: History
    signals: StopSignals
    tell: Callable[[Measuring | Awaited | Waiting], None]
    tell_fault: Callable[[DeviceError, bool], None]
    rules: Sequence[Rule] = ()

    def __post_init__(self) -> None:
        self._waits = Waits(self.rig, self._hear)
        self._recovery = Recovery(self.rig, self.tell_fault, self._waits.reach_again)
        self._safety = Safety(self.rules, self.rig, self._hear)

    def run(self) -> Calibration:
        """Measure everything, remember it, and return it; the panel is off afterwards.

        Raises any `FlatctlError`, or `Stopped`; `LightUnknown` where the panel is not known to be
        off.
        """
        guard = guard_of(self.rig, self.signals)
        return under_guard(self.rig, self._measure, guard=guard, tell_fault=self.tell_fault)

    def _measure(self, steps: range) -> Calibration:
        rig = self.rig
        rig.open()
        plan = self.plan(rig.slots)
        self._recovery.retry(self._safety.establish)
        self._waits.begin(Awaited(Preparation.CAMERA, temperature_c=rig.setup.temperature_c))
        self._recovery.retry(rig.prepare)
        self._recovery.retry(partial(rig.select, plan.filter, plan.panel_bank))
        limits = _limits(rig, plan, steps)

        self.tell(Measuring(Chapter.PEDESTAL))
        short_adu = short_level(limits, self._dark)
        if short_adu > _LIT_FRAC * rig.claimed_full_scale_adu:
            raise _lit_in_the_dark(rig)

        # Whoever switches the light is called once for each; else the lamp cools meanwhile, so that
        # it is seen to warm up in the chapter after the next.
        by_hand = rig.light.by_hand
        leak_adu_s = self._leak_adu_s(limits, short_adu) if by_hand else 0.0
        self.tell(Measuring(Chapter.FULL_SCALE))
        brightest = partial(self._lit, steps[-1])
        full = find_full_scale(limits, plan.exposure_start_s, short_adu, brightest)
        if not by_hand:
            leak_adu_s = self._leak_adu_s(limits, short_adu)
        pedestal_adu = max(0.0, short_adu - leak_adu_s * limits.shortest_s)
        is_light = leak_adu_s * limits.longest_s > 10 * clear_adu(short_adu)
        if is_light and full.light_adu_s and leak_adu_s > _LIT_FRAC * full.light_adu_s:
            raise _lit_in_the_dark(rig)

        full_adu = full.full_adu or rig.claimed_full_scale_adu
        exposure_s = curve_exposure(limits, full.light_adu_s, pedestal_adu, full_adu)
        # Whoever says that it is on has seen it.
        settle_s: float | None = 0.0
        if not by_hand:
            self.tell(Measuring(Chapter.SETTLING, exposure_s))
            settle_s = self._settle_s(limits, exposure_s, pedestal_adu, full.light_adu_s)

        self.tell(Measuring(Chapter.CURVE, exposure_s))
        curve = walk_curve(
            steps, full.full_adu, lambda brightness: self._lit(brightness, exposure_s)
        )
        calibration = Calibration(
            pedestal_adu=pedestal_adu,
            leak_adu_s=leak_adu_s,
            full_scale_adu=full.full_adu,
            settle_s=settle_s,
            exposure_s=exposure_s,
            curve=curve,
            filter=plan.filter,
        )
        self._remember(calibration, plan.panel_bank)
        return calibration

    def _leak_adu_s(self, limits: Limits, short_adu: float) -> float:
        self.tell(Measuring(Chapter.LEAK))
        return leak(limits, short_adu, self._dark)

    def _settle_s(
        self, limits: Limits, exposure_s: float, pedestal_adu: float, light_adu_s: float | None
    ) -> float | None:
        # Half a per cent of less than this is lost in the noise.
        if light_adu_s is None or light_adu_s * exposure_s <= 10 * clear_adu(pedestal_adu):
            return None
        rig, usual_s = self.rig, self.rig.light.settle_s

        def watch() -> float | None:
            settling = Settling(repeats=_REPEATS, watch_s=_WATCH_S, limit_s=SETTLE_LIMIT_S)
            self._median(partial(rig.begin_dark, limits.shortest_s), limits.shortest_s)
            begun_s: list[float] = []

            def begin() -> None:
                rig.begin(Setting(limits.brightest, exposure_s))
                begun_s.append(rig.clock.monotonic())

            while not settling.over:
                level_adu = self._median(begin, exposure_s)
                settling.observe(begun_s[-1] - begun_s[0], max(level_adu - pedestal_adu, 0.0))
            return settling.settle_s

        rig.light.settle_s = 0.0
        try:
            self._recovery.renew()
            return self._recovery.retry(watch)
        finally:
            rig.light.settle_s = usual_s

    def _lit(self, brightness: int, exposure_s: float) -> float:
        return self._level(partial(self.rig.begin, Setting(brightness, exposure_s)), exposure_s)

    def _dark(self, exposure_s: float) -> float:
        return self._level(partial(self.rig.begin_dark, exposure_s), exposure_s)

    def _level(self, begin: Callable[[], None], exposure_s: float) -> float:
        self._recovery.renew()
        return self._recovery.retry(partial(self._median, begin, exposure_s))

    def _median(self, begin: Callable[[], None], exposure_s: float) -> float:
        self._safety.check()
        begin()
        frame = self.rig.read(exposure_s)
        self._recovery.overcome(frame.refused)
        return measure(frame.raw, _SIXTEEN_BITS_ADU).median

    def _hear(self, event: Event) -> None:
        if isinstance(event, Waiting):
            self.tell(event)

    def _remember(self, calibration: Calibration, bank: Bank | None) -> None:
        key = self.rig.key(self.rig_name, bank=bank)
        self.history.remember_calibration(key, calibration, self.rig.clock.now())
        self.history.remember_response(key, calibration.response)


def _lit_in_the_dark(rig: Rig) -> Fault:
    return Fault(
        rig.panel.name,
        "there is as much light with it off as with it on",
        "switch it off where it is to be off, or keep other light out",
    )


def _limits(rig: Rig, plan: FilterPlan, steps: range) -> Limits:
    """Return the panel's steps, and the exposures up to the plan's longest."""
    longest_s = min(plan.exposure_max_s, rig.info.exposure_max_s or math.inf)
    shortest_s = min(rig.info.exposure_min_s or plan.exposure_min_s, longest_s)
    return Limits.checked((steps[0], steps[-1]), (shortest_s, longest_s), plan.exposures_s)
