"""From last night's lights to their flats: plan, then run, over the real indiserver."""

import sys
from pathlib import Path

import pytest
import rigs
from astropy.io import fits

sys.path.append(str(Path(__file__).parents[1] / "storage"))
from light_builders import NINA, write_light

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(300)]

AXES = """
[rotator]
device = "Rotator Simulator"
[focuser]
device = "Focuser Simulator"
"""


@pytest.fixture(scope="module")
def taken(tmp_path_factory) -> list[fits.Header]:
    """Take the flats of two camera setups and return the headers of what lies on disk."""
    folder = tmp_path_factory.mktemp("night")
    fine = NINA | {"FILTER": "Red", "GAIN": 90, "OFFSET": 0, "ROTATOR": 5.0, "FOCPOS": 49800}
    coarse = fine | {"XBINNING": 2, "YBINNING": 2, "FOCPOS": 49000}
    for facts in (fine, coarse):
        del facts["SET-TEMP"]
    write_light(folder / "lights" / "a.fits", fine)
    write_light(folder / "lights" / "b.fits", coarse, cols=31, rows=20)
    axes = ("indi_simulator_rotator", "indi_simulator_focus")
    with rigs.stock_simulators(folder, *axes) as rig:
        text = rig.config.read_text().replace("start = 1.0", "start = 0.1")
        rig.config.write_text(f'{text}history = "{folder / "history.sqlite"}"\n{AXES}')
        plan, lights = folder / "tonight.toml", folder / "lights"
        planned = rigs.flatctl("plan", rig.config, "--from-lights", lights, "--write", plan)
        assert planned.returncode == 0, planned.stderr
        run = rigs.flatctl("run", plan, "--count", 1, timeout_s=250)
        assert run.returncode == 0, run.stderr
    return [fits.getheader(path) for path in sorted((folder / "flats").rglob("*.fits"))]


def test_each_camera_setup_of_the_lights_gets_its_flats(taken):
    found = sorted((head["FILTER"], head["XBINNING"], head["GAIN"]) for head in taken)
    assert found == [("Red", 1, 90), ("Red", 2, 90)]


def test_the_rotator_stood_where_the_lights_had_it(taken):
    assert [head["ROTATOR"] for head in taken] == pytest.approx([5.0, 5.0], abs=0.25)


def test_the_focuser_stood_where_the_lights_had_it(taken):
    found = sorted((head["XBINNING"], head["FOCPOS"]) for head in taken)
    assert found == [(1, 49800), (2, 49000)]
