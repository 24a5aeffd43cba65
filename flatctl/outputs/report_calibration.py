"""The report's chapter on the calibration that a run used: figures, and the panel's curve."""

import math
from datetime import UTC

from flatctl.outputs import charts, figures
from flatctl.outputs.markup import Markup, element, table
from flatctl.outputs.record import RunRecord, count, moment, number, numbers


def calibration_chapter(run: RunRecord) -> Markup:
    """Return the chapter, or nothing where the run used no calibration."""
    known = run.calibration
    if not known:
        return Markup("")
    when = moment(known, "measured")
    parts = [element("h2", "Calibration of camera and panel")]
    if when is not None:
        parts.append(element("p", f"Measured {when.astimezone(UTC):%Y-%m-%d %H:%M} UTC."))
    curve = _curve(run)
    row = (
        [element("div", _figures(run))] if curve is None else [curve, element("div", _figures(run))]
    )
    return element("section", *parts, element("div", *row, class_="row"))


def _figures(run: RunRecord) -> Markup:
    known = run.calibration
    bits, settle_s = count(known, "bits"), number(known, "settle_s")
    full_adu = number(known, "calibrated_full_scale_adu")
    full = f"{figures.adu(full_adu)} ADU" if math.isfinite(full_adu) else "not reached"
    rows = [
        ("Pedestal", f"{figures.adu(number(known, 'pedestal_adu'))} ADU"),
        ("Light leak", f"{figures.adu(number(known, 'leak_adu_s'))} ADU/s"),
        ("Full scale", f"{full} ({bits} bits)" if bits else full),
        ("Settling", f"{settle_s:.1f} s" if math.isfinite(settle_s) else "not seen"),
    ]
    return table(None, (("", ""), ("Measured", "num")), rows, row_headings=True)


def _curve(run: RunRecord) -> Markup | None:
    known = run.calibration
    steps, levels = numbers(known, "curve_brightness"), numbers(known, "curve_adu")
    points = [
        (step, level)
        for step, level in zip(steps, levels, strict=False)
        if math.isfinite(step) and math.isfinite(level)
    ]
    full_adu = number(known, "calibrated_full_scale_adu")
    full_adu = full_adu if math.isfinite(full_adu) else run.full_scale_adu
    if not points or not full_adu > 0:
        return None
    exposure = figures.seconds(number(known, "exposure_s"))
    return element(
        "figure",
        element("h3", f"Panel curve, frames of {exposure}"),
        charts.panel_curve(points, full_adu),
    )
