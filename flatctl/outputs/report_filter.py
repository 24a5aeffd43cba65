"""One filter's chapter of the report: how its setting was found, and what the set is worth."""

import math
import statistics
from collections.abc import Sequence
from pathlib import Path

from flatctl.core.types import Verdict
from flatctl.errors import StorageError
from flatctl.events import Trial
from flatctl.outputs import charts, figures
from flatctl.outputs.markup import Markup, element, figure, join, table
from flatctl.outputs.record import FilterRecord, RunRecord, time_of
from flatctl.outputs.report_quality import contours, picture, pictures, worth
from flatctl.outputs.sentences.reasons import why_words
from flatctl.outputs.sentences.run import filter_label, outcome_words, setting
from flatctl.outputs.thumbnail import FrameFolder, Thumbnail


def chapter(run: RunRecord, record: FilterRecord, anchor: str, frames: FrameFolder) -> Markup:
    """Return the whole chapter of a filter."""
    tone = "good" if record.complete else "warn"
    return element(
        "section",
        element(
            "header",
            element("h2", filter_label(record)),
            element("span", outcome_words(record), class_=f"outcome {tone}"),
            element("p", figures.kept_together(_summary(run, record))),
        ),
        todo(record),
        worth(record),
        _set_row(record, run, frames),
        _search_row(run, record),
        _rejected(record),
        _every_flat(record),
        class_="filter",
        id=anchor,
    )


def todo(record: FilterRecord, *, named: bool = False) -> Markup:
    """Return what to do where a filter is not complete, nothing where it is."""
    if record.complete or not record.why:
        return Markup("")
    heading = "What happened, and what to do"
    if named:
        heading = f"{filter_label(record)}: {outcome_words(record)}"
    reason = element("p", figures.kept_together(why_words(record.why)))
    return element("div", element("strong", heading), reason, class_="todo")


def _summary(run: RunRecord, record: FilterRecord) -> str:
    parts = []
    if record.wanted:
        parts.append(f"{record.on_disk} of {figures.plural(record.wanted, 'flat')} on disk")
    if record.present:
        parts.append(f"{record.present} of them from an earlier run")
    if record.flats:
        parts.append(f"brightness {setting(run, record.flats[-1])}")
    if record.trials:
        found = "found in" if record.flats else "given up after"
        start = " from the setting of an earlier run" if record.trained and record.fresh else ""
        parts.append(f"{found} {figures.plural(len(record.trials), 'trial')}{start}")
    return " · ".join(parts) if parts else "The run did not come to this filter."


def _search_row(run: RunRecord, record: FilterRecord) -> Markup:
    if not record.trials:
        return Markup("")
    curve = "Thin: what the panel gives, as the search had learned it in the end."
    drawn = charts.search_over_brightness(run, record)
    caption = curve if record.curve else ""
    drawings = [figure("Search: level against brightness", drawn, caption)]
    # A search that stayed with one exposure has nothing to show over it.
    if len({shot.exposure_s for shot in record.trials}) > 1:
        drawn = charts.search_over_exposure(record)
        drawings.append(figure("Search: level against exposure", drawn))
    trials = table(
        "Trials",
        (("", "num"), ("Brightness", "num"), ("Exposure", "num"), ("ADU", "num"), ("Level", "num")),
        [
            (
                str(shot.n),
                figures.whole(shot.brightness),
                figures.seconds(shot.exposure_s),
                figures.adu(shot.median_adu),
                _level_cell(shot),
            )
            for shot in record.trials
        ],
    )
    return element("div", *drawings, element("div", trials), class_="row")


def _level_cell(shot: Trial) -> Markup:
    level = figures.percent(shot.level)
    if shot.verdict is Verdict.ACCEPTED:
        return element("span", f"✓ {level}", class_="good", title="accepted")
    return element("span", level, title=figures.words(shot.verdict))


def _set_row(record: FilterRecord, run: RunRecord, frames: FrameFolder) -> Markup:
    if not record.captured:
        return Markup("")
    chart = figure("Level of every frame", charts.levels_of_flats(record))
    return element(
        "div",
        _picture(record, frames),
        chart,
        *pictures(record),
        element("div", _statistics(record, run)),
        class_="row",
    )


def _picture(record: FilterRecord, frames: FrameFolder) -> Markup:
    """Return the first flat that can be opened, and a word on those that can't."""
    paths = [shot.path for shot in record.flats if shot.path.name]
    gone = [path for path in paths if frames.missing(path)]
    troubles = []
    if gone:
        names = gone[0].name + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")
        troubles.append(f"No longer where it was written: {names}.")
    for path in (p for p in paths if p not in set(gone)):
        try:
            thumbnail = frames.thumbnail(path)
        except StorageError as error:
            troubles.append(f"{error}.")
            continue
        return _figure(record, path, thumbnail, troubles)
    if not paths:
        return Markup("")
    troubles.append("No flat of this filter could be opened, so there is no picture.")
    notes = [element("p", trouble, class_="warn") for trouble in troubles]
    return element("div", element("h3", "Flat"), *notes)


def _figure(
    record: FilterRecord, path: Path, thumbnail: Thumbnail, troubles: Sequence[str]
) -> Markup:
    name = path.name
    described = f"Flat of {filter_label(record)}, contrast stretched: {name}"
    black, white = figures.adu(thumbnail.black_adu), figures.adu(thumbnail.white_adu)
    lines = "Contours in % of the brightest place. " if thumbnail.contours else ""
    caption = f"{lines}Black is {black} ADU, white {white} ADU. {name}"
    notes = [element("p", trouble, class_="warn") for trouble in troubles]
    shown = picture(
        thumbnail.png, thumbnail.width_px, thumbnail.height_px, described, contours(thumbnail)
    )
    return figure("Flat, stretched", shown, caption, *notes, style="picture")


_ROWS: tuple[tuple[str, str], ...] = (
    ("Mean", "mean"),
    ("Median", "median"),
    ("Standard deviation", "std"),
    ("MAD", "mad"),
    ("Minimum", "min"),
    ("Maximum", "max"),
)


def _statistics(record: FilterRecord, run: RunRecord) -> Markup:
    """Return the middle value and the range, over the set, of each statistic of a frame."""
    known = [shot.statistics for shot in record.flats if shot.statistics.count]
    if not known:
        return element("p", "No flat was kept, so there are no statistics.", class_="soft")
    rows: list[tuple[str, ...]] = []
    for label, key in _ROWS:
        values = _finite([getattr(one, key) for one in known])
        middle = statistics.median(values) if values else math.nan
        share = middle / run.full_scale_adu if run.full_scale_adu > 0 else math.nan
        title = "median absolute deviation from the median" if key == "mad" else None
        heading = element("span", label, title=title)
        rows.append((heading, figures.adu(middle), figures.percent(share, 2), _range(values)))
    pixels = [one.count for one in known]
    clipped = _finite([one.clipped_frac for one in known])
    figures_table = table(
        "Statistics of the set",
        (("", ""), ("ADU", "num"), ("Of full scale", "num"), ("Lowest–highest", "num")),
        rows,
        row_headings=True,
    )
    note = (
        f"Count: {figures.whole(max(pixels))} pixels a frame. "
        f"Middle value and range over {figures.plural(len(known), 'flat')}; "
        f"{_clipping(max(clipped, default=math.nan))}."
    )
    return join(figures_table, element("p", figures.kept_together(note), class_="note"))


def _clipping(worst: float) -> str:
    if worst == 0:
        return "no pixel is clipped"
    return f"at most {figures.percent(worst, 3)} of a frame's pixels are clipped"


def _range(values: Sequence[float]) -> str:
    if not values:
        return figures.UNKNOWN
    low, high = figures.adu(min(values)), figures.adu(max(values))
    return low if low == high else f"{low}–{high}"


def _rejected(record: FilterRecord) -> Markup:
    if not record.rejected:
        return Markup("")
    reasons = table(
        f"Rejected: {figures.plural(len(record.rejected), 'frame')}",
        (("Time, UTC", ""), ("Level", "num"), ("Exposure", "num room"), ("Why", "long")),
        [
            (
                figures.clock(time_of(s)),
                figures.percent(s.level),
                figures.seconds(s.exposure_s),
                why_words(s.why),
            )
            for s in record.rejected
        ],
    )
    return element("div", reasons, class_="after")


def _every_flat(record: FilterRecord) -> Markup:
    if not record.flats:
        return Markup("")
    columns = (
        ("", "num"),
        ("Time, UTC", "room"),
        ("Brightness", "num room"),
        ("Exposure", "num"),
        ("Median", "num"),
        ("Level", "num"),
        ("Mean", "num room"),
        ("Std dev", "num"),
        ("MAD", "num room"),
        ("Min", "num room"),
        ("Max", "num room"),
    )
    rows = [
        (
            str(s.index),
            figures.clock(time_of(s)),
            figures.whole(s.brightness),
            figures.seconds(s.exposure_s),
            figures.adu(s.median_adu),
            figures.percent(s.level),
            *(
                figures.adu(getattr(s.statistics, key))
                for key in ("mean", "std", "mad", "min", "max")
            ),
        )
        for s in record.flats
    ]
    return element(
        "details",
        element("summary", f"Every flat ({len(record.flats)})"),
        table(None, columns, rows),
    )


def _finite(values: Sequence[float]) -> list[float]:
    return [v for v in values if math.isfinite(v)]
