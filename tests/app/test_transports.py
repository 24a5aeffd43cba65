"""A rig is put together by its transports; what no device needs is never started."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from flatctl import events
from flatctl.app.check import check_settings
from flatctl.app.run import run_settings
from flatctl.app.wiring.rig import claim_panel, claim_rig, transports_of
from flatctl.devices.catalog import CAMERAS, PANELS, WHEELS
from flatctl.devices.log import logging_to
from flatctl.devices.transports import Kind, Presence, Transport
from flatctl.errors import ConfigError, NoReply
from flatctl.settings.loading import load
from flatctl.settings.plan import plan_flats
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario


class Nothing:
    def close(self) -> None:
        pass


class InProcess(Transport[Nothing]):
    """Reaches what stands in this process."""

    name, title, form = "fake", "Fake", "fake://NAME"
    sensor_px = (6248, 4176)

    def connect(self, settings, say):
        return Nothing()

    def addresses(self, settings, device):
        # Several workers test at once, each a rig of its own.
        return (f"{device} of process {os.getpid()}",)

    def open_s(self, settings):
        return 1.0

    def survey(self, session, settings):
        raise AssertionError("it has no server")

    def check(self, session, device, role, table):
        return Presence(f"{device} is there", ("L", "R"), self.sensor_px)

    def discover(self, where, timeout_s, tell):
        return []


RIG = """
[camera]
device = "fake://camera"
[wheel]
device = "fake://wheel"
[panel]
kind = "manual"
[flats]
filters = ["L"]
count = 2
[dark_flats]
count = 0
[quality]
leak_check = false
"""


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "rig.toml"
    path.write_text(f'{RIG}[output]\ndirectory = "{tmp_path / "flats"}"\n')
    return load(path, {})


@pytest.fixture
def rig(monkeypatch):
    """A rig in this process, where nobody can start INDI's child process."""
    fakes, transport = FakeRig(scenario("mono", rows=120, cols=160)), InProcess()
    monkeypatch.setitem(CAMERAS.rows, "fake", Kind(transport, lambda *_: fakes.camera))
    monkeypatch.setitem(WHEELS.rows, "fake", Kind(transport, lambda *_: fakes.wheel))
    row = replace(PANELS["manual"], build=lambda *_: fakes.panel)
    monkeypatch.setitem(PANELS, "manual", row)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a child process for INDI was made")

    monkeypatch.setattr("flatctl.devices.indi.wire.child.Child.__init__", refuse)
    return fakes


def keep(heard: list[events.Event]) -> Callable[[events.Event, object], None]:
    return lambda event, _record: heard.append(event)


def test_a_rig_without_an_indi_device_takes_its_flats_without_indi(settings, rig, tmp_path):
    code = run_settings(
        settings, partial(plan_flats, settings), resume=False, listeners=[], clock=rig.clock
    )
    assert (code, len(list((tmp_path / "flats").rglob("FLAT_*.fits")))) == (0, 2)


def test_a_full_disk_silences_the_log_and_never_the_run(settings, rig, tmp_path, capsys):
    rig.camera.faults.add(1, NoReply("Fake Camera", "sent no frame"))
    full = settings.model_copy(
        update={"output": settings.output.model_copy(update={"log": Path("/dev/full")})}
    )
    heard: list[events.Event] = []
    plan = partial(plan_flats, settings)
    code = run_settings(full, plan, resume=False, listeners=[keep(heard)], clock=rig.clock)
    assert (code, len(list((tmp_path / "flats").rglob("FLAT_*.fits")))) == (0, 2)
    assert capsys.readouterr().err.count("the log /dev/full can't be written") == 1
    assert [event.log for event in heard if isinstance(event, events.FaultSeen)] == [None]


def test_a_fault_names_its_place_in_the_log(settings, rig, tmp_path):
    rig.camera.faults.add(1, NoReply("Fake Camera", "sent no frame"))
    log = tmp_path / "rig.log"
    heard: list[events.Event] = []
    plan = partial(plan_flats, settings)
    with logging_to(log, print):
        run_settings(
            settings,
            plan,
            resume=False,
            listeners=[keep(heard)],
            clock=rig.clock,
        )
    (fault,) = [event for event in heard if isinstance(event, events.FaultSeen)]
    assert fault.log == f"{log}:1"
    assert log.read_text().endswith("Fake Camera ! sent no frame\n")


def test_the_owners_addresses_are_not_in_the_log(settings, rig, tmp_path):
    rig.camera.faults.add(1, NoReply("Fake Camera", "can't tell json://owner:hunter2@house/"))
    log, plan = tmp_path / "rig.log", partial(plan_flats, settings)
    with logging_to(log, print):
        run_settings(settings, plan, resume=False, listeners=[], clock=rig.clock)
    assert "json://***@house/" in log.read_text()
    assert "hunter2" not in log.read_text()


def test_a_check_looks_for_devices_where_they_are(settings, rig):
    lines = {line.subject: line.text for line in check_settings(settings)}
    assert lines["filter wheel"] == "fake://wheel is there; flats of L"
    assert "INDI server" not in lines


def test_a_check_says_how_much_room_the_frames_need(settings, rig, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=10**12))
    lines = {line.subject: line.text for line in check_settings(settings)}
    assert lines["room"] == "1000.0 GB are free, the frames of a run need 0.1 GB"


def test_a_check_finds_a_disk_too_full(settings, rig, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda place: SimpleNamespace(free=10**6))
    line = next(line for line in check_settings(settings) if line.subject == "room")
    assert (line.ok, line.exit_code) == (False, 7)
    assert "1.0 MB are free and the frames need 0.1 GB" in line.text


def test_a_check_of_a_camera_that_is_not_connected_says_what_is_free(settings, rig, monkeypatch):
    monkeypatch.setattr(InProcess, "sensor_px", None)
    line = next(line for line in check_settings(settings) if line.subject == "room")
    assert (line.ok, "once the camera is connected" in line.text) == (True, True)


def test_a_scheme_nobody_knows_is_named_with_what_is_allowed(settings):
    expected = r'rig.toml: camera.device = "fake://camera": .*allowed: an INDI device name'
    with pytest.raises(ConfigError, match=expected):
        claim_rig(settings)


@pytest.mark.parametrize("use", [claim_panel, transports_of])
def test_a_panel_of_a_scheme_nobody_knows_is_refused_alike(tmp_path, use):
    path = tmp_path / "rig.toml"
    path.write_text('[camera]\ndevice = "C"\n[panel]\nkind = "indi"\ndevice = "fake://h/x/0"\n')
    expected = r'rig.toml: panel.device = "fake://h/x/0": unknown scheme.* an INDI device name'
    with pytest.raises(ConfigError, match=expected):
        use(load(path, {}))


def test_a_panel_by_itself_loads_nothing_of_indi(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text('[camera]\ndevice = "C"\n[panel]\nkind = "manual"\n')
    program = (
        "import sys; from pathlib import Path; from flatctl.app.panel import panel; "
        "panel(Path(sys.argv[1]), 'status', None); print(*(m for m in sys.modules if m.startswith("
        "('PyIndi', 'flatctl.devices.indi.wire.client', 'flatctl.devices.indi.wire.child'))))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == ""


def with_camera(settings, **camera):
    return settings.model_copy(update={"camera": settings.camera.model_copy(update=camera)})


def test_a_check_holds_the_camera_s_settings_against_its_limits(settings, rig):
    found = [line for line in check_settings(with_camera(settings, gain=9000.0)) if not line.ok]
    (line,) = [line for line in found if line.subject == "camera settings"]
    assert line.text == "Fake Camera: gain 9000 is refused"
    assert line.exit_code == 4


def test_a_check_says_how_the_camera_stands_and_what_a_run_sets(settings, rig):
    lines = {line.subject: line.text for line in check_settings(with_camera(settings, gain=50.0))}
    assert lines["camera settings"] == "bin 1, gain 100, offset 10; a run sets gain 50"
