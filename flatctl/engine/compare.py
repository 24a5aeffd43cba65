"""The light of a filter as its search found it, held against what was trained."""

from collections.abc import Mapping
from dataclasses import replace

from flatctl.core.nights.history import SettingKey, Trained
from flatctl.core.nights.light import Passed
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import FilterPlan
from flatctl.engine.context import RunContext

# The full scale of then is not remembered: a level this far from that of the last set was a
# fraction of another one.
_SAME_SCALE = 1.3


def passed(context: RunContext, plan: FilterPlan, search: FlatSearch) -> Passed | None:
    """Return what the filter of a search lets through now and when it was trained.

    None where that is not known: nothing was trained, or the panel's curve does not say.
    """
    if plan.filter is None:
        return None
    key = context.key(plan.filter, plan.panel_bank)
    trained = context.history.trained(key)
    if trained is None or not _same_scale(context, key, trained):
        return None
    now_adu_s = _light(search, trained.brightness)
    then_adu_s = _light_then(context, search, trained)
    if min(now_adu_s, then_adu_s) <= 0:
        return None
    return Passed(plan.filter, now_adu_s, then_adu_s, _others(context, key, search, trained))


def _others(
    context: RunContext, key: SettingKey, search: FlatSearch, trained: Trained
) -> Mapping[str, float]:
    """Return what the other filters let through when trained, at the brightness of this one."""
    here, found = _light(search, trained.brightness), {}
    for other, known in context.history.all_trained(key.rig):
        if other.filter is None or other.filter == key.filter:
            continue
        there = _light(search, known.brightness)
        light = _light_then(context, search, known)
        if replace(other, filter=key.filter) == key and min(there, light) > 0:
            found[other.filter] = light * here / there
    return found


def _light(search: FlatSearch, brightness: int) -> float:
    known = search.light((brightness,))
    return known[0] if known else 0.0


def _light_then(context: RunContext, search: FlatSearch, trained: Trained) -> float:
    level_adu = trained.level * context.full_scale_adu
    return (level_adu - (search.response.pedestal_adu or 0.0)) / trained.exposure_s


def _same_scale(context: RunContext, key: SettingKey, trained: Trained) -> bool:
    last = context.history.last_set(key)
    level_adu = trained.level * context.full_scale_adu
    return last is None or 1 / _SAME_SCALE < level_adu / last.level_adu < _SAME_SCALE
