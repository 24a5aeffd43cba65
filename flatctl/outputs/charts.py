"""The report's charts of the search and of the level."""

import math
from collections.abc import Callable, Sequence

from markupsafe import Markup

from flatctl.core.types import Verdict
from flatctl.events import CalibrationUsed, Flat, Rejected, Trial
from flatctl.outputs import figures
from flatctl.outputs.drawing import (
    BOTTOM,
    LEFT,
    RIGHT,
    TOP,
    Axis,
    Ticks,
    bottom,
    dot,
    drawing,
    element,
    join,
    known,
    left,
    line,
    linear_ticks,
    log_ticks,
    percent_ticks,
)
from flatctl.outputs.record import FilterRecord, RunRecord, as_taken, taken_at
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.times import Course

_LEVEL = "Level, % of full scale"
_CURVES_MAX = 4
_LINE_PX = 12


def search_over_brightness(run: RunRecord, record: FilterRecord) -> Markup:
    """Draw the search's path over the panel's curve as the search learned it."""
    highest = run.brightness_max or max(_brightness(shot) for shot in record.trials)
    across = Axis(0.0, max(highest, 1.0), LEFT, RIGHT)
    ticks = [(t, figures.whole(t)) for t in linear_ticks(across.low, across.high, 5)]
    curves = _curves(run, record, across)
    return _search(record, across, ticks, "Panel brightness, steps", _brightness, curves)


def _brightness(shot: Trial) -> float:
    return float(shot.brightness or 0)


def search_over_exposure(record: FilterRecord) -> Markup:
    """Draw the search's path: level against the exposure, on a logarithmic axis."""
    times = known([s.exposure_s for s in record.trials if s.exposure_s > 0]) or [1.0]
    low, high = min(times), max(times)
    # At least a factor of four, so that a search that never moved still stands in a scale.
    margin = max(1.4, math.sqrt(4.0 * low / high) if high < 4.0 * low else 1.4)
    across = Axis(low / margin, high * margin, LEFT, RIGHT, logarithmic=True)
    ticks = [(t, f"{t:g}") for t in log_ticks(across.low, across.high)]
    return _search(record, across, ticks, "Exposure, s", lambda shot: shot.exposure_s)


def levels_of_flats(record: FilterRecord) -> Markup:
    """Draw the level of every frame in time, those that were rejected too."""
    shots = as_taken(shot for shot in record.captured if math.isfinite(shot.level))
    up = _level_axis(record, shots)
    course = Course.of([taken_at(shot) for shot in shots])
    across = Axis(course.low, course.high, LEFT + 4, RIGHT - 4)
    radius = 3.4 if len(shots) <= 60 else 2.0
    marks = [
        _flat_mark(shot, across.place(x), up, radius)
        for shot, x in zip(shots, course.places, strict=True)
    ]
    described = (
        f"Level of {figures.plural(len(record.flats), 'flat')} in time, "
        f"{figures.plural(len(record.rejected), 'frame')} rejected."
    )
    return drawing(
        described,
        _band(record, up),
        left(up, _LEVEL, percent_ticks(up)),
        bottom(across, course.label, course.ticks()),
        *(_cut(across.place(x)) for x in course.cuts),
        *marks,
    )


def panel_curve(calibration: CalibrationUsed, full_scale_adu: float) -> Markup | None:
    """Draw the level that each brightness gave; None where the curve is not known."""
    pairs = zip(calibration.curve_brightness, calibration.curve_adu, strict=False)
    points = [(brightness, adu) for brightness, adu in pairs if math.isfinite(adu)]
    full_adu = calibration.calibrated_full_scale_adu or full_scale_adu
    if not points or not full_adu > 0:
        return None
    levels = [(brightness, adu / full_adu) for brightness, adu in points]
    across = Axis(0.0, max(brightness for brightness, _ in points) or 1.0, LEFT, RIGHT)
    up = Axis(0.0, 1.04, BOTTOM, TOP)
    ticks = [(t, figures.whole(t)) for t in linear_ticks(across.low, across.high, 5)]
    places = [(across.place(brightness), up.place(level)) for brightness, level in levels]
    marks = [
        dot(
            x,
            y,
            f"Brightness {figures.whole(brightness)}: {figures.adu(adu)} ADU "
            f"({figures.percent(adu / full_adu)})",
        )
        for (brightness, adu), (x, y) in zip(points, places, strict=True)
    ]
    described = "Level at each brightness: " + "; ".join(
        f"{figures.whole(brightness)}: {figures.percent(level)}" for brightness, level in levels
    )
    return drawing(
        described,
        left(up, _LEVEL, percent_ticks(up)),
        bottom(across, "Panel brightness, steps", ticks),
        line(places, "path"),
        *marks,
    )


def _curves(run: RunRecord, record: FilterRecord, across: Axis) -> Markup:
    """Return the level that every brightness gives, for the exposures that were tried."""
    curve = record.curve
    if curve is None or not run.full_scale_adu > 0:
        return Markup("")
    light = curve.light_adu_s
    if len(light) < 2 or len(curve.brightness) != len(light):
        return Markup("")
    up = Axis(0.0, 1.04, BOTTOM, TOP)
    times = list(dict.fromkeys(reversed([s.exposure_s for s in record.trials])))[:_CURVES_MAX]
    parts, written = [], [math.inf]
    for exposure_s in known(times):
        points = [
            (brightness, (curve.pedestal_adu + rate * exposure_s) / run.full_scale_adu)
            for brightness, rate in zip(curve.brightness, light, strict=True)
        ]
        points = [(s, level) for s, level in points if math.isfinite(level)]
        above = next((i for i, (_, level) in enumerate(points) if level > up.high), len(points))
        shown = points[: above + 1]
        if len(shown) < 2:
            continue
        places = [(across.place(brightness), up.place(level)) for brightness, level in shown]
        parts.append(line(places, "learned"))
        x, y = places[-1]
        if len(times) > 1 and min(abs(y - other) for other in written) > _LINE_PX:
            # Clear of the mark of a trial at the panel's brightest.
            x = min(x, RIGHT - _LINE_PX)
            told = figures.seconds(exposure_s)
            parts.append(element("text", told, x=x, y=max(y - 5, TOP - 4), class_="tick end"))
            written.append(y)
    return join(*parts)


def _level_axis(record: FilterRecord, shots: Sequence[Flat | Rejected]) -> Axis:
    """Return the band with some room around it, more where frames lie farther out."""
    low, high = record.band
    levels = [shot.level for shot in shots]
    room = 0.8 * (high - low) / 2 if math.isfinite(low) else 0.02
    lowest = min(known([low - room, *(v - room / 3 for v in levels)]), default=0.0)
    highest = max(known([high + room, *(v + room / 3 for v in levels)]), default=1.0)
    if highest - lowest < 1e-6:
        highest, lowest = highest + 0.01, lowest - 0.01
    return Axis(max(lowest, 0.0), min(highest, 1.02), BOTTOM, TOP)


def _search(
    record: FilterRecord,
    across: Axis,
    ticks: Ticks,
    label: str,
    value: Callable[[Trial], float],
    below: str = "",
) -> Markup:
    up = Axis(0.0, 1.04, BOTTOM, TOP)
    shots = [s for s in record.trials if math.isfinite(s.level) and math.isfinite(value(s))]
    places = [(across.place(value(shot)), up.place(shot.level)) for shot in shots]
    described = f"{label} of each trial, and the level it gave: " + "; ".join(
        f"trial {shot.n}: {figures.percent(shot.level)}" for shot in shots
    )
    return drawing(
        described,
        _band(record, up),
        left(up, _LEVEL, percent_ticks(up)),
        bottom(across, label, ticks),
        below,
        line(places, "path"),
        *(_trial_mark(shot, x, y) for shot, (x, y) in zip(shots, places, strict=True)),
    )


def _trial_mark(shot: Trial, x: float, y: float) -> Markup:
    kind = "accepted" if shot.verdict is Verdict.ACCEPTED else "tried"
    lit = "" if shot.brightness is None else f"brightness {figures.whole(shot.brightness)}, "
    told = (
        f"Trial {shot.n}: {lit}{figures.seconds(shot.exposure_s)}, "
        f"{figures.adu(shot.median_adu)} ADU ({figures.percent(shot.level)}), "
        f"{figures.words(shot.verdict)}"
    )
    return element(
        "g",
        element("title", told),
        element("circle", cx=x, cy=y, r=8.5),
        element("text", str(shot.n), x=x, y=y + 3.6, class_="number"),
        class_=f"trial {kind}",
    )


def _flat_mark(shot: Flat | Rejected, x: float, up: Axis, radius: float) -> Markup:
    y = up.place(shot.level)
    level = f"{figures.adu(shot.median_adu)} ADU ({figures.percent(shot.level)})"
    if isinstance(shot, Rejected):
        arm = radius + 1.0
        cross = (
            f"M{x - arm:.1f} {y - arm:.1f}l{2 * arm} {2 * arm}m0 {-2 * arm}l{-2 * arm} {2 * arm}"
        )
        title = element("title", f"Rejected: {level}: {why_words(shot.why)}")
        return element("g", title, element("path", d=cross), class_="rejected")
    return dot(x, y, f"Flat {shot.index}: {level}, {figures.seconds(shot.exposure_s)}", radius)


def _band(record: FilterRecord, up: Axis) -> Markup:
    low, high = record.band
    if not math.isfinite(low):
        return Markup("")
    top, base = up.place(high), up.place(low)
    middle = up.place(record.target)
    return join(
        element("rect", x=LEFT, y=top, width=RIGHT - LEFT, height=base - top, class_="band"),
        element("line", x1=LEFT, x2=RIGHT, y1=middle, y2=middle, class_="target"),
    )


def _cut(x: float) -> Markup:
    return element("line", x1=x, x2=x, y1=TOP, y2=BOTTOM, class_="cut")
