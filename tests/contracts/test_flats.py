"""A whole run with every kind of panel on a serial line, camera and wheel simulated."""

from dataclasses import replace
from datetime import UTC

import pytest
from panel_bench import SerialFamily
from panel_benches import BENCHES

from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.protocols import CoverState
from flatctl.engine.job import Job
from flatctl.engine.rig import Rig, Timeouts
from flatctl.engine.run import Session
from flatctl.engine.stop import StopSignals
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter
from hardware_sims.fakes import FakeCamera
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

SMALL_PX = (64, 48)
COUNT = 2

ON_A_LINE = [
    f"{kind} {model}"
    for kind, models in BENCHES.items()
    for model, family in models.items()
    if isinstance(family, SerialFamily)
]


def small_rig():
    chosen = scenario("mono")
    sensor = replace(chosen.sensor, width_px=SMALL_PX[0], height_px=SMALL_PX[1])
    return replace(chosen, sensor=sensor)


@pytest.mark.parametrize("name", ON_A_LINE)
def test_flats_are_taken_with_it_and_it_is_dark_after(name, tmp_path):
    kind, model = name.split(" ", 1)
    with BENCHES[kind][model].bench(kind, tmp_path) as bench:
        clock = bench.clock
        world = World(small_rig(), light=bench.light, now=clock.monotonic)
        rig = Rig(
            FakeCamera(world, clock),
            None,
            bench.panel(),
            setup=CameraSetup(),
            timeouts=Timeouts(open_s=30.0, cooling_s=0.0, readout_s=60.0),
            clock=clock,
            cover_at_end=CoverState.OPEN,
        )
        with History(tmp_path / "history.sqlite") as history:
            code = Session(
                rig,
                Job(rig="bench", plan=lambda slots: (FilterPlan(None, count=COUNT),)),
                writer=FrameWriter(tmp_path / "flats", UTC),
                history=history,
                emit=lambda event: None,
                signals=StopSignals(),
            ).run()
        closed_at_end = not BENCHES[kind][model].covered
        assert (code, bench.light.lit, bench.light.closed) == (0, False, closed_at_end)
        assert len(list(tmp_path.rglob("*.fits"))) == COUNT
