"""How long the flats of a run will still take, by the pace that it has had so far."""

from datetime import datetime, timedelta

from flatctl.events import UNKNOWN_TIME, FilterStarted
from flatctl.outputs.record import RunRecord, time_of

_ENOUGH_FLATS = 3


def flats_end(run: RunRecord) -> datetime | None:
    """Return when (UTC) the last flat is likely to be there, `None` where nobody can know yet.

    The pace is that of all flats of this run, with searches, rejected frames and turns of the
    wheel. A set that has not begun is taken to be as large as the largest that has. Of the sky it
    is what the plan says.
    """
    if run.by_sky:
        ends = [each.ends for each in run.sky_plan.filters] if run.sky_plan else []
        open_ = any(not each.outcome for each in run.filters.values())
        return max(ends) if ends and open_ and UNKNOWN_TIME not in ends else None
    begun = next((time_of(each) for each in run.told if isinstance(each, FilterStarted)), None)
    times = [shot.time for each in run.filters.values() for shot in each.flats if time_of(shot)]
    if begun is None or len(times) < _ENOUGH_FLATS:
        return None
    last = max(times)
    pace_s = (last - begun).total_seconds() / len(times)
    missing = _missing(run)
    return last + timedelta(seconds=pace_s * missing) if missing and pace_s > 0 else None


def _missing(run: RunRecord) -> int:
    """Return how many flats are still to be taken by the sets that have not ended."""
    sets = run.filters.values()
    usual = max((each.wanted for each in sets), default=0)
    return sum(
        max((each.wanted if each.started else usual) - each.on_disk, 0)
        for each in sets
        if not each.outcome
    )
