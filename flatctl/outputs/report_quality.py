"""The part of a filter's chapter that shows what its set is worth, and what changed."""

import base64
import math

from flatctl.events import SetQuality
from flatctl.outputs import figures
from flatctl.outputs.markup import Markup, element, figure, join
from flatctl.outputs.quality_charts import (
    Difference,
    difference_picture,
    known_spots,
    photon_noise,
    radial_profile,
)
from flatctl.outputs.record import FilterRecord
from flatctl.outputs.sentences.run import notes
from flatctl.outputs.thumbnail import Thumbnail

_LABELS_MAX = 6


def worth(record: FilterRecord) -> Markup:
    """Return what is not as it should be, and the figures of the set."""
    found = [
        element("p", figures.kept_together(each[:1].upper() + each[1:].rstrip(".")) + ".")
        for each in notes(record)
    ]
    entries = [
        element("div", element("dt", label), element("dd", value))
        for label, value in (_rows(record.quality) if record.quality else [])
        if value != figures.UNKNOWN
    ]
    return join(
        element("div", element("strong", "Look at this"), *found, class_="todo") if found else "",
        element("dl", *entries, class_="facts") if entries else "",
    )


def _rows(quality: SetQuality) -> list[tuple[str, str]]:
    limit = figures.percent(quality.noise_limit_frac, 2)
    return [
        ("Photons per pixel", figures.whole(quality.photons_e)),
        ("Noise of the master flat", figures.percent(quality.master_noise_frac, 3)),
        (f"Flats for {limit} of noise", figures.whole(quality.flats_needed)),
        ("Gain", _gain(quality)),
        ("Drift over the set", figures.percent(quality.drift_frac, 2)),
        ("Light in the corners", figures.percent(quality.corner_frac)),
        *((f"Median of {colour}", _adu(median)) for colour, median in quality.channels.items()),
    ]


def pictures(record: FilterRecord) -> list[Markup]:
    """Return the figures of the set: its profile, its noise, and what changed."""
    quality = record.quality
    if quality is None:
        return []
    profile, noise = radial_profile(quality), photon_noise(quality)
    charts = [
        figure("Radial profile", profile) if profile else "",
        figure("Noise against photon noise", noise, _noise_caption(quality)) if noise else "",
        _dust(quality),
    ]
    return [Markup(chart) for chart in charts if chart]


def contours(thumbnail: Thumbnail) -> Markup:
    """Return the lines of equal light that lie over a picture, each with its fraction."""
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
    drawn = [element("g", *parts)] if parts else []
    return element(
        "svg", *drawn, viewBox=f"0 0 {width} {height}", aria_hidden="true", class_="over"
    )


def picture(png: bytes, width: int, height: int, described: str, over: Markup) -> Markup:
    """Return a picture with a drawing laid over it."""
    data = base64.b64encode(png).decode("ascii")
    source = f"data:image/png;base64,{data}"
    image = element("img", src=source, width=width, height=height, alt=described)
    return element("div", image, over, class_="layers")


def _off_diagonal(x: float, y: float) -> float:
    """Return how far, as an angle, a place lies from the way from the centre to that corner."""
    return abs(math.atan2(y - 0.5, x - 0.5) - math.pi / 4)


def _adu(level: float) -> str:
    return f"{figures.adu(level)} ADU" if math.isfinite(level) else figures.UNKNOWN


def _gain(quality: SetQuality) -> str:
    gain = quality.e_per_adu
    return figures.UNKNOWN if gain is None else f"{gain:.3g} e-/ADU"


def _noise_caption(quality: SetQuality) -> str:
    noise = figures.percent(quality.noise_frac, 2)
    return (
        f"Dots: what the pairs of flats scatter by, from the dim parts of the frame to the bright. "
        f"Line: what photons alone make at {_gain(quality)}. One flat has {noise} of noise."
    )


def _dust(quality: SetQuality) -> Markup:
    heading = "Change since the last set"
    painted = difference_picture(quality)
    if painted is None:
        if quality.compared:
            return Markup("")
        words = "There is no earlier set to compare with: from the next one on, dust that came or "
        return element(
            "div",
            element("h3", heading),
            element("p", words + "went shows here.", class_="soft"),
        )
    over = _circles(painted, quality)
    described = "What each part of the frame has more or less light than in the last set"
    caption = (
        "Orange: darker than in the last set, blue: brighter; the full colour is "
        f"{figures.percent(painted.full_frac, 2)} of the light. {_count(quality)}"
    )
    shown = picture(painted.png, painted.cols, painted.rows, described, over)
    return figure(heading, shown, caption, style="picture difference")


def _count(quality: SetQuality) -> str:
    seen = known_spots(quality)
    if not seen:
        return "No spot came or went."
    return f"{figures.plural(len(seen), 'spot')} came or went."


def _circles(painted: Difference, quality: SetQuality) -> Markup:
    """Return a circle around each spot that came or went, with its depth."""
    parts: list[Markup] = []
    cell_px = quality.cell_px or 1
    for spot in known_spots(quality):
        x, y = spot.col_px / cell_px, spot.row_px / cell_px
        left = x > 0.75 * painted.cols
        parts.append(element("circle", cx=x, cy=y, r=3))
        parts.append(
            element(
                "text",
                f"{-100 * spot.depth_frac:+.1f} %".replace("-", "−"),
                x=x - 4 if left else x + 4,
                y=y + 1,
                class_="end" if left else None,
            )
        )
    view = f"0 0 {painted.cols} {painted.rows}"
    return element("svg", *parts, viewBox=view, aria_hidden="true", class_="over")
