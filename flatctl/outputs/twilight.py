"""One twilight as the report shows it: of each filter what was expected, and what came of it."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from flatctl import events
from flatctl.events import UNKNOWN_TIME, PlannedFilter
from flatctl.outputs.record import FilterRecord, RunRecord, as_taken, taken_at

_GAPS_MIN = 4


@dataclass(frozen=True)
class FilterTwilight:
    """A filter: its record, the first plan there was for it, its frames as they were taken."""

    record: FilterRecord
    planned: PlannedFilter | None
    shots: Sequence[events.Shot]

    @property
    def flats(self) -> list[events.Flat]:
        """Return the frames that are flats."""
        return [shot for shot in self.shots if isinstance(shot, events.Flat)]

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """Return when its first and its last flat began; `None` where nobody knows."""
        times = [t for t in map(taken_at, self.flats) if t]
        return (min(times), max(times)) if times else None


@dataclass(frozen=True)
class Twilight:
    """The last twilight of a record: `dawn` or dusk, with the Sun at `begun_deg` at its first plan.

    `between_s` is the time from the end of one flat to the beginning of the next, the median of
    those of one set; NaN where too few are known.
    """

    filters: Sequence[FilterTwilight]
    begun_deg: float
    dawn: bool
    between_s: float

    @property
    def shots(self) -> int:
        """Return how many frames were exposed."""
        return sum(len(each.shots) for each in self.filters)

    @property
    def flats(self) -> int:
        """Return how many of them are flats."""
        return sum(len(each.flats) for each in self.filters)


def twilight_of(run: RunRecord) -> Twilight | None:
    """Return the last twilight of a run, or of several of a night; `None` of one with a panel."""
    told = _last_part(run)
    shots = [e for e in told if isinstance(e, events.Shot) and is_altitude(e.sun_altitude_deg)]
    plans = [e for e in told if isinstance(e, events.SkyPlan)]
    if not shots and not plans:
        return None
    first: dict[str, PlannedFilter] = {}
    for plan in reversed(plans):
        first |= {each.filter: each for each in plan.filters}
    filters = [
        FilterTwilight(record, first.get(name), as_taken(e for e in shots if _set_of(e) == name))
        for name, record in run.filters.items()
    ]
    course = [e.sun_altitude_deg or 0.0 for e in as_taken(shots)]
    for planned in first.values():
        if len(course) < 2:
            course = known_of(planned)
    begun = [each.sun_altitude_deg[0] for each in first.values() if known_of(each)]
    rising = len(course) > 1 and course[-1] > course[0]
    edge = (min if rising else max)(begun) if begun else math.nan
    return Twilight(filters, edge, rising, _between_s(filters))


def is_known(figure: float | None) -> bool:
    """Say whether a figure is one."""
    return figure is not None and math.isfinite(figure)


def is_altitude(degrees: float | None) -> bool:
    """Say whether the Sun can stand so high."""
    return degrees is not None and -90.0 <= degrees <= 90.0


def known_of(planned: PlannedFilter) -> list[float]:
    """Return the Sun's altitudes of a plan where both are known, else nothing."""
    altitudes = planned.sun_altitude_deg
    clear = len(altitudes) == 2 and all(map(is_altitude, altitudes))
    return list(altitudes) if clear and UNKNOWN_TIME not in (planned.opens, planned.closes) else []


def _last_part(run: RunRecord) -> list[events.Event]:
    begins = [i for i, e in enumerate(run.told) if isinstance(e, events.RunStarted)]
    return run.told[begins[-1] if begins else 0 :]


def _set_of(shot: events.Shot) -> str:
    return shot.set or shot.filter


def _between_s(filters: Sequence[FilterTwilight]) -> float:
    gaps = []
    for each in filters:
        known = [(taken_at(flat), flat.exposure_s) for flat in each.flats]
        times = [(t, exposure_s) for t, exposure_s in known if t and math.isfinite(exposure_s)]
        gaps += [(b - a).total_seconds() - lasted_s for (a, lasted_s), (b, _) in pairwise(times)]
    return statistics.median(gaps) if len(gaps) >= _GAPS_MIN else math.nan
