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
    """Return where the search starts: rather dim, with what is known of the panel by then.

    A frame that comes out dim tells what the next setting must be, a clipped one does not. So the
    filters after the first start between half the plan's brightness and the dimmest setting that
    suited one so far: the middle, in ratio, is far from neither. The filter through which the rig
    was calibrated starts with what was measured then. Light that can't be dimmed starts with the
    exposure of the last filter, since only the exposure can follow.
    """
    (dimmest, brightest), start = limits.brightness, limits.start
    calibrated = _calibrated_start(context, plan, limits)
    if calibrated is not None:
        return calibrated
    if not learned.settings:
        return start
    if dimmest == brightest:
        last = learned.settings[-1]
        return last if limits.allow(*last) else start
    half = start.brightness / 2
    middle = math.sqrt(half * min(half, *(setting.brightness for setting in learned.settings)))
    return Setting(max(round(middle), dimmest), start.exposure_s)


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
