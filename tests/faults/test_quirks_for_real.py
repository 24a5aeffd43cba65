"""The rows of the matrix that are quirks of drivers, over the real wire."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
import rigs
from indi_served import indi_served
from matrix import COMPLETE, QUIRKS
from promises import missing, spoilt

from hardware_sims.camera import SimCamera
from hardware_sims.lightbox import SimLightBox
from hardware_sims.scenarios import scenario
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World

FILTERS, COUNT = ("R",), 2


# What is mastered is mastered at once: all those quirks make one rig.
MASTERED = "+".join(row.fault.quirk for row in QUIRKS if row.fault.exit_code == COMPLETE)
KEYS = 'gain = 50\noffset = 12\nconversion_gain = "High"'  # of "vendor-names"


@dataclass
class Ended:
    """A run on a rig with quirks, how it ended and what it left."""

    exit_code: int
    words: str
    folder: Path
    lit: bool


@cache
def ended(quirks: str, folder: Path) -> Ended:
    """Take flats on a quirky rig, whose light box was left open, and lit if it can't be put out."""
    rig = scenario(quirks, rows=240, cols=320)
    world = World(rig)
    world.light.move_cover(closed=False)
    world.light.set(lit="open-lamp" in quirks, brightness=20)
    drivers = lambda: [SimCamera(world), SimWheel(world), SimLightBox(world)]  # noqa: E731
    with indi_served(drivers) as port, rigs.environment(XDG_STATE_HOME=str(folder / "state")):
        config = rigs.write_config(
            folder,
            port,
            camera="Sim CCD",
            wheel="Sim Wheel",
            panel='kind = "indi"\ndevice = "Sim Light Box"\nsettle_s = 0',
            filters=json.dumps(FILTERS),
        )
        keys = [f"{key} = {json.dumps(value)}" for key, value in rig.camera_keys]
        more = "\n".join(["[camera]", *keys, KEYS if "vendor-names" in quirks else ""])
        quick = config.read_text().replace("start = 1.0", "start = 0.1")
        config.write_text(quick.replace("[camera]", more))
        run = rigs.flatctl("run", config, "--count", COUNT, "--json")
    return Ended(run.returncode, run.stderr, folder, world.light.lit)


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    """Return a function that gives a folder for a rig, the same each time."""
    return cache(lambda quirks: tmp_path_factory.mktemp("quirks"))


@pytest.mark.parametrize("fault", [row.fault for row in QUIRKS], ids=lambda fault: fault.name)
def test_a_driver_with_a_quirk_is_mastered_or_reported(folder_of, fault):
    quirks = MASTERED if fault.exit_code == COMPLETE else fault.quirk
    run = ended(quirks, folder_of(quirks))
    assert run.exit_code == fault.exit_code, run.words
    assert spoilt(run.folder) == []
    if fault.exit_code == COMPLETE:
        assert missing(run.folder, FILTERS, COUNT) == []
    assert not run.lit
