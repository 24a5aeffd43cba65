"""How long the flats of a run will still take, by its pace and that of the nights before."""

import math
from datetime import datetime, timedelta

from flatctl.events import UNKNOWN_TIME, FilterStarted
from flatctl.outputs.record import FilterRecord, RunRecord, time_of

_ENOUGH_FLATS = 3
_LONGEST_S = 7 * 24 * 3600.0  # no run takes longer


def flats_end(run: RunRecord) -> datetime | None:
    """Return when (UTC) the last flat is likely to be there, `None` where nobody can know yet.

    The pace is that of all flats of this run, with searches, rejected frames and turns of the
    wheel; before there are enough, and for sets that have not begun, that of the nights before. A
    set that has not begun is taken to be as large as the largest that has. Of the sky it is what
    the plan says.
    """
    if run.by_sky:
        ends = [each.ends for each in run.sky_plan.filters] if run.sky_plan else []
        open_ = any(not each.outcome for each in run.filters.values())
        return max(ends) if ends and open_ and UNKNOWN_TIME not in ends else None
    begun = next((time_of(each) for each in run.told if isinstance(each, FilterStarted)), None)
    if begun is None:
        return None
    times = [shot.time for each in run.filters.values() for shot in each.flats if time_of(shot)]
    last = max(times, default=begun)
    known = len(times) >= _ENOUGH_FLATS
    pace_s = (last - begun).total_seconds() / len(times) if known else math.nan
    left_s = sum(_left_s(run, each, pace_s) for each in run.filters.values() if not each.outcome)
    return last + timedelta(seconds=left_s) if 0 < left_s < _LONGEST_S else None


def _left_s(run: RunRecord, record: FilterRecord, pace_s: float) -> float:
    """Return how long the flats that a set lacks will take, NaN where nobody can know."""
    usual = max((each.wanted for each in run.filters.values()), default=0)
    missing = max((record.wanted if record.started else usual) - record.on_disk, 0)
    past = math.isnan(pace_s) or not (record.started or math.isnan(record.past_s))
    return missing * (record.past_s if past else pace_s) if missing else 0.0
