"""How figures are written for people: one way for the terminal and the report."""

import math
import re
import textwrap
from datetime import MINYEAR, UTC, datetime

UNKNOWN = "–"
_INSIDE_FIGURE = re.compile(
    r"(?<=\d) (?=(?:ADU|GB|MB|min|h|s|%|°C)(?!\w)|\d{3}(?!\d))|(?<=min) (?=\d\d s)"
)


def adu(value: float | None) -> str:
    """Return a level in ADU, thousands apart: `33 412`; one decimal below 100."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    grouped = f"{value:,.1f}" if abs(value) < 100 and value != int(value) else f"{value:,.0f}"
    return grouped.replace(",", " ")


def whole(value: float | None) -> str:
    """Return a whole number, thousands apart."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"{value:,.0f}".replace(",", " ")


def percent(fraction: float | None, decimals: int = 1) -> str:
    """Return a fraction of full scale as `51.0 %`."""
    if fraction is None or not math.isfinite(fraction):
        return UNKNOWN
    # Adding 0 makes a zero of what is rounded to minus zero.
    return f"{round(100 * fraction, decimals) + 0.0:.{decimals}f} %"


def seconds(value: float) -> str:
    """Return an exposure with three significant digits: `0.123 s`, `4.20 s`, `120 s`."""
    if not math.isfinite(value):
        return UNKNOWN
    magnitude = math.floor(math.log10(value)) if value > 0 else 0
    decimals = min(max(2 - magnitude, 0), 6)
    return f"{value:.{decimals}f} s"


def duration(value: float) -> str:
    """Return a length of time as one reads a clock: `8 s`, `1 min 20 s`, `2 h 05 min`."""
    if not math.isfinite(value):
        return UNKNOWN
    total = max(round(value), 0)
    if total < 60:
        return f"{total} s"
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min"


def about(value: float) -> str:
    """Return a length of time that is only guessed: `40 s`, `12 min`, `2 h 05 min`."""
    if value < 60:
        return duration(math.ceil(value / 10) * 10)
    if value < 3600:
        return f"{math.ceil(value / 60)} min"
    return duration(value)


def room(size_bytes: int) -> str:
    """Return an amount of room on a disk in GB, a small one in MB."""
    small = size_bytes < 100_000_000
    return f"{size_bytes / 1e6:.1f} MB" if small else f"{size_bytes / 1e9:.1f} GB"


def clock(time: datetime | None) -> str:
    """Return a time of day in the computer's own time: `17:15:30`."""
    return f"{time.astimezone():%H:%M:%S}" if time else UNKNOWN


def clock_minutes(time: datetime) -> str:
    """Return a time of day in the computer's own time: `17:15`; one that nobody knows is none."""
    return f"{time.astimezone():%H:%M}" if time.year > MINYEAR else UNKNOWN


def zone(time: datetime | None) -> str:
    """Return the name of the computer's time zone at that moment: `CET`, or `UTC+03`."""
    name = f"{(time or datetime.now(UTC)).astimezone():%Z}"
    return f"UTC{name}" if name[:1] in "+-" else name


def brightness(value: int | None, maximum: int) -> str:
    """Return the panel's brightness as `128 of 255`, in its own steps; 0 is no known maximum.

    A light of one step has none, nor has the sky: an empty text.
    """
    if value is None or maximum == 1:
        return ""
    return f"{whole(value)} of {whole(maximum)}" if maximum else whole(value)


def setting(value: float | None, unit: str = "", absent: str = "") -> str:
    """Return what a device is set to, as the configuration would write it: `100`, `-10 °C`."""
    return absent if value is None else f"{value:.10g}{unit}"


def local_time(when: datetime, form: str = "%Y-%m-%d %H:%M") -> str:
    """Return a moment in the computer's own time: `2026-11-22 17:15 CET`."""
    return f"{when.astimezone():{form}} {zone(when)}"


def plural(count: int, noun: str) -> str:
    """Return `1 flat`, `2 flats`."""
    return f"{whole(count)} {noun}" if count == 1 else f"{whole(count)} {noun}s"


def words(token: str) -> str:
    """Return an outcome or verdict as words: `too_dim` becomes `too dim`."""
    return "device failed" if token == "device" else token.replace("_", " ")


def sentence(text: str) -> str:
    """Return what was found as a sentence of its own: `does it turn?` becomes `Does it turn?`."""
    stop = "" if text.endswith((".", "?", "!")) else "."
    return f"{text[:1].upper()}{text[1:]}{stop}"


def kept_together(text: str) -> str:
    """Return prose in which no line breaks inside a figure or between it and its unit."""
    return _INSIDE_FIGURE.sub("\N{NO-BREAK SPACE}", text)


def wrapped(line: str, width: int, indent: int = 2) -> str:
    """Return a line broken between words, what follows the first break set in.

    No figure is parted from its unit, and no path is broken, so that it can be copied.
    """
    broken = textwrap.fill(
        kept_together(line),
        max(width, 20),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return broken.replace("\N{NO-BREAK SPACE}", " ")


def printable(text: str) -> str:
    """Return `text` without anything that could steer a terminal or break a line.

    Names and messages come from devices; an escape sequence in one must not reach the screen.
    """
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
