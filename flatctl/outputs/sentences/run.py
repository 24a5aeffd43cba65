"""The sentences of a run, the same on a terminal and in a log."""

from collections.abc import Mapping

from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, Plain, RunRecord, Shot, number, text


def filter_label(record: FilterRecord) -> str:
    """Return the filter's name, or a word for the rig without a wheel."""
    return figures.printable(record.name) or "no filter"


def setting(run: RunRecord, shot: Shot) -> str:
    """Return `128 of 255 · 4.20 s`."""
    light = figures.brightness(shot.brightness, run.brightness_max)
    return f"{light} · {figures.seconds(shot.exposure_s)}"


def measured(shot: Shot) -> str:
    """Return `33 412 ADU (51.0 %)`."""
    return f"{figures.adu(shot.median_adu)} ADU ({figures.percent(shot.level)})"


def run_line(run: RunRecord) -> str:
    """Say what run begins, and where its files go."""
    names = ", ".join(filter_label(f) for f in run.filters.values())
    return f"{run.rig or 'flats'}: {names} -> {run.folder}"


def start_line(run: RunRecord, record: FilterRecord, event: Plain) -> str:
    """Say where a search begins and what is there already."""
    light = figures.brightness(number(event, "start_brightness"), run.brightness_max)
    exposure = figures.seconds(number(event, "start_exposure_s"))
    known = " (trained)" if record.trained else ""
    there = f"; {record.present} of {record.wanted} already on disk" if record.present else ""
    return f"{filter_label(record)}: starts at {light} · {exposure}{known}{there}"


def trial_line(run: RunRecord, record: FilterRecord) -> str:
    """Say what the latest exposure of the search gave."""
    shot = record.trials[-1]
    head = f"{filter_label(record)} · trial {shot.number} · {setting(run, shot)}"
    verdict = "" if shot.verdict == "accepted" else f", {figures.words(shot.verdict)}"
    return f"{head} -> {measured(shot)}{verdict}"


def rejected_line(record: FilterRecord) -> str:
    """Say which frame was not kept, and why."""
    return f"{filter_label(record)}: frame rejected: {record.rejected[-1].reason}"


def quality_lines(record: FilterRecord) -> list[str]:
    """Say what the set is worth, and what is not as it should be, a line each."""
    quality, name = record.quality, filter_label(record)
    noise = number(quality, "master_noise_frac")
    lines = []
    if noise == noise:  # not a NaN
        photons = figures.whole(number(quality, "photons_e"))
        lines.append(
            f"{name}: {photons} photons per pixel, the master flat adds "
            f"{figures.percent(noise, 2)} of noise"
        )
    return lines + [f"{name}: {reason}" for reason in findings(quality)]


def notes(record: FilterRecord) -> list[str]:
    """Return what is to be known of a set besides its outcome, a sentence each."""
    return [*([off_ladder(record)] if record.off_ladder else []), *findings(record.quality)]


def off_ladder(record: FilterRecord) -> str:
    """Say that the exposure is none of the ladder, and why."""
    return (
        "no exposure of the ladder serves, so that this set has an exposure of its own: "
        f"{record.off_ladder}"
    )


def findings(quality: Plain) -> list[str]:
    """Return the sentences of what was found, in a set or in the frames with the panel off."""
    found = quality.get("findings")
    each = found if isinstance(found, list | tuple) else []
    return [text(one, "reason") for one in each if isinstance(one, Mapping)]


def finish_line(run: RunRecord, record: FilterRecord) -> str:
    """Say how a filter ended, and what to do where it is not complete."""
    head = f"{filter_label(record)}: {figures.words(record.outcome)}"
    have = f"{record.on_disk} of {record.wanted} flats" if record.wanted else ""
    if record.outcome != "complete":
        return ", ".join(part for part in (head, have) if part) + (
            f": {record.reason}" if record.reason else ""
        )
    latest = record.flats[-1] if record.flats else None
    figure = f"{setting(run, latest)}, {figures.percent(latest.level)}" if latest else ""
    return ", ".join(part for part in (head, have, figure) if part)


def fault_line(event: Plain) -> str:
    """Say which device failed, and whether the run goes on with it."""
    end = "recovered" if event.get("recovered") is True else "not recovered"
    return f"{text(event, 'device')}: {text(event, 'what')} ({end})"


def problem_line(event: Plain) -> str:
    """Say what a look at the rig found, and how to mend it."""
    mend = text(event, "mend")
    return f"problem with {text(event, 'subject')}: {text(event, 'what')}" + (
        f"; {mend}" if mend else ""
    )


def waiting_line(event: Plain) -> str:
    """Say what the run waits for."""
    return f"waiting: {text(event, 'what')}"


def end_line(run: RunRecord) -> str:
    """Say in one line what came of the run."""
    total = len(run.filters)
    flats = figures.plural(run.flats, "flat")
    if run.dark_flats:
        flats += f", {figures.plural(len(run.dark_flats), 'dark flat')}"
    spent = f" in {figures.duration(run.duration_s)}" if run.duration_s >= 0 else ""
    if run.complete == total and not run.exit_code:
        done = "the filter" if total == 1 else f"all {total} filters"
        return f"Complete: {done}, {flats}{spent}."
    return f"{run.complete} of {figures.plural(total, 'filter')} complete, {flats}{spent}."
