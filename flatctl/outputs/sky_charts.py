"""The report's charts of a twilight: its light, and the plan against what happened."""

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

from flatctl import events
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
    left,
    line,
    linear_ticks,
    log_ticks,
)
from flatctl.outputs.sentences.run import filter_label
from flatctl.outputs.sentences.sky import sun, window_words
from flatctl.outputs.times import Course
from flatctl.outputs.twilight import FilterTwilight, Twilight, is_known, known_of

Point = tuple[float, float]
Place = Callable[[datetime], float]

_LETTER_PX, _LABEL_PX, _ROW_MAX_PX, _NAME_MAX = 7.0, 12.0, 34.0, 7
_DOT_PX, _SMALL_DOT_PX, _FEW = 3.0, 1.8, 80


def light_over_sun(twilight: Twilight) -> Markup | None:
    """Draw the light of each filter against the Sun's altitude: expected as lines, measured dots.

    Time goes from left to right. `None` where no light is known.
    """
    lines = {each.record.name: _expected(each) for each in twilight.filters}
    dots = {each.record.name: _measured(each) for each in twilight.filters}
    points = [p for found in (*lines.values(), *dots.values()) for p in found]
    if not points:
        return None
    altitudes, rates = zip(*points, strict=True)
    room = 0.04 * max(max(altitudes) - min(altitudes), 1.0)
    ends = (LEFT + 4.0, RIGHT - 4.0) if twilight.dawn else (RIGHT - 4.0, LEFT + 4.0)
    across = Axis(min(altitudes) - room, max(altitudes) + room, *ends)
    # Above the lines there is room for the names of filters that are much alike.
    up = Axis(min(rates) / 1.6, max(rates) * 4.0, BOTTOM, TOP, logarithmic=True)
    ticks = [(t, f"{t:g}°") for t in linear_ticks(across.low, across.high, 6)]
    shown = [each for each in twilight.filters if lines[each.record.name] or dots[each.record.name]]
    radius = _DOT_PX if len(points) < _FEW else _SMALL_DOT_PX
    return drawing(
        _light_described(shown),
        left(up, "Light, ADU/s", _powers(up)),
        bottom(across, "Altitude of the Sun", ticks),
        *(line(_placed(lines[each.record.name], across, up), "learned") for each in shown),
        *(mark for each in shown for mark in _dots(each, across, up, radius)),
        *_names(shown, lines, dots, across, up, dawn=twilight.dawn),
    )


def plan_and_flats(twilight: Twilight) -> Markup | None:
    """Draw when each filter's light was expected, as wide bars, and its flats, as dots in them.

    `None` where no time is known.
    """
    rows = [each for each in twilight.filters if _is_planned(each) or each.span]
    times = [t for each in rows for t in _times(each)]
    if not rows or (max(times) - min(times)).total_seconds() > 86400.0:
        return None
    first = min(times)
    course = Course.of([first, max(times)])
    across = Axis(course.low, course.high, LEFT + 4, RIGHT - 4)
    height = min((BOTTOM - TOP) / len(rows), _ROW_MAX_PX)

    def place(when: datetime) -> float:
        return across.place((when - first).total_seconds())

    parts: list[Markup] = []
    for n, each in enumerate(rows):
        y = TOP + (n + 0.5) * height
        name = filter_label(each.record)
        short = name if len(name) <= _NAME_MAX else name[: _NAME_MAX - 1] + "…"
        parts.append(element("text", short, x=LEFT - 6, y=y + 4, class_="tick up"))
        parts += [_window(each, place, y, height), *_taken(each, place, y)]
    return drawing(
        "; ".join(_row_described(each) for each in rows),
        bottom(across, course.label, course.ticks()),
        *parts,
    )


def _expected(each: FilterTwilight) -> list[Point]:
    """Return the light as it was first expected: the Sun's altitude, and ADU/s."""
    planned = each.planned
    if planned is None or not (ends := known_of(planned)) or len(planned.light_adu_s) < 2:
        return []
    last = len(planned.light_adu_s) - 1
    along = ((ends[0] + (ends[1] - ends[0]) * i / last) for i in range(last + 1))
    return [(a, r) for a, r in zip(along, planned.light_adu_s, strict=True) if _is_light(r)]


def _measured(each: FilterTwilight) -> list[Point]:
    return [_light_of(shot) for shot in _lit(each)]


def _light_of(shot: events.Shot) -> Point:
    return shot.sun_altitude_deg or 0.0, shot.sky_rate_adu_s or 0.0


def _lit(each: FilterTwilight) -> list[events.Shot]:
    return [shot for shot in each.shots if _is_light(shot.sky_rate_adu_s)]


def _is_light(rate: float | None) -> bool:
    return rate is not None and is_known(rate) and 1e-3 < rate < 1e12


def _placed(points: Sequence[Point], across: Axis, up: Axis) -> list[Point]:
    return [(across.place(altitude), up.place(rate)) for altitude, rate in points]


def _dots(each: FilterTwilight, across: Axis, up: Axis, radius: float) -> list[Markup]:
    found = []
    for shot in _lit(each):
        at, rate = _light_of(shot)
        told = (
            f"{filter_label(each.record)}: {figures.adu(rate)} ADU/s with the Sun at {sun(at)}, "
            f"{figures.seconds(shot.exposure_s)}, level {figures.percent(shot.level)}"
        )
        if is_known(shot.predicted_level):
            told += f" (expected {figures.percent(shot.predicted_level)})"
        x, y = across.place(at), up.place(rate)
        if isinstance(shot, events.Flat):
            found.append(dot(x, y, told, radius))
        else:
            mark = element("circle", cx=x, cy=y, r=radius)
            found.append(element("g", element("title", told), mark, class_="missed"))
    return found


def _names(
    shown: Sequence[FilterTwilight],
    lines: dict[str, list[Point]],
    dots: dict[str, list[Point]],
    across: Axis,
    up: Axis,
    *,
    dawn: bool,
) -> list[Markup]:
    """Return the filters' names at their first flats, else where their lines begin, all apart.

    They stand where no light is: above it where it falls, to the left of it where it rises.
    """
    written: list[Point] = []
    parts = []
    for each in shown:
        name = filter_label(each.record)
        wide = _LETTER_PX * len(name)
        flats = [_light_of(shot) for shot in _lit(each) if isinstance(shot, events.Flat)]
        first = flats or lines[each.record.name] or dots[each.record.name]
        x, y = _placed(first[:1], across, up)[0]
        x, y = (max(x - 6.0, LEFT + wide), y + 3.0) if dawn else (min(x, RIGHT - wide), y - 7.0)
        while any(abs(x - a) < wide and abs(y - b) < _LABEL_PX for a, b in written):
            y -= _LABEL_PX
        written.append((x, y))
        parts.append(element("text", name, x=x, y=y, class_="tick end" if dawn else "tick"))
    return parts


def _powers(up: Axis) -> Ticks:
    ticks = log_ticks(up.low, up.high)
    return [(t, f"{t:g}" if t < 1000 else f"{t / 1000:g}k") for t in ticks]


def _is_planned(each: FilterTwilight) -> bool:
    return each.planned is not None and bool(known_of(each.planned))


def _times(each: FilterTwilight) -> list[datetime]:
    planned = each.planned
    expected = [planned.opens, planned.closes] if planned and known_of(planned) else []
    return [*expected, *(each.span or ())]


def _window(each: FilterTwilight, place: Place, y: float, height: float) -> Markup:
    planned = each.planned
    if planned is None or not known_of(planned):
        return Markup("")
    x, end = place(planned.opens), place(planned.closes)
    bar = element(
        "rect",
        x=x,
        y=y - 0.36 * height,
        width=max(end - x, 1.0),
        height=0.72 * height,
        rx=3,
        class_="window",
    )
    told = f"{filter_label(each.record)}: {window_words(planned)}, {planned.frames} flats planned"
    return element("g", element("title", told), bar)


def _taken(each: FilterTwilight, place: Place, y: float) -> list[Markup]:
    span = each.span
    if span is None:
        return []
    first, last = (place(when) for when in span)
    told = (
        f"{filter_label(each.record)}: {figures.plural(len(each.flats), 'flat')}, "
        f"{figures.clock(span[0])} to {figures.clock(span[1])}"
    )
    width = max(last - first, 0.0) + 4
    bar = element("rect", x=first - 2, y=y - 4, width=width, height=8, rx=3, class_="taken")
    return [element("g", element("title", told), bar)]


def _light_described(shown: Sequence[FilterTwilight]) -> str:
    told = []
    for each in shown:
        rates = [rate for _, rate in _measured(each)]
        light = f"{figures.adu(max(rates))} to {figures.adu(min(rates))} ADU/s" if rates else "none"
        told.append(f"{filter_label(each.record)}: {light} measured")
    return "Light against the altitude of the Sun. " + "; ".join(told)


def _row_described(each: FilterTwilight) -> str:
    planned = f"light expected {window_words(each.planned)}" if each.planned else "not planned"
    span = each.span
    taken = f"flats {figures.clock(span[0])} to {figures.clock(span[1])}" if span else "no flats"
    return f"{filter_label(each.record)}: {planned}, {taken}"
