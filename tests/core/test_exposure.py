"""What is tried next by exposure, once brightness is exhausted."""

from math import sqrt

import pytest
from panel_rigs import FULL

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search.evidence import Evidence, Judged
from flatctl.core.search.exposure import best_free
from flatctl.core.search.forecast import Forecast
from flatctl.core.search.panels import Panels
from flatctl.core.search.response import Response
from flatctl.core.types import Setting

BAND = Band(33400.0, 3277.0, FULL)
LIMITS = Limits.checked((0, 255), (0.1, 30.0))


def frame(step: int, exposure_s: float, level: float) -> Judged:
    clipped = level >= FULL
    return Judged(
        Setting(step, exposure_s),
        level,
        float(clipped),
        bright=level > BAND.high_adu,
        clipped=clipped,
    )


def trim(*frames: Judged, edges: tuple[int, ...], early: bool = False, limits: Limits = LIMITS):
    evidence = Evidence(limits, 65.0)
    for each in frames:
        evidence.add(each)
    forecast = Forecast(Panels(limits.brightest, Response(), FULL), evidence.frames, BAND)
    return best_free(evidence, forecast, limits, BAND, edges, early=early)


def test_without_an_edge_there_is_nothing_to_trim():
    assert trim(frame(9, 1.0, 20000.0), edges=()) is None


@pytest.mark.parametrize(("edges", "step"), [((-1, 0), 0), ((255, 256), 255)])
def test_there_is_no_step_beyond_the_limits(edges, step):
    setting = trim(frame(step, 1.0, 45000.0), edges=edges)
    assert setting.brightness == step


def test_two_exposures_of_a_step_foretell_the_third():
    setting = trim(frame(255, 1.0, 5000.0), frame(255, 3.0, 13000.0), edges=(255,))
    assert setting == (255, pytest.approx(3.0 + (33400.0 - 13000.0) / 4000.0, rel=0.01))


def test_the_step_whose_light_is_known_is_cheaper_than_the_other():
    frames = (frame(9, 1.0, 5000.0), frame(9, 3.0, 13000.0), frame(10, 3.0, FULL))
    for edges in ((9, 10), (10, 9)):
        assert trim(*frames, edges=edges).brightness == 9


def test_a_step_that_the_longest_exposure_can_not_do_is_passed_over():
    assert trim(frame(255, 20.0, 1000.0), edges=(255,)) is None
    assert trim(frame(255, 30.0, 29000.0), edges=(255,)) is None


def test_a_step_too_bright_at_the_shortest_exposure_is_passed_over():
    assert trim(frame(0, 0.1, 50000.0), edges=(0,)) is None


@pytest.mark.parametrize(
    ("levels", "halved"),
    [
        ((FULL, FULL), True),
        ((FULL,), False),
        ((FULL, FULL, 0.11 * FULL), False),
        ((FULL, FULL, 0.1 * FULL), True),
    ],
)
def test_a_step_that_only_clipped_is_halved_in_time(levels, halved):
    times = (8.0, 4.0, 0.3)
    frames = [frame(0, t, level) for t, level in zip(times, levels, strict=False)]
    setting = trim(*frames, edges=(0,))
    low = 0.3 if len(levels) > 2 else 0.1
    middle = sqrt(low * times[min(len(levels), 2) - 1])
    assert (setting.exposure_s == pytest.approx(middle, rel=1e-5)) == halved


def test_clipped_frames_of_another_step_do_not_count():
    setting = trim(frame(200, 1.0, FULL), frame(100, 1.0, FULL), edges=(0,))
    assert setting.exposure_s != pytest.approx(sqrt(0.1 * 30.0))


@pytest.mark.parametrize(("early", "longest"), [(True, False), (False, True)])
def test_a_light_that_does_not_respond_is_not_exposed_for_minutes_while_it_is_early(early, longest):
    dark = (frame(128, 1.0, 1000.0), frame(255, 1.0, 1000.0))
    setting = trim(*dark, edges=(255,), early=early)
    assert (setting.exposure_s == 30.0) == longest
    assert setting.exposure_s > 1.0


def test_where_brightness_does_something_the_longest_exposure_is_tried_at_once():
    dim = (frame(128, 1.0, 1000.0), frame(255, 1.0, 1100.0))
    assert trim(*dim, edges=(255,), early=True).exposure_s > 25.0


def test_a_bound_that_is_a_frame_is_not_tried_again():
    # By the model the aim lies at 1 s; but 1 s was too dim already, for the light has a jump.
    frames = (frame(100, 1.0, 29900.0), frame(100, 1.15, 37500.0))
    setting = trim(*frames, edges=(100,))
    inside = 1.15**0.03
    assert 1.0 * inside * 0.999 <= setting.exposure_s <= 1.15 / inside * 1.001
