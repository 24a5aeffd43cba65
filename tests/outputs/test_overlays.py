"""Where the fractions of contours stand on a picture."""

import math
import re
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from flatctl.outputs.overlays import contours
from flatctl.outputs.thumbnail import Contour, Thumbnail

WIDTH = 420
LETTERS_PX = (14.0, 6.0)  # half of the largest label, as it is drawn


def rings(count: int, width: int, height: int, at: tuple[float, float]) -> Thumbnail:
    """A picture with circles of equal light around a place, cut off at its edges."""
    reach = math.hypot(width, height) / 2
    lines = []
    for n in range(1, count + 1):
        radius = reach * n / (count + 1)
        turns = [2 * math.pi * k / 200 for k in range(201)]
        ring = [(at[0] + radius * math.cos(a), at[1] + radius * math.sin(a)) for a in turns]
        kept = tuple(p for p in ring if 0 <= p[0] <= width and 0 <= p[1] <= height)
        lines.append(Contour(1 - 0.02 * n, (kept,) if kept else ()))
    return Thumbnail(b"", width, height, 0.0, 1.0, b"", tuple(lines))


def labels(picture: Thumbnail) -> list[tuple[float, float]]:
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"', contours(picture))
    return [(float(x), float(y) - 4) for x, y in found]


def test_labels_are_spread_around_and_not_on_one_diagonal() -> None:
    around = [math.atan2(y - 168, x - 210) for x, y in labels(rings(4, WIDTH, 336, (210.0, 168.0)))]
    assert len(around) == 4
    quarters = {(math.cos(a) > 0, math.sin(a) > 0) for a in around}
    assert len(quarters) >= 3


def test_of_many_lines_every_second_is_labelled() -> None:
    assert len(labels(rings(7, WIDTH, 336, (210.0, 168.0)))) == 3


@given(
    count=st.integers(1, 10),
    width=st.integers(8, 420),
    height=st.integers(8, 420),
    x=st.floats(0, 1),
    y=st.floats(0, 1),
)
def test_every_label_is_inside_the_picture_and_clear_of_the_others(
    count: int, width: int, height: int, x: float, y: float
) -> None:
    placed = labels(rings(count, width, height, (x * width, y * height)))
    across, up = LETTERS_PX
    bottom = round(WIDTH / width * height)
    assert all(across <= a <= WIDTH - across and up <= b <= bottom - up for a, b in placed)
    assert all(math.dist(a, b) >= 2 * across for a, b in combinations(placed, 2))
