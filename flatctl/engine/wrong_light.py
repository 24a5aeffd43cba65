"""Light that is not the panel's, or flickers: what one more frame shows, and what helps."""

from collections.abc import Iterable
from dataclasses import replace

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.search import endings
from flatctl.core.search.endings import Ending
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import FilterPlan, Measurement, Outcome, Setting
from flatctl.engine.context import RunContext

# So much of the light (a fraction) that is there with the panel off as well is not the panel's.
_OTHERS_FRAC = 0.5
# An exposure goes so far (a ratio) beyond the one that brings a flicker under its limit.
_LONGER = 1.3


def other_light(
    context: RunContext, plan: FilterPlan, search: FlatSearch, band: Band, last: Measurement
) -> Ending | None:
    """Return that light comes from elsewhere, where one more frame with the panel off shows it.

    It is looked for where a panel at step 0 is bright enough, or too bright.
    """
    ended = (Outcome.REACHED, Outcome.TOO_BRIGHT)
    if last.brightness > 0 or len(context.steps) < 2 or search.outcome not in ended:
        return None
    # With the shutter open, which a camera that has one would close for a dark.
    dark = context.read(context.begin_sky(last.exposure_s), plan.channel)
    pedestal = search.response.pedestal
    # An estimate from lit frames knows nothing of a light that is always there.
    ground_adu = pedestal.adu if pedestal and pedestal.is_measured else 0.0
    if dark.level_adu < band.low_adu * _OTHERS_FRAC:
        return None
    if dark.level_adu - ground_adu < _OTHERS_FRAC * (last.level_adu - ground_adu):
        return None
    seen = Measurement(last.setting, dark.level_adu, dark.clipped_frac, dark.time_s)
    return endings.other_light(seen, band)


def enough_s(exposure_s: float, swing_frac: float, limit_frac: float) -> float:
    """Return the exposure that brings a flicker under its limit: one pulse of many counts less."""
    return _LONGER * exposure_s * swing_frac / limit_frac


def with_longer_exposures(
    limits: Limits, last: Setting, refused: Iterable[Finding]
) -> tuple[Limits, Setting] | None:
    """Return limits and a start with which a flickering lamp makes no bands, if there are any."""
    needed = [
        float(each.figures["enough_s"])
        for each in refused
        if each.kind is Kind.BANDING and "enough_s" in each.figures
    ]
    shortest_s = max(needed, default=0.0)
    if not last.exposure_s < shortest_s <= limits.longest_s:
        return None
    longer = replace(
        limits,
        shortest_s=shortest_s,
        exposures_s=tuple(each for each in limits.exposures_s if each >= shortest_s),
    )
    dimmer = max(last.brightness * last.exposure_s / shortest_s, 1.0)
    return longer, longer.clamp(dimmer, shortest_s)
