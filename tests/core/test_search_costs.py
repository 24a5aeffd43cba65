"""What a search costs, on some of the random rigs of the benchmark: guesses must be good ones.

No single frame is promised. But a change of the model that makes the search dearer shows here.
"""

import sys
from pathlib import Path
from statistics import mean

import pytest
from panel_rigs import Rig

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

from random_rigs import Rig as Drawn
from random_rigs import Task
from search import Case, run_rig


def cases(rigs: range, tolerance: float) -> list[Case]:
    task = Task().with_tolerance(tolerance)
    return [case for n in rigs for case in run_rig(n, 1, task, rivals=False)]


@pytest.mark.parametrize(("tolerance", "steps_min"), [(0.05, 100), (0.01, 255)])
def test_every_reachable_target_is_reached_in_the_right_order(tolerance, steps_min):
    for case in cases(range(40, 60), tolerance):
        accepted = case.ending == "accepted"
        assert accepted == case.in_band, case.label
        assert accepted or not case.reachable or case.steps < steps_min, case.label
        assert case.order_kept, case.label


@pytest.mark.parametrize(
    ("tolerance", "most"),
    [
        (0.05, {"first": 2.5, "later": 1.86, "trained": 0.02, "hopeless": 3.1}),
        (0.01, {"first": 3.18, "later": 2.48, "trained": 0.14, "hopeless": 3.5}),
    ],
)
def test_a_search_costs_no_more_exposures_than_it_did(tolerance, most):
    """Counted are those before the accepted one, or all of a target that is given up."""
    seen = cases(range(40), tolerance)
    cost = {
        part: mean(c.frames - 1 for c in seen if c.part == part and c.reachable)
        for part in ("first", "later", "trained")
    }
    cost["hopeless"] = mean(c.frames for c in seen if c.ending == "given up" and not c.reachable)
    assert {part: frames for part, frames in cost.items() if frames > most[part]} == {}


def test_a_search_among_shutter_speeds_costs_no_more_exposures_than_it_did():
    frames, speeds = [], tuple(2.0**i for i in range(-5, 6))
    for n in range(60):
        drawn = Drawn.draw(n, 1)
        full = drawn.full_scale_adu
        rig = Rig(
            curve=drawn.curve,
            k=full * drawn.filters[0],
            steps=(drawn.dimmest, drawn.steps),
            times_s=(speeds[0], speeds[-1]),
            start=(drawn.steps // 2, 1.0),
            pedestal=drawn.pedestal_frac * full,
            full=full,
            ceiling=full,
            target=0.51 * full,
            tolerance=0.02 * full,
            exposures_s=speeds,
        )
        frames.append(len(rig.run().path))
    assert mean(frames) <= 4.35
