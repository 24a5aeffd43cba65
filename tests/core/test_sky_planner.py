"""The order of the filters is the best there is."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flatctl.core.sky.planner import Planner, Timetable, Wanted

WINDOW_S = (0.0, 2400.0)


def a_table(
    name: str, frames: int, brightness: float, *, dawn: bool, chance: float | None = None
) -> Timetable:
    """Return a filter in a light that halves every 150 s."""
    grid = np.arange(2460.0)
    fade = 0.5 ** (grid / 150.0)
    rates = brightness * (fade[::-1] if dawn else fade)
    sums = np.concatenate(([0.0], np.cumsum((rates[1:] + rates[:-1]) / 2)))
    chances = None if chance is None else lambda lns, exposures_s: np.full(lns.size, chance)
    wanted = Wanted(name, frames, 0.0, rates, sums, 0.45, 0.5, 0.55, (0.5, 20.0), chances)
    return Timetable(wanted, WINDOW_S, 5.0, dawn=dawn)


filters = st.lists(
    st.tuples(st.integers(3, 15), st.floats(0.05, 500.0)), min_size=1, max_size=4
).map(lambda drawn: [(f"F{i}", *each) for i, each in enumerate(drawn)])


def complete(tables, order) -> int:
    """Return how many sets an order completes; one that can't be is passed over."""
    time_s, sets, change_s = 0.0, 0, 0.0
    for i in order:
        run = tables[i].run(time_s + change_s)
        if run.frames == tables[i].wanted.frames:
            time_s, sets, change_s = run.ends_s, sets + 1, 2.0
    return sets


@settings(max_examples=30, deadline=None)
@given(filters, st.booleans())
def test_no_order_completes_more(drawn, dawn):
    tables = [a_table(*each, dawn=dawn) for each in drawn]
    plan = Planner(tables, tables[0].wanted.name, 2.0).plan(0.0)
    best = max(complete(tables, order) for order in permutations(range(len(tables))))
    # An order of the brute force begins without a change, whatever it begins with.
    assert (plan.complete if plan else 0) in (best, best - 1)
    free = Planner(tables, None, 0.0).plan(0.0)
    assert (free.complete if free else 0) >= (plan.complete if plan else 0)


@settings(max_examples=20, deadline=None)
@given(filters, st.booleans(), st.floats(0.0, 2000.0), st.floats(0.0, 400.0))
def test_a_set_that_begins_later_never_ends_earlier(drawn, dawn, begins_s, later_s):
    table = a_table(*drawn[0], dawn=dawn)
    early, late = table.run(begins_s), table.run(begins_s + later_s)
    if late.frames == table.wanted.frames:
        assert early.ends_s <= late.ends_s + 0.5


def test_at_dusk_the_filter_that_passes_least_is_first():
    tables = [a_table("L", 5, 100.0, dawn=False), a_table("Ha", 5, 1.0, dawn=False)]
    assert Planner(tables, None, 2.0).plan(0.0).first == "Ha"


def test_at_dawn_it_is_last():
    tables = [a_table("Ha", 5, 1.0, dawn=True), a_table("L", 5, 100.0, dawn=True)]
    assert [name for name, _ in Planner(tables, None, 2.0).plan(0.0).runs] == ["L", "Ha"]


def test_a_light_that_never_comes_gives_no_plan():
    assert Planner([a_table("Ha", 5, 1e-9, dawn=False)], None, 2.0).plan(0.0) is None


def test_an_order_may_be_asked_to_begin_with_a_filter():
    tables = [a_table("L", 5, 100.0, dawn=False), a_table("Ha", 5, 1.0, dawn=False)]
    plan = Planner(tables, None, 2.0).plan(0.0, first="L")
    assert plan.first == "L"


@pytest.mark.parametrize("dawn", [False, True])
def test_a_set_too_large_for_its_window_is_foretold_in_part(dawn):
    plan = Planner([a_table("L", 500, 10.0, dawn=dawn)], None, 2.0).plan(0.0)
    assert plan.complete == 0
    assert 20 < plan.frames < 500


@pytest.mark.parametrize("dawn", [False, True])
def test_a_frame_with_half_a_chance_counts_half(dawn):
    sure, half = (a_table("L", 500, 10.0, dawn=dawn, chance=each).run(0.0) for each in (1.0, 0.5))
    assert abs(half.frames - sure.frames / 2) <= 1


@given(st.floats(0.05, 500.0), st.booleans())
def test_all_but_sure_frames_make_a_set_no_longer(brightness, dawn):
    sure, almost = (
        a_table("L", 15, brightness, dawn=dawn, chance=each).run(0.0) for each in (1.0, 0.999)
    )
    assert almost == sure
