"""What frames tell by themselves."""

import numpy as np
import pytest
from panel_rigs import FULL

from flatctl.core.band import Band
from flatctl.core.search import clues
from flatctl.core.search.evidence import Judged
from flatctl.core.search.panels import TRUST
from flatctl.core.types import Setting

BAND = Band(33400.0, 3277.0, FULL)
AIM = BAND.aim_adu


def frame(step: int, exposure_s: float, level: float, **facts: bool) -> Judged:
    facts = {"bright": level >= BAND.low_adu, "clipped": False, **facts}
    return Judged(Setting(step, exposure_s), level, **facts)


def full(step: int, exposure_s: float, *, partly: bool = False) -> Judged:
    return frame(step, exposure_s, FULL, clipped=True, clipped_frac=0.9 if partly else 1.0)


# The onset of the light


def test_the_light_begins_between_the_brightest_dark_step_and_the_dimmest_lit_one():
    frames = [frame(5, 1.0, 1000.0), frame(20, 1.0, 1000.0 + 0.003 * FULL)]
    frames += [frame(40, 1.0, 1001.0 + 0.003 * FULL), frame(90, 1.0, 20000.0)]
    assert clues.onset(frames, FULL) == (20, 40)


def test_where_all_frames_are_alike_none_is_lit():
    assert clues.onset([frame(5, 1.0, 1000.0), frame(20, 1.0, 1000.0)], FULL) == (20, -1)


def test_where_even_the_lowest_level_is_too_bright_none_is_dark():
    assert clues.onset([frame(5, 1.0, 50000.0), full(20, 1.0)], FULL) == (-1, 20)


def test_frames_too_dim_but_well_above_the_lowest_are_lit():
    assert clues.onset([frame(5, 1.0, 1000.0), frame(9, 1.0, 9000.0)], FULL) == (5, 9)


# Pedestals


def test_pedestals_up_to_the_lowest_level_are_tried_with_even_odds():
    tried, odds = clues.pedestals([frame(5, 1.0, 1200.0), frame(9, 1.0, 9000.0)], BAND, None)
    assert tried == pytest.approx((np.arange(24) + 0.5) * 50)
    assert odds == pytest.approx(np.full(24, 1 / 24))


def test_pedestals_above_the_usual_are_tried_only_where_a_frame_speaks_for_them():
    most = 0.045 * FULL
    usual, _ = clues.pedestals([frame(5, 1.0, 20000.0)], BAND, None)
    assert (len(usual), usual.max()) == (24, pytest.approx(most * 23.5 / 24))
    for level, spoken_for in ((0.149 * FULL, True), (0.15 * FULL, False), (2000.0, False)):
        dark = [frame(5, 1.0, level), frame(9, 1.0, level + 1.0)]
        found, _ = clues.pedestals(dark, BAND, None)
        assert found[24:].tolist() == ([level] if spoken_for else [])
    for other in (frame(5, 1.0, 6000.0), frame(9, 1.0, 6002.0)):
        assert len(clues.pedestals([frame(5, 1.0, 6000.0), other], BAND, None)[0]) == 24
    two = [frame(5, 1.0, 14000.0), frame(5, 2.0, 20000.0)]
    tried, odds = clues.pedestals(two, BAND, None)
    assert tried[24:].tolist() == [8000.0]
    assert odds == pytest.approx(np.full(25, 1 / 25))


def test_a_line_through_two_exposures_that_ends_below_nothing_speaks_for_no_pedestal():
    for level, spoken_for in ((0.149 * FULL, True), (0.15 * FULL, False), (2000.0, False)):
        dark = [frame(5, 1.0, level), frame(9, 1.0, level + 1.0)]
        found, _ = clues.pedestals(dark, BAND, None)
        assert found[24:].tolist() == ([level] if spoken_for else [])
    for other in (frame(5, 1.0, 6000.0), frame(9, 1.0, 6002.0)):
        assert len(clues.pedestals([frame(5, 1.0, 6000.0), other], BAND, None)[0]) == 24
    two = [frame(5, 1.0, 14000.0), frame(5, 2.0, 29000.0)]
    assert len(clues.pedestals(two, BAND, None)[0]) == 24


def test_a_known_pedestal_gets_nearly_all_the_odds_spread_by_its_error():
    tried, odds = clues.pedestals([frame(5, 1.0, 5000.0)], BAND, (1000.0, 100.0))
    assert tried[-3:] == pytest.approx([880.0, 1000.0, 1120.0])
    assert odds[-3:] == pytest.approx([TRUST / 4, TRUST / 2, TRUST / 4])
    assert odds[:-3].sum() == pytest.approx(1 - TRUST)


@pytest.mark.parametrize(
    ("known", "tried"),
    [((50.0, 100.0), [0.0, 50.0, 170.0]), ((1180.0, 100.0), [1060.0, 1180.0, 1200.0])],
)
def test_no_pedestal_lies_below_nothing_or_above_the_lowest_level(known, tried):
    found, _ = clues.pedestals([frame(5, 1.0, 1200.0)], BAND, known)
    assert found[-3:] == pytest.approx(tried)


def test_no_pedestal_reaches_the_aim():
    found, _ = clues.pedestals([frame(5, 1.0, 60000.0)], BAND, (50000.0, 0.0))
    assert found.max() == pytest.approx(0.9 * AIM)


# Two exposures of one step


def spoken_for(*frames: Judged) -> list[float]:
    """Return the pedestals above the usual that frames speak for."""
    return clues.pedestals(frames, BAND, None)[0][24:].tolist()


def test_the_frame_nearest_to_the_aim_counts_and_the_next_that_is_far_enough_in_time():
    frames = [frame(5, 1.0, 8000.0), frame(5, 5.0, 20500.0), frame(5, 5.3, 22000.0)]
    rate = (22000.0 - 8000.0) / 4.3
    assert spoken_for(*frames) == [pytest.approx(22000.0 - 5.3 * rate)]


@pytest.mark.parametrize(("far_s", "known"), [(1.0 / 1.1, False), (1.0 / 1.11, True)])
def test_exposures_too_much_alike_tell_no_pedestal(far_s, known):
    frames = [frame(5, 1.0, 12500.0), frame(5, far_s, 12500.0 - 5000.0 * (1 - far_s))]
    assert spoken_for(*frames) == ([pytest.approx(7500.0)] if known else [])


@pytest.mark.parametrize(
    "other", [frame(5, 3.0, 8000.0), full(5, 9.0), frame(5, 1.0, 9100.0), frame(6, 3.0, 12000.0)]
)
def test_a_level_that_fell_or_is_clipped_and_one_exposure_or_step_alone_tell_no_pedestal(other):
    assert spoken_for(frame(5, 1.0, 9000.0), other) == []


# What sets the scale


def test_the_frame_nearest_to_the_aim_in_ratio_sets_the_scale():
    frames = [frame(5, 1.0, 9000.0), frame(9, 1.0, 25000.0), frame(12, 1.0, 48000.0)]
    assert clues.anchors(frames, BAND) == [(1, 25000.0, 1.0)]


def test_of_frames_alike_the_newest_sets_the_scale():
    frames = [frame(5, 1.0, 9000.0), frame(9, 1.0, 9000.0)]
    assert clues.anchors(frames, BAND) == [(1, 9000.0, 1.0)]


def test_where_the_rest_is_dark_the_dimmest_clipped_frame_may_set_it_too():
    frames = [frame(5, 1.0, 1000.0), full(60, 2.0), full(50, 1.0), full(70, 1.0)]
    first, *over = clues.anchors(frames, BAND)
    assert first == (0, 1000.0, 1.0)
    assert {which for which, _, _ in over} == {2}
    assert [level / FULL for _, level, _ in over] == [1.2, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
    assert [share for _, _, share in over] == [pytest.approx(1 / 7)] * 7


def test_a_frame_with_pixels_below_full_scale_is_not_far_over_it():
    over = clues.anchors([full(50, 1.0, partly=True)], BAND)
    assert [level / FULL for _, level, _ in over] == [1.0, 1.1, 1.2, 1.3]
    assert [share for _, _, share in over] == [0.25] * 4


@pytest.mark.parametrize(("level", "anchors"), [(0.0449 * FULL, 8), (0.045 * FULL, 1)])
def test_a_lit_frame_is_a_better_guide_than_a_clipped_one(level, anchors):
    assert len(clues.anchors([frame(5, 1.0, level), full(50, 1.0)], BAND)) == anchors
