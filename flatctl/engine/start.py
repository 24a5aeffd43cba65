"""Where the search of a filter starts: by the history, the calibration, or the filters before."""

import math

from flatctl.core.types import FilterPlan, Setting
from flatctl.engine.context import RunContext
from flatctl.engine.learned import Learned
from flatctl.engine.limits import Limits


def trained_start(context: RunContext, plan: FilterPlan, limits: Limits) -> Setting | None:
    """Return the setting that worked last time, where today's limits still allow it."""
    key = context.setting_key(plan.filter, plan.panel_bank)
    trained = context.history.trained(key)
    if trained is None or not limits.allow(trained.brightness, trained.exposure_s):
        return None
    return Setting(trained.brightness, trained.exposure_s)


def untrained_start(
    context: RunContext, plan: FilterPlan, limits: Limits, learned: Learned
) -> Setting:
    """Return where the search starts: between the plan's start and what suited the last filter.

    The filter through which the rig was calibrated starts with what was measured then. The
    filters of a wheel are rather alike, but not so much that the plan has nothing to say:
    the middle, in ratio, is far from neither. Light that can't be dimmed starts with the
    exposure of the last filter, since only the exposure can follow.
    """
    last, (dimmest, brightest) = learned.setting, limits.brightness
    calibrated = _calibrated_start(context, plan, limits)
    if calibrated is not None:
        return calibrated
    if last is None:
        return limits.start
    if dimmest == brightest:
        return last if limits.allow(*last) else limits.start
    middle = round(math.sqrt(limits.start.brightness * last.brightness))
    return Setting(min(max(middle, dimmest), brightest), limits.start.exposure_s)


def _calibrated_start(context: RunContext, plan: FilterPlan, limits: Limits) -> Setting | None:
    """Return the setting that meets the target by the calibration, if it was of this filter."""
    calibration = context.calibration
    usual = plan.panel_bank in (None, context.rig.usual_bank)
    if calibration is None or calibration.filter != plan.filter or not usual:
        return None
    exposure_s = limits.start.exposure_s
    step = calibration.step_for(plan.target * context.full_scale_adu, exposure_s)
    if step is None or not limits.allow(step, exposure_s):
        return None
    return Setting(step, exposure_s)
