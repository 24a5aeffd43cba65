"""What to change for the next twilight, as far as the last one tells."""

import math

from flatctl.core.types import Outcome
from flatctl.outputs import figures
from flatctl.outputs.sentences.run import filter_label
from flatctl.outputs.sentences.sky import sun
from flatctl.outputs.twilight import FilterTwilight, Twilight

_OF_LIGHT = (Outcome.TOO_DIM, Outcome.TOO_BRIGHT, Outcome.OUT_OF_TIME)
# Light that was right within this (degrees of the Sun) of the first plan was so before.
_EDGE_DEG = 0.1
# More frames than this, of those exposed, that are no flats cost sets.
_NOT_KEPT_MAX = 0.15


def advice(twilight: Twilight) -> list[str]:
    """Return what to change next time, a sentence each; nothing where all went well."""
    short = [each for each in twilight.filters if each.record.outcome in _OF_LIGHT]
    return [
        *_earlier(twilight, short),
        *_too_much(short),
        *_slow(twilight, short),
        *_wasted(twilight),
    ]


def _earlier(twilight: Twilight, short: list[FilterTwilight]) -> list[str]:
    """Advise to begin earlier where light was right already, or was in no plan."""
    was_open = [each for each in short if _was_open(twilight, each)]
    unplanned = [each for each in short if each.planned is None]
    told = []
    if was_open:
        told.append(
            f"Begin earlier: the light for {_named(was_open)} was right already with the Sun at "
            f"{sun(twilight.begun_deg)}, where the flats began. sky.sun_altitude_deg says from "
            "where on they may."
        )
    if unplanned:
        told.append(
            f"{_named(unplanned)}: in no plan, for its light had gone before, or went to other "
            "filters that need as much. Begin earlier, or ask for fewer flats of the others."
        )
    return told


def _too_much(short: list[FilterTwilight]) -> list[str]:
    """Advise to want less where not even the plan completed a set."""
    told = []
    for each in short:
        record, planned = each.record, each.planned
        missing = record.wanted - record.present
        if planned is not None and planned.frames < missing:
            told.append(
                f"{filter_label(record)}: from the beginning the plan gave it {planned.frames} of "
                f"{missing} flats, the other filters taking the rest of its light. Ask for fewer "
                "flats, allow more exposures (exposure_s.min, exposure_s.max), or leave it to the "
                "next twilight."
            )
    return told


def _slow(twilight: Twilight, short: list[FilterTwilight]) -> list[str]:
    """Advise to lose less time between exposures where that is more than they take."""
    times_s = [flat.exposure_s for each in short for flat in each.flats]
    if not times_s or math.isnan(twilight.between_s):
        return []
    usual_s = sorted(times_s)[len(times_s) // 2]
    if twilight.between_s <= max(usual_s, 1.0):
        return []
    return [
        f"Between two flats pass {figures.seconds(twilight.between_s)}, more than the "
        f"{figures.seconds(usual_s)} that they are exposed: a faster download, a smaller "
        "sky.dither_arcsec or binning gives more flats in the same light."
    ]


def _wasted(twilight: Twilight) -> list[str]:
    lost = twilight.shots - twilight.flats
    if lost <= _NOT_KEPT_MAX * twilight.shots or lost <= 2 * len(twilight.filters):
        return []
    return [
        f"{lost} of {twilight.shots} exposures are no flats, for their light was not what was "
        "expected. What was learned of it is kept for the next twilight; under clouds wait for a "
        "clear one."
    ]


def _was_open(twilight: Twilight, each: FilterTwilight) -> bool:
    planned = each.planned
    if planned is None or not planned.sun_altitude_deg or math.isnan(twilight.begun_deg):
        return False
    return abs(planned.sun_altitude_deg[0] - twilight.begun_deg) < _EDGE_DEG


def _named(filters: list[FilterTwilight]) -> str:
    return ", ".join(filter_label(each.record) for each in filters)
