"""What is drawn over a picture: lines of equal light, and circles around dust."""

import math

from markupsafe import Markup

from flatctl.events import SetQuality
from flatctl.outputs.drawing import element
from flatctl.outputs.quality_charts import Difference, known_spots
from flatctl.outputs.thumbnail import Thumbnail

_LABELS_MAX = 6


def contours(thumbnail: Thumbnail) -> Markup:
    """Return the lines of equal light of a picture, each with its fraction."""
    width, height = thumbnail.width_px, thumbnail.height_px
    parts = []
    # With many lines every second one is labelled, all on the way to the lower right corner.
    labelled = 1 + (len(thumbnail.contours) > _LABELS_MAX)
    for place, contour in enumerate(thumbnail.contours):
        paths = " ".join(
            "M" + "L".join(f"{x:g} {y:g}" for x, y in points) for points in contour.lines
        )
        parts.append(element("path", d=paths))
        inside = [
            (x, y)
            for points in contour.lines
            for x, y in points
            if 0.06 * width < x < 0.94 * width and 0.05 * height < y < 0.95 * height
        ]
        if inside and place % labelled == labelled - 1:
            x, y = min(inside, key=lambda at: _off_diagonal(at[0] / width, at[1] / height))
            written = f"{100 * contour.level_frac:g}"
            parts.append(element("text", written, x=x, y=y + 0.012 * width))
    return _over(width, height, *parts)


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


def _over(width: int, height: int, *parts: Markup) -> Markup:
    view = f"0 0 {width} {height}"
    return element("svg", *parts, viewBox=view, aria_hidden="true", class_="over")


def _off_diagonal(x: float, y: float) -> float:
    """Return how far, as an angle, a place lies from the way from the centre to that corner."""
    return abs(math.atan2(y - 0.5, x - 0.5) - math.pi / 4)
