"""Why something ended or was refused, in words."""

from datetime import datetime

from flatctl.core.search.endings import Ending
from flatctl.core.sky.steps import Fact
from flatctl.events import Awaited, Chapter, Doubt, Measuring, Preparation, Waiting, Why
from flatctl.outputs.sentences.endings import ending_sentence
from flatctl.outputs.sentences.findings import all_words
from flatctl.outputs.sentences.sky import light_awaited_words, sky_ending_sentence


def why_words(why: Why) -> str:
    """Return the sentence of a reason; nothing where there is none."""
    match why:
        case Doubt.UNRESPONSIVE:
            return "it reports every brightness it is asked for, and the light does not change"
        case Doubt.CHANGED:
            return "it reports the same brightness, and the light has changed"
        case Doubt.DARK:
            return (
                "not begun, for no light came through the filters before it: see whether the panel "
                "has power, stands before the telescope, and the cover is open"
            )
        case Doubt.BROKEN_FRAMES:
            return "it sent frames that no light can have given, darker than with less light"
        case str():
            return why
        case Ending():
            return ending_sentence(why)
        case Fact():
            return sky_ending_sentence(why)
        case _:
            return all_words(why)


_FOR_PERSON = (Preparation.PICTURE, Preparation.ANOTHER)


def awaited_words(awaited: Awaited | str, since: datetime | None = None) -> str:
    """Say what a run is at, `since` when, while no frame is exposed."""
    if isinstance(awaited, str):
        return awaited
    match awaited.what:
        case Preparation.WHEEL:
            return f"turning the filter wheel to {awaited.filter}"
        case Preparation.DARK:
            return f"putting the light out again ({awaited.fault})"
        case Preparation.DEVICES:
            return f"reaching the devices again ({awaited.fault})"
        case Preparation.PLACE:
            return "moving rotator and focuser to where the lights had them"
        case Preparation.LIGHT:
            return light_awaited_words(awaited, since)
        case Preparation.PICTURE | Preparation.ANOTHER:
            return "waiting for a picture"
        case Preparation.OTHERS:
            left = "" if awaited.left_s is None else f" ({awaited.left_s:.0f} s left)"
            return f"another program uses the camera{left}"
    wanted_c = awaited.temperature_c
    return "preparing the camera" + ("" if wanted_c is None else f", cooling to {wanted_c:g} °C")


def waiting_words(event: Waiting) -> str:
    """Say what a run is at while no frame is exposed, and how that gets on."""
    what = event.what
    # What the rig does is what it waits for; what others do, it can only wait for.
    others = isinstance(what, str) or what.what is Preparation.OTHERS
    parts = [("waiting: " if others else "") + awaited_words(what, event.time)]
    if event.present_c is not None:
        parts.append(f"now {event.present_c:.1f} °C")
    if event.says and not isinstance(what, str) and what.what in _FOR_PERSON:
        return event.says
    if event.says:
        parts.append(f"its driver says: {event.says}")
    return ", ".join(parts)


def calibrating_words(told: Measuring | Awaited | Waiting) -> str:
    """Say what a calibration does now."""
    match told:
        case Waiting():
            return waiting_words(told)
        case Awaited():
            return awaited_words(told)
    frames = "" if told.exposure_s is None else f"frames of {told.exposure_s:.3g} s"
    match told.what:
        case Chapter.PEDESTAL:
            return "pedestal: panel off, shortest exposure"
        case Chapter.FULL_SCALE:
            return "full scale: panel at its brightest"
        case Chapter.LEAK:
            return "light leak: panel off, longer exposures"
        case Chapter.SETTLING:
            return f"settling: from dark to full brightness, {frames}"
        case Chapter.CURVE:
            return f"panel curve: {frames}"
