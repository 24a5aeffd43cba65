"""What is drawn over a picture: lines of equal light, and circles around dust."""

import math
from collections.abc import Iterable, Sequence

from markupsafe import Markup

from flatctl.events import SetQuality
from flatctl.outputs.drawing import element
from flatctl.outputs.quality_charts import Difference, known_spots
from flatctl.outputs.thumbnail import Contour, Thumbnail

# Drawn over a picture of this width, so that letters are as large on a small picture.
_WIDTH_PX = 420
_LABELS_MAX = 6
# Half of what a label takes up, and how far apart two must be.
_LABEL_X_PX, _LABEL_Y_PX, _APART_PX = 26, 18, 44

Point = tuple[float, float]


def contours(thumbnail: Thumbnail) -> Markup:
    """Return the lines of equal light of a picture, each with its fraction."""
    scale = _WIDTH_PX / thumbnail.width_px
    height = round(scale * thumbnail.height_px)
    drawn = [
        (contour, [[(scale * x, scale * y) for x, y in line] for line in contour.lines])
        for contour in thumbnail.contours
    ]
    paths = (
        element("path", d=" ".join("M" + "L".join(f"{x:.5g} {y:.5g}" for x, y in of) for of in way))
        for _, way in drawn
    )
    # With many lines every second one is labelled.
    step = 1 + (len(drawn) > _LABELS_MAX)
    return _over(_WIDTH_PX, height, *paths, *_labels(drawn[step - 1 :: step], height))


def circles(quality: SetQuality, painted: Difference) -> Markup:
    """Return a circle around each spot that came or went, with its depth."""
    parts: list[Markup] = []
    cell_px = quality.cell_px or 1
    for spot in known_spots(quality):
        x, y = spot.col_px / cell_px, spot.row_px / cell_px
        left = x > 0.75 * painted.cols
        depth = f"{-100 * spot.depth_frac:+.1f} %".replace("-", "−")
        aside = x - 4 if left else x + 4
        parts.append(element("circle", cx=x, cy=y, r=3))
        parts.append(element("text", depth, x=aside, y=y + 1, class_="end" if left else None))
    return _over(painted.cols, painted.rows, *parts)


def _labels(
    drawn: Iterable[tuple[Contour, Sequence[Sequence[Point]]]], height: int
) -> Iterable[Markup]:
    """Yield a label on each line, inside the picture and as far from the others as can be."""
    taken: list[Point] = []
    for contour, lines in drawn:
        free = [
            (x, y)
            for line in lines
            for x, y in line
            if _LABEL_X_PX <= x <= _WIDTH_PX - _LABEL_X_PX
            and _LABEL_Y_PX <= y <= height - _LABEL_Y_PX
        ]
        # Where none is taken yet, the place farthest to the right.
        place = max(free, key=lambda at: (_room(at, taken), at), default=None)
        if place is not None and _room(place, taken) >= _APART_PX:
            taken.append(place)
            x, y = place
            yield element("text", f"{100 * contour.level_frac:g}", x=x, y=y + 4)


def _room(place: Point, taken: Sequence[Point]) -> float:
    return min((math.dist(place, other) for other in taken), default=math.inf)


def _over(width: int, height: int, *parts: Markup) -> Markup:
    view = f"0 0 {width} {height}"
    return element("svg", *parts, viewBox=view, aria_hidden="true", class_="over")
