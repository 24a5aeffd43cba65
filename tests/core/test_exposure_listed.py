"""Where only listed exposures are possible (a camera with shutter speeds)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from panel_rigs import Rig

from flatctl import Outcome
from flatctl.core.band import Band
from flatctl.core.search.evidence import Judged
from flatctl.core.search.exposure import halving, narrowed, spare
from flatctl.core.search.forecast import Forecast
from flatctl.core.search.panels import Panels
from flatctl.core.search.response import Response
from flatctl.core.types import Setting

BAND = Band(500.0, 50.0, 1000.0)


def plateaus(*ends: tuple[int, float]):
    """A panel that gives the same light from each of some steps on."""
    return lambda step: next(light for start, light in reversed(ends) if step >= start)


def slopes(*corners: tuple[int, float]):
    """A panel whose light grows in straight lines between some steps."""

    def curve(step: int) -> float:
        (x0, y0), (x1, y1) = next(pair for pair in pairwise(corners) if step < pair[1][0])
        return y0 + (y1 - y0) * (step - x0) / (x1 - x0)

    return curve


def eight(shortest_s: float, longest_s: float) -> tuple[float, ...]:
    """Eight exposures, each longer than the one before by the same ratio."""
    return tuple(shortest_s * (longest_s / shortest_s) ** (i / 7) for i in range(8))


def listed(curve, k, top, times, brightness, pedestal, full, target, tolerance) -> Rig:
    """A rig with eight exposures, started at the longest; levels are fractions of full scale."""
    return Rig(
        curve=curve,
        k=k * full,
        steps=(0, top),
        times_s=(times[0], times[-1]),
        start=(brightness, times[-1]),
        pedestal=pedestal * full,
        full=full,
        ceiling=full,
        target=target * full,
        tolerance=tolerance * full,
        exposures_s=times,
    )


HARD = {
    "jumps, all clipped but the dark": listed(
        plateaus((0, 0.001), (67, 0.001), (521, 0.3406), (595, 0.9045), (2581, 0.9055)),
        *(110.2, 4096, eight(0.001, 0.3), 7750, 0.0378, 65535.0, 0.431, 0.1),
    ),
    "steep from the bottom": listed(
        slopes((0, 0.001), (201, 0.6905), (1249, 1.0733), (4097, 1.8765)),
        *(288.93, 4096, eight(0.1, 1.0), -1736, 0.0043, 255.0, 0.636, 0.1),
    ),
    "a narrow band and a high pedestal": listed(
        plateaus(
            *((0, 0.95875), (1398, 0.95969), (1725, 1.39655), (2601, 1.47456), (2643, 2.01995)),
            *((3102, 2.02488), (3754, 2.02588), (4097, 2.05588)),
        ),
        *(0.09662396, 4096, eight(1.0, 10.0), -1978, 5488.786 / 65535, 65535.0),
        *(39185.9 / 65535, 655.35 / 65535),
    ),
    "steep after a dead zone": listed(
        slopes((0, 0.001), (543, 0.001), (815, 1.001), (1024, 1.001)),
        *(24.287, 1023, eight(1.0, 10.0), 2606, 0.0214, 255.0, 0.681386, 0.05),
    ),
}


@pytest.mark.parametrize("name", HARD)
def test_shutter_speeds_reach_what_can_be_reached_on_a_panel_full_of_jumps(name):
    rig = HARD[name]
    assert rig.reachable()
    run = rig.run()
    assert run.outcome is Outcome.REACHED, run.ending
    moved = run.first_exposure_move()
    assert moved is None or run.brightness_exhausted(rig, moved)


def test_a_limit_is_tried_before_halving_where_all_frames_are_too_dim():
    rig = listed(
        slopes(
            (0, 0.0476), (131, 1.0476), (897, 2.0476), (1175, 2.9788), (2914, 3.4855), (4097, 3.5)
        ),
        *(0.1, 4096, eight(1.0, 10.0), 962, 0.0748, 255.0, 0.474, 0.01),
    )
    rig.start = (962, 1.0)
    run = rig.run()
    assert run.outcome is Outcome.REACHED, run.ending
    assert run.first_exposure_move() == 5


def test_halving_takes_the_setting_that_closes_the_most_whichever_way_it_falls():
    assert halving({1.0: range(9)}) == (4, 1.0)
    # Of three exposures alike the one between closes half of both others.
    assert halving({1.0: range(9), 2.0: range(9), 4.0: range(9)}) == (4, 2.0)
    # Steps closed already count for nothing: dim closes 2 + 5 at 2 s, bright closes 4 there.
    assert halving({1.0: range(7, 9), 2.0: range(9), 4.0: range(1)}) == (4, 2.0)
    assert halving({1.0: range(20, 30), 4.0: range(2)}) == (25, 1.0)


@st.composite
def stairs(draw):
    """What may be open: the longer the exposure, the lower the steps."""
    count = draw(st.integers(1, 5))
    lows = sorted(draw(st.lists(st.integers(0, 30), min_size=count, max_size=count)), reverse=True)
    lengths = draw(st.lists(st.integers(1, 30), min_size=count, max_size=count))
    return {
        2.0**i: range(low, low + n) for i, (low, n) in enumerate(zip(lows, lengths, strict=True))
    }


@given(stairs())
def test_halving_closes_as_much_as_a_middle_step_can(open_steps):
    def closed(step: int, exposure_s: float) -> int:
        left = [(s, t) for t, r in open_steps.items() for s in r]
        dim = sum(s <= step and t <= exposure_s for s, t in left)
        return min(dim, sum(s >= step and t >= exposure_s for s, t in left))

    middles = [closed(r[len(r) // 2], t) for t, r in open_steps.items()]
    assert closed(*halving(open_steps)) == max(middles)


def test_what_is_foretold_of_known_steps_narrows_what_is_open():
    sides = {(3, 1.0): -1, (3, 2.0): 0, (3, 4.0): 1, (6, 1.0): 1, (6, 2.0): 1, (6, 4.0): 1}
    open_steps = {1.0: range(9), 2.0: range(9), 4.0: range(3, 9)}
    left = narrowed(open_steps, lambda step, t: sides[step, t], [3, 6])
    assert left == {1.0: range(4, 6), 2.0: range(6)}


def test_what_halving_does_not_need_is_to_spare():
    assert [spare(10, count) for count in (1, 3, 4, 7, 8, 4095)] == [9, 8, 7, 7, 6, -2]


def forecast(*frames: tuple[int, float, float], known: Response | None = None) -> Forecast:
    """What frames foretell, each (step, seconds, ADU) of a camera with 1000 ADU."""
    seen = [
        Judged(Setting(b, t), adu, float(adu > 980), bright=adu > 550, clipped=adu > 980)
        for b, t, adu in frames
    ]
    return Forecast(Panels(100, known or Response(), 1000.0), seen, BAND)


def test_two_exposures_of_a_step_tell_a_pedestal_higher_than_usual():
    assert forecast((50, 1.0, 200.0), (50, 2.0, 300.0)).pedestal[0] == pytest.approx(100.0, abs=5)


def test_a_step_that_gives_the_same_at_two_exposures_gives_the_pedestal():
    seen = forecast((0, 1.0, 120.0), (0, 4.0, 120.0), (50, 1.0, 300.0))
    assert seen.pedestal[0] == pytest.approx(120.0, abs=5)


def test_dark_frames_above_the_usual_pedestals_are_all_pedestal():
    seen = forecast((0, 1.0, 90.0), (20, 1.0, 90.0), (40, 1.0, 90.0), (60, 1.0, 270.0))
    assert seen.pedestal[0] == pytest.approx(90.0, abs=5)


def test_the_steps_of_clear_frames_are_measured():
    seen = forecast((90, 1.0, 1000.0), (40, 1.0, 300.0), (0, 1.0, 10.0), (20, 1.0, 150.0))
    assert seen.measured == [20, 40]
    assert forecast((90, 1.0, 1000.0)).measured == []


def test_the_side_of_the_band_is_foretold():
    seen = forecast((50, 1.0, 300.0))
    assert [seen.side(50, t) for t in (1.0, 1.7, 3.0)] == [-1, 0, 1]


def test_a_straight_line_through_two_measured_steps_foretells_the_next():
    seen = forecast((20, 1.0, 210.0), (40, 1.0, 410.0))
    between, beyond = {1.0: range(21, 60)}, {2.0: range(21, 60)}
    assert seen.straight(between) == Setting(49, 1.0)
    assert seen.straight(beyond) == Setting(25, 2.0)
    # What lies between the levels of fewer ADU is foretold best.
    assert seen.straight(between | beyond) == Setting(49, 1.0)


def test_a_straight_line_leads_nowhere_from_one_step_or_two_alike_or_out_of_what_is_open():
    assert forecast((20, 1.0, 210.0)).straight({1.0: range(21, 60)}) is None
    assert forecast((20, 1.0, 210.0), (40, 1.0, 210.0)).straight({1.0: range(41, 60)}) is None
    seen = forecast((20, 1.0, 210.0), (40, 1.0, 410.0))
    assert seen.straight({1.0: range(60, 90)}) is None
