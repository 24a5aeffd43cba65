import math
import re

import pytest
from event_streams import Night, mixed_night
from hypothesis import given
from hypothesis import strategies as st

from flatctl.outputs import charts
from flatctl.outputs.drawing import Axis, linear_ticks
from flatctl.outputs.record import FilterRecord, RunRecord


def record(night: Night, filter_: str = "L") -> tuple[RunRecord, FilterRecord]:
    run = RunRecord.of(night)
    return run, run.filters[filter_]


def test_an_axis_lays_its_range_out_between_its_ends() -> None:
    axis = Axis(0.0, 100.0, 10.0, 210.0)
    assert [axis.place(v) for v in (0, 50, 100)] == [10.0, 110.0, 210.0]


def test_a_logarithmic_axis_gives_every_decade_the_same_room() -> None:
    axis = Axis(0.1, 10.0, 0.0, 100.0, logarithmic=True)
    assert axis.place(1.0) == pytest.approx(50.0)


def test_what_lies_outside_of_an_axis_is_drawn_at_its_edge() -> None:
    assert Axis(0.0, 1.0, 0.0, 100.0).place(7.0) == 100.0


def test_the_search_is_drawn_with_a_mark_per_trial() -> None:
    run, one = record(mixed_night())
    drawing = charts.search_over_brightness(run, one)
    assert drawing.count('class="trial tried"') == 3
    assert drawing.count('class="trial accepted"') == 1


def test_a_frame_that_was_rejected_is_drawn_as_a_cross() -> None:
    _, one = record(mixed_night())
    drawing = charts.levels_of_flats(one)
    assert (drawing.count('class="kept"'), drawing.count('class="rejected"')) == (30, 1)


def test_every_drawing_says_in_words_what_it_shows() -> None:
    run, one = record(mixed_night())
    for drawing in (
        charts.search_over_brightness(run, one),
        charts.search_over_exposure(one),
        charts.levels_of_flats(one),
    ):
        assert re.search(r'role="img" aria-label="[^"]{20,}"', drawing)


def test_colours_come_from_the_page() -> None:
    run, one = record(mixed_night())
    drawing = charts.search_over_brightness(run, one) + charts.levels_of_flats(one)
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb|fill=|stroke=", drawing)


def test_the_levels_are_drawn_in_time() -> None:
    _, one = record(mixed_night())
    drawing = charts.levels_of_flats(one)
    assert "Time, UTC" in drawing
    assert re.search(r">17:\d\d(:\d\d)?</text>", drawing)


def test_flats_that_were_told_of_together_stand_where_they_were_exposed() -> None:
    night = Night(filters=("L",)).begin("L")
    for second in (10, 16, 22):
        night.flat("L", time="2026-11-22T17:15:30Z", exposed_at=f"2026-11-22T17:15:{second}Z")
    places = re.findall(r'cx="([\d.]+)"', charts.levels_of_flats(record(night)[1]))
    first, second_, third = map(float, places)
    assert second_ - first == pytest.approx(third - second_, abs=0.1)
    assert second_ - first > 50


def test_the_search_is_drawn_over_the_curve_that_it_learned() -> None:
    night = Night(filters=("L",)).begin("L").trial("L", 0.2, 100).trial("L", 0.5, 250)
    night.curve("L", [(step, 0.002 * step) for step in range(0, 256, 5)])
    run, one = record(night)
    curve = re.search(r'points="([^"]+)" class="learned"', charts.search_over_brightness(run, one))
    assert curve
    places = [tuple(map(float, p.split(","))) for p in curve[1].split()]
    for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', charts.search_over_brightness(run, one)):
        assert min(abs(float(x) - a) + abs(float(y) - b) for a, b in places) < 4.0


def test_each_exposure_of_a_search_has_its_own_curve() -> None:
    night = Night(filters=("L",)).begin("L").trial("L", 0.2, 255).trial("L", 0.5, 255, 2.5)
    night.curve("L", [(0, 0.0), (255, 0.2)])
    drawing = charts.search_over_brightness(*record(night))
    assert drawing.count('class="learned"') == 2
    assert ">2.50 s</text>" in drawing


levels = st.one_of(st.floats(0.0, 1.0), st.just(math.nan))


@given(
    trials=st.lists(
        st.tuples(levels, st.integers(0, 4096), st.floats(1e-4, 3600.0)), min_size=1, max_size=20
    ),
    target=st.one_of(st.floats(0.0, 1.0), st.just(math.nan)),
    tolerance=st.floats(0.0, 0.5),
    maximum=st.integers(0, 4096),
)
def test_any_run_can_be_drawn(
    trials: list[tuple[float, int, float]], target: float, tolerance: float, maximum: int
) -> None:
    night = Night(filters=("L",), target=target, tolerance=tolerance, maximum=maximum).begin("L")
    for level, brightness, exposure_s in trials:
        night.trial("L", level, brightness, exposure_s)
        night.flat("L", level, brightness, exposure_s, statistics={})
    run, one = record(night)
    drawings = [
        charts.search_over_brightness(run, one),
        charts.search_over_exposure(one),
        charts.levels_of_flats(one),
    ]
    assert not any("nan" in drawing for drawing in drawings)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e7))
def test_ticks_are_few_and_within_the_range(low: float, span: float) -> None:
    ticks = linear_ticks(low, low + span, 5)
    assert len(ticks) <= 6
    assert all(low - 1e-6 * span <= t <= low + span + 1e-6 * span for t in ticks)
