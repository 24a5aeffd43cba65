"""Where the search of a set starts: by the history, the calibration, or the sets before."""

import math
from dataclasses import dataclass, replace

from flatctl.core.limits import Limits
from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import FilterPlan, Outcome, Setting
from flatctl.engine.context import RunContext
from flatctl.engine.rig import Rig
from flatctl.errors import UsageError


@dataclass(frozen=True)
class Learned:
    """What the sets of a run taught: panel and camera, and the settings accepted, in order.

    `unresponsive` is a panel whose light did not change even after it was reached anew.
    """

    response: Response | None = None
    settings: tuple[Setting, ...] = ()
    unresponsive: bool = False

    def after(self, search: FlatSearch) -> "Learned":
        """Return what is known after one more search."""
        accepted = (search.setting,) if search.outcome is Outcome.REACHED else ()
        return replace(self, response=search.response, settings=self.settings + accepted)


def limits_of(context: RunContext, plan: FilterPlan, *, ladder: bool) -> Limits:
    """Return what remains of a plan's wishes with this panel and this camera.

    With `ladder` the exposures are the plan's preferred ones, if there are any.
    """
    return rig_limits(context.rig, context.steps, plan, ladder=ladder)


def rig_limits(rig: Rig, steps: range, plan: FilterPlan, *, ladder: bool) -> Limits:
    """Return what remains of a plan's wishes with a rig whose panel has these steps.

    Raises `UsageError` for a step that the panel does not have.
    """
    info = rig.info
    shortest_s = max(plan.exposure_min_s, info.exposure_min_s or 0.0)
    longest_s = max(shortest_s, min(plan.exposure_max_s, info.exposure_max_s or math.inf))
    rungs = tuple(t for t in plan.ladder_s if ladder and shortest_s <= t <= longest_s)
    brightness = (_brightness(steps, plan.brightness_min), _brightness(steps, plan.brightness_max))
    if (step := plan.brightness_step) is not None:
        if step not in steps:
            raise UsageError(
                f"--brightness {step}: {rig.panel.name} goes from {steps[0]} to {steps[-1]}"
            )
        brightness = step, step
    return Limits.checked(brightness, (shortest_s, longest_s), rungs or plan.exposures_s)


def trained_start(context: RunContext, plan: FilterPlan, limits: Limits) -> Setting | None:
    """Return the setting that worked last time, where today's limits still allow it."""
    trained = context.history.trained(context.key(plan.filter, plan.panel_bank))
    if trained is None:
        return None
    return _allowed(limits, Setting(trained.brightness, trained.exposure_s))


def untrained_start(
    context: RunContext, plan: FilterPlan, target_adu: float, limits: Limits, learned: Learned
) -> Setting:
    """Return where the search starts: rather dim, with what is known of the panel by then.

    A frame that comes out dim tells what the next setting must be, a clipped one does not. So the
    filters after the first start between half the plan's brightness and the dimmest setting that
    suited one so far: the middle, in ratio, is far from neither. The filter through which the rig
    was calibrated starts with what was measured then. Light that can't be dimmed starts with the
    exposure of the last filter, since only the exposure can follow.
    """
    start = limits.clamp(_brightness(context.steps, plan.brightness_start), plan.exposure_start_s)
    brightness = _calibrated(context, plan, target_adu, start.exposure_s)
    if brightness is not None and limits.allow(Setting(brightness, start.exposure_s)):
        return Setting(brightness, start.exposure_s)
    if not learned.settings:
        return start
    if limits.dimmest == limits.brightest:
        return _allowed(limits, learned.settings[-1]) or start
    half = start.brightness / 2
    middle = math.sqrt(half * min(half, *(setting.brightness for setting in learned.settings)))
    return Setting(max(round(middle), limits.dimmest), start.exposure_s)


def _calibrated(
    context: RunContext, plan: FilterPlan, target_adu: float, exposure_s: float
) -> int | None:
    """Return the brightness that meets the target by the calibration, if it was of this filter."""
    known = context.calibration
    if known is None or known.calibration.filter != plan.filter:
        return None
    if known.key.panel != context.rig.panel_name(plan.panel_bank):
        return None
    return known.calibration.brightness_for(target_adu, exposure_s)


def _allowed(limits: Limits, setting: Setting) -> Setting | None:
    return setting if limits.allow(setting) else None


def _brightness(steps: range, fraction: float) -> int:
    """Return the panel's step at that fraction of its range, half a step rounded up."""
    return steps[math.floor(fraction * (len(steps) - 1) + 0.5)]
