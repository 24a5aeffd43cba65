"""Debian's own driver for Alnitak panels takes our simulator for a real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from indi_tools import Driver, until
from indiserver import indiserver
from modem_shim import compiled_shim

from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.server import PtyServer

pytestmark = [
    pytest.mark.indi_bin,
    pytest.mark.compiler,
    pytest.mark.usefixtures("modem_lines"),
]

DEVICE = "Flip Flat"


@pytest.fixture(scope="module")
def shim(tmp_path_factory) -> Path:
    return compiled_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def modem_lines(shim, monkeypatch) -> None:
    """Let every process that the test starts believe in modem lines."""
    monkeypatch.setenv("LD_PRELOAD", str(shim))


@contextmanager
def connected(
    faults: LineFaults | None = None, **traits
) -> Iterator[tuple[Driver, SimulatedAlnitak]]:
    panel = SimulatedAlnitak(Light(255), AlnitakTraits(**traits))
    with PtyServer(panel, faults=faults) as wire, indiserver("indi_flipflat") as server:
        driver = Driver(server.port, DEVICE)
        driver.connect(wire.path)
        yield driver, panel


@pytest.mark.parametrize("product", [10, 15, 19, 98, 99])
def test_it_connects_to_every_product(product):
    with connected(product=product) as (driver, _):
        until(lambda: driver.get("Firmware.Version") == "044")


def test_it_connects_to_a_unit_that_fills_with_the_letter_o():
    with connected(filler=b"OOO") as (driver, _):
        until(lambda: driver.get("Firmware.Version") == "044")


def test_it_connects_to_a_board_that_starts_anew_when_opened():
    with connected(LineFaults(boot_silence_s=1.0)) as (driver, _):
        until(lambda: driver.get("Firmware.Version") == "044")


def test_it_lights_dims_and_puts_out_a_flip_flat():
    with connected(product=99) as (driver, panel):
        until(lambda: driver.get("CAP_PARK.PARK") == "On")
        driver.switch_light("ON")
        until(lambda: panel.light.lit)
        for brightness in (255, 7, 0, 128):
            driver.dial(brightness)
            until(lambda wanted=brightness: panel.light.brightness == wanted)
        until(lambda: driver.get("Status.Light") == "On")
        driver.switch_light("OFF")
        until(lambda: not panel.light.lit)
        until(lambda: driver.get("Status.Light") == "Off")


def test_it_moves_the_cover_and_sees_it_arrive():
    with connected(product=99, motor_s=1.5) as (driver, panel):
        until(lambda: driver.get("CAP_PARK.PARK") == "On")
        driver.set("-s", "CAP_PARK.UNPARK", "On")
        until(lambda: driver.get("CAP_PARK._STATE") == "Busy")
        until(lambda: driver.get("Status.Cover") == "Open")
        assert not panel.light.closed
        driver.set("-s", "CAP_PARK.PARK", "On")
        until(lambda: driver.get("Status.Cover") == "Closed")
        assert panel.light.closed


def test_it_sends_a_stuck_cover_once_more():
    with connected(product=99, motor_s=1.0, stuck_moves=1) as (driver, panel):
        until(lambda: driver.get("CAP_PARK.PARK") == "On")
        driver.set("-s", "CAP_PARK.UNPARK", "On")
        until(lambda: driver.get("Status.Cover") == "Open")
        assert panel.commands.count(b">O000") == 2
