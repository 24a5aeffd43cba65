"""The sentences of a run, the same on a terminal and in a log."""

import re
from collections.abc import Sequence
from datetime import datetime

from flatctl import events
from flatctl.core.pixels.full_scale import Proof
from flatctl.core.quality.findings import Finding, Kind
from flatctl.core.types import Light, Verdict
from flatctl.events import Event, OfSet, Shot, Why
from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.findings import finding_words
from flatctl.outputs.sentences.reasons import waiting_words, why_words
from flatctl.outputs.sentences.sky import (
    exposures,
    mount_sentence,
    plan_lines,
    pointing_lines,
    set_name,
    sun,
    sun_of,
)
from flatctl.outputs.time_left import flats_end

# A master flat that adds less to each pixel is not seen among the noise of the lights.
GOOD_NOISE_FRAC = 0.005


def lines_of(run: RunRecord, event: Event) -> list[str]:
    """Return what there is to say of an event that `run` has taken, line by line."""
    match event:
        case events.SetQuality():
            return _quality_lines(run.of_event(event), event)
        case events.LightCompared():
            return [f"{filter_label(run.of_event(event))}: {each}" for each in _findings(event)]
        case events.LightLeak():
            return _findings(event)
        case events.SkyPlan():
            return plan_lines(run)
        case events.Pointed():
            return pointing_lines(run)
        case _:
            line = line_of(run, event)
            return [line] if line else []


def line_of(run: RunRecord, event: Event) -> str:
    """Return what there is to say of an event that `run` has taken, or an empty text."""
    match event:
        case events.RunStarted():
            return _run_line(run)
        case events.FilterAlias():
            named, slot = figures.printable(event.named), figures.printable(event.filter)
            return f"{named!r} is taken for the wheel's filter {slot!r}"
        case OfSet():
            return _set_line(run, run.of_event(event), event)
        case events.FaultSeen():
            end = "going on" if event.recovered else "giving up"
            return f"{event.device}: {why_words(event.what)} ({end})"
        case events.FullScaleCorrected():
            return _full_scale_line(event)
        case events.Skipped():
            return f"{event.path.name} does not count: {event.reason}"
        case events.Problem():
            remedy = f"; {event.mend}" if event.mend else ""
            return f"problem with {event.subject}: {event.what}{remedy}"
        case events.Waiting():
            return waiting_words(event)
        case events.RunFinished():
            return " ".join(filter(None, (end_line(run), left_line(run), run.reason)))
        case _:
            return ""


_PROOFS = {
    Proof.BEYOND: "frames reach {seen} ADU, where a full pixel was said to read {before} ADU",
    Proof.CEILING: "pixels pile up at {seen} ADU, where a full pixel was said to read {before} ADU",
    Proof.SHIFTED: "its values are shifted up to 16 bits (frames reach {seen} ADU), where a full "
    "pixel was said to read {before} ADU",
}


def _full_scale_line(event: events.FullScaleCorrected) -> str:
    if event.proof is Proof.EIGHT_BITS:
        return (
            "the camera sends frames of 8 bits a pixel: full scale is 255 ADU, and the flats are "
            "coarse; choose its 16-bit mode"
        )
    what = _PROOFS[event.proof].format(
        seen=figures.adu(event.seen_adu), before=figures.adu(event.before_adu)
    )
    return (
        f"{what}: full scale is taken to be {figures.adu(event.full_scale_adu)} ADU from here on; "
        "run flatctl calibrate, or set camera.full_scale_adu"
    )


def _set_line(run: RunRecord, record: FilterRecord, event: OfSet) -> str:
    match event:
        case events.FilterStarted():
            return _start_line(run, event)
        case events.OffLadder():
            return f"{filter_label(record)}: {_off_ladder(event.why)}"
        case events.Trial():
            return _trial_line(run, event)
        case events.Rejected():
            return f"{filter_label(record)}: frame rejected: {why_words(event.why)}"
        case events.FilterFinished():
            return finish_line(run, record)
        case _:
            return ""


def filter_label(record: FilterRecord) -> str:
    """Return the filter's name, or a word for the rig without a wheel."""
    return set_name(record.name)


def outcome_words(record: FilterRecord) -> str:
    """Return how a filter ended."""
    return figures.words(record.outcome) if record.outcome else "not begun"


def setting(run: RunRecord, shot: Shot) -> str:
    """Return `128 of 255 · 4.20 s`."""
    brightness = figures.brightness(shot.brightness, run.brightness_max)
    return " · ".join(filter(None, (brightness, figures.seconds(shot.exposure_s))))


def lit_by(run: RunRecord, shot: Shot) -> str:
    """Return what lit a frame: the panel's brightness, or the sky with the Sun so high."""
    if shot.sun_altitude_deg is not None:
        return sun(shot.sun_altitude_deg)
    return figures.brightness(shot.brightness, run.brightness_max) or figures.UNKNOWN


def _measured(shot: Shot) -> str:
    return f"{figures.adu(shot.median_adu)} ADU ({figures.percent(shot.level)})"


def _run_line(run: RunRecord) -> str:
    names = ", ".join(filter_label(f) for f in run.filters.values())
    return f"{run.rig or 'flats'}: {names} -> {run.folder}"


def _start_line(run: RunRecord, event: events.FilterStarted) -> str:
    if run.by_sky and not event.present and event.set_number <= 1:
        return ""  # all begin at once, and the plan says when it is whose turn
    brightness = figures.brightness(event.start_brightness, run.brightness_max)
    exposure = figures.seconds(event.start_exposure_s)
    known = " (trained)" if event.trained else ""
    there = f"; {event.present} of {event.wanted} already on disk" if event.present else ""
    name = filter_label(run.of_event(event))
    nth = event.set_number
    beside = f"; set {nth} of the night (SET-{nth} in the names of its files)" if nth > 1 else ""
    if run.by_sky:
        return f"{name}: {(there + beside).removeprefix('; ')}"
    start = " · ".join(filter(None, (brightness, exposure)))
    return f"{name}: starts at {start}{known}{there}{beside}"


def _trial_line(run: RunRecord, shot: events.Trial) -> str:
    head = f"{filter_label(run.of_event(shot))} · trial {shot.n} · {setting(run, shot)}"
    verdict = "" if shot.verdict is Verdict.ACCEPTED else f", {figures.words(shot.verdict)}"
    sky = "" if shot.sun_altitude_deg is None else f", Sun {sun(shot.sun_altitude_deg)}"
    return f"{head} -> {_measured(shot)}{verdict}{sky}"


def _quality_lines(record: FilterRecord, quality: events.SetQuality) -> list[str]:
    name = filter_label(record)
    lines = [f"{name}: {reason}" for reason in _found(record, quality)]
    worth = worth_line(record, quality)
    return [worth, *lines] if worth else lines


def worth_line(record: FilterRecord, quality: events.SetQuality) -> str:
    """Say what the set is worth; nothing where it is not known."""
    if quality.master_noise_frac is None:
        return ""
    these = "this flat" if quality.flats == 1 else f"these {quality.flats} flats"
    return (
        f"{filter_label(record)}: a master of {these} adds "
        f"{figures.percent(quality.master_noise_frac, 2)} noise (good: below "
        f"{figures.percent(GOOD_NOISE_FRAC)})"
    )


def notes(record: FilterRecord) -> list[str]:
    """Return what is to be known of a set besides its outcome, a sentence each."""
    found = _findings(record.light) if record.light else []
    found += _found(record, record.quality) if record.quality else []
    return [_off_ladder(record.off_ladder), *found] if record.off_ladder else found


def _off_ladder(why: Why) -> str:
    return (
        "no exposure of the ladder serves, so this set has an exposure of its own: "
        f"{why_words(why)}"
    )


def _found(record: FilterRecord, quality: events.SetQuality) -> list[str]:
    """Return what was found in a set; a flat that is to be deleted is named."""
    words = _findings(quality)
    first = record.flats[-record.fresh] if 0 < record.fresh <= len(record.flats) else None
    for n, each in enumerate(quality.findings):
        if first and isinstance(each, Finding) and each.kind is Kind.ODD:
            words[n] += f": {first.path}"
    return words


def _findings(event: events.SetQuality | events.LightLeak | events.LightCompared) -> list[str]:
    return [finding_words(each) if isinstance(each, Finding) else each for each in event.findings]


def alike_line(record: FilterRecord, alike: Sequence[events.Rejected]) -> str:
    """Say how many frames of a set were rejected for the reason that the first has told."""
    what = _first_words(why_words(alike[0].why))
    return f"{filter_label(record)}: frames rejected ×{len(alike)}: {what}"


def _first_words(sentence: str) -> str:
    """Return what a sentence begins with, up to its first figure or stop."""
    return re.split(r"[:;,(]| of \d| \d", sentence, maxsplit=1)[0]


def finish_line(run: RunRecord, record: FilterRecord, *, why: bool = True) -> str:
    """Say how a set ended, and `why` where it is not complete."""
    have = f"{record.on_disk} of {record.wanted} flats" if record.wanted else ""
    parts = [f"{filter_label(record)}: {outcome_words(record)}", have]
    if not record.complete:
        reason = why_words(record.why) if why else ""
        return ", ".join(filter(None, parts)) + (f": {reason}" if reason else "")
    if record.of_sky:
        parts += [exposures(record), f"Sun {sun_of(record)}"]
    elif record.flats:
        latest = record.flats[-1]
        parts.append(f"{setting(run, latest)}, {figures.percent(latest.level)}")
    return ", ".join(filter(None, parts))


def progress_line(run: RunRecord, event: Event) -> str:
    """Say how far a run has come with a frame that has no line of its own, else nothing."""
    match event:
        case events.Flat():
            record = run.of_event(event)
            done = f"{filter_label(record)}: flat {record.on_disk} of {record.wanted}"
            return ", ".join(filter(None, (done, left_words(run, event.time))))
        case events.DarkFlat():
            return f"dark flat {event.index} of {event.count}"
        case _:
            return ""


def left_words(run: RunRecord, now: datetime) -> str:
    """Say how long all flats will still take after `now`, nothing where that is not known."""
    end = flats_end(run)
    left_s = (end - now).total_seconds() if end else 0.0
    return f"all flats in about {figures.about(left_s)}" if left_s > 0 else ""


def light_words(light: Light | str) -> str:
    """Return how a light stands, in one of four words."""
    return "told to be off" if light == Light.COMMANDED_OFF else str(light)


def end_line(run: RunRecord) -> str:
    """Say in one line what came of the run, and how it left light and mount."""
    light = light_sentence(run.light, lost=run.light_lost) if run.light and run.has_panel else ""
    mount = mount_sentence(run.mount) if run.mount else ""
    return " ".join(filter(None, (result_line(run), light, mount)))


def light_sentence(light: Light | str, *, lost: bool = False) -> str:
    """Say how something left the light; `lost` where flatctl should have put it out."""
    match light:
        case Light.OFF:
            return "The light is off."
        case Light.COMMANDED_OFF:
            return "The light was told to be off."
        case _ if lost:
            return f"LIGHT {light_words(light).upper()}: it may still be on."
        case _:
            return "Switch the light off yourself: flatctl can't."


def left_line(run: RunRecord) -> str:
    """Say how the run left the cover and the disk, as far as that is known."""
    cover = f"Cover {run.cover}" if run.cover else ""
    free = "" if run.free_bytes is None else f"{figures.room(run.free_bytes)} free"
    return " · ".join(filter(None, (cover, free)))


def result_line(run: RunRecord) -> str:
    """Say in one line what came of the run."""
    total = len(run.filters)
    # Of a rig without a wheel nobody has said what is in the beam.
    noun = "set" if events.NO_FILTER in run.filters else "filter"
    flats = figures.plural(run.flats, "flat")
    if run.dark_flats:
        flats += f", {figures.plural(len(run.dark_flats), 'dark flat')}"
    spent = f" in {figures.duration(run.duration_s)}" if run.duration_s >= 0 else ""
    if run.complete == total and not run.exit_code:
        done = f"{total} of {figures.plural(total, noun)}"
        return f"Complete: {done}, {flats}{spent}."
    return f"{run.complete} of {figures.plural(total, noun)} complete, {flats}{spent}."
