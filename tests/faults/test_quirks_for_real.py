"""The rows of the matrix that are quirks of drivers, over the real wire."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import rigs
from indi_served import indi_served
from matrix import COMPLETE, QUIRKS, Fault
from promises import missing, spoilt

from hardware_sims.camera import SimCamera
from hardware_sims.lightbox import SimLightBox
from hardware_sims.scenarios import scenario
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World

FILTERS, COUNT = ("R",), 2
ASKED_FOR = {"vendor-names": 'gain = 50\noffset = 12\nconversion_gain = "High"'}


@dataclass
class Served:
    """A rig with a quirk, and the configuration for it."""

    world: World
    config: Path
    flats: Path


@pytest.fixture
def served(tmp_path, fault) -> Iterator[Served]:
    """Serve the quirky rig; its light box was left open, and lit where it takes no order then."""
    rig = scenario(fault.quirk, rows=240, cols=320)
    world = World(rig)
    world.light.move_cover(closed=False)
    world.light.set(lit=fault.quirk == "open-lamp", brightness=20)
    drivers = lambda: [SimCamera(world), SimWheel(world), SimLightBox(world)]  # noqa: E731
    with indi_served(drivers) as port:
        config = rigs.write_config(
            tmp_path,
            port,
            camera="Sim CCD",
            wheel="Sim Wheel",
            panel='kind = "indi"\ndevice = "Sim Light Box"\nsettle_s = 0',
            filters=json.dumps(FILTERS),
        )
        keys = [f"{key} = {json.dumps(value)}" for key, value in rig.camera_keys]
        more = "\n".join(["[camera]", *keys, ASKED_FOR.get(fault.quirk, "")])
        quick = config.read_text().replace("start = 1.0", "start = 0.1")
        config.write_text(quick.replace("[camera]", more))
        yield Served(world, config, tmp_path)


@pytest.fixture(params=[row.fault for row in QUIRKS], ids=lambda fault: fault.name)
def fault(request) -> Fault:
    return request.param


def test_a_driver_with_a_quirk_is_mastered_or_reported(served, fault):
    with rigs.environment(XDG_STATE_HOME=str(served.flats / "state")):
        ended = rigs.flatctl("run", served.config, "--count", COUNT, "--json")
    assert ended.returncode == fault.exit_code, ended.stderr
    assert spoilt(served.flats) == []
    if fault.exit_code == COMPLETE:
        assert missing(served.flats, FILTERS, COUNT) == []
    assert not served.world.light.lit
