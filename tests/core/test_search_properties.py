"""What holds for any panel whose light grows with its steps, and any camera."""

from bisect import bisect_right
from dataclasses import replace
from itertools import accumulate, repeat
from math import exp

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from panel_rigs import Rig, measured

from flatctl import FlatSearch, Outcome
from flatctl.core.band import CLIPPED_FRAC_MAX
from flatctl.core.search.response import Response

SPEED = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@st.composite
def curves(draw, top: int):
    """Any curve that does not fall: jumps, flats and slopes between a few steps."""
    corners = sorted(draw(st.sets(st.integers(1, top), max_size=6)) | {0, top + 1})
    rises = draw(st.lists(st.floats(0, 1), min_size=len(corners), max_size=len(corners)))
    heights = list(accumulate(rises))
    sloped = draw(st.booleans())

    def curve(step: int) -> float:
        i = min(bisect_right(corners, step), len(corners) - 1)
        low, high = heights[i - 1], heights[i]
        share = (step - corners[i - 1]) / (corners[i] - corners[i - 1]) if sloped else 0.0
        return low + (high - low) * share

    return curve


@st.composite
def rigs(draw, listed: bool = False):
    top = draw(st.sampled_from((1, 2, 10, 100, 255, 1023, 4096)))
    full = draw(st.sampled_from((255.0, 4095.0, 16383.0, 65535.0)))
    shortest = draw(st.sampled_from((0.001, 0.1, 1.0)))
    longest = shortest * draw(st.sampled_from((1.0, 10.0, 300.0)))
    times = tuple(shortest * (longest / shortest) ** (i / 7) for i in range(8)) if listed else ()
    return Rig(
        curve=draw(curves(top)),
        k=full * 10 ** draw(st.floats(-4, 3)) / shortest,
        steps=(draw(st.integers(0, top)), top),
        times_s=(shortest, longest),
        start=(draw(st.integers(-top, 3 * top)), draw(st.floats(shortest / 9, longest * 9))),
        pedestal=full * draw(st.floats(0, 0.1)),
        full=full,
        ceiling=full,
        target=full * draw(st.floats(0.2, 0.8)),
        tolerance=full * draw(st.sampled_from((0.01, 0.05, 0.1))),
        exposures_s=times,
    )


@SPEED
@given(rigs())
def test_any_search_ends_within_20_exposures_and_inside_the_limits(rig):
    run = rig.run()
    assert len(run.path) <= 20
    for brightness, exposure_s in run.path:
        assert rig.steps[0] <= brightness <= rig.steps[1]
        assert isinstance(brightness, int)
        assert rig.times_s[0] <= exposure_s <= rig.times_s[1]


@SPEED
@given(rigs())
def test_the_exposure_moves_only_once_brightness_is_exhausted(rig):
    run = rig.run()
    moved = run.first_exposure_move()
    assert moved is None or run.brightness_exhausted(rig, moved)


@SPEED
@given(rigs())
def test_reached_means_that_the_last_frame_was_in_the_band_and_a_reachable_one_is(rig):
    run = rig.run()
    low, high = rig.band
    assert (run.outcome is Outcome.REACHED) == (low <= run.levels[-1] <= high)
    if rig.reachable():
        assert run.outcome is Outcome.REACHED, run.ending
    assert (run.outcome is Outcome.REACHED) == (run.ending is None)


@SPEED
@given(rigs(listed=True))
def test_a_list_of_exposures_is_kept_to_and_no_reachable_target_told_to_be_out_of_reach(rig):
    run = rig.run()
    assert len(run.path) <= 20
    if rig.reachable() and run.outcome is not Outcome.REACHED:
        # Every exposure of the list has its own steps to halve: 20 frames can't do that for eight
        # exposures of a panel that jumps as it likes.
        assert run.kind == "not_found"
    assert all(s.exposure_s in rig.search()._limits.exposures_s for s in run.path)


SHUTTERS = tuple(2.0 ** (i / 3) for i in range(-36, 16))
LISTS = (SHUTTERS, SHUTTERS[::3], tuple(2.0**i for i in range(-4, 4)), (0.5, 1.0, 2.0))


@st.composite
def shapes(draw, top: int):
    """A curve as panels have them: a power law, an exponential, dead at first, or lit at step 0."""
    kind = draw(st.sampled_from(("power", "exponential", "dead", "floor")))
    share = draw(st.floats(0, 1))

    def curve(step: int) -> float:
        u = step / top
        if kind == "power":
            return u ** (0.5 + 2.7 * share)
        if kind == "exponential":
            return exp((1.5 + 4.5 * share) * (u - 1))
        floor = 0.02 + 0.23 * share
        return max(0.0, (u - floor) / (1 - floor)) if kind == "dead" else floor + (1 - floor) * u

    return curve


@st.composite
def dslrs(draw):
    top = draw(st.sampled_from((1, 10, 100, 255, 1023, 4096)))
    full = draw(st.sampled_from((4095.0, 16383.0, 65535.0)))
    times = draw(st.sampled_from(LISTS))
    return Rig(
        curve=draw(shapes(top)),
        k=full * 10 ** draw(st.floats(-3, 2)),
        steps=(draw(st.integers(0, top // 3)), top),
        times_s=(times[0], times[-1]),
        start=(top // 2, 1.0),
        pedestal=full * draw(st.floats(0.002, 0.05)),
        full=full,
        ceiling=full,
        target=full * draw(st.floats(0.3, 0.7)),
        tolerance=full * draw(st.sampled_from((0.01, 0.05))),
        exposures_s=times,
    )


@SPEED
@given(dslrs())
def test_whatever_shutter_speeds_there_are_a_reachable_target_of_a_panel_is_reached(rig):
    run = rig.run()
    if rig.reachable():
        assert run.outcome is Outcome.REACHED, run.ending


@SPEED
@given(rigs())
def test_the_same_observations_give_the_same_settings(rig):
    assert rig.run().path == rig.run().path


@st.composite
def responses(draw):
    seen = st.builds(measured, st.integers(0, 5000), st.floats(0.001, 100), st.floats(0, 65535))
    runs = draw(st.lists(st.lists(seen, min_size=1, max_size=4).map(tuple), max_size=3))
    pedestal = draw(st.none() | st.floats(0, 20000))
    return Response(pedestal, draw(st.floats(0, 3000)), tuple(runs))


@SPEED
@given(rigs(), responses())
def test_a_wrong_response_costs_exposures_but_never_the_ending(rig, response):
    assume(rig.reachable())
    rig.known["response"] = response
    assert rig.run().outcome is Outcome.REACHED


@SPEED
@given(rigs(), st.floats(0, 30000))
def test_a_wrong_pedestal_costs_exposures_but_never_the_ending(rig, pedestal):
    assume(rig.reachable())
    rig.known["pedestal_adu"] = pedestal
    assert rig.run().outcome is Outcome.REACHED


@SPEED
@given(responses())
def test_a_response_survives_its_journey_through_json(response):
    assert Response.from_json(response.to_json()) == response


@SPEED
@given(rigs(), st.data())
def test_what_another_filter_of_the_panel_taught_costs_no_ending(rig, data):
    assume(rig.reachable())
    other = replace(rig, k=rig.k * 10 ** data.draw(st.floats(-2, 2)))
    rig.known["response"] = other.run().search.response
    run = rig.run()
    assert run.outcome is Outcome.REACHED, run.ending
    moved = run.first_exposure_move()
    assert moved is None or moved > 0


@SPEED
@given(rigs())
def test_a_search_from_the_setting_found_before_is_over_at_once(rig):
    found = rig.run()
    assume(found.outcome is Outcome.REACHED)
    known = {"response": found.search.response, "start": found.search.setting}
    assert rig.run(rig.search(**known)).path == [found.search.setting]


@SPEED
@given(rigs(), st.sampled_from((0.0005, 0.002, 0.5)))
def test_a_frame_with_clipped_pixels_is_accepted_only_within_the_allowance(rig, hot_frac):
    rig.hot_frac = hot_frac
    run = rig.run()
    assert len(run.path) <= 20
    if hot_frac > CLIPPED_FRAC_MAX:
        assert run.outcome is not Outcome.REACHED
    elif rig.reachable():
        assert run.outcome is Outcome.REACHED, run.ending


@SPEED
@given(rigs(), st.randoms(use_true_random=False), st.sampled_from((0.002, 0.02, 0.3)))
def test_noise_never_spoils_an_accepted_frame(rig, odds, noise):
    rig.drift = (max(odds.gauss(1, noise), 0.0) for _ in repeat(None))
    run = rig.run()
    low, high = rig.band
    assert len(run.path) <= 20
    assert (run.outcome is Outcome.REACHED) == (low <= run.levels[-1] <= high)


class AnyLight(RuleBasedStateMachine):
    """A light without any law: whatever it does, the search ends and stays inside its limits."""

    def __init__(self) -> None:
        super().__init__()
        self.search = FlatSearch(
            target_adu=33400.0,
            tolerance_adu=3277.0,
            full_scale_adu=65535.0,
            brightness_range=(20, 220),
            exposure_range_s=(0.1, 30.0),
            start=(128, 1.0),
        )
        self.last = 0.0

    @precondition(lambda self: self.search.outcome is None)
    @rule(level=st.floats(0, 65535))
    def any_level(self, level: float) -> None:
        self.see(level)

    @precondition(lambda self: self.search.outcome is None and self.last > 0)
    @rule(ratio=st.floats(0.7, 1.4))
    def nearly_the_last_level(self, ratio: float) -> None:
        self.see(min(self.last * ratio, 65535.0))

    @precondition(lambda self: self.search.outcome is None)
    @rule()
    def full_scale(self) -> None:
        self.see(65535.0)

    @precondition(lambda self: self.search.outcome is not None)
    @rule()
    def too_late(self) -> None:
        with pytest.raises(ValueError, match="over"):
            self.search.observe(median_adu=1.0, clipped_frac=0.0)

    def see(self, level: float) -> None:
        self.last = level
        self.search.observe(median_adu=level, clipped_frac=1.0 if level >= 65535 else 0.0)

    @invariant()
    def stays_inside(self) -> None:
        brightness, exposure_s = self.search.setting
        assert 20 <= brightness <= 220
        assert 0.1 <= exposure_s <= 30.0
        assert self.search.trials <= 20

    @invariant()
    def ends_for_a_reason(self) -> None:
        if self.search.outcome is Outcome.REACHED:
            assert abs(self.last - 33400.0) <= 3277.0
        elif self.search.outcome is not None:
            assert self.search.ending is not None

    @invariant()
    def can_always_be_handed_on(self) -> None:
        assert Response.from_json(self.search.response.to_json()) == self.search.response


TestAnyLight = AnyLight.TestCase
TestAnyLight.settings = settings(max_examples=20, stateful_step_count=21, deadline=None)
