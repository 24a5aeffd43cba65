"""Debian's own driver takes our simulated Wanderer Cover V3 for a real one.

That driver cuts every brightness to its first two digits: 255 goes out as 25, 128 as 12, 50 as 05.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from indi_tools import Driver, until
from indiserver import indiserver

from hardware_sims.light import Light
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.serial_panels.wanderer_v3 import SimulatedWandererV3, WandererV3Traits

pytestmark = pytest.mark.indi_bin

DEVICE = "Wanderer Cover v3"


@contextmanager
def connected(**traits) -> Iterator[tuple[Driver, SimulatedWandererV3]]:
    panel = SimulatedWandererV3(Light(255), WandererV3Traits(**traits))
    with PtyServer(panel) as wire, indiserver("indi_wanderer_cover") as server:
        driver = Driver(server.port, DEVICE)
        driver.connect(wire.path)
        yield driver, panel


def test_it_lights_dims_and_puts_out():
    with connected() as (driver, panel):
        driver.switch_light("ON")
        until(lambda: panel.light.lit)
        assert panel.light.brightness == 25
        for asked, step in {128: 12, 50: 5, 255: 25}.items():
            driver.dial(asked)
            until(lambda step=step: panel.light.brightness == step)
        assert panel.light.lit
        driver.switch_light("OFF")
        until(lambda: not panel.light.lit)


def test_it_moves_the_cover():
    with connected(motor_s=0.5) as (driver, panel):
        until(lambda: driver.get("CAP_PARK.PARK") == "On")
        driver.set("-s", "CAP_PARK.UNPARK", "On")
        until(lambda: panel.cover.open_frac == 1.0)
        assert not panel.light.closed
        driver.set("-s", "CAP_PARK.PARK", "On")
        until(lambda: panel.light.closed)


def test_it_does_not_light_while_open():
    with connected(motor_s=0.1) as (driver, panel):
        driver.set("-s", "CAP_PARK.UNPARK", "On")
        until(lambda: driver.get("CAP_PARK.UNPARK") == "On")
        driver.switch_light("ON")
        until(lambda: driver.get("FLAT_LIGHT_CONTROL._STATE") == "Alert")
        assert b"25" not in panel.commands


def test_it_connects_to_an_old_firmware():
    with connected(firmware="") as (driver, panel):
        driver.switch_light("ON")
        until(lambda: panel.light.lit)
