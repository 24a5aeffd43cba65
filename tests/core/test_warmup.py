"""What was seen while the lamp was cold, as the warm lamp would have shown it."""

from math import exp
from random import Random

import pytest
from panel_rigs import measured

from flatctl.core.search.warmup import warmed
from flatctl.core.types import Measurement

PEDESTAL = 1000.0


def lamp(time_s: float, cold: float, tau_s: float) -> float:
    return 1 - cold * exp(-time_s / tau_s)


def reading(step: int, exposure_s: float, time_s: float, light: float) -> Measurement:
    return measured(step, exposure_s, PEDESTAL + 250 * step * exposure_s * light, time_s)


def a_set(cold: float, tau_s: float, steps=(120,) * 10, scatter: float = 0.0) -> list[Measurement]:
    odds = Random(3)
    times = [4.5 + 1.3 * i for i in range(len(steps))]
    return [
        reading(step, 1.0, t, lamp(t, cold, tau_s) * odds.gauss(1, scatter))
        for step, t in zip(steps, times, strict=True)
    ]


def off(cold: float, tau_s: float, frames: list[Measurement]) -> list[float]:
    """Return by how much (a ratio) the levels of a search come out wrong, of a set then taken."""
    search = [
        reading(step, exposure_s, t, lamp(t, cold, tau_s))
        for step, exposure_s, t in ((40, 1.0, 0.5), (200, 0.7, 1.8), (120, 1.0, 3.1))
    ]
    found = warmed(search, frames, PEDESTAL)
    assert [(r.setting, r.time_s) for r in found] == [(r.setting, r.time_s) for r in search]
    end = lamp(frames[-1].time_s, cold, tau_s)
    right = [reading(*r.setting, r.time_s, end) for r in search]
    return [
        abs((a.level_adu - PEDESTAL) / (b.level_adu - PEDESTAL) - 1)
        for a, b in zip(found, right, strict=True)
    ]


@pytest.mark.parametrize("tau_s", [3.0, 8.0, 20.0])
@pytest.mark.parametrize("cold", [0.3, 0.1, -0.1])
def test_the_levels_of_a_cold_lamp_are_brought_up_to_the_end_of_the_set(cold, tau_s):
    assert max(off(cold, tau_s, a_set(cold, tau_s))) < 0.025


def test_the_scatter_of_the_frames_hardly_matters():
    assert max(off(0.3, 8.0, a_set(0.3, 8.0, scatter=0.002))) < 0.03
    assert max(off(0.0, 8.0, a_set(0.0, 8.0, scatter=0.002))) < 0.02


def test_a_change_of_brightness_within_the_set_is_no_change_of_the_lamp():
    frames = a_set(0.3, 8.0, steps=(120, 120, 112, 112, 112, 105, 105, 105, 105, 105))
    assert max(off(0.3, 8.0, frames)) < 0.025


def test_a_change_of_exposure_within_the_set_is_no_change_of_the_lamp():
    frames = [
        reading(120, 1.0 if t < 9 else 0.8, t, lamp(t, 0.3, 8.0))
        for t in (r.time_s for r in a_set(0.3, 8.0))
    ]
    assert max(off(0.3, 8.0, frames)) < 0.025


def test_a_single_frame_tells_of_no_warming():
    cold = [reading(40, 1.0, 0.0, 1.0)]
    frame = reading(120, 1.0, 2.0, 0.9)
    assert warmed(cold, [frame], PEDESTAL)[0].level_adu == pytest.approx(cold[0].level_adu)


def test_two_frames_that_differ_by_their_scatter_tell_of_little():
    cold = [reading(40, 1.0, 0.0, 1.0)]
    frames = [reading(120, 1.0, 4.0 + i, 1.0 + 0.003 * i) for i in range(2)]
    gain = (warmed(cold, frames, PEDESTAL)[0].level_adu - PEDESTAL) / (40 * 250)
    assert 1.003 < gain < 1.03


def test_a_level_below_the_pedestal_stays_what_it_is():
    dark = measured(0, 1.0, PEDESTAL - 10, 0.0)
    assert warmed([dark], a_set(0.3, 8.0), PEDESTAL) == (dark,)


def test_a_set_without_light_makes_no_trouble():
    dark = measured(1, 1.0, PEDESTAL - 10, 3.0)
    cold = reading(40, 1.0, 0.0, 1.0)
    assert warmed([cold], [dark, dark], PEDESTAL)[0].level_adu == pytest.approx(cold.level_adu)
