"""The colours of a Bayer frame: found in the header, measured apart, judged as wanted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.pixels.channels import (
    PATTERNS,
    imbalance,
    judged_level,
    measure_channels,
    shifted,
    stored_pattern,
)
from flatctl.core.pixels.statistics import measure

LEVELS = {"R": 9000, "G": 30000, "B": 12000}


def mosaic(pattern: str, rows: int = 6, cols: int = 8, **levels: int) -> np.ndarray:
    light = LEVELS | levels
    cell = np.array([[light[c] for c in pattern[:2]], [light[c] for c in pattern[2:]]])
    return np.tile(cell, (rows // 2 + 1, cols // 2 + 1))[:rows, :cols].astype(np.uint16)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_each_colour_is_measured_apart(pattern):
    _, channels = measure_channels(mosaic(pattern), 65535, pattern)
    assert {colour: each.median for colour, each in channels.items()} == LEVELS


@given(st.sampled_from(PATTERNS), st.integers(2, 9), st.integers(2, 9), st.integers(0, 99))
def test_the_whole_is_measured_as_if_it_had_no_colours(pattern, rows, cols, seed):
    pixels = np.random.default_rng(seed).integers(0, 65536, (rows, cols), dtype=np.uint16)
    whole, channels = measure_channels(pixels, 60000, pattern)
    assert whole == measure(pixels, 60000)
    assert sum(each.count for each in channels.values()) == pixels.size


def test_a_monochrome_frame_has_no_colours():
    assert measure_channels(mosaic("RGGB"), 65535, None)[1] == {}


def test_a_frame_of_one_row_has_no_colours():
    assert measure_channels(mosaic("RGGB", rows=1), 65535, "RGGB")[1] == {}


@pytest.mark.parametrize(
    ("keywords", "found"),
    [
        ({"BAYERPAT": "RGGB"}, "RGGB"),
        ({"BAYERPAT": " gbrg "}, "GBRG"),
        ({"BAYERPAT": "RGGB", "XBAYROFF": 1}, "GRBG"),
        ({"BAYERPAT": "RGGB", "YBAYROFF": 1}, "GBRG"),
        ({"BAYERPAT": "RGGB", "XBAYROFF": 1.0, "YBAYROFF": 1}, "BGGR"),
        ({"BAYERPAT": "RGGB", "XBAYROFF": 2, "YBAYROFF": "0"}, "RGGB"),
        ({"BAYERPAT": "RGGB", "ROWORDER": "TOP-DOWN"}, "RGGB"),
        ({"BAYERPAT": "RGGB", "ROWORDER": "BOTTOM-UP"}, "GBRG"),
        ({"BAYERPAT": "CMYG"}, None),
        ({}, None),
    ],
)
def test_the_pattern_is_read_from_the_header(keywords, found):
    assert stored_pattern(keywords, rows=4) == found


def test_upside_down_an_odd_number_of_rows_keeps_its_pattern():
    assert stored_pattern({"BAYERPAT": "RGGB", "ROWORDER": "BOTTOM-UP"}, rows=5) == "RGGB"


@given(st.sampled_from(PATTERNS), st.integers(-3, 3), st.integers(-3, 3))
def test_shifting_there_and_back_changes_nothing(pattern, across, down):
    assert shifted(shifted(pattern, across, down), -across, -down) == pattern


@pytest.mark.parametrize(
    ("choice", "level_adu"), [("brightest", 30000), ("green", 30000), ("mean", 17000)]
)
def test_the_level_judged_is_the_one_chosen(choice, level_adu):
    whole, channels = measure_channels(mosaic("RGGB"), 65535, "RGGB")
    assert judged_level(whole, channels, choice)[0] == level_adu


def test_the_brightest_may_be_another_than_green():
    whole, channels = measure_channels(mosaic("RGGB", R=40000), 65535, "RGGB")
    assert judged_level(whole, channels, "brightest")[0] == 40000
    assert judged_level(whole, channels, "green")[0] == 30000


def test_one_full_colour_counts_as_clipped_whole():
    whole, channels = measure_channels(mosaic("RGGB", R=65535), 65535, "RGGB")
    assert whole.clipped_frac == 0.25
    assert judged_level(whole, channels, "brightest")[1] == 1.0


def test_a_monochrome_frame_is_judged_by_its_median():
    whole, channels = measure_channels(mosaic("RGGB"), 65535, None)
    assert judged_level(whole, channels, "green") == (whole.median, whole.clipped_frac)


def test_a_channel_under_half_of_another_is_named_with_its_light():
    _, channels = measure_channels(mosaic("RGGB"), 65535, "RGGB")
    found = imbalance(channels, pedestal_adu=1000)
    assert found is not None
    assert (found.weak, found.strong) == ("R", "G")
    assert found.light_frac == pytest.approx(0.28, abs=0.005)


def test_balanced_channels_are_not_worth_a_word():
    _, channels = measure_channels(mosaic("RGGB", R=20000, B=16000), 65535, "RGGB")
    assert imbalance(channels, pedestal_adu=1000) is None
    assert imbalance({}, pedestal_adu=0) is None
