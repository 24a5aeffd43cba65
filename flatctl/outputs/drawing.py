"""The parts of a chart: a small SVG whose colours come from the page, light or dark."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

# Drawn at the width of a phone, so that its letters are as large there as those of the page.
WIDTH, HEIGHT = 360, 228
LEFT, RIGHT, TOP, BOTTOM = 46, 350, 30, 190

Ticks = Sequence[tuple[float, str]]


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


def element(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return an element of a drawing, the text in it escaped; an attribute of `None` is left out.

    Attribute names are written as in Python: `class_`, `stroke_width`.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(
        f"<{name}{written}>{join(*children)}</{name}>" if children else f"<{name}{written}/>"
    )


def join(*parts: str) -> Markup:
    """Return the parts one after the other, each escaped."""
    return Markup("").join(parts)


def drawing(described: str, *parts: str) -> Markup:
    """Return a chart of these parts; `described` says in words what it shows."""
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=described,
        class_="chart",
    )


def line(places: Sequence[tuple[float, float]], style: str) -> Markup:
    """Return a line through places of the drawing."""
    return element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in places), class_=style)


def dot(x: float, y: float, told: str, radius: float = 3.4) -> Markup:
    """Return a mark that tells its figures to whoever points at it."""
    mark = element("circle", cx=x, cy=y, r=radius)
    return element("g", element("title", told), mark, class_="kept")


def left(up: Axis, label: str, ticks: Ticks) -> Markup:
    """Return the axis upwards: its label above it, a line across at each tick."""
    parts = [element("text", label, x=0, y=14, class_="label")]
    for tick, written in ticks:
        y = up.place(tick)
        parts.append(element("line", x1=LEFT, x2=RIGHT, y1=y, y2=y, class_="grid"))
        parts.append(element("text", written, x=LEFT - 8, y=y + 4, class_="tick up"))
    return join(*parts)


def bottom(across: Axis, label: str, ticks: Ticks) -> Markup:
    """Return the axis at the bottom, its label at the right end."""
    parts = [element("line", x1=LEFT, x2=RIGHT, y1=BOTTOM, y2=BOTTOM, class_="axis")]
    for tick, written in ticks:
        x = across.place(tick)
        parts.append(element("line", x1=x, x2=x, y1=BOTTOM, y2=BOTTOM + 4, class_="axis"))
        # A long figure at an end must not leave the drawing.
        centre = min(x, WIDTH - 3.1 * len(written))
        parts.append(element("text", written, x=centre, y=BOTTOM + 17, class_="tick across"))
    parts.append(element("text", label, x=RIGHT, y=HEIGHT - 4, class_="label end"))
    return join(*parts)


def percent_ticks(axis: Axis, wanted: int = 5) -> Ticks:
    """Return ticks for fractions, written in percent with as many decimals as they need."""
    ticks = linear_ticks(axis.low, axis.high, wanted)
    apart = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    decimals = max(0, math.ceil(-math.log10(100 * apart) - 1e-9))
    decimals += f"{100 * apart:g}".endswith(".5") and not decimals
    return [(t, f"{100 * t:.{decimals}f}") for t in ticks]


def linear_ticks(low: float, high: float, wanted: int) -> list[float]:
    """Return round values within the range, at most about `wanted`, 1-2-5 apart."""
    rough = (high - low) / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def log_ticks(low: float, high: float) -> list[float]:
    """Return round values within the range: 1-2-5, only powers of ten where it is long."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    multiples = (1, 2, 5) if high / low < 300 else (1,)
    ticks = (round(m * 10.0**d, 9) for d in decades for m in multiples)
    return [t for t in ticks if low <= t <= high]


def known(values: Sequence[float]) -> list[float]:
    """Return the values that are figures."""
    return [v for v in values if math.isfinite(v)]


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{value:.6g}"
