"""The report's chapter on the calibration that a run used: figures, and the panel's curve."""

import math
from datetime import UTC

from flatctl.events import UNKNOWN_TIME, CalibrationUsed
from flatctl.outputs import charts, figures
from flatctl.outputs.markup import Markup, element, figure, table
from flatctl.outputs.record import RunRecord


def calibration_chapter(run: RunRecord) -> Markup:
    """Return the chapter, or nothing where the run used no calibration."""
    known = run.calibration
    if known is None:
        return Markup("")
    parts = [element("h2", "Calibration of camera and panel")]
    if known.measured != UNKNOWN_TIME:
        parts.append(element("p", f"Measured {known.measured.astimezone(UTC):%Y-%m-%d %H:%M} UTC."))
    curve = _curve(known, run.full_scale_adu)
    row = [*([] if curve is None else [curve]), element("div", _figures(known))]
    return element("section", *parts, element("div", *row, class_="row"))


def _figures(known: CalibrationUsed) -> Markup:
    full_adu, settle_s = known.calibrated_full_scale_adu, known.settle_s
    full = "not reached" if full_adu is None else f"{figures.adu(full_adu)} ADU"
    rows = [
        ("Pedestal", f"{figures.adu(known.pedestal_adu)} ADU"),
        ("Light leak", f"{figures.adu(known.leak_adu_s)} ADU/s"),
        ("Full scale", f"{full} ({known.bits} bits)" if known.bits else full),
        ("Settling", "not seen" if settle_s is None else f"{settle_s:.1f} s"),
    ]
    return table(None, (("", ""), ("Measured", "num")), rows, row_headings=True)


def _curve(known: CalibrationUsed, full_scale_adu: float) -> Markup | None:
    points = [
        (brightness, level_adu)
        for brightness, level_adu in zip(known.curve_brightness, known.curve_adu, strict=False)
        if math.isfinite(level_adu)
    ]
    full_adu = known.calibrated_full_scale_adu or full_scale_adu
    if not points or not full_adu > 0:
        return None
    exposure = figures.seconds(known.exposure_s)
    drawn = charts.panel_curve(points, full_adu)
    return figure(f"Panel curve, frames of {exposure}", drawn)
