"""How Alpaca devices enter the program: claims, checks, and a configuration to start from."""

import subprocess
import sys

import pytest
from odd_panels import OddPanel
from scripted_alpaca import Device, scripted_alpaca

from flatctl.app.check import check_settings
from flatctl.app.devices import devices
from flatctl.app.init import init
from flatctl.app.wiring.claim import claim
from flatctl.app.wiring.rig import claim_panel, greet, make_connections, rig_addresses
from flatctl.devices.alpaca import discovery
from flatctl.devices.alpaca.transport import ALPACA
from flatctl.errors import Busy
from flatctl.settings.loading import load
from flatctl.settings.models import Settings

PANEL = '[camera]\ndevice = "CCD"\n[panel]\nkind = "alpaca"\ndevice = "{}"\n'
LISTS = [
    {"DeviceName": "Flap", "DeviceType": "CoverCalibrator", "DeviceNumber": 0, "UniqueID": "u-1"},
    {"DeviceName": "Roof", "DeviceType": "Dome", "DeviceNumber": 0, "UniqueID": "u-2"},
]


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """Look for nobody in the network."""
    monkeypatch.setattr(discovery, "find_servers", list)


@pytest.fixture
def server():
    served = {"covercalibrator/0": OddPanel().device, "dome/0": Device({"shutterstatus": 1})}
    with scripted_alpaca(served, LISTS) as served:
        yield served


@pytest.fixture
def rig(server, tmp_path, monkeypatch):
    """A rig with the server's panel and dome."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "rig.toml"
    output = f'[output]\ndirectory = "{tmp_path}/flats"\n'
    dome = f'[dome]\ndevice = "{server.url("dome/0")}"\n'
    path.write_text(PANEL.format(server.url("covercalibrator/0")) + dome + output, "utf-8")
    return load(path, {})


def test_two_spellings_of_one_device_are_one_and_two_devices_two():
    def of(device: str) -> set[str]:
        return set(ALPACA.addresses(Settings.model_construct(), device))

    here = of("alpaca://localhost/camera/0")
    for other in ("127.0.0.1", "127.0.0.1:11111", "[::1]", "LOCALHOST.", "127.0.0.2"):
        assert here & of(f"ALPACA://{other}/camera/0")
    for other in ("localhost:11112/camera/0", "localhost/camera/1", "localhost/filterwheel/0"):
        assert not here & of(f"alpaca://{other}")


def test_a_panel_that_somebody_has_is_busy_however_it_is_spelled(rig, server):
    other = ALPACA.addresses(rig, server.url("covercalibrator/0").replace("127.0.0.1", "localhost"))
    with claim("another rig", other), pytest.raises(Busy), claim_panel(rig):
        pass


def test_rigs_behind_indi_and_alpaca_may_run_beside_each_other(rig):
    assert {each.partition(" ")[0] for each in rig_addresses(rig)} == {"indi", "alpaca"}


def test_a_check_says_what_the_devices_call_themselves(rig):
    lines = {line.subject: line.text for line in check_settings(rig)}
    assert lines["order and safety"].endswith("/dome/0: closed (Roof, UniqueID u-2, interface 1)")
    panel = "(Flap, UniqueID u-1, interface 2, brightness 1 to 255, no cover)"
    assert lines["panel"].endswith(f": light off, brightness 0 of 255 {panel}")


def test_a_server_without_a_list_is_checked_all_the_same(rig, server):
    server.lists = None
    lines = {line.subject: line.text for line in check_settings(rig)}
    panel = "(Scripted, interface 2, brightness 1 to 255, no cover)"
    assert lines["panel"].endswith(f": light off, brightness 0 of 255 {panel}")


def test_a_panel_that_is_not_there_is_a_problem_that_says_where(rig, server):
    server.devices.clear()
    (line,) = [line for line in check_settings(rig) if line.subject == "panel"]
    assert not line.ok
    assert f"there is no covercalibrator/0 on 127.0.0.1:{server.port}" in line.text


def test_a_server_that_does_not_listen_is_said_at_once(rig, server, monkeypatch):
    said = []
    settings = rig.model_copy(
        update={"panel": rig.panel.model_copy(update={"device": "alpaca://127.0.0.1:9/x/0"})}
    )
    with make_connections(settings) as connections:
        monkeypatch.setattr(connections, "say", said.append)
        greet(settings, connections)
    assert any("127.0.0.1:9: no Alpaca server answers there" in words for words in said)


def test_devices_of_a_server_that_is_named_are_found(server):
    listing = devices("127.0.0.1", 9, [("127.0.0.1", server.port)])
    assert [one.title for one in listing.found["Alpaca"]] == ["Flap", "Roof"]
    assert list(listing.problems) == ["INDI"]


def test_a_configuration_to_start_from_names_them_and_needs_no_indi(server, tmp_path):
    path = tmp_path / "new.toml"
    said = init(path, "127.0.0.1", 9, [("127.0.0.1", server.port)])
    url = server.url("covercalibrator/0")
    text = path.read_text("utf-8").replace('# device = "CCD Simulator"', 'device = "CCD"')
    assert f'kind = "alpaca"\ndevice = "{url}"   # Flap, UniqueID u-1' in text
    assert "\n# [indi]\n" in text
    assert f"panel: {url} (Flap)" in said
    path.write_text(text, "utf-8")
    assert load(path, {}).panel.device == url


def test_a_panel_by_itself_loads_nothing_of_indi_nor_requests(server, tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(PANEL.format(server.url("covercalibrator/0")), "utf-8")
    program = (
        "import sys; from pathlib import Path; from flatctl.app.panel import panel; "
        "print(panel(Path(sys.argv[1]), 'status', None)); "
        "print(*(m for m in sys.modules if m.startswith(('PyIndi', 'requests', 'urllib3', "
        "'flatctl.devices.indi.wire.client', 'flatctl.devices.indi.wire.child'))))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines()[1] == ""
    assert "light off" in ended.stdout
