"""Debian's own drivers take our simulated panels for real ones, on a bare pseudo-terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from indi_tools import Driver, until
from indiserver import indiserver

from hardware_sims.light import Light
from hardware_sims.serial_panels.deepskydad import DeepSkyDadTraits, SimulatedDeepSkyDad
from hardware_sims.serial_panels.flatmaster import FlatMasterTraits, SimulatedFlatMaster
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.serial_panels.snapcap import SimulatedSnapCap, SnapCapTraits

pytestmark = pytest.mark.indi_bin


@dataclass(frozen=True)
class Family:
    """A driver of Debian's and the simulator that it is to believe in.

    `firmware` is what the driver then knows of it, `levels` pairs what it is asked for with the
    step at which our light then shines.
    """

    driver: str
    device: str
    steps: int
    simulate: Callable
    firmware: str
    levels: dict[int, int]


DEEP_SKY_DAD = Family(
    "indi_deepskydad_fp1",
    "Deep Sky Dad FP1",
    4096,
    lambda light, **traits: SimulatedDeepSkyDad(light, DeepSkyDadTraits(**traits)),
    "(Board=DeepSkyDad.FP1, Version=1.0.0)",
    {4096: 4096, 1: 1, 0: 0, 1000: 1000},
)
FLATMASTER = Family(
    "indi_pegasus_flatmaster",
    "Pegasus FlatMaster",
    200,
    lambda light, **traits: SimulatedFlatMaster(light, FlatMasterTraits(**traits)),
    "V:1.1",
    # It asks for percent of 255 to 20; we take nothing as dimmer than 220.
    {100: 200, 50: 83, 1: 0, 75: 142},
)
SNAPCAP = Family(
    "indi_snapcap",
    "SnapCap",
    255,
    lambda light, **traits: SimulatedSnapCap(light, SnapCapTraits(**traits)),
    "106",
    {255: 255, 7: 7, 0: 0, 128: 128},
)
FAMILIES = [DEEP_SKY_DAD, FLATMASTER, SNAPCAP]
COVERED = [DEEP_SKY_DAD, SNAPCAP]


def named(family: Family) -> str:
    return family.driver


@contextmanager
def connected(family: Family, faults: LineFaults | None = None, **traits) -> Iterator[tuple]:
    panel = family.simulate(Light(family.steps), **traits)
    with PtyServer(panel, faults=faults) as wire, indiserver(family.driver) as server:
        driver = Driver(server.port, family.device)
        driver.connect(wire.path)
        yield driver, panel


@pytest.mark.parametrize("family", FAMILIES, ids=named)
def test_it_connects_lights_dims_and_puts_out(family):
    with connected(family) as (driver, panel):
        until(lambda: driver.get("Firmware.Version") == family.firmware)
        driver.switch_light("ON")
        until(lambda: panel.light.lit)
        for asked, step in family.levels.items():
            driver.dial(asked)
            until(lambda step=step: panel.light.brightness == step)
        assert panel.light.lit
        driver.switch_light("OFF")
        until(lambda: not panel.light.lit)


@pytest.mark.parametrize("family", COVERED, ids=named)
def test_it_moves_the_cover_and_sees_it_arrive(family):
    with connected(family, motor_s=1.5) as (driver, panel):
        until(lambda: driver.get("CAP_PARK.PARK") == "On")
        driver.set("-s", "CAP_PARK.UNPARK", "On")
        until(lambda: driver.get("CAP_PARK._STATE") == "Busy")
        until(lambda: driver.get("Status.Cover") == "Open")
        assert not panel.light.closed
        driver.set("-s", "CAP_PARK.PARK", "On")
        until(lambda: driver.get("Status.Cover") == "Closed")
        assert panel.light.closed


@pytest.mark.parametrize("family", COVERED, ids=named)
def test_it_reads_the_light_back(family):
    with connected(family) as (driver, _):
        driver.switch_light("ON")
        until(lambda: driver.get("Status.Light") == "On")
        driver.switch_light("OFF")
        until(lambda: driver.get("Status.Light") == "Off")


@pytest.mark.parametrize(
    ("family", "traits"),
    [
        (DEEP_SKY_DAD, {"ending": b"\r\n"}),
        (FLATMASTER, {"ending": b"\n"}),
    ],
    ids=["indi_deepskydad_fp1", "indi_pegasus_flatmaster"],
)
def test_it_connects_to_a_unit_that_ends_its_answers_otherwise(family, traits):
    with connected(family, **traits) as (driver, panel):
        driver.switch_light("ON")
        until(lambda: panel.light.lit)


def test_a_snapcap_that_is_stopped_says_so():
    with connected(SNAPCAP) as (driver, panel):
        until(lambda: driver.get("CAP_PARK.PARK") == "On")
        driver.set("-s", "CAP_PARK.UNPARK", "On")
        until(lambda: panel.cover.moving)
        driver.set("-s", "Abort.Abort", "On")
        until(lambda: driver.get("Status.Cover") == "User abort")


def test_a_flatmaster_of_another_name_is_refused():
    panel = FLATMASTER.simulate(Light(200), identity=b"OK_PPB")
    with PtyServer(panel) as wire, indiserver(FLATMASTER.driver) as server:
        driver = Driver(server.port, FLATMASTER.device)
        driver.try_to_connect(wire.path)
        until(lambda: driver.get("CONNECTION._STATE") == "Alert")
