"""The report's charts: small SVG drawings whose colours come from the page, light or dark."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flatctl.outputs import figures
from flatctl.outputs.markup import Markup, element, join
from flatctl.outputs.record import FilterRecord, RunRecord, Shot, ShotKind

# Drawn at the width of a phone, so that its letters are as large there as those of the page.
_WIDTH, _HEIGHT = 360, 228
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 350, 30, 190


@dataclass(frozen=True)
class Axis:
    """A range of values laid out between two places on the drawing."""

    low: float
    high: float
    start_px: float
    end_px: float
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies; what is outside of the range lies at its edge."""
        low, high, at = (self._scaled(v) for v in (self.low, self.high, value))
        share = (at - low) / (high - low)
        return self.start_px + min(max(share, 0.0), 1.0) * (self.end_px - self.start_px)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.logarithmic else value


def search_over_brightness(run: RunRecord, record: FilterRecord) -> Markup:
    """Draw the search's path: level against the panel's brightness."""
    steps = _known([shot.brightness for shot in record.trials])
    highest = run.brightness_max if math.isfinite(run.brightness_max) else max(steps, default=1.0)
    across = Axis(0.0, max(highest, 1.0), _LEFT, _RIGHT)
    ticks = [(t, figures.whole(t)) for t in _linear_ticks(across.low, across.high, 5)]
    return _search(record, across, ticks, "Panel brightness, steps", lambda shot: shot.brightness)


def search_over_exposure(record: FilterRecord) -> Markup:
    """Draw the search's path: level against the exposure, on a logarithmic axis."""
    times = _known([s.exposure_s for s in record.trials if s.exposure_s > 0]) or [1.0]
    low, high = min(times), max(times)
    # At least a factor of four, so that a search that never moved still stands in a scale.
    margin = max(1.4, math.sqrt(4.0 * low / high) if high < 4.0 * low else 1.4)
    across = Axis(low / margin, high * margin, _LEFT, _RIGHT, logarithmic=True)
    ticks = [(t, f"{t:g}") for t in _log_ticks(across.low, across.high)]
    return _search(record, across, ticks, "Exposure, s", lambda shot: shot.exposure_s)


def levels_of_flats(record: FilterRecord) -> Markup:
    """Draw the level of every flat in the order taken, and of every frame that was rejected."""
    shots = [shot for shot in record.captured if math.isfinite(shot.level)]
    up = _level_axis(record, shots)
    across = Axis(0.5, max(len(shots), 2) + 0.5, _LEFT, _RIGHT)
    ticks = [
        (t, figures.whole(t)) for t in _linear_ticks(1, max(len(shots), 2), 6) if t == int(t) and t
    ]
    if not any(t == 1 for t, _ in ticks):
        ticks.insert(0, (1.0, "1"))
    radius = 3.4 if len(shots) <= 60 else 2.0
    marks = [_flat_mark(shot, across.place(i), up, radius) for i, shot in enumerate(shots, start=1)]
    described = (
        f"Level of {figures.plural(len(record.flats), 'flat')} in the order taken, "
        f"{figures.plural(len(record.rejected), 'frame')} rejected."
    )
    return _drawing(
        described,
        _band(record, up),
        _level_grid(up, decimals=0 if up.high - up.low >= 0.1 else 1),
        _bottom(across, ticks, "Frame, in the order taken"),
        *marks,
    )


def panel_curve(points: Sequence[tuple[float, float]], full_adu: float) -> Markup:
    """Draw the panel's curve: the level (of `full_adu`) that each brightness step gave."""
    levels = [(step, level / full_adu) for step, level in points]
    across = Axis(0.0, max([step for step, _ in levels], default=1.0) or 1.0, _LEFT, _RIGHT)
    up = Axis(0.0, 1.04, _BOTTOM, _TOP)
    ticks = [(t, figures.whole(t)) for t in _linear_ticks(across.low, across.high, 5)]
    places = [(across.place(step), up.place(level)) for step, level in levels]
    marks = [
        element(
            "g",
            element(
                "title",
                f"Brightness {figures.whole(step)}: {figures.adu(adu)} ADU "
                f"({figures.percent(adu / full_adu)})",
            ),
            element("circle", cx=x, cy=y, r=3.4),
            class_="kept",
        )
        for (step, adu), (x, y) in zip(points, places, strict=True)
    ]
    described = "Level at each brightness: " + "; ".join(
        f"{figures.whole(step)}: {figures.percent(level)}" for step, level in levels
    )
    return _drawing(
        described,
        _level_grid(up, decimals=0),
        _bottom(across, ticks, "Panel brightness, steps"),
        element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places), class_="path"),
        *marks,
    )


def _level_axis(record: FilterRecord, shots: Sequence[Shot]) -> Axis:
    """Return the band with some room around it, more where frames lie farther out."""
    low, high = record.band
    levels = [shot.level for shot in shots]
    room = 0.8 * (high - low) / 2 if math.isfinite(low) else 0.02
    bottom = min(_known([low - room, *(v - room / 3 for v in levels)]), default=0.0)
    top = max(_known([high + room, *(v + room / 3 for v in levels)]), default=1.0)
    if top - bottom < 1e-6:
        top, bottom = top + 0.01, bottom - 0.01
    return Axis(max(bottom, 0.0), min(top, 1.02), _BOTTOM, _TOP)


def _search(
    record: FilterRecord,
    across: Axis,
    ticks: Sequence[tuple[float, str]],
    label: str,
    value: Callable[[Shot], float],
) -> Markup:
    up = Axis(0.0, 1.04, _BOTTOM, _TOP)
    shots = [s for s in record.trials if math.isfinite(s.level) and math.isfinite(value(s))]
    places = [(across.place(value(shot)), up.place(shot.level)) for shot in shots]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    described = f"{label} of each trial, and the level it gave: " + "; ".join(
        f"trial {shot.number}: {figures.percent(shot.level)}" for shot in shots
    )
    return _drawing(
        described,
        _band(record, up),
        _level_grid(up, decimals=0),
        _bottom(across, ticks, label),
        element("polyline", points=path, class_="path"),
        *(_trial_mark(shot, x, y) for shot, (x, y) in zip(shots, places, strict=True)),
    )


def _trial_mark(shot: Shot, x: float, y: float) -> Markup:
    kind = "accepted" if shot.verdict == "accepted" else "tried"
    told = (
        f"Trial {shot.number}: brightness {figures.whole(shot.brightness)}, "
        f"{figures.seconds(shot.exposure_s)}, {figures.adu(shot.median_adu)} ADU "
        f"({figures.percent(shot.level)}), {figures.words(shot.verdict)}"
    )
    return element(
        "g",
        element("title", told),
        element("circle", cx=x, cy=y, r=8.5),
        element("text", str(shot.number), x=x, y=y + 3.6, class_="number"),
        class_=f"trial {kind}",
    )


def _flat_mark(shot: Shot, x: float, up: Axis, radius: float) -> Markup:
    y = up.place(shot.level)
    level = f"{figures.adu(shot.median_adu)} ADU ({figures.percent(shot.level)})"
    if shot.kind is ShotKind.REJECTED:
        arm = radius + 1.0
        cross = (
            f"M{x - arm:.1f} {y - arm:.1f}l{2 * arm} {2 * arm}m0 {-2 * arm}l{-2 * arm} {2 * arm}"
        )
        title = element("title", f"Rejected: {level}: {shot.reason}")
        return element("g", title, element("path", d=cross), class_="rejected")
    title = element("title", f"Flat {shot.number}: {level}, {figures.seconds(shot.exposure_s)}")
    return element("g", title, element("circle", cx=x, cy=y, r=radius), class_="kept")


def _drawing(described: str, *parts: str) -> Markup:
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
        aria_label=described,
        class_="chart",
    )


def _band(record: FilterRecord, up: Axis) -> Markup:
    low, high = record.band
    if not math.isfinite(low):
        return Markup("")
    top, bottom = up.place(high), up.place(low)
    middle = up.place(record.target)
    return join(
        element("rect", x=_LEFT, y=top, width=_RIGHT - _LEFT, height=bottom - top, class_="band"),
        element("line", x1=_LEFT, x2=_RIGHT, y1=middle, y2=middle, class_="target"),
    )


def _level_grid(up: Axis, *, decimals: int) -> Markup:
    parts = [element("text", "Level, % of full scale", x=0, y=14, class_="label")]
    for tick in _linear_ticks(up.low, up.high, 5):
        y = up.place(tick)
        parts.append(element("line", x1=_LEFT, x2=_RIGHT, y1=y, y2=y, class_="grid"))
        written = f"{100 * tick:.{decimals}f}"
        parts.append(element("text", written, x=_LEFT - 8, y=y + 4, class_="tick up"))
    return join(*parts)


def _bottom(across: Axis, ticks: Sequence[tuple[float, str]], label: str) -> Markup:
    parts = [element("line", x1=_LEFT, x2=_RIGHT, y1=_BOTTOM, y2=_BOTTOM, class_="axis")]
    for tick, written in ticks:
        x = across.place(tick)
        parts.append(element("line", x1=x, x2=x, y1=_BOTTOM, y2=_BOTTOM + 4, class_="axis"))
        parts.append(element("text", written, x=x, y=_BOTTOM + 17, class_="tick across"))
    parts.append(element("text", label, x=_RIGHT, y=_HEIGHT - 4, class_="label end"))
    return join(*parts)


def _linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return round values within the range, at most about `wanted`, 1-2-5 apart."""
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Return round values within the range: 1-2-5, only powers of ten where it is long."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    multiples = (1, 2, 5) if high / low < 300 else (1,)
    ticks = (round(m * 10.0**d, 9) for d in decades for m in multiples)
    return [t for t in ticks if low <= t <= high]


def _known(values: Sequence[float]) -> list[float]:
    return [v for v in values if math.isfinite(v)]
