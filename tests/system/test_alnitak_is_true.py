"""Debian's own driver for Alnitak panels takes our simulator for a real one."""

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from indiserver import indiserver
from modem_shim import compiled_shim

from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.server import LineFaults, PtyServer

pytestmark = [pytest.mark.indi_bin, pytest.mark.usefixtures("modem_lines")]

DEVICE = "Flip Flat"
LIMIT_S = 20.0


@pytest.fixture(scope="module")
def shim(tmp_path_factory) -> Path:
    return compiled_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def modem_lines(shim, monkeypatch) -> None:
    """Let every process that the test starts believe in modem lines."""
    monkeypatch.setenv("LD_PRELOAD", str(shim))


@dataclass
class FlipFlatDriver:
    """indi_flipflat under the real indiserver, asked and told by INDI's own tools."""

    port: int

    def get(self, element: str) -> str:
        command = ["indi_getprop", "-p", str(self.port), "-t", "1", "-1", f"{DEVICE}.{element}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()

    def set(self, kind: str, element: str, value: object) -> None:
        spec = f"{DEVICE}.{element}={value}"
        command = ["indi_setprop", "-p", str(self.port), kind, spec]
        subprocess.run(command, check=True, timeout=30)

    def connect(self, path: str) -> None:
        until(lambda: self.get("CONNECTION.CONNECT") == "Off")
        self.set("-s", "DEVICE_AUTO_SEARCH.INDI_DISABLED", "On")
        self.set("-x", "DEVICE_PORT.PORT", path)
        self.set("-s", "CONNECTION.CONNECT", "On")
        until(lambda: self.get("CONNECTION.CONNECT") == "On")


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition; fail when it does not come true in time."""
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


@contextmanager
def connected(
    faults: LineFaults | None = None, **traits
) -> Iterator[tuple[FlipFlatDriver, SimulatedAlnitak]]:
    panel = SimulatedAlnitak(Light(255), AlnitakTraits(**traits))
    with PtyServer(panel, faults=faults) as wire, indiserver("indi_flipflat") as server:
        driver = FlipFlatDriver(server.port)
        driver.connect(wire.path)
        yield driver, panel


def switch_light(driver: FlipFlatDriver, position: str) -> None:
    driver.set("-s", f"FLAT_LIGHT_CONTROL.FLAT_LIGHT_{position}", "On")


def dial(driver: FlipFlatDriver, brightness: int) -> None:
    driver.set("-n", "FLAT_LIGHT_INTENSITY.FLAT_LIGHT_INTENSITY_VALUE", brightness)


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
        switch_light(driver, "ON")
        until(lambda: panel.light.lit)
        for brightness in (255, 7, 0, 128):
            dial(driver, brightness)
            until(lambda wanted=brightness: panel.light.brightness == wanted)
        until(lambda: driver.get("Status.Light") == "On")
        switch_light(driver, "OFF")
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
