"""The capture of a set, in virtual time."""

from math import exp

from flatctl.core.response import Response
from flatctl.core.series import FlatSeries
from flatctl.core.types import Outcome, Setting

FULL = 65535.0


def series(**changes) -> FlatSeries:
    settings = {
        "target_adu": 33400.0,
        "tolerance_adu": 3277.0,
        "full_scale_adu": FULL,
        "brightness_range": (0, 255),
        "exposure_range_s": (0.1, 30.0),
        "setting": Setting(128, 1.0),
        "response": None,
        "count": 10,
    }
    return FlatSeries(**{**settings, **changes})


def test_a_steady_light_keeps_its_setting():
    capture = series()
    for i in range(10):
        capture.observe(median_adu=33000.0, clipped_frac=0.0, time_s=1.3 * i)
    assert (capture.outcome, capture.kept, capture.setting) == (Outcome.REACHED, 10, (128, 1.0))


def test_a_warming_lamp_is_followed_inside_the_band():
    capture = series(response=Response(1000.0, 50.0, ((64, 0.25), (128, 0.5), (255, 1.0))))
    now, rejected = 0.0, 0
    start = 33400.0 / (128 * 0.7)
    while capture.outcome is None:
        step, exposure_s = capture.setting
        level = start * step * exposure_s * (1 - 0.3 * exp(-now / 8))
        rejected += not capture.observe(median_adu=level, clipped_frac=0.0, time_s=now).kept
        now += exposure_s + 0.3
    assert (capture.outcome, rejected) == (Outcome.REACHED, 0)
