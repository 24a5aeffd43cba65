"""What the light will do, foretold from frames."""

import numpy as np
import pytest
from panel_rigs import FULL

from flatctl.core.band import Band
from flatctl.core.search.evidence import Judged
from flatctl.core.search.forecast import Forecast, _spread
from flatctl.core.search.panels import Panels
from flatctl.core.search.response import Response
from flatctl.core.types import Measurement, Setting

BAND = Band(33400.0, 3277.0, FULL)
PEDESTAL = 1000.0


def gamma(exponent: float, top: int = 255):
    return lambda step: (step / top) ** exponent


LINE = gamma(1.0)


class Lamp:
    """A panel in front of a camera: so many ADU/s at its brightest step."""

    def __init__(self, k: float, curve=LINE, top: int = 255) -> None:
        self.k, self.curve, self.top = k, curve, top

    def level(self, step: int, exposure_s: float) -> float:
        return PEDESTAL + self.k * self.curve(step) * exposure_s

    def frame(self, step: int, exposure_s: float) -> Judged:
        level = min(self.level(step, exposure_s), FULL)
        bright, clipped = level > BAND.high_adu, level >= FULL
        return Judged(
            Setting(step, exposure_s), level, float(clipped), bright=bright, clipped=clipped
        )

    def seen(self, *settings: tuple[int, float], known: Response | None = None) -> Forecast:
        panels = Panels(self.top, known or Response(), FULL)
        return Forecast(panels, [self.frame(*setting) for setting in settings], BAND)


def measured(curve=LINE, steps=(32, 64, 128, 255)) -> Response:
    """What an earlier filter taught of a panel."""
    return Response.measured(PEDESTAL, [(s, 40000.0 * curve(s)) for s in steps])


# Levels


@pytest.mark.parametrize("exponent", [1.0, 2.2])
def test_between_two_frames_the_level_is_foretold(exponent):
    lamp = Lamp(60000.0, gamma(exponent))
    forecast = lamp.seen((64, 1.0), (200, 1.0))
    for step in (64, 100, 150, 200):
        assert forecast.level(step, 1.0) == pytest.approx(lamp.level(step, 1.0), rel=0.2)


def test_a_step_that_was_seen_is_foretold_at_any_exposure():
    lamp = Lamp(60000.0, gamma(1.7))
    forecast = lamp.seen((64, 1.0), (200, 1.0), (200, 0.2))
    assert forecast.level(200, 0.5) == pytest.approx(lamp.level(200, 0.5), rel=0.01)


def test_with_a_curve_learned_earlier_one_frame_foretells_every_step():
    lamp = Lamp(9000.0, gamma(2.2))
    forecast = lamp.seen((128, 1.0), known=measured(gamma(2.2)))
    for step in (32, 64, 200, 255):
        assert forecast.level(step, 3.0) == pytest.approx(lamp.level(step, 3.0), rel=0.03)


def test_levels_are_foretold_beyond_full_scale_too():
    lamp = Lamp(60000.0)
    forecast = lamp.seen((64, 1.0), (128, 1.0), known=measured())
    assert forecast.level(255, 10.0) == pytest.approx(lamp.level(255, 10.0), rel=0.05)


def test_the_pedestal_follows_from_frames_at_two_exposures():
    level, error = Lamp(60000.0).seen((128, 1.0), (128, 0.01), (128, 0.3)).pedestal
    assert level == pytest.approx(PEDESTAL, abs=60.0)
    assert error < 120.0


def test_a_pedestal_that_is_known_is_kept():
    level, error = Lamp(60000.0).seen((128, 1.0), known=Response(PEDESTAL)).pedestal
    assert level == pytest.approx(PEDESTAL, abs=30.0)
    assert error < 150.0


def test_the_light_of_steps_is_told_over_the_pedestal():
    lamp = Lamp(60000.0)
    light = lamp.seen((64, 1.0), (200, 1.0), known=measured()).light([64, 128, 200])
    assert light == pytest.approx([lamp.k * lamp.curve(s) for s in (64, 128, 200)], rel=0.02)


@pytest.mark.parametrize(("step", "side"), [(128, -1), (150, 0), (200, 1)])
def test_the_side_of_the_band_is_told(step, side):
    assert Lamp(55000.0).seen((64, 1.0), (220, 1.0), known=measured()).side(step, 1.0) == side


def test_steps_seen_clearly_lit_are_measured_ones():
    forecast = Lamp(60000.0).seen((1, 1.0), (200, 1.0), (64, 1.0), (255, 9.0))
    assert forecast.measured == [64, 200]
    assert Lamp(0.0).seen((9, 1.0)).measured == []


def test_how_much_was_learned_is_told():
    assert Lamp(60000.0).seen((64, 1.0), (128, 1.0)).learned == 0.0
    known = measured()
    assert Lamp(60000.0).seen((64, 1.0), (128, 1.0), known=known).learned > 0.95
    other = Lamp(60000.0, lambda step: 1.0 if step > 100 else 0.01)
    assert other.seen((64, 1.0), (128, 0.5), known=known).learned < 0.5


# Choices


@pytest.mark.parametrize("exponent", [1.0, 2.2])
def test_where_the_curve_is_known_the_step_that_meets_the_aim_is_tried(exponent):
    lamp = Lamp(60000.0, gamma(exponent))
    forecast = lamp.seen((64, 1.0), known=measured(gamma(exponent)))
    step, cost = forecast.best_step(range(256), 1.0)
    assert lamp.level(step, 1.0) == pytest.approx(33400.0, rel=0.03)
    assert cost < 0.3


def test_only_open_steps_are_tried():
    forecast = Lamp(60000.0).seen((64, 1.0), known=measured())
    assert forecast.best_step(range(170, 256), 1.0)[0] == 170
    assert forecast.best_step(range(65, 100), 1.0)[0] == 99
    assert forecast.best_step(range(140, 141), 1.0)[0] == 140


def test_of_thousands_of_steps_the_right_one_is_found():
    lamp = Lamp(90000.0, gamma(1.0, 4096), top=4096)
    known = measured(gamma(1.0, 4096), (500, 1000, 2000, 4096))
    step, _ = lamp.seen((1000, 1.0), known=known).best_step(range(4097), 1.0)
    assert lamp.level(step, 1.0) == pytest.approx(33400.0, rel=0.02)


def test_where_even_the_brightest_step_is_too_dim_that_one_is_tried():
    step, cost = Lamp(9000.0).seen((64, 1.0), known=measured()).best_step(range(256), 1.0)
    assert step == 255
    assert cost == pytest.approx(1.0, abs=0.1)


def test_where_even_the_dimmest_step_is_too_bright_that_one_is_tried():
    lamp = Lamp(400000.0)
    step, _ = lamp.seen((40, 0.5), known=measured()).best_step(range(32, 256), 1.0)
    assert step == 32


def test_a_setting_that_will_clip_costs_two_exposures():
    forecast = Lamp(60000.0).seen((64, 1.0), (128, 1.0), known=measured())
    assert forecast.best_step(range(253, 256), 5.0)[1] == pytest.approx(1.0, abs=0.05)
    assert forecast.best_of(200, [0.5, 5.0])[1] == (200, 0.5)


def test_the_exposure_that_meets_the_aim_is_tried():
    lamp = Lamp(9000.0)
    exposure_s, cost = lamp.seen((255, 1.0), known=measured()).best_exposure(255, 0.1, 30.0)
    assert lamp.level(255, exposure_s) == pytest.approx(33400.0, rel=0.02)
    assert cost < 0.1


def test_two_exposures_of_a_step_foretell_the_third_for_next_to_no_cost():
    forecast = Lamp(9000.0).seen((255, 1.0), (255, 2.0))
    assert forecast.best_exposure(255, 0.1, 30.0) == pytest.approx((3.6, 0.0), rel=0.01, abs=1e-3)


def test_an_exposure_is_tried_only_between_the_bounds():
    forecast = Lamp(9000.0).seen((255, 1.0), (255, 2.0))
    assert forecast.best_exposure(255, 0.1, 3.0)[0] == 3.0
    assert forecast.best_exposure(255, 5.0, 30.0)[0] == 5.0


def test_of_listed_exposures_the_best_is_taken_with_its_cost():
    forecast = Lamp(9000.0).seen((255, 1.0), (255, 2.0), known=measured())
    cost, setting = forecast.best_of(255, [1.0, 2.0, 3.5, 8.0])
    assert setting == (255, 3.5)
    assert cost < 0.1


def test_the_exposure_that_would_be_enough_lies_in_the_span_told():
    low_s, high_s = Lamp(900.0).seen((255, 1.0), (255, 9.0)).enough_s(255)
    assert low_s <= high_s
    assert low_s < 36.0 * 1.02
    assert high_s > 36.0 * 0.98
    assert high_s / low_s < 1.3


# Straight lines


def test_a_straight_line_through_two_measured_steps_foretells_a_third():
    lamp = Lamp(60000.0)
    setting = lamp.seen((64, 1.0), (200, 1.0), known=Response(PEDESTAL)).straight(
        {1.0: range(65, 200)}
    )
    assert setting.exposure_s == 1.0
    assert lamp.level(setting.brightness, 1.0) == pytest.approx(33400.0, rel=0.02)


def test_a_straight_line_keeps_to_what_is_open_and_to_the_band():
    forecast = Lamp(60000.0).seen((64, 1.0), (200, 1.0), known=Response(PEDESTAL))
    assert forecast.straight({1.0: range(140, 200)}).brightness == 140
    assert forecast.straight({1.0: range(180, 200)}) is None


def test_of_several_exposures_the_one_with_the_nearest_levels_is_taken():
    forecast = Lamp(60000.0).seen(
        (32, 1.0), (64, 1.0), (128, 1.0), (140, 1.0), known=Response(PEDESTAL)
    )
    setting = forecast.straight({1.0: range(129, 140), 3.0: range(33, 64)})
    assert setting.exposure_s == 1.0


def test_one_measured_step_or_a_light_that_does_not_grow_makes_no_line():
    assert Lamp(60000.0).seen((64, 1.0)).straight({1.0: range(256)}) is None
    still = Lamp(20000.0, lambda step: 1.0)
    assert still.seen((64, 1.0), (200, 1.0)).straight({1.0: range(65, 200)}) is None


# What an earlier curve proves


def lit(step: int, light: float) -> Measurement:
    return Measurement(Setting(step, 1.0), PEDESTAL + light)


def proven(k: float, step: int, steps: range, known: Response | None = None) -> range:
    return Lamp(k).seen((step, 1.0), known=known or measured()).proven(steps, 1.0)


def test_a_curve_known_proves_that_even_the_brightest_step_is_too_dim():
    assert proven(9000.0, 128, range(129, 256)) == range(256, 256)


def test_a_curve_known_proves_that_even_the_dimmest_step_is_too_bright():
    assert not proven(900000.0, 16, range(12, 16), known=measured(steps=(12, 16, 32)))


def test_what_is_not_proven_stays_open_as_it_is():
    assert proven(60000.0, 64, range(65, 256)) == range(65, 256)


def test_only_a_miss_by_more_than_the_margin_is_proof():
    for k, open_ in ((29000.0, True), (25000.0, False)):
        assert bool(proven(k, 128, range(129, 256))) == open_


@pytest.mark.parametrize(("k", "open_"), [(790000.0, True), (900000.0, False)])
def test_only_a_miss_by_more_than_the_margin_proves_too_much_light(k, open_):
    assert bool(proven(k, 16, range(12, 16), known=measured(steps=(12, 16, 32)))) == open_


@pytest.mark.parametrize("steps", [(100, 128), (128, 100)])
def test_of_several_frames_the_one_that_ties_the_curve_best_counts(steps):
    alone = Lamp(25000.0).seen((100, 1.0), known=measured())
    assert alone.proven(range(129, 256), 1.0) == range(129, 256)
    both = Lamp(25000.0).seen(*((step, 1.0) for step in steps), known=measured())
    assert not both.proven(range(129, 256), 1.0)


def test_without_a_learned_curve_nothing_is_proven():
    assert proven(9000.0, 128, range(129, 256), known=Response(PEDESTAL)) == range(129, 256)


def test_steps_of_runs_that_share_none_prove_nothing_of_each_other():
    # How much lighter 255 is than 128 is only a guess, for no run saw light at both.
    apart = (lit(64, 9000.0), lit(128, 18000.0)), (lit(255, 20000.0),)
    known = Response(PEDESTAL, 5.0, apart)
    assert proven(9000.0, 128, range(129, 256), known=known) == range(129, 256)


def test_a_step_that_two_runs_share_ties_their_curves_together():
    tied = (lit(64, 9000.0), lit(128, 18000.0)), (lit(64, 5000.0), lit(255, 20000.0))
    assert not proven(9000.0, 128, range(129, 256), known=Response(PEDESTAL, 5.0, tied))


def test_a_frame_beyond_the_measured_steps_ties_no_curve():
    known = measured(steps=(32, 64, 128))
    assert proven(9000.0, 200, range(129), known=known) == range(129)


def test_a_step_between_two_measured_ones_proves_no_more_than_they_bound():
    assert proven(27000.0, 100, range(101, 256)) == range(101, 256)
    assert not proven(9000.0, 100, range(101, 256))


# Steps that are compared


def test_few_steps_are_all_compared():
    assert _spread(7, 9).tolist() == [7, 8, 9]
    assert len(_spread(0, 79)) == 80


@pytest.mark.parametrize(("low", "high"), [(0, 80), (0, 255), (17, 4096)])
def test_of_many_steps_both_ends_are_compared_and_more_at_the_bottom(low, high):
    tried = _spread(low, high)
    assert (tried[0], tried[-1]) == (low, high)
    assert len(tried) <= 80
    assert (np.diff(tried) >= 1).all()
    assert np.diff(tried)[0] == 1
    assert (tried < (low + high) / 2).sum() > (tried > (low + high) / 2).sum()
