"""What flatctl and the page say to each other.

flatctl to page: lines of JSON on a response that does not end, each with a number `n`. With `lit`
and `color` it is an order, with `bye` the end of this flatctl, else only a question. Page to
flatctl: for every line a small JSON object, posted once the light has been painted, with the same
`n` and how the page stands by then.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

REPORT_MAX_BYTES = 1024


class Color(NamedTuple):
    """Red, green and blue, 0 to 255 each."""

    red: int
    green: int
    blue: int


BLACK = Color(0, 0, 0)


@dataclass(frozen=True)
class Report:
    """How the page `page` stands after line `n`; `visible` is false behind another window."""

    page: str
    n: int
    lit: bool
    color: Color
    visible: bool


def tinted(brightness: int, tint: Sequence[float]) -> Color:
    """Return the colour of a grey level 0 to 255, the strongest of the weights counting as 1."""
    strongest = max(tint)
    return Color(*(round(brightness * weight / strongest) for weight in tint))


def order(n: int, *, lit: bool, color: Color) -> bytes:
    """Return the line that asks for a light."""
    return _line({"n": n, "lit": lit, "color": color})


def question(n: int) -> bytes:
    """Return the line that asks how the page stands."""
    return _line({"n": n})


def bye() -> bytes:
    """Return the last line: the page keeps its light."""
    return _line({"bye": True})


def parse_report(content: bytes) -> Report:
    """Return what the page posted.

    Raises `ValueError` for anything else than a report.
    """
    try:
        said = json.loads(content)
    except RecursionError as error:
        raise ValueError("nested beyond reason") from error
    match said:
        case {
            "page": str(page),
            "n": int(n),
            "lit": bool(lit),
            "color": [int(red), int(green), int(blue)],
            "visible": bool(visible),
        }:
            return Report(page, n, lit, Color(red, green, blue), visible)
        case _:
            raise ValueError("not a report of the page")


def _line(content: dict[str, object]) -> bytes:
    return json.dumps(content).encode("ascii") + b"\n"
