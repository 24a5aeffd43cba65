"""What frames prove of any light that grows with its steps, and where that stops."""

from math import inf, nan, sqrt

import pytest
from panel_rigs import exactly

from flatctl.core.search.evidence import SAME_EXPOSURE, Evidence, Judged, Limits
from flatctl.core.types import Setting

LIMITS = Limits.checked((0, 255), (0.1, 30.0))


def dim(step: int, exposure_s: float, level: float = 1000.0) -> Judged:
    return Judged(Setting(step, exposure_s), level, bright=False, clipped=False)


def bright(
    step: int, exposure_s: float, level: float = 50000.0, *, clipped: bool = False
) -> Judged:
    return Judged(Setting(step, exposure_s), level, float(clipped), bright=True, clipped=clipped)


def of(*frames: Judged, limits: Limits = LIMITS, noise_adu: float = 65.0) -> Evidence:
    evidence = Evidence(limits, noise_adu)
    for frame in frames:
        evidence.add(frame)
    return evidence


# Limits


def test_limits_are_numbers_of_their_kind():
    limits = Limits.checked((0.0, 255.0), (1, 30))
    assert limits == Limits(0, 255, 1.0, 30.0)
    assert [type(figure) for figure in (limits.dimmest, limits.longest_s)] == [int, float]


def test_listed_exposures_are_sorted_once_each_and_within_the_range():
    limits = Limits.checked((0, 1), (0.5, 4.0), (8, 4, 1, 0.5, 1, 0.25))
    assert limits == Limits(0, 1, 0.5, 4.0, (0.5, 1.0, 4.0))


def test_the_range_shrinks_to_the_listed_exposures():
    limits = Limits.checked((0, 1), (0.4, 5.0), (1.0, 2.0))
    assert (limits.shortest_s, limits.longest_s) == (1.0, 2.0)


@pytest.mark.parametrize("steps", [(5, 4), (-1, 5), (0, 5.5), (0, nan), (-inf, 5), (0, inf)])
def test_a_range_of_brightness_without_sense_is_refused(steps):
    said = f"brightness_range must be two whole numbers, 0 <= min <= max: {steps}"
    with pytest.raises(ValueError, match=exactly(said)):
        Limits.checked(steps, (1.0, 2.0))


@pytest.mark.parametrize("times", [(0.0, 1.0), (-1.0, 1.0), (2.0, 1.0), (1.0, inf), (nan, 1.0)])
def test_a_range_of_exposures_without_sense_is_refused(times):
    said = f"exposure_range_s must be two times in seconds, 0 < min <= max: {times}"
    with pytest.raises(ValueError, match=exactly(said)):
        Limits.checked((0, 1), times)


def test_a_list_with_no_exposure_in_range_is_refused():
    said = "none of exposures_s lies within 1..2 s"
    with pytest.raises(ValueError, match=exactly(said)):
        Limits.checked((0, 1), (1.0, 2.0), (0.5, 4.0))


def test_a_single_step_and_a_single_exposure_are_limits_too():
    limits = Limits.checked((0, 0), (0.5, 0.5))
    assert limits.clamp(9, 9.0) == (0, 0.5)


@pytest.mark.parametrize(
    ("wanted", "possible"),
    [
        ((128.4, 2.0), (128, 2.0)),
        ((128.6, 2.0), (129, 2.0)),
        ((-3, 0.01), (0, 0.1)),
        ((900, 99.0), (255, 30.0)),
    ],
)
def test_a_setting_is_moved_into_the_limits(wanted, possible):
    assert LIMITS.clamp(*wanted) == possible


@pytest.mark.parametrize(("wanted_s", "listed_s"), [(1.4, 1.0), (1.6, 2.0), (0.1, 1.0), (9, 4.0)])
def test_of_listed_exposures_the_nearest_is_taken(wanted_s, listed_s):
    limits = Limits.checked((0, 255), (0.1, 30.0), (1.0, 2.0, 4.0))
    assert limits.clamp(7, wanted_s) == (7, listed_s)


@pytest.mark.parametrize(
    ("low_s", "high_s", "middle_s"),
    [
        (0.1, 0.3, 0.1),
        (0.1, 0.4, 0.1),
        (0.1, 0.5, sqrt(0.05)),
        (10.0, 30.0, 30.0),
        (7.5, 30.0, 30.0),
        (7.4, 30.0, sqrt(222.0)),
        (2.0, 4.5, 3.0),
        (0.1, 10.0, 1.0),
    ],
)
def test_exposures_are_halved_in_ratio_and_a_near_limit_is_tried_itself(low_s, high_s, middle_s):
    assert LIMITS.between(low_s, high_s) == pytest.approx(middle_s)


# What is left open


def test_at_first_all_steps_and_exposures_are_open():
    assert of().open_steps(1.0) == range(256)
    assert of().open_exposures(7) == (0.1, 30.0)


def test_a_dim_frame_closes_its_step_and_all_below_at_its_exposure_and_shorter_ones():
    evidence = of(dim(100, 2.0))
    assert evidence.open_steps(2.0) == range(101, 256)
    assert evidence.open_steps(0.5) == range(101, 256)
    assert evidence.open_steps(2.1) == range(256)


def test_a_bright_frame_closes_its_step_and_all_above_at_its_exposure_and_longer_ones():
    evidence = of(bright(100, 2.0))
    assert evidence.open_steps(2.0) == range(100)
    assert evidence.open_steps(9.0) == range(100)
    assert evidence.open_steps(1.9) == range(256)


def test_several_frames_close_what_the_tightest_of_them_close():
    evidence = of(dim(9, 1.0, 900), dim(50, 1.0, 1000), bright(90, 1.0), bright(200, 1.0, 55000))
    assert evidence.open_steps(1.0) == range(51, 90)


def test_steps_beyond_the_limits_are_never_open():
    limits = Limits.checked((40, 60), (0.1, 30.0))
    assert of(limits=limits).open_steps(1.0) == range(40, 61)
    assert of(dim(10, 1.0), limits=limits).open_steps(1.0) == range(40, 61)
    assert of(bright(99, 1.0), limits=limits).open_steps(1.0) == range(40, 61)


def test_an_exposure_that_is_rounded_is_still_the_same():
    rounded = 1 + SAME_EXPOSURE / 2
    assert of(dim(100, 1.0)).open_steps(rounded) == range(101, 256)
    assert of(bright(100, rounded)).open_steps(1.0) == range(100)


def test_a_dim_frame_closes_the_shorter_exposures_of_its_step_and_of_dimmer_ones():
    evidence = of(dim(100, 2.0))
    for step in (0, 100):
        assert evidence.open_exposures(step) == (pytest.approx(2.0, rel=1e-5), 30.0)
    assert evidence.open_exposures(101) == (0.1, 30.0)


def test_a_bright_frame_closes_the_longer_exposures_of_its_step_and_of_brighter_ones():
    evidence = of(bright(100, 2.0))
    for step in (100, 255):
        assert evidence.open_exposures(step) == (0.1, pytest.approx(2.0, rel=1e-5))
    assert evidence.open_exposures(99) == (0.1, 30.0)


def test_exposures_that_were_tried_are_no_longer_open_themselves():
    low_s, high_s = of(dim(100, 2.0, 25000.0), bright(100, 5.0)).open_exposures(100)
    assert 2.0 < low_s < 2.00001
    assert 4.9999 < high_s < 5.0


@pytest.mark.parametrize("frame", [dim(100, 30.0), bright(100, 0.1)], ids=["dim", "bright"])
def test_a_limit_that_was_tried_leaves_no_exposure_open(frame):
    assert of(frame).open_exposures(100) is None


def test_a_limit_that_was_as_good_as_tried_leaves_none_open_either():
    assert of(dim(100, 30.0 * (1 - SAME_EXPOSURE / 2))).open_exposures(100) is None
    assert of(bright(100, 0.1 * (1 + SAME_EXPOSURE / 2))).open_exposures(100) is None


# What the longest exposure can give


def test_where_nothing_is_known_of_a_step_it_may_give_anything():
    assert of().at_best(7) == inf
    assert of(dim(6, 1.0)).at_best(7) == inf
    assert of(bright(9, 1.0, clipped=True)).at_best(7) == inf


@pytest.mark.parametrize(
    ("exposure_s", "level", "best"),
    [
        (30.0, 1000.0, 1000.5),  # no longer one is left
        (10.0, 1000.0, 1000.5 * (1 + 1.5 * 2)),
        (1.0, 0.0, 0.5 * (1 + 1.5 * 29)),  # 0 may be half an ADU
    ],
)
def test_one_frame_bounds_longer_exposures_by_the_origin_with_a_margin(exposure_s, level, best):
    assert of(dim(7, exposure_s, level)).at_best(7) == pytest.approx(best)


def test_a_frame_of_a_brighter_step_bounds_the_dimmer_ones():
    assert of(dim(9, 30.0, 1000.0)).at_best(7) == 1000.5


def test_two_exposures_bound_longer_ones_by_how_the_level_grew():
    evidence = of(dim(7, 4.0, 1000.0), dim(7, 10.0, 1600.0))
    noise = 0.003 * 1600.0 + 1.0
    assert evidence.at_best(7) == pytest.approx(1600.0 + 1.5 * 20.0 * (600.0 + noise) / 6.0)


def test_a_level_that_did_not_grow_may_have_grown_by_the_noise():
    evidence = of(dim(7, 1.0, 1000.0), dim(7, 10.0, 1000.0))
    assert evidence.at_best(7) == pytest.approx(1000.0 + 1.5 * 20.0 * 4.0 / 9.0)


def test_levels_of_a_few_adu_prove_nothing_by_their_rounding():
    # 2.5 and 3.5 ADU are both written as 3.
    assert of(dim(255, 1.0, 3.0), dim(255, 9.0, 3.0)).at_best(255) >= 3.5 + 21 / 8


def test_exposures_too_much_alike_do_not_tell_how_the_level_grows():
    alone = of(dim(7, 10.0, 1000.0)).at_best(7)
    assert of(dim(7, 7.01, 1000.0), dim(7, 10.0, 1000.0)).at_best(7) == alone
    assert of(dim(7, 7.0, 1000.0), dim(7, 10.0, 1000.0)).at_best(7) < alone / 2


def test_an_earlier_frame_of_a_brighter_step_does_not_tell_how_the_level_grows():
    evidence = of(dim(9, 1.0, 1000.0), dim(7, 10.0, 1000.0))
    assert evidence.at_best(7) == of(dim(7, 10.0, 1000.0)).at_best(7)


def test_frames_that_tell_nothing_do_not_hide_those_that_do():
    telling = of(dim(7, 4.0, 1000.0), dim(7, 10.0, 1600.0)).at_best(7)
    clipped = bright(200, 1.0, clipped=True)
    assert of(clipped, dim(7, 4.0, 1000.0), dim(7, 10.0, 1600.0)).at_best(7) == telling
    brighter = dim(9, 1.0, 500.0)
    assert of(brighter, dim(7, 4.0, 1000.0), dim(7, 10.0, 1600.0)).at_best(7) == telling


def test_the_order_in_which_frames_came_does_not_matter():
    frames = (dim(7, 4.0, 1000.0), dim(7, 10.0, 1600.0), dim(9, 12.0, 1900.0))
    assert of(*frames).at_best(7) == of(*reversed(frames)).at_best(7)


def test_foreseen_frames_count_like_those_taken():
    taken = of(dim(7, 4.0, 1000.0), dim(7, 10.0, 1600.0)).at_best(7)
    assert of(dim(7, 4.0, 1000.0)).at_best(7, dim(7, 10.0, 1600.0)) == taken


# A light that changes by itself


def test_frames_of_a_steady_light_are_all_kept():
    evidence = of(dim(10, 1.0, 1000.0), dim(20, 1.0, 1900.0), bright(20, 30.0, 50000.0))
    assert (len(evidence.frames), evidence.changes, evidence.swings) == (3, [], 0)


@pytest.mark.parametrize(
    ("newer", "kept"),
    [
        (dim(10, 1.0, 10000.0 * 1.02 + 65.0), True),  # noise
        (dim(10, 1.0, 10000.0 * 1.02 + 66.0), False),
        (dim(9, 1.0, 10300.0), False),  # a dimmer step
        (dim(11, 1.0, 30000.0), True),  # a brighter one may give anything
        (dim(10, 2.0, 2 * 10000.0 * 1.02 + 65.0), True),  # twice the exposure
        (dim(10, 2.0, 2 * 10000.0 * 1.02 + 67.0), False),
        (dim(10, 0.5, 10000.0 * 1.02 + 66.0), False),  # a shorter one is no reason
        (dim(10, 1.0, (10000.0 - 65.0) / 1.02), True),
        (dim(10, 1.0, (10000.0 - 66.0) / 1.02), False),
        (dim(11, 1.0, 9000.0), False),  # dimmer, with a brighter step
        (dim(10, 3.0, 9000.0), False),  # dimmer, with a longer exposure
        (dim(10, 0.4, 4000.0), True),
    ],
)
def test_a_frame_that_no_steady_light_explains_makes_the_older_ones_forgotten(newer, kept):
    evidence = of(dim(10, 1.0, 10000.0), newer)
    assert (len(evidence.frames) == 2) == kept
    assert evidence.frames[-1] == newer
    assert evidence.changes == ([] if kept else [pytest.approx(newer.level_adu / 10000.0)])


def test_a_clipped_frame_is_no_upper_bound():
    evidence = of(bright(10, 1.0, 20000.0, clipped=True), bright(9, 1.0, 50000.0))
    assert len(evidence.frames) == 2


def test_all_that_came_before_the_change_is_forgotten_and_nothing_after_it():
    evidence = of(dim(5, 1.0, 500.0), dim(10, 1.0, 10000.0), bright(200, 1.0, 40000.0))
    evidence.add(dim(10, 1.0, 20000.0))
    assert [f.level_adu for f in evidence.frames] == [40000.0, 20000.0]
    assert evidence.changes == [2.0]


def test_one_new_frame_is_one_change_however_many_frames_it_disproves():
    evidence = of(dim(9, 1.0, 9000.0), dim(10, 1.0, 10000.0))
    evidence.add(dim(10, 1.0, 20000.0))
    assert (len(evidence.frames), evidence.changes) == (1, [2.0])


def test_a_change_from_next_to_nothing_is_told_over_the_noise():
    assert of(dim(10, 1.0, 5.0), dim(10, 1.0, 650.0)).changes == [10.0]


def test_only_a_light_that_goes_up_and_down_swings():
    evidence = of(*(dim(10, 1.0, level) for level in (1000.0, 2000.0, 4000.0, 1500.0)))
    assert (len(evidence.changes), evidence.swings) == (3, 1)
    evidence.add(dim(10, 1.0, 500.0))
    assert evidence.swings == 2


def test_a_setting_is_allowed_within_the_limits_and_of_the_list_only():
    assert LIMITS.allow(Setting(255, 29.9))
    assert not LIMITS.allow(Setting(256, 29.9))
    assert not LIMITS.allow(Setting(255, 30.1))
    listed = Limits.checked((0, 255), (0.1, 30.0), (1.0, 2.0))
    assert [listed.allow(Setting(9, t)) for t in (1.0, 1.5)] == [True, False]


def test_a_level_of_few_steps_that_was_rounded_down_contradicts_no_longer_exposure():
    evidence = of(dim(0, 1.19, 2.0), dim(0, 17.4, 35.0), noise_adu=1.0)
    assert (len(evidence.frames), evidence.changes) == (2, [])
