"""The panels that may be: shapes of curves, bent to what was measured."""

import numpy as np
import pytest
from panel_rigs import FULL, measured

from flatctl.core.search.panels import TRUST, Panels, interpolate
from flatctl.core.search.response import Response
from flatctl.core.types import Measurement

STEPS = [0, 1, 30, 128, 200, 255]
NOTHING = Panels(255, Response(), FULL)


def learned(*runs: tuple[Measurement, ...], pedestal: float = 1000.0, error: float = 5.0) -> Panels:
    return Panels(255, Response(pedestal, error, runs), FULL)


def run(k: float, curve, steps=(30, 90, 128, 200, 255), pedestal: float = 1000.0):
    """What a search saw through a filter: the curve's light k times, at a second."""
    return tuple(measured(s, 1.0, pedestal + k * curve(s)) for s in steps)


def gamma(exponent: float):
    return lambda step: (step / 255) ** exponent


def likeliest(panels: Panels, steps) -> np.ndarray:
    return panels.light(steps)[panels.odds.argmax()]


def has_shape(panels: Panels, light) -> bool:
    """Tell whether one of the candidates gives this light."""
    return bool(np.isclose(panels.light(STEPS), light, atol=1e-9).all(axis=1).any())


# Shapes


@pytest.mark.parametrize("exponent", [0.5, 0.7, 1.0, 1.4, 1.8, 2.2, 2.6, 3.2])
def test_power_laws_are_among_the_shapes(exponent):
    assert has_shape(NOTHING, [gamma(exponent)(s) for s in STEPS])


@pytest.mark.parametrize("dead", [0.02, 0.09, 0.25])
def test_panels_dark_at_the_bottom_are_among_the_shapes(dead):
    assert has_shape(NOTHING, [max(0, s / 255 - dead) / (1 - dead) for s in STEPS])


@pytest.mark.parametrize("bend", [1.5, 3.5, 6.0])
def test_exponentials_from_dark_and_from_lit_are_among_the_shapes(bend):
    rising = np.array([np.expm1(bend * s / 255) / np.expm1(bend) for s in STEPS])
    assert has_shape(NOTHING, rising)
    assert has_shape(NOTHING, [np.exp(bend * (s / 255 - 1)) for s in STEPS])


@pytest.mark.parametrize("floor", [0.01, 0.2])
@pytest.mark.parametrize("exponent", [1.0, 2.2])
def test_panels_lit_at_step_0_are_among_the_shapes(floor, exponent):
    assert has_shape(NOTHING, [floor + (1 - floor) * gamma(exponent)(s) for s in STEPS])


def test_a_light_that_does_not_respond_is_among_the_shapes():
    assert has_shape(NOTHING, [1.0] * len(STEPS))


def test_every_shape_grows_with_its_steps_and_gives_1_at_the_brightest():
    light = NOTHING.light(range(256))
    assert (np.diff(light, axis=1) >= 0).all()
    assert light[:, -1] == pytest.approx(np.ones(len(light)))


def test_the_straight_line_is_the_likeliest_before_anything_is_known():
    assert likeliest(NOTHING, STEPS) == pytest.approx([s / 255 for s in STEPS])


def test_the_odds_of_all_panels_make_up_all_of_the_belief():
    assert NOTHING.odds.sum() == pytest.approx(1)
    assert (NOTHING.odds > 0).all()
    assert learned(run(40000.0, gamma(2.2))).odds.sum() == pytest.approx(1)


def test_where_nothing_is_known_nothing_is_learned():
    assert not NOTHING.learned.any()
    assert (NOTHING.measured, NOTHING.pedestal, NOTHING.lit_adu) == ([], None, 0.0)


def test_a_panel_of_a_single_step_has_shapes_too():
    assert np.isfinite(Panels(0, Response(), FULL).light([0])).all()


# What was learned


@pytest.mark.parametrize("exponent", [0.6, 1.0, 2.2])
def test_the_likeliest_panel_runs_through_what_was_measured(exponent):
    points = [(s, 9000.0 * gamma(exponent)(s)) for s in (30, 90, 128, 200, 255)]
    panels = Panels(255, Response.measured(500.0, points), FULL)
    light = likeliest(panels, [s for s, _ in points])
    assert light / light[-1] == pytest.approx([w / 9000.0 for _, w in points], rel=0.03)


@pytest.mark.parametrize("k", [3000.0, 40000.0])
def test_a_curve_like_no_shape_is_run_through_by_every_bent_panel(k):
    def kinked(step: int) -> float:
        return step / 255 if step < 100 else 0.4 + step / 255

    panels = learned(run(k, kinked))
    light = panels.light([90, 128])[panels.learned]
    assert light[:, 1] / light[:, 0] == pytest.approx(
        np.full(len(light), kinked(128) / kinked(90)), rel=0.1
    )


def test_what_a_filter_lets_through_is_no_part_of_the_curve():
    one = learned(run(40000.0, gamma(2.2), steps=(30, 90, 128)))
    both = learned(
        run(40000.0, gamma(2.2), steps=(30, 90, 128)), run(9000.0, gamma(2.2), steps=(128, 255))
    )
    wanted = gamma(2.2)(90) / gamma(2.2)(128)
    for panels in (one, both):
        dim, bright = likeliest(panels, [90, 128])
        assert dim / bright == pytest.approx(wanted, rel=0.01)
    assert likeliest(both, [90])[0] / likeliest(both, [255])[0] == pytest.approx(
        gamma(2.2)(90), rel=0.02
    )


def test_levels_are_compared_over_their_exposures():
    frames = (measured(64, 4.0, 1000.0 + 4 * 2500.0), measured(128, 0.5, 1000.0 + 0.5 * 5000.0))
    dim, bright = likeliest(learned(frames), [64, 128])
    assert dim / bright == pytest.approx(0.5, rel=0.01)


def test_nearly_all_belief_goes_to_what_was_measured_and_a_little_stays():
    panels = learned(run(40000.0, gamma(2.2)))
    assert panels.odds[panels.learned].sum() == pytest.approx(TRUST)


def test_the_steps_seen_lit_are_those_measured():
    panels = learned(
        (measured(20, 1.0, 1010.0), measured(200, 1.0, 9000.0), measured(40, 1.0, 5000.0))
    )
    assert panels.measured == [40, 200]
    assert 1010.0 < panels.lit_adu < 5000.0
    assert panels.lit_adu == pytest.approx(1000.0 + 4 * (5.0 + 5e-4 * FULL), rel=0.01)


def test_dark_steps_measured_earlier_place_the_onset_of_the_light():
    panels = learned(
        (measured(20, 1.0, 1000.0), measured(40, 1.0, 9000.0), measured(60, 1.0, 21000.0))
    )
    light = likeliest(panels, [20, 40])
    assert light[0] < 0.05 * light[1]


@pytest.mark.parametrize("exponent", [0.7, 1.0, 2.2])
def test_beyond_what_was_measured_the_shape_that_fits_best_goes_on(exponent):
    panels = learned(run(90000.0, gamma(exponent), steps=(30, 60, 90, 128)))
    measured, beyond = likeliest(panels, [128, 255])
    assert measured / beyond == pytest.approx(gamma(exponent)(128), rel=0.05)


def test_the_longer_a_dark_frame_was_exposed_the_more_it_speaks_against_light_there():
    lit = run(90000.0, gamma(1.0), steps=(100, 200))
    shares = []
    for exposure_s in (0.001, 0.1, 10.0):
        dark = measured(60, exposure_s, 1000.0)
        light = likeliest(learned((*lit, dark)), [60, 200])
        shares.append(light[0] / light[1])
    assert shares[0] == pytest.approx(0.3, rel=0.1)
    assert shares[-1] < 0.005


def test_however_many_dark_frames_there_were_no_panel_is_ruled_out_for_good():
    lit = run(90000.0, gamma(1.0), steps=(100, 200))
    panels = learned((*lit, *[measured(90, 30.0, 1000.0)] * 40))
    assert (panels.odds > 0).all()


def test_a_dark_frame_behind_a_dense_filter_says_nothing_of_the_panel():
    lit = run(90000.0, gamma(1.0), steps=(100, 200))
    dense = (
        measured(40, 1.0, 1000.0),
        measured(200, 1.0, 1000.0 + 90.0),
        measured(200, 10.0, 1900.0),
    )
    light = likeliest(learned(lit, dense), [40, 200])
    assert light[0] / light[1] == pytest.approx(0.2, rel=0.1)


def test_a_dark_frame_above_the_dimmest_lit_step_is_no_onset():
    lit = run(90000.0, gamma(1.0), steps=(40, 200))
    panels = learned(lit, (measured(90, 0.001, 1000.0),))
    assert len(panels.odds) == len(learned(lit).odds)


def test_a_response_of_another_panel_or_of_darkness_teaches_no_curve():
    assert not learned((measured(900, 1.0, 20000.0),)).learned.any()
    assert not learned((measured(90, 1.0, 1001.0),)).learned.any()


def test_the_brightest_step_itself_is_of_this_panel():
    assert learned((measured(255, 1.0, 20000.0),)).measured == [255]


# The onset of the light


def test_the_onset_of_the_light_can_be_looked_for_with_a_learned_curve():
    panels = Panels(255, Response.measured(0.0, [(100, 5000.0), (200, 9000.0)]), FULL)
    more = panels.with_onset(10, 40)
    assert len(more.odds) == len(more.learned) == len(more.light([1.0])) > len(panels.odds)


def test_panels_whose_light_begins_between_two_steps_are_added():
    more = NOTHING.with_onset(100, 200)
    added = more.light(range(256))[len(NOTHING.odds) :]
    begins = (added > 1e-12).argmax(axis=1) - 1
    assert set(begins) <= set(range(100, 200))
    assert begins.min() == 100
    assert begins.max() > 180
    assert not more.learned[len(NOTHING.odds) :].any()
    assert more.odds[len(NOTHING.odds) :].sum() == pytest.approx(0.05)


def test_to_look_for_an_onset_leaves_the_panels_themselves_alone():
    before = NOTHING.light(STEPS)
    NOTHING.with_onset(100, 200)
    assert (NOTHING.light(STEPS) == before).all()


# The pedestal


def test_a_pedestal_known_for_sure_is_left_alone():
    panels = learned(run(40000.0, gamma(2.2), pedestal=1500.0), pedestal=1000.0, error=0.0)
    assert panels.pedestal == (1000.0, 0.0)


def test_a_pedestal_without_runs_is_taken_as_it_is():
    assert Panels(255, Response(700.0, 30.0), FULL).pedestal == (700.0, 30.0)


@pytest.mark.parametrize("true", [700.0, 900.0, 1300.0])
def test_the_pedestal_by_which_filters_agree_is_found(true):
    runs = [run(k, gamma(1.0), steps=(64, 255), pedestal=true) for k in (40000.0, 9000.0, 2500.0)]
    level, error = learned(*runs, pedestal=1000.0, error=300.0).pedestal
    assert level == pytest.approx(true, abs=60.0)
    assert error < 100.0


def test_one_step_at_two_exposures_tells_the_pedestal_too():
    frames = (measured(128, 1.0, 1300.0 + 500.0), measured(128, 10.0, 1300.0 + 5000.0))
    level, error = learned(frames, pedestal=1000.0, error=300.0).pedestal
    assert level == pytest.approx(1300.0, abs=60.0)
    assert error < 150.0


def test_a_pedestal_is_never_below_nothing():
    frames = (measured(128, 1.0, 500.0), measured(128, 10.0, 7000.0))
    level, _ = learned(frames, pedestal=20.0, error=300.0).pedestal
    assert level >= 0.0


# Between measured steps


def test_between_two_steps_the_line_is_straight_and_beyond_them_level():
    xs, rows = np.array([10.0, 20.0, 40.0]), np.array([[1.0, 2.0, 6.0], [0.0, 0.0, -2.0]])
    x = np.array([0.0, 10.0, 15.0, 20.0, 30.0, 40.0, 99.0])
    assert interpolate(x, xs, rows).tolist() == [
        [1.0, 1.0, 1.5, 2.0, 4.0, 6.0, 6.0],
        [0.0, 0.0, 0.0, 0.0, -1.0, -2.0, -2.0],
    ]


def test_a_single_step_stands_for_all():
    rows = np.array([[3.0], [4.0]])
    assert interpolate(np.array([0.0, 9.0]), np.array([5.0]), rows).tolist() == [[3, 3], [4, 4]]
