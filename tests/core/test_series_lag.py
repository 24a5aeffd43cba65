"""A set whose next exposure is under way while a frame is judged, in virtual time."""

from math import exp

import pytest
from panel_rigs import a_series, observe

from flatctl.core.search.series import FlatSeries
from flatctl.core.types import Outcome, Setting

TARGET, TOLERANCE = 33400.0, 3277.0
START = Setting(128, 1.0)


def series(**changes) -> FlatSeries:
    settings = {
        "target_adu": TARGET,
        "tolerance_adu": TOLERANCE,
        "full_scale_adu": 65535.0,
        "brightness_range": (0, 255),
        "exposure_range_s": (0.1, 30.0),
        "setting": START,
        "response": None,
        "count": 10,
        "lag": 1,
    }
    return a_series(**{**settings, **changes})


def capture(made: FlatSeries, light, readout_s: float = 0.3) -> list[tuple[Setting, bool]]:
    """Expose as the engine does, one begun before the last is judged; light(s) is ADU/s."""
    now_s, in_hand, judged = 0.0, None, []
    while made.outcome is None:
        setting = made.setting
        middle_s = now_s + setting.exposure_s / 2
        shot = (setting, light(middle_s) * setting.exposure_s * setting.brightness / 128, middle_s)
        if in_hand is not None:
            kept = (
                observe(
                    made,
                    setting=in_hand[0],
                    median_adu=in_hand[1],
                    clipped_frac=0.0,
                    time_s=in_hand[2],
                )
                == "accepted"
            )
            judged.append((in_hand[0], kept))
        in_hand = shot
        now_s += setting.exposure_s + readout_s
    return judged


def test_a_steady_light_keeps_its_setting():
    assert capture(series(), lambda s: TARGET) == [(START, True)] * 10


def test_a_warming_lamp_is_followed_inside_the_band():
    made = series(count=30)
    judged = capture(made, lambda s: TARGET / 0.7 * (1 - 0.3 * exp(-s / 8)))
    assert made.outcome is Outcome.REACHED
    assert sum(not kept for _, kept in judged) <= 1


def test_a_sudden_change_of_light_is_followed():
    made = series()
    judged = capture(made, lambda s: TARGET if s < 5 else 0.7 * TARGET)
    assert made.outcome is Outcome.REACHED
    assert [kept for _, kept in judged].count(False) <= 5


@pytest.mark.parametrize("light", [0.02, 0.3, 1.9])
@pytest.mark.parametrize("spoiled_s", [3, 12])
def test_one_spoiled_frame_costs_no_more_than_itself(light, spoiled_s):
    made = series()
    judged = capture(made, lambda s: (light if 0 < s - spoiled_s < 0.6 else 1.0) * TARGET)
    assert made.outcome is Outcome.REACHED
    assert [kept for _, kept in judged].count(False) == 1
    assert made.setting == START


def test_a_frame_of_an_earlier_setting_can_be_kept():
    made = series()
    observe(made, median_adu=0.7 * TARGET, clipped_frac=0.0, time_s=0.0, setting=START)
    assert made.setting != START
    assert (
        observe(made, median_adu=TARGET, clipped_frac=0.0, time_s=1.0, setting=START) == "accepted"
    )


def test_a_second_bad_frame_of_an_earlier_setting_changes_nothing():
    made = series()
    observe(made, median_adu=0.7 * TARGET, clipped_frac=0.0, time_s=0.0, setting=START)
    changed = made.setting
    observe(made, median_adu=0.7 * TARGET, clipped_frac=0.0, time_s=1.0, setting=START)
    assert made.setting == changed


def test_a_light_that_went_out_ends_the_set():
    made = series()
    capture(made, lambda s: TARGET if s < 3 else 0.01)
    assert made.outcome in (Outcome.TOO_DIM, Outcome.UNSTABLE)


def test_a_light_that_jumps_about_ends_the_set():
    made = series()
    judged = capture(made, lambda s: TARGET * (0.5 if int(s / 1.3) % 2 else 2.0))
    assert made.outcome is not None
    assert len(judged) <= 25


def test_a_negative_lag_is_refused():
    with pytest.raises(ValueError, match="lag"):
        series(lag=-1)
