"""Which pedestal holds where several are known."""

from itertools import permutations

import pytest

from flatctl.core.pedestal import Origin, Pedestal, most_trusted
from flatctl.core.search.response import Response

OFF = Pedestal.measured(1000.0)
CALIBRATED = Pedestal.measured(1010.0, Origin.CALIBRATION)
GUESSED = Pedestal(900.0, 120.0, Origin.SEARCH)


@pytest.mark.parametrize("known", list(permutations([OFF, CALIBRATED, GUESSED, None])))
def test_frames_with_the_panel_off_hold_before_all_else(known):
    assert most_trusted(*known) is OFF


def test_a_calibration_holds_before_what_a_search_makes_of_lit_frames():
    assert most_trusted(GUESSED, CALIBRATED) is CALIBRATED


def test_nothing_known_is_nothing():
    assert most_trusted(None, None) is None


def test_only_what_frames_without_light_gave_is_measured():
    assert [p.is_measured for p in (OFF, CALIBRATED, GUESSED)] == [True, True, False]


@pytest.mark.parametrize("figures", [(-1.0, 0.0), (float("nan"), 0.0), (1.0, -1.0)])
def test_a_pedestal_is_a_number(figures):
    with pytest.raises(ValueError, match="must be a number >= 0"):
        Pedestal(*figures, Origin.SEARCH)


def test_a_response_that_is_told_the_pedestal_keeps_its_levels():
    response = Response.measured(900.0, [(10, 100.0), (20, 200.0)])
    told = response.knowing(OFF)
    assert (told.pedestal_adu, told.pedestal_error_adu) == (OFF.adu, OFF.error_adu)
    assert told.runs == response.runs


def test_a_response_names_the_pedestal_that_its_search_found():
    assert Response(900.0, 120.0).pedestal == GUESSED
    assert Response().pedestal is None
