"""The band of accepted levels, to its very edges."""

from math import inf, nan, nextafter

import pytest
from panel_rigs import FULL, exactly

from flatctl.core.band import CLIPPED_FRAC_MAX, Band

BAND = Band(30000.0, 3000.0, FULL)


def above(level: float) -> float:
    return nextafter(level, inf)


def below(level: float) -> float:
    return nextafter(level, 0)


def test_the_band_lies_evenly_around_the_target():
    assert (BAND.low_adu, BAND.aim_adu, BAND.high_adu) == (27000.0, 30000.0, 33000.0)
    assert BAND.width_adu == 6000.0


def test_a_band_of_fractions_is_that_of_their_levels_and_tells_them_again():
    band = Band.of(0.5, 0.1, 1000.0)
    assert band == Band(500.0, 100.0, 1000.0)
    assert (band.low, band.high, band.frac(250.0)) == (0.4, 0.6, 0.25)


def test_a_tolerance_wider_than_the_scale_is_cut_off_at_its_ends():
    wide = Band(30000.0, 99999.0, FULL)
    assert (wide.low_adu, wide.high_adu) == (0.0, FULL)


@pytest.mark.parametrize("name", ["target_adu", "tolerance_adu", "full_scale_adu"])
@pytest.mark.parametrize("value", [0.0, -1.0, nan, inf])
def test_a_figure_that_is_not_positive_is_refused_by_name_and_value(name, value):
    figures = {"target_adu": 100.0, "tolerance_adu": 10.0, "full_scale_adu": 255.0}
    with pytest.raises(
        ValueError, match=exactly(f"{name} must be a positive number of ADU: {value}")
    ):
        Band(**{**figures, name: value})


def test_the_smallest_figures_are_positive_too():
    assert Band(1e-3, 1e-3, 1e-3).aim_adu == 1e-3


def test_a_target_above_full_scale_is_refused_and_full_scale_itself_is_none():
    with pytest.raises(
        ValueError, match=exactly("target_adu must lie below full scale (255): 256")
    ):
        Band(256.0, 10.0, 255.0)
    assert Band(255.0, 10.0, 255.0).high_adu == 255.0


@pytest.mark.parametrize(
    ("median", "verdict"),
    [
        (0.0, "too_dim"),
        (below(27000.0), "too_dim"),
        (27000.0, "accepted"),
        (33000.0, "accepted"),
        (above(33000.0), "too_bright"),
        (0.98 * FULL, "too_bright"),
        (above(0.98 * FULL), "clipped"),
        (FULL, "clipped"),
    ],
)
def test_the_edges_belong_to_the_side_nearer_to_the_target(median, verdict):
    assert BAND.judge(median, 0.0) == verdict


@pytest.mark.parametrize(
    ("clipped_frac", "verdict"),
    [(CLIPPED_FRAC_MAX, "accepted"), (above(CLIPPED_FRAC_MAX), "clipped"), (1.0, "clipped")],
)
def test_so_many_pixels_may_clip_and_not_one_more(clipped_frac, verdict):
    assert BAND.judge(30000.0, clipped_frac) == verdict


def test_a_band_up_to_full_scale_takes_all_but_full_scale_itself():
    wide = Band(30000.0, 99999.0, FULL)
    assert wide.judge(FULL - 1, 0.0) == "accepted"
    assert wide.judge(FULL, 0.0) == "clipped"
    assert wide.linear_adu == pytest.approx((1 - 1e-9) * FULL, rel=1e-12)


@pytest.mark.parametrize("median", [nan, inf, below(0.0) - 1e-9])
def test_a_median_without_sense_is_refused(median):
    with pytest.raises(ValueError, match=exactly(f"median_adu must be a number >= 0: {median}")):
        BAND.judge(median, 0.0)


@pytest.mark.parametrize("clipped_frac", [nan, -1e-9, 1 + 1e-9])
def test_a_fraction_without_sense_is_refused(clipped_frac):
    with pytest.raises(ValueError, match=exactly(f"clipped_frac must lie in 0..1: {clipped_frac}")):
        BAND.judge(30000.0, clipped_frac)


def test_the_aim_within_the_band_lies_well_below_a_level_that_clips():
    lower = BAND.below(30000.0)
    assert lower.aim_adu == pytest.approx(27900.0)
    assert (lower.low_adu, lower.high_adu) == (27000.0, 33000.0)
    assert BAND.below(28800.0) is not None
    assert BAND.below(28799.0) is None
