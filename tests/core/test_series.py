"""The capture of a set, in virtual time."""

from math import exp, log, sin
from random import Random

import pytest
from panel_rigs import a_series, measured, observe

from flatctl import FlatSearch, Outcome
from flatctl.core.search.endings import Ending
from flatctl.core.search.response import Response
from flatctl.core.search.series import FlatSeries
from flatctl.core.types import Setting

FULL = 65535.0
BAND = {"target_adu": 33400.0, "tolerance_adu": 3277.0, "full_scale_adu": FULL}
LINEAR = Response.measured(0.0, [(64, 16000.0), (128, 32000.0), (255, 63750.0)])
SEARCHED = Response(0.0, 0.0, (*LINEAR.runs, (measured(128, 1.0, 33400.0),)))


def series(**changes) -> FlatSeries:
    settings = {
        **BAND,
        "brightness_range": (0, 255),
        "exposure_range_s": (0.1, 30.0),
        "setting": Setting(128, 1.0),
        "response": None,
        "count": 10,
    }
    return a_series(**{**settings, **changes})


def take(capture: FlatSeries, light, clipped=lambda level: 0.0) -> list:
    """Take a set of a light: a function (brightness, exposure_s, time_s) -> level in ADU."""
    now, frames = 0.0, []
    while capture.outcome is None:
        assert len(frames) < 10 * capture.count, "the set goes on without an end"
        setting = capture.setting
        level = min(light(*setting, now), FULL)
        judged = observe(capture, median_adu=level, clipped_frac=clipped(level), time_s=now)
        frames.append((setting, level, judged))
        now += setting.exposure_s + 0.3
    return frames


def steady(level: float):
    return lambda b, t, now: level * b / 128 * t


def test_a_steady_light_keeps_its_setting():
    capture = series()
    frames = take(capture, steady(33000.0))
    assert (capture.outcome, capture.kept, capture.ending) == (Outcome.REACHED, 10, None)
    assert {setting for setting, _, _ in frames} == {(128, 1.0)}


def test_noise_does_not_move_the_setting():
    odds = Random(4)
    capture = series(count=30)
    take(capture, lambda b, t, now: 33000.0 * b / 128 * t * odds.gauss(1, 0.004))
    assert (capture.rejected, capture.setting) == (0, (128, 1.0))


def test_a_warming_lamp_is_followed_by_brightness_and_the_exposure_stays():
    capture = series(response=LINEAR)
    frames = take(capture, lambda b, t, now: 370.0 * b * t * (1 - 0.45 * exp(-(now + 4) / 8)))
    assert (capture.outcome, capture.rejected) == (Outcome.REACHED, 0)
    assert {setting.exposure_s for setting, _, _ in frames} == {1.0}
    assert len({setting.brightness for setting, _, _ in frames}) > 1


def test_a_drift_is_followed_by_exposure_where_the_curve_is_unknown():
    capture = series()
    frames = take(capture, lambda b, t, now: 33000.0 * t * (1 + 0.03 * now))
    assert (capture.outcome, capture.rejected) == (Outcome.REACHED, 0)
    assert {setting.brightness for setting, _, _ in frames} == {128}


def test_a_coarse_panel_is_trimmed_by_exposure():
    coarse = Response.measured(0.0, [(1, 16000.0), (2, 33000.0), (4, 63750.0)])
    panel = {"brightness_range": (0, 4), "setting": (2, 1.0), "response": coarse}
    capture = series(**panel)
    take(capture, lambda b, t, now: 16700.0 * b * t * (1 + 0.03 * now))
    assert (capture.outcome, capture.setting.brightness) == (Outcome.REACHED, 2)


def test_a_rejected_frame_is_named_and_the_next_one_mended():
    capture = series()
    judged = observe(capture, median_adu=40000.0, clipped_frac=0.0, time_s=0.0)
    assert judged == "too_bright"
    assert capture.setting == (128, pytest.approx(33400 / 40000))
    judged = observe(capture, median_adu=20000.0, clipped_frac=0.0, time_s=1.0)
    assert judged == "too_dim"


def test_a_clipped_frame_halves_the_light_at_least():
    capture = series()
    assert observe(capture, median_adu=FULL, clipped_frac=1.0, time_s=0.0) == "clipped"
    assert capture.setting.exposure_s < 0.5


def test_clipping_pixels_move_the_aim_down_within_the_band():
    capture = series(count=3)
    frames = take(capture, steady(33400.0), lambda level: 0.01 if level > 32000 else 0.0)
    assert capture.outcome is Outcome.REACHED
    assert [judged for _, _, judged in frames] == ["clipped", "accepted", "accepted", "accepted"]


def test_pixels_that_clip_at_the_lower_end_too_end_the_set():
    capture = series()
    take(capture, steady(33400.0), lambda level: 0.01)
    assert capture.outcome is Outcome.TOO_BRIGHT
    assert capture.ending.kind == "pixels_clip"


def test_a_light_that_fades_beyond_the_limits_ends_too_dim():
    capture = series(setting=(255, 30.0))
    take(capture, lambda b, t, now: 20000.0)
    assert capture.outcome is Outcome.TOO_DIM
    assert capture.ending.kind == "faded"


def test_a_light_that_grows_beyond_the_limits_ends_too_bright():
    capture = series(setting=(0, 0.1))
    take(capture, lambda b, t, now: 50000.0)
    assert capture.outcome is Outcome.TOO_BRIGHT
    assert capture.ending.kind == "grew"


def test_a_jumping_light_ends_unstable_within_its_budget():
    capture = series(count=100)
    frames = take(capture, lambda b, t, now: 33400.0 * (1.3 if int(now) % 2 else 0.7))
    assert capture.outcome is Outcome.UNSTABLE
    assert len(frames) <= 5
    assert capture.ending.kind == "unsteady"


def test_the_rejected_frames_of_a_set_are_counted_in_all():
    capture = series(count=8)
    for i in range(100):
        if capture.outcome is None:
            level = 33400.0 if i % 3 == 2 and capture.kept < 7 else 40000.0
            observe(capture, median_adu=level, clipped_frac=0.0, time_s=float(i))
    assert capture.outcome is Outcome.UNSTABLE


def test_shutter_speeds_leave_the_trim_to_brightness():
    speeds = (0.25, 0.5, 1.0, 2.0)
    capture = series(response=LINEAR, exposures_s=speeds)
    frames = take(capture, lambda b, t, now: 240.0 * b * t * (1 + 0.015 * now))
    assert capture.outcome is Outcome.REACHED
    assert {setting.exposure_s for setting, _, _ in frames} == {1.0}


def test_two_frames_of_the_same_time_tell_no_drift():
    capture = series()
    for _ in range(2):
        observe(capture, median_adu=33000.0, clipped_frac=0.0, time_s=5.0)
    assert capture.setting == (128, 1.0)


def test_an_argument_without_sense_is_refused():
    with pytest.raises(ValueError, match="count"):
        series(count=0)
    with pytest.raises(ValueError, match="time_s"):
        observe(series(), median_adu=1.0, clipped_frac=0.0, time_s=float("nan"))


def test_nothing_is_observed_after_the_end():
    capture = series(count=1)
    observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=0.0)
    with pytest.raises(ValueError, match="over"):
        observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=1.0)


@pytest.mark.parametrize("seed", range(5))
def test_a_night_with_a_cold_lamp_wastes_at_most_six_frames(seed):
    """Three filters, ten flats each; the lamp warms from 70 % with a time constant of 8 s."""
    odds, now, known, wasted = Random(seed), 0.0, None, 0
    rig = {**BAND, "brightness_range": (0, 255), "exposure_range_s": (0.1, 30.0)}
    for k in (1.0, 0.4, 0.2):

        def level(setting: Setting, now: float, k: float = k) -> float:
            lamp = 1 - 0.3 * exp(-(now + setting.exposure_s / 2) / 8)
            light = k * FULL * setting.brightness / 255 * setting.exposure_s * lamp
            return round(min(1000 + light * odds.gauss(1, 0.002), FULL))

        search = FlatSearch(**rig, start=(128, 1.0), response=known)
        while search.outcome is None:
            seen, middle = level(search.setting, now), now + search.setting.exposure_s / 2
            search.observe(median_adu=seen, clipped_frac=float(seen >= FULL))
            now += search.setting.exposure_s + 0.3
        assert search.outcome is Outcome.REACHED
        known = search.response
        wasted += search.trials - 1
        capture = a_series(**rig, setting=search.setting, response=known, count=10)
        assert observe(capture, median_adu=seen, clipped_frac=0.0, time_s=middle) == "accepted"
        while capture.outcome is None:
            seen, middle = level(capture.setting, now), now + capture.setting.exposure_s / 2
            now += capture.setting.exposure_s + 0.3
            kept = observe(capture, median_adu=seen, clipped_frac=0.0, time_s=middle) == "accepted"
            assert kept == (abs(seen - 33400.0) <= 3277.0)
        assert capture.outcome is Outcome.REACHED
        wasted += capture.rejected
    assert wasted <= 6


def test_a_wavering_light_never_puts_a_bad_frame_among_the_kept():
    capture = series(count=20, response=LINEAR)
    frames = take(capture, lambda b, t, now: 261.0 * b * t * (1 + 0.12 * sin(now / 3)))
    assert all(
        abs(level - 33400.0) <= 3277.0 for _, level, judged in frames if judged == "accepted"
    )


def test_a_frame_begun_before_a_trim_that_is_good_after_all_takes_the_set_back():
    capture = series(lag=1)
    first = capture.setting
    observe(capture, median_adu=40000.0, clipped_frac=0.0, time_s=0.0, setting=first)
    assert capture.setting != first
    assert (
        observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=1.0, setting=first)
        == "accepted"
    )
    assert capture.setting == first


@pytest.mark.parametrize(("level", "trimmed"), [(34400.0, True), (34370.0, False)])
def test_a_first_frame_near_the_upper_end_is_trimmed_by_brightness(level, trimmed):
    capture = series(response=LINEAR)
    assert observe(capture, median_adu=level, clipped_frac=0.0, time_s=0.0) == "accepted"
    assert (capture.setting.brightness < 128) == trimmed
    assert capture.setting.exposure_s == 1.0


def test_a_light_known_to_stand_still_may_stay_near_the_upper_end():
    capture = series(response=LINEAR)
    for i, level in enumerate((34000.0, 34500.0, 34500.0)):
        assert observe(capture, median_adu=level, clipped_frac=0.0, time_s=float(i)) == "accepted"
        assert capture.setting == (128, 1.0)


def test_a_first_frame_near_the_upper_end_moves_no_exposure():
    capture = series()
    assert observe(capture, median_adu=36000.0, clipped_frac=0.0, time_s=0.0) == "accepted"
    assert capture.setting == (128, 1.0)


def test_more_frames_may_be_wanted_on_the_way_but_never_fewer_than_there_are():
    capture = series(count=2)
    observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=0.0)
    capture.want(1)
    assert capture.count == 2
    capture.want(3)
    observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=1.0)
    assert capture.outcome is None
    observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=2.0)
    assert capture.outcome is Outcome.REACHED


def test_a_good_frame_that_is_refused_is_taken_again_with_the_same_setting():
    capture = series()
    judged = observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=0.0, refused=True)
    assert judged == "refused"
    assert (capture.setting, capture.rejected) == ((128, 1.0), 1)


def test_a_lag_below_0_is_refused():
    with pytest.raises(ValueError, match="lag"):
        series(lag=-1)


def test_a_set_out_of_budget_ends_for_that_and_not_for_its_last_frame():
    capture = series()
    for i, level in enumerate((40000.0, 29000.0, 40000.0, 29000.0, 30200.0)):
        observe(capture, median_adu=level, clipped_frac=0.01, time_s=float(i))
    assert capture.outcome is Outcome.UNSTABLE


def test_a_panel_that_begins_above_0_is_trimmed_in_its_own_steps():
    capture = series(brightness_range=(100, 200), response=LINEAR)
    observe(capture, median_adu=38000.0, clipped_frac=0.0, time_s=0.0)
    assert capture.setting == (round(128 * 33400 / 38000), 1.0)
    capture = series(brightness_range=(100, 130), response=LINEAR)
    observe(capture, median_adu=33200.0 * 128 / 130 - 3000, clipped_frac=0.0, time_s=0.0)
    assert capture.setting.brightness == 128
    assert capture.setting.exposure_s > 1.0


def test_a_trim_by_brightness_that_missed_is_mended_by_exposure_the_second_time():
    capture = series(response=LINEAR)
    observe(capture, median_adu=38000.0, clipped_frac=0.0, time_s=0.0)
    step = capture.setting.brightness
    assert step < 128
    observe(capture, median_adu=38000.0, clipped_frac=0.0, time_s=1.0)
    assert capture.setting.brightness == step
    assert capture.setting.exposure_s < 1.0


def test_the_ending_of_a_set_tells_its_figures():
    capture = series(setting=(255, 30.0))
    observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=0.0)
    while capture.outcome is None:
        level = 20000.0 + capture.rejected
        observe(capture, median_adu=level, clipped_frac=0.0, time_s=level)
    assert capture.ending == Ending(
        "faded",
        capture.band,
        {"brightness": 255, "exposure_s": 30.0, "level_adu": 20003.0, "kept": 1, "rejected": 4},
    )


def accepted(level: float, step: int = 128, exposure_s: float = 1.0, time_s: float = 0.0):
    return measured(step, exposure_s, level, time_s)


@pytest.mark.parametrize(
    ("level", "step"),
    [(36000.0, 114), (35500.0, 116), (34400.0, 119), (34370.0, 128), (30200.0, 142)],
)
def test_an_accepted_frame_near_an_end_of_the_band_is_acted_on_before_the_second_is_begun(
    level, step
):
    # What was seen at another brightness tells of no drift.
    seen = [accepted(level * 77 / 128, 77, time_s=-2.0), accepted(level)]
    capture = series(response=SEARCHED, seen=seen, lag=1)
    assert capture.setting == (step, 1.0)


def test_an_accepted_frame_is_counted_once_it_is_observed_and_the_trim_stays():
    capture = series(response=SEARCHED, seen=[accepted(36000.0)], lag=1)
    trimmed = capture.setting
    assert (capture.kept, trimmed.exposure_s) == (0, 1.0)
    judged = observe(
        capture, median_adu=36000.0, clipped_frac=0.0, time_s=0.0, setting=Setting(128, 1.0)
    )
    assert (judged, capture.kept, capture.setting) == ("accepted", 1, trimmed)


def test_an_accepted_frame_in_the_middle_of_the_band_changes_nothing():
    capture = series(response=SEARCHED, seen=[accepted(33400.0)], lag=1)
    frames = take(capture, steady(33400.0))
    assert {setting for setting, _, _ in frames} == {(128, 1.0)}


def test_steps_that_the_search_forgot_still_tell_the_curve():
    forgotten = Response(0.0, 0.0, ((measured(255, 2.0, 36000.0),),))
    seen = [accepted(7000.0, 128), accepted(15000.0, 255), accepted(36000.0, 255, 2.0)]
    capture = series(setting=(255, 2.0), response=forgotten, seen=seen)
    assert 205 < capture.setting.brightness < 245
    assert capture.setting.exposure_s == 2.0


def test_clipped_frames_of_the_search_are_no_part_of_the_curve():
    seen = [accepted(FULL, 200), accepted(0.98 * FULL, 190), accepted(33400.0)]
    capture = series(response=Response(0.0, 0.0, ((measured(128, 1.0, 33400.0),),)), seen=seen)
    assert [each.brightness for each in capture.response.runs[-1]] == [190, 128]


def test_a_set_teaches_the_curve_of_the_warm_lamp():
    def light(b: float, t: float, now: float) -> float:
        return 4000 + 220.0 * b * t * (1 - 0.3 * exp(-(now + 4) / 8))

    earlier = (measured(10, 1.0, 5000.0),)
    seen = [accepted(light(64, 1.0, -4.0), 64, time_s=-4.0)]
    seen += [accepted(light(b, 1.0, t), b, time_s=t) for b, t in ((255, -2.7), (160, -1.3))]
    run = tuple(measured(*r.setting, r.level_adu) for r in seen)
    capture = series(response=Response(4000.0, 0.0, (earlier, run)), setting=(160, 1.0), seen=seen)
    last = take(capture, light)[-1]
    assert capture.outcome is Outcome.REACHED
    assert capture.response.runs[0] == earlier
    newest = capture.response.runs[1][-1]
    assert (newest.setting, newest.level_adu) == (last[0], pytest.approx(last[1]))
    found = [(s.level_adu - 4000) / s.brightness for s in capture.response.runs[1]]
    assert len(found) > len(seen)
    assert max(found) / min(found) < 1.035


def test_a_set_that_kept_nothing_teaches_what_the_search_saw():
    seen = [accepted(30200.0)]
    capture = series(response=SEARCHED, seen=seen)
    assert capture.response.runs == (*LINEAR.runs, (measured(128, 1.0, 30200.0),))


def test_a_set_without_a_search_teaches_nothing():
    capture = series(response=LINEAR, count=1)
    observe(capture, median_adu=33400.0, clipped_frac=0.0, time_s=0.0)
    assert capture.response == LINEAR


@pytest.mark.parametrize("pedestal", [0.0, 1000.0])
def test_a_trim_goes_ahead_of_the_drift_by_half_of_what_the_rest_of_the_set_will_see(pedestal):
    capture = series(count=5, response=Response(pedestal))
    for time_s, level in ((0.0, 36400.0), (10.0, 36550.0)):
        assert observe(capture, median_adu=level, clipped_frac=0.0, time_s=time_s) == "accepted"
    drift = log((36550.0 - pedestal) / (36400.0 - pedestal))
    expected = 36550.0 + (36550.0 - pedestal) * (exp(drift) - 1)
    aim = 33400.0 - 3 * drift / 2 * 33400.0
    wanted_s = (aim - pedestal) / (expected - pedestal)
    assert capture.setting == (128, pytest.approx(wanted_s, rel=1e-9))


@pytest.mark.parametrize("level", [36677.0 - 50, 30123.0 + 50])
def test_a_frame_that_its_scatter_may_have_kept_in_the_band_is_trimmed(level):
    capture = series()
    assert observe(capture, median_adu=level, clipped_frac=0.0, time_s=0.0) == "accepted"
    assert capture.setting.exposure_s != 1.0


def test_shutter_speeds_are_kept_to_where_the_curve_is_unknown():
    capture = series(exposures_s=(0.5, 0.8, 1.0, 1.25, 2.0))
    observe(capture, median_adu=40000.0, clipped_frac=0.0, time_s=0.0)
    assert capture.setting == (128, 0.8)


@pytest.mark.parametrize(
    ("limits", "level", "step"), [((100, 255), 43200.0, 100), ((0, 150), 28312.0, 150)]
)
def test_a_trim_by_brightness_stops_at_the_panel_s_limits(limits, level, step):
    capture = series(brightness_range=limits, response=LINEAR)
    observe(capture, median_adu=level, clipped_frac=0.0, time_s=0.0)
    assert capture.setting == (step, 1.0)


@pytest.mark.parametrize(("speeds", "by_brightness"), [((), False), ((0.5, 1.0, 2.0), True)])
def test_where_exposures_are_listed_a_coarser_step_will_do(speeds, by_brightness):
    # The step below gives a fifth of the band too much, and no step is nearer.
    coarse = Response.measured(0.0, [(1, 34700.0), (2, 40000.0)])
    capture = series(brightness_range=(1, 2), setting=(2, 1.0), response=coarse, exposures_s=speeds)
    observe(capture, median_adu=40000.0, clipped_frac=0.0, time_s=0.0)
    assert (capture.setting.brightness == 1) == by_brightness


@pytest.mark.parametrize(("count", "rejections"), [(8, 10), (12, 12)])
def test_so_many_frames_may_be_rejected_in_all_and_one_more_ends_the_set(count, rejections):
    capture = series(count=count)
    for i in range(3 * rejections):
        good = i % 3 == 2 and capture.kept < count - 1
        if capture.rejected == rejections and not good:
            break
        level = 33400.0 if good else 40000.0
        observe(capture, median_adu=level, clipped_frac=0.0, time_s=float(i), refused=False)
    assert (capture.rejected, capture.outcome) == (rejections, None)
    observe(capture, median_adu=40000.0, clipped_frac=0.0, time_s=999.0)
    assert capture.outcome is Outcome.UNSTABLE


def test_frames_out_of_the_band_at_the_limits_are_tried_twice_more():
    capture, outcomes = series(setting=(255, 30.0)), []
    for time_s in (0.0, 31.0, 62.0):
        observe(capture, median_adu=20000.0, clipped_frac=0.0, time_s=time_s)
        outcomes.append(capture.outcome)
    assert outcomes == [None, None, Outcome.TOO_DIM]


def test_of_the_runs_before_only_the_search_s_own_is_replaced_by_what_the_set_saw():
    one, two, own = ((measured(step, 1.0, 9000.0),) for step in (10, 20, 30))
    seen = (measured(128, 1.0, 33400.0, 0.0),)
    capture = series(response=Response(0.0, 0.0, (one, two, own)), seen=seen)
    assert capture.response.runs == (one, two, (measured(128, 1.0, 33400.0),))
