"""The search, on panels and cameras of every kind."""

import re
from itertools import chain, cycle, repeat
from math import exp

import pytest
from panel_rigs import FULL, Rig, Run, linear, measured

from flatctl import FlatSearch, Outcome
from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search.response import Response
from flatctl.outputs.sentences.endings import ending_sentence

CURVES = {
    "linear": linear,
    "dead zone": lambda b: max(0.0, b / 255 - 0.1) / 0.9,
    "gamma": lambda b: (b / 255) ** 2.2,
    "exponential": lambda b: exp(4 * (b / 255 - 1)),
    "lit at step 0": lambda b: 0.05 + 0.95 * b / 255,
}


def rig(k_full_scales: float, curve=linear, **changes) -> Rig:
    """A rig whose full brightness gives so many full scales a second."""
    return Rig(curve=curve, k=k_full_scales * FULL, **changes)


def test_a_start_in_the_band_is_accepted_at_once():
    run = rig(1.0).run()
    assert (run.outcome, run.path) == (Outcome.REACHED, [(128, 1.0)])


def test_the_verdict_and_the_count_follow_every_frame():
    search = rig(1.0).search()
    assert (search.trials, search.verdict, search.ending) == (0, None, None)
    search.observe(median_adu=9000.0, clipped_frac=0.0)
    assert (search.trials, search.verdict) == (1, "too_dim")
    search.observe(median_adu=50000.0, clipped_frac=0.0)
    assert (search.trials, search.verdict) == (2, "too_bright")
    search.observe(median_adu=FULL, clipped_frac=1.0)
    assert (search.trials, search.verdict) == (3, "clipped")


@pytest.mark.parametrize("k", [0.02, 0.1, 0.6, 3.0, 20.0, 90.0])
@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_every_kind_of_panel_is_reached_whatever_the_filter_lets_through(curve, k):
    assert rig(k, curve).run().outcome is Outcome.REACHED


@pytest.mark.parametrize("full", [4095.0, 16383.0, 65535.0])
def test_cameras_of_12_14_and_16_bits_are_served(full):
    camera = {"full": full, "ceiling": full, "target": 0.5 * full, "tolerance": 0.05 * full}
    run = Rig(curve=linear, k=8 * full, pedestal=0.01 * full, **camera).run()
    assert run.outcome is Outcome.REACHED


@pytest.mark.parametrize("top", [1, 4, 20, 100])
def test_a_coarse_panel_gets_its_final_trim_by_exposure(top):
    coarse = rig(4.0, lambda b: b / top, steps=(0, top), start=(top // 2, 1.0))
    run = coarse.run()
    assert run.outcome is Outcome.REACHED
    moved = run.first_exposure_move()
    assert moved is None or run.brightness_exhausted(coarse, moved)


def test_a_panel_of_a_single_step_is_done_by_exposure_alone():
    run = rig(0.05, lambda b: 1.0, steps=(0, 0), start=(0, 1.0)).run()
    assert run.outcome is Outcome.REACHED
    assert {s.brightness for s in run.path} == {0}


def test_a_light_that_ignores_brightness_is_exhausted_cheaply_and_done_by_exposure():
    run = rig(3.0, lambda b: 1.0).run()
    assert run.outcome is Outcome.REACHED
    assert run.path[-1].brightness == 0
    assert len(run.path) <= 6


def test_a_minimum_brightness_above_0_is_respected():
    run = rig(20.0, steps=(40, 255)).run()
    assert run.outcome is Outcome.REACHED
    assert min(s.brightness for s in run.path) == 40


def test_a_start_outside_the_limits_is_moved_into_them():
    assert rig(1.0, start=(900, 0.001)).search().setting == (255, 0.1)
    assert rig(1.0, start=(-4, 99.0)).search().setting == (0, 30.0)


def test_shutter_speeds_are_kept_to_and_brightness_does_the_rest():
    speeds = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0, 8.0, 15.0)
    run = rig(0.1, exposures_s=speeds).run()
    assert run.outcome is Outcome.REACHED
    assert {s.exposure_s for s in run.path} <= set(speeds)


def test_shutter_speeds_too_far_apart_are_told_as_too_coarse():
    run = rig(0.1, lambda b: 1.0, steps=(7, 7), exposures_s=(0.1, 1.0, 10.0)).run()
    assert run.outcome is Outcome.TOO_COARSE
    assert (run.figures["exposure_s"], run.figures["above_exposure_s"]) == (1.0, 10.0)


def test_shutter_speeds_too_short_for_a_dim_light_are_told_as_too_dim():
    assert rig(0.001, exposures_s=(0.5, 1.0)).run().outcome is Outcome.TOO_DIM


def test_clipping_pixels_make_the_search_aim_lower_within_the_band():
    search = rig(1.0).search()
    search.observe(median_adu=33400.0, clipped_frac=0.02)
    assert search.outcome is None
    assert search.verdict == "clipped"
    brightness, _ = search.setting
    assert brightness < 128
    search.observe(median_adu=31200.0, clipped_frac=0.0)
    assert search.outcome is Outcome.REACHED


@pytest.mark.parametrize("curve", [linear, lambda b: 1.0], ids=["linear", "flat"])
@pytest.mark.parametrize("tolerance", [660.0, 40000.0])
def test_a_band_up_to_full_scale_takes_no_full_frame_for_a_level(tolerance, curve):
    run = rig(6.0, curve, target=FULL, tolerance=tolerance).run()
    assert run.outcome is Outcome.REACHED
    assert run.levels[-1] < FULL
    assert len(run.path) <= 12


def test_a_median_at_full_scale_is_never_accepted():
    search = rig(1.0, target=FULL).search()
    search.observe(median_adu=FULL, clipped_frac=0.0)
    assert search.verdict == "clipped"


def test_pixels_that_clip_at_the_lower_end_too_are_told_as_too_bright():
    run = rig(1.0, hot_frac=0.02).run()
    assert run.outcome is Outcome.TOO_BRIGHT
    assert (run.kind, run.figures["clipped_frac"]) == ("pixels_clip", 0.02)


def test_too_dim_is_told_with_the_exposure_that_would_do():
    run = rig(0.01).run()
    assert run.outcome is Outcome.TOO_DIM
    assert run.kind == "needs_longer"
    assert 45 < run.figures["enough_min_s"] < run.figures["enough_max_s"] < 55


def test_hopeless_targets_are_given_up_without_trying_the_longest_exposure():
    run = rig(0.0001, pedestal=100.0).run()
    assert run.outcome is Outcome.TOO_DIM
    assert len(run.path) <= 2


def test_a_panel_that_is_not_lit_is_told_apart_before_long():
    run = rig(0.0).run()
    assert run.outcome is Outcome.TOO_DIM
    assert run.kind == "unresponsive_to_all"
    assert run.figures["exposure_s"] == pytest.approx(1.54, abs=0.01)
    assert (run.figures["brightness"], run.figures["level_adu"]) == (255, 1000.0)
    assert len(run.path) <= 3
    assert sum(setting.exposure_s for setting in run.path) < 4.0


def test_a_light_that_does_not_obey_is_told_apart_from_none():
    run = rig(0.01, lambda b: 1.0).run()
    assert run.outcome is Outcome.TOO_DIM
    assert run.kind == "unresponsive"
    assert run.search.light_is_unresponsive


def test_a_light_that_does_not_obey_is_told_of_where_it_is_too_bright():
    run = rig(6.5, lambda b: 1.0, start=(128, 0.1)).run()
    assert run.outcome is Outcome.TOO_BRIGHT
    assert run.kind == "always_bright"


def test_where_only_the_longest_exposure_proves_it_that_one_is_taken():
    run = rig(0.0143, lambda b: 1.0).run()
    assert run.outcome is Outcome.TOO_DIM
    assert run.path[-1] == (255, 30.0)


def test_nothing_is_said_of_brightness_where_all_of_it_clipped():
    run = rig(90.0, steps=(60, 255)).run()
    assert run.outcome is Outcome.TOO_BRIGHT
    assert run.kind == "needs_shorter"
    assert not run.search.light_is_unresponsive


def told_as(pattern: str, run: Run) -> re.Match[str]:
    return re.search(pattern, ending_sentence(run.ending))


@pytest.mark.parametrize("k", [0.0101, 0.005, 0.002])
@pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES)
def test_who_raises_the_exposure_as_told_gets_the_flats(curve, k):
    told = rig(k, curve, pedestal=300.0).run()
    assert told.outcome is Outcome.TOO_DIM
    advice = told_as(r"exposure_s\.max to (?:about|.* and) (\S+) s", told)
    enough_s = float(advice[1])
    if "about" in advice[0]:
        assert enough_s == pytest.approx((33400 - 300) / (k * FULL), rel=0.15)
    assert rig(k, curve, pedestal=300.0, times_s=(0.1, enough_s)).run().outcome is Outcome.REACHED


def test_who_lowers_the_exposure_as_told_gets_the_flats():
    told = rig(60.0, steps=(40, 255)).run()
    assert told.outcome is Outcome.TOO_BRIGHT
    enough_s = float(told_as(r"exposure_s\.min to about (\S+) s", told)[1])
    mended = rig(60.0, steps=(40, 255), times_s=(enough_s, 30.0)).run()
    assert mended.outcome is Outcome.REACHED


def test_next_to_no_light_is_told_apart_from_none():
    run = rig(4.0 / FULL, pedestal=10.0, times_s=(0.1, 1.0)).run()
    assert run.outcome is Outcome.TOO_DIM
    assert run.kind == "no_light"


def test_a_camera_of_fewer_bits_than_its_driver_claims_is_found_out():
    run = rig(3.0, ceiling=16383.0).run()
    assert run.outcome is Outcome.TOO_DIM
    assert (run.kind, run.figures["level_adu"]) == ("plateau", 16383.0)


def test_too_bright_is_told_with_the_dimmest_setting():
    run = rig(90.0, steps=(60, 255)).run()
    assert run.outcome is Outcome.TOO_BRIGHT
    assert run.kind == "needs_shorter"
    assert len(run.path) <= 4


def test_steps_too_coarse_are_told_with_the_two_settings():
    run = rig(40.0, lambda b: float(b > 9), times_s=(1.0, 1.0)).run()
    assert run.outcome is Outcome.TOO_COARSE
    assert (run.figures["brightness"], run.figures["above_brightness"]) == (9, 10)


def test_a_light_that_jumps_up_and_down_is_told_as_unstable():
    flicker = cycle((0.2, 0.2, 5.0, 5.0))
    run = rig(1.0, steps=(128, 128), drift=flicker).run()
    assert run.outcome is Outcome.UNSTABLE
    assert run.kind == "unstable"


def test_a_warming_lamp_near_the_limit_is_looked_at_again():
    lamp = chain((0.7, 0.75, 0.85, 0.93, 0.98), repeat(1.0))
    run = rig(0.32, lambda b: 1.0, times_s=(1.5, 1.5), start=(128, 1.5), drift=lamp).run()
    assert run.outcome is Outcome.REACHED


def test_a_known_pedestal_saves_exposures():
    dim = [rig(k, CURVES["gamma"], pedestal=2000.0) for k in (0.018, 0.025, 0.04, 0.07)]
    blind = [len(each.run().path) for each in dim]
    informed = [len(each.run(each.search(pedestal_adu=2000.0)).path) for each in dim]
    assert informed == [3, 3, 3, 3]
    assert sum(informed) < sum(blind)


def test_the_next_filter_uses_what_the_first_one_taught():
    first = rig(0.3, CURVES["gamma"]).run()
    second = rig(0.09, CURVES["gamma"])
    run = second.run(second.search(response=first.search.response))
    assert run.outcome is Outcome.REACHED
    # One frame proves by the known curve that brightness can't do it.
    assert len(run.path) == 2


def test_a_frame_as_dark_as_the_pedestal_ties_no_curve_learned_earlier():
    full = 16383.0
    first = (measured(6, 1.0, 215.0), measured(14, 1.0, 347.0), measured(15, 1.0, 15457.0))
    known = Response(207.0, 4.0, (first, (measured(50, 1.0, 323.0), measured(100, 30.0, 8246.0))))
    # Step 14 is barely lit: how much light comes through now, its 9 ADU do not tell.
    panel = Rig(
        curve=lambda step: max(step / 100 - 0.13991, 0.0) / 0.86009,
        k=4.008 * full,
        steps=(0, 100),
        start=(50, 1.0),
        pedestal=215.0,
        full=full,
        ceiling=full,
        target=0.51 * full,
        tolerance=0.05 * full,
    )
    run = panel.run(panel.search(response=known))
    assert (run.outcome, run.first_exposure_move()) == (Outcome.REACHED, None)


def test_a_response_that_knows_nothing_does_not_use_up_the_exposures():
    dark = (measured(0, 67.5, 0.0), measured(0, 14.8, 0.0))
    panel = Rig(
        curve=lambda step: 0.03 if step < 913 else 0.93,
        k=255.0,
        steps=(0, 1023),
        times_s=(1.0, 300.0),
        start=(0, 1.5),
        pedestal=23.7,
        target=174.0,
        tolerance=2.55,
        full=255.0,
        ceiling=255.0,
        known={"response": Response(None, 1533.0, (dark, dark, dark))},
    )
    assert panel.run().outcome is Outcome.REACHED


def test_the_frames_of_a_step_foretell_it_better_than_those_of_its_neighbour():
    panel = rig(0.01, lambda step: 0.05 if step < 56 else 1.0, start=(0, 300.0))
    panel.steps, panel.times_s, panel.pedestal = (0, 100), (1.0, 300.0), 2660.0
    seen = (measured(0, 8.0, 13843.0), measured(0, 17.6, 27371.0))
    run = panel.run(panel.search(response=Response(2647.0, 141.0, (seen,))))
    assert run.outcome is Outcome.REACHED


def test_a_list_of_exposures_is_climbed_by_the_light_and_not_one_by_one():
    times = tuple(0.1 * 300 ** (i / 7) for i in range(8))
    panel = Rig(
        curve=lambda step: 0.0 if step < 1015 else 0.14 if step < 2002 else 1.12,
        k=175.3,
        steps=(0, 4096),
        times_s=(0.1, 30.0),
        start=(2048, 30.0),
        pedestal=36.6,
        full=4095.0,
        ceiling=4095.0,
        target=2806.0,
        tolerance=205.0,
        exposures_s=times,
    )
    assert panel.run().outcome is Outcome.REACHED


def test_a_response_before_any_frame_is_the_one_given():
    known = Response(900.0, 10.0, ((measured(10, 1.0, 2000.0),),))
    assert rig(1.0).search(response=known).response == known


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("target_adu", 0.0),
        ("target_adu", float("nan")),
        ("target_adu", 70000.0),
        ("tolerance_adu", -1.0),
        ("full_scale_adu", float("inf")),
        ("brightness_range", (10, 5)),
        ("brightness_range", (-1, 5)),
        ("brightness_range", (0, 5.5)),
        ("brightness_range", (0, float("nan"))),
        ("exposure_range_s", (0.0, 1.0)),
        ("exposure_range_s", (2.0, 1.0)),
        ("exposure_range_s", (1.0, float("inf"))),
        ("start", (float("nan"), 1.0)),
        ("start", (128, float("nan"))),
        ("start", (128, 0.0)),
        ("exposures_s", (99.0,)),
        ("pedestal_adu", -5.0),
    ],
)
def test_an_argument_without_sense_is_refused_with_its_name(name, value):
    with pytest.raises(ValueError, match=rf"^(none of )?{name} "):
        rig(1.0).search(**{name: value})


@pytest.mark.parametrize(
    ("median", "clipped"), [(float("nan"), 0.0), (-1.0, 0.0), (1.0, -0.1), (1.0, 1.1)]
)
def test_a_reading_without_sense_is_refused(median, clipped):
    with pytest.raises(ValueError, match=r"median_adu|clipped_frac"):
        rig(1.0).search().observe(median_adu=median, clipped_frac=clipped)


def test_nothing_is_observed_after_the_end():
    search: FlatSearch = rig(1.0).run().search
    with pytest.raises(ValueError, match="over"):
        search.observe(median_adu=33400.0, clipped_frac=0.0)


def jump(step: int, top: float, below: float = 0.0):
    """A panel dark below a step, and as bright as can be from there on."""
    return lambda b: top if b >= step else below


@pytest.mark.parametrize(("top", "outcome"), [(500.0, Outcome.REACHED), (3e3, Outcome.TOO_COARSE)])
def test_a_panel_that_jumps_from_dark_to_blinding_is_halved_to_its_end(top, outcome):
    run = rig(1.0, jump(30, top), steps=(0, 100), times_s=(0.001, 0.3), start=(0, 0.25)).run()
    assert run.outcome is outcome


def test_a_fine_panel_of_any_shape_is_halved_before_the_exposures_run_out():
    steep = rig(1.0, lambda b: 1e-3 if b < 3177 else 4e3, steps=(0, 4096), start=(2048, 1.0))
    run = steep.run()
    assert run.outcome is Outcome.TOO_COARSE
    assert (3176, 1.0) in run.path
    assert (3177, 1.0) in run.path


def test_an_old_bound_is_doubted_when_newer_frames_all_miss_on_one_side():
    search = rig(1.0, steps=(0, 4096), start=(2048, 1.0), tolerance=300.0).search()
    search.observe(median_adu=32000.0, clipped_frac=0.0)
    for level in (36000.0, 35500.0, 35000.0):
        search.observe(median_adu=level, clipped_frac=0.0)
    assert search.setting == (2048, 1.0)


def test_a_step_between_two_measured_ones_proves_no_more_than_they_bound():
    def onset(step: int) -> float:
        return max(0.0, step - 5.6) / 249.4

    taught = rig(44.74, onset, pedestal=270.0).run().search.response
    run = rig(53.8, onset, pedestal=270.0).run(
        rig(53.8, onset, pedestal=270.0).search(response=taught)
    )
    assert run.outcome is Outcome.REACHED
    # Step 8 alone does it; the exposure stays.
    assert run.path[-1] == (8, 1.0)


def test_a_search_out_of_exposures_tells_where_it_was():
    search = rig(1.0, steps=(0, 4096), start=(2048, 1.0), tolerance=1.0).search()
    levels = cycle((33500.0, 33300.0))
    while search.outcome is None:
        search.observe(median_adu=next(levels), clipped_frac=0.0)
    assert search.outcome is Outcome.UNSTABLE
    assert search.trials == 20
    assert (search.ending.kind, search.ending.figures["trials"]) == ("not_found", 20)


def test_a_bound_that_held_when_it_was_looked_at_again_is_doubted_no_more():
    steep = rig(
        1.0,
        lambda b: 0.365 if b < 600 else 0.405 if b <= 681 else 0.64,
        steps=(0, 1023),
        start=(1, 1.0),
        pedestal=0.0,
        tolerance=66.0,
    )
    run = steep.run()
    assert run.outcome is Outcome.REACHED
    assert len(run.path) - len(set(run.path)) <= 1


@pytest.mark.parametrize(("again", "doubted"), [(32010.0, False), (32061.0, True)])
def test_a_bound_is_doubted_again_only_if_it_did_not_hold(again, doubted):
    search = rig(1.0, steps=(0, 4096), start=(2048, 1.0), tolerance=300.0).search()
    for level in (32000.0, 36000.0, 35500.0, 35000.0, again, 34600.0, 34500.0, 34400.0):
        search.observe(median_adu=level, clipped_frac=0.0)
    assert (search.setting == (2048, 1.0)) == doubted


@pytest.mark.parametrize("pedestal", [0.0, 495.0, 511.0, 965.0])
def test_two_exposures_of_a_step_overrule_a_wrong_pedestal(pedestal):
    jumping = rig(
        1000.0,
        jump(1000, 3.0, 0.125),
        steps=(0, 4096),
        start=(0, 0.001),
        times_s=(0.001, 0.02),
        pedestal=4100.0,
        tolerance=660.0,
    )
    run = jumping.run(jumping.search(pedestal_adu=16 * pedestal))
    assert run.outcome is Outcome.REACHED
    assert len(run.path) < 20


def test_barely_above_the_band_at_the_limits_is_looked_at_again():
    levels = iter((60000.0, 37000.0, 36900.0, 36600.0))
    search = rig(1.0, steps=(9, 9), times_s=(0.5, 1.0), start=(9, 1.0)).search()
    while search.outcome is None:
        search.observe(median_adu=next(levels), clipped_frac=0.0)
    assert search.outcome is Outcome.REACHED


def test_exposures_are_used_up_on_a_light_that_only_grows():
    growing = (1.045**i for i in range(99))
    run = rig(0.5, steps=(0, 4096), tolerance=66.0, drift=growing).run()
    assert run.outcome in (Outcome.UNSTABLE, Outcome.TOO_BRIGHT, Outcome.REACHED)
    assert len(run.path) <= 20


@pytest.mark.parametrize(
    ("exposure_s", "first", "again"),
    [(5.0, 0.75, True), (5.0, 0.7, False), (40.0, 0.92, True), (40.0, 0.9, False)],
)
def test_the_longer_a_near_miss_was_exposed_the_nearer_it_has_to_be(exposure_s, first, again):
    search = rig(1.0, steps=(9, 9), times_s=(exposure_s, exposure_s), start=(9, 1.0)).search()
    search.observe(median_adu=first * 30123.0, clipped_frac=0.0)
    assert (search.outcome is None) == again


@pytest.mark.parametrize(("second", "again"), [(28100.0, False), (28200.0, True)])
def test_a_near_miss_is_looked_at_again_only_while_it_rises(second, again):
    search = rig(1.0, steps=(9, 9), times_s=(5.0, 5.0), start=(9, 5.0)).search()
    search.observe(median_adu=28000.0, clipped_frac=0.0)
    search.observe(median_adu=second, clipped_frac=0.0)
    assert (search.outcome is None) == again


def test_a_change_of_the_light_does_not_reopen_what_it_can_not_have_changed():
    search = rig(1.0, tolerance=660.0).search()
    for level in (10000.0, 19500.0, 35000.0, 34300.0):
        search.observe(median_adu=level, clipped_frac=0.0)
    # The last frame was the brightest step, somewhat shorter, and yet no dimmer: the lamp warms.
    brightness, exposure_s = search.setting
    assert brightness == 255
    assert 1.0 < exposure_s < 2.0


def test_before_any_frame_nothing_is_known_of_the_light():
    assert rig(1.0).search().light([0, 100, 255]) == ()


def test_the_light_of_every_step_is_known_after_a_search():
    there = rig(6.0)
    search = there.run().search
    steps = [32, 64, 128, 255]
    true = [there.k * there.curve(step) for step in steps]
    assert search.light(steps) == pytest.approx(true, rel=0.15)


def test_a_search_within_a_band_and_limits_made_already_goes_the_same_way():
    panel = rig(0.3)
    search = FlatSearch.within(
        Band(panel.target, panel.tolerance, panel.full),
        Limits.checked(panel.steps, panel.times_s),
        panel.start,
    )
    assert panel.run(search).path == panel.run().path


def fed(levels, *, start=(64, 1.0), blank=(), **known):
    """Return a search of a usual rig after frames of these levels; `blank` are places in them."""
    search = rig(1.0).search(start=start, **known)
    for n, level in enumerate(levels):
        search.observe(
            median_adu=level, clipped_frac=1.0 if level >= FULL else 0.0, blank=n in blank
        )
    return search


@pytest.mark.parametrize("level", [0.0, 500.0, 1000.0, 3000.0])
@pytest.mark.parametrize("pedestal_adu", [None, 1000.0])
def test_a_frame_with_less_than_half_the_light_of_a_dimmer_setting_is_seen_again(
    level, pedestal_adu
):
    search = fed([6561.0], pedestal_adu=pedestal_adu)
    doubted = search.setting
    search.observe(median_adu=level, clipped_frac=0.0)
    assert (search.outcome, search.setting, search.verdict) == (None, doubted, "refused")
    search.observe(median_adu=23160.0, clipped_frac=0.0)
    assert search.setting.brightness * search.setting.exposure_s > 255


def test_less_light_that_is_seen_twice_is_believed():
    search = fed([20000.0, 6000.0, 6000.0])
    assert search.outcome is None
    assert search.setting.exposure_s > 1.0 or search.setting.brightness > 128


def test_a_frame_below_the_pedestal_is_seen_again_though_it_is_the_first():
    search = fed([300.0], pedestal_adu=1000.0)
    assert (search.setting, search.verdict) == ((64, 1.0), "refused")


def test_a_blank_frame_is_seen_again_and_two_of_them_end_the_search():
    search = fed([0.0], blank=(0,))
    assert (search.outcome, search.setting) == (None, (64, 1.0))
    search.observe(median_adu=0.0, clipped_frac=0.0, blank=True)
    assert (search.outcome, search.ending.kind) == (Outcome.DEVICE, "broken_frames")


def test_a_second_broken_frame_later_ends_the_search_too():
    search = fed([6561.0, 1000.0, 23160.0, 1000.0, 23170.0])
    assert (search.outcome, search.ending.kind) == (Outcome.DEVICE, "broken_frames")
    assert search.ending.figures["frames"] == 2


def test_frames_of_another_full_scale_are_judged_anew():
    search = fed([3000.0], start=(128, 1.0))
    search.rescale(Band.of(0.5, 0.05, 4095.0))
    search.observe(median_adu=2048.0, clipped_frac=0.0)
    assert search.outcome is Outcome.REACHED
    with pytest.raises(ValueError, match="over"):
        search.rescale(search.band)


def test_what_another_filter_taught_costs_no_ending_where_levels_are_a_few_steps_of_255():
    camera = {"full": 255.0, "ceiling": 255.0, "target": 127.5, "tolerance": 2.55, "pedestal": 0.0}
    panel = Rig(
        lambda step: 1.0 if step else 1 / 128,
        255.0,
        steps=(0, 100),
        times_s=(1.0, 300.0),
        start=(0, 1.0),
        **camera,
    )
    panel.known["response"] = panel.run().search.response
    for _ in range(3):
        run = panel.run()
        assert run.outcome is Outcome.REACHED
        panel.known["response"] = run.search.response
