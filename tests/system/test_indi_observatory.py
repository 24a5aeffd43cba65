"""Mount, dome and weather station on a real indiserver with the stock simulators."""

import subprocess
from collections.abc import Iterator

import pytest
from indiserver import CCD, DOME, LIGHTPANEL, TELESCOPE, WEATHER, Server, indiserver
from rigs import flatctl

from flatctl.devices.indi.mount import IndiMount
from flatctl.devices.indi.observatory import IndiDome, IndiWeather
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.protocols import ConditionStatus, Parkable

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(180)]

MOUNT_NAME, DOME_NAME, WEATHER_NAME = "Telescope Simulator", "Dome Simulator", "Weather Simulator"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with indiserver(TELESCOPE, DOME, WEATHER, CCD, LIGHTPANEL) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: Server) -> Iterator[IndiClient]:
    with IndiClient("localhost", server.port) as connected:
        connected.open(20)
        yield connected


@pytest.fixture
def connected(client: IndiClient) -> IndiClient:
    """Mount and dome as another program has connected them."""
    for name in (MOUNT_NAME, DOME_NAME):
        client.set_switch(name, "CONNECTION", "CONNECT", 20)
    return client


def wind(client: IndiClient, speed: float) -> None:
    client.need(WEATHER_NAME, "WEATHER_CONTROL", 10)
    client.set(WEATHER_NAME, "WEATHER_CONTROL", {"Wind": speed}, 10)
    client.send(WEATHER_NAME, "WEATHER_REFRESH", {"REFRESH": True}, 10)
    wanted = "Alert" if speed > 20 else "Ok"

    def look(registry) -> bool | None:
        return registry.find(WEATHER_NAME, "WEATHER_STATUS").state == wanted or None

    assert client.wait_for(look, 20)


def move(client: IndiClient, device: str, name: str, element: str) -> None:
    client.send(device, name, {element: True}, 10)

    def look(registry) -> bool | None:
        now = registry.find(device, name)
        return (now.on(element) and now.state != "Busy") or None

    assert client.wait_for(look, 60)


@pytest.mark.parametrize("kind", [IndiMount, IndiDome])
def test_what_is_not_connected_is_unknown_and_stays_so(client, kind):
    name = MOUNT_NAME if kind is IndiMount else DOME_NAME
    client.set_switch(name, "CONNECTION", "DISCONNECT", 20)
    standing = kind(client, name).status(1)
    assert (standing.met, standing.known) == (False, False)
    assert not client.find(name, "CONNECTION").on("CONNECT")


def test_what_is_not_there_is_unknown(client):
    standing = IndiMount(client, "Nobody").status(1)
    assert (standing.met, standing.known, "is not on the" in standing.text) == (False, False, True)


def test_a_device_of_another_kind_is_unknown(connected):
    assert IndiDome(connected, MOUNT_NAME).status(1) == ConditionStatus(
        False, "has no DOME_SHUTTER or DOME_PARK", known=False
    )


def test_a_mount_parks_when_told_and_then_is_parked(connected):
    mount: Parkable = IndiMount(connected, MOUNT_NAME)
    assert mount.status(5) == ConditionStatus(False, "not parked")
    # Its usual place is a long way off.
    connected.send(MOUNT_NAME, "TELESCOPE_PARK_OPTION", {"PARK_CURRENT": True}, 10)
    mount.park(60)
    assert mount.status(5) == ConditionStatus(True, "parked")


def test_a_dome_is_closed_or_not(connected):
    dome = IndiDome(connected, DOME_NAME)
    assert dome.status(5) == ConditionStatus(True, "closed")
    assert dome.open_status(5) == ConditionStatus(False, "not open")
    connected.send(DOME_NAME, "DOME_SHUTTER", {"SHUTTER_OPEN": True}, 10)
    opening = connected.wait_for(
        lambda r: r.find(DOME_NAME, "DOME_SHUTTER").state == "Busy" or None, 10
    )
    assert opening
    assert connected.find(DOME_NAME, "DOME_SHUTTER").on("SHUTTER_OPEN")
    assert dome.open_status(5) == ConditionStatus(False, "on its way")
    move(connected, DOME_NAME, "DOME_SHUTTER", "SHUTTER_OPEN")
    assert dome.status(5) == ConditionStatus(False, "not closed")
    assert dome.open_status(5) == ConditionStatus(True, "open")


def test_the_weather_is_safe_or_says_what_is_not(client):
    station = IndiWeather(client, WEATHER_NAME)
    assert station.status(20).known
    wind(client, 0)
    assert station.status(10) == ConditionStatus(True, "safe")
    wind(client, 40)
    assert station.status(10) == ConditionStatus(False, "unsafe: Wind (kph)")
    wind(client, 0)


def test_a_run_in_a_storm_ends_with_6_and_takes_nothing(server, client, tmp_path):
    IndiWeather(client, WEATHER_NAME).status(20)
    wind(client, 40)
    config = tmp_path / "rig.toml"
    config.write_text(f"""
[indi]
host = "127.0.0.1"
port = {server.port}
[camera]
device = "CCD Simulator"
[panel]
kind = "indi"
device = "Light Panel Simulator"
[weather]
device = "{WEATHER_NAME}"
[output]
directory = "{tmp_path / "flats"}"
""")
    run = flatctl("run", config)
    light = subprocess.run(
        ["indi_getprop", "-p", str(server.port), "*.FLAT_LIGHT_CONTROL.FLAT_LIGHT_OFF"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    wind(client, 0)
    assert run.returncode == 6
    assert "Weather Simulator: unsafe: Wind" in run.stderr
    assert light.strip().endswith("=On")
    assert not list(tmp_path.rglob("*.fits"))
