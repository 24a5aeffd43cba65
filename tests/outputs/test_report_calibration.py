"""The chapter of the report on the calibration that a run used."""

import math

import pytest
from event_streams import Night, complete_night

from flatctl.outputs.record import RunRecord
from flatctl.outputs.report import render
from flatctl.outputs.thumbnail import FrameFolder

MEASURED = {
    "measured": "2026-11-21T20:15:00.000Z",
    "pedestal_adu": 1000.0,
    "leak_adu_s": 2.5,
    "calibrated_full_scale_adu": 16383.0,
    "bits": 14,
    "settle_s": 0.8,
    "exposure_s": 0.07,
    "curve_brightness": [8, 128, 255],
    "curve_adu": [1400.0, 5800.0, 12000.0],
}


def chapter(**changes: object) -> str:
    night = complete_night()
    night._say("calibration", **{**MEASURED, **changes})
    page = render(RunRecord.of(night), FrameFolder(night.folder, night.folder))
    start = page.find("Calibration of camera and panel")
    return page[start:].partition("</section>")[0] if start >= 0 else ""


def test_every_figure_is_told():
    told = chapter()
    assert [
        word
        for word in ("1 000 ADU", "2.5 ADU/s", "16 383 ADU (14 bits)", "0.8 s", "2026-11-21 20:15")
        if word not in told
    ] == []


def test_the_curve_is_drawn_with_its_points():
    told = chapter()
    assert (told.count("<circle"), told.count("<polyline")) == (3, 1)
    assert "Brightness 128: 5 800 ADU (35.4 %)" in told


def test_what_could_not_be_measured_is_said():
    told = chapter(calibrated_full_scale_adu=None, bits=None, settle_s=None)
    assert told.count("not measured") == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"curve_adu": []},
        {"curve_adu": None, "curve_brightness": "none"},
        {"curve_brightness": [math.nan, "x", None]},
    ],
    ids=["empty", "missing", "no figures"],
)
def test_without_a_curve_the_figures_are_shown_alone(changes):
    told = chapter(**changes)
    assert ("<polyline" in told, "1 000 ADU" in told) == (False, True)


def test_damaged_figures_are_unknown():
    assert "– ADU" in chapter(pedestal_adu="much", measured="yesterday")


def test_a_run_without_a_calibration_has_no_such_chapter():
    night = Night()
    page = render(RunRecord.of(night), FrameFolder(night.folder, night.folder))
    assert "Calibration of camera" not in page
