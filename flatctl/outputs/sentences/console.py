"""What the console says of a rig in one sentence."""

from datetime import datetime

from flatctl.core.types import Light
from flatctl.outputs import figures
from flatctl.outputs.sentences.reasons import waiting_words
from flatctl.outputs.sentences.run import end_line, filter_label, left_words, light_words
from flatctl.outputs.standing import Phase, Standing


def standing_sentence(standing: Standing, phase: Phase, holder: str, now: datetime) -> str:
    """Say how a rig stands at `now`; `holder` is the process that has it, in words."""
    record = standing.record
    match phase:
        case Phase.DIED:
            return f"Died in the middle: light {light_words(standing.light)}"
        case Phase.HELD:
            return f"In use by {holder}"
        case Phase.IDLE | Phase.ENDED:
            if record.exit_code is None:
                return "No run is going on, and none is remembered"
            return f"No run is going on. {end_line(record)}"
        case Phase.WAITING if standing.waiting is not None:
            return f"Waiting: {waiting_words(standing.waiting)}"
        case Phase.DARK_FLATS:
            exposing = standing.exposing
            return f"Dark flat {exposing.n}" if exposing else "Dark flats"
        case _:
            return _progress(standing, now)


def _progress(standing: Standing, now: datetime) -> str:
    one, exposing, last = standing.current, standing.exposing, standing.last
    if one is None:
        return "Starting"
    at = f"flat {one.on_disk} of {one.wanted}"
    if exposing is not None and exposing.kind == "trial":
        at = f"searching, trial {exposing.n}"
    elif exposing is not None and exposing.kind == "flat":
        at = f"flat {min(one.on_disk + 1, one.wanted)} of {one.wanted}"
    parts = [filter_label(one), at]
    if last is not None and last.set == one.name and last.level == last.level:
        parts.append(f"{figures.percent(last.level)} of {figures.percent(one.target)}")
    return " · ".join(filter(None, (*parts, left_words(standing.record, now))))


def light_label(light: Light | str, brightness: int | None, most: int | None) -> str:
    """Return how a light stands, with its brightness where that is known."""
    if light == Light.ON and brightness is not None and most:
        return f"on, {brightness} of {most}"
    return light_words(light)
