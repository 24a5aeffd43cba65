"""Bad input, with the real application behind the commands: told, and nothing is touched."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from flatctl.app.devices import DeviceListing
from flatctl.devices.transports import FoundDevice, Role
from flatctl.settings.loading import load

GOOD = """
[camera]
device = "CCD Simulator"

[indi]
host = "127.0.0.1"
port = {port}
timeout_s = 5

[panel]
{panel}

[output]
directory = "{folder}/flats"
history = "{folder}/history.sqlite"
"""
MANUAL = 'kind = "manual"'


@pytest.fixture
def closed_port() -> int:
    """A TCP port at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture
def rig(tmp_path, closed_port):
    """Write a configuration, with things replaced in it."""

    def write(panel: str = MANUAL, *, more: str = "", **replaced: str) -> Path:
        text = GOOD.format(port=closed_port, panel=panel, folder=tmp_path) + more
        for old, new in replaced.items():
            text = text.replace(old, new)
        path = tmp_path / "rig.toml"
        path.write_text(text, "utf-8")
        return path

    return write


MISTAKES = {
    "unknown key": ("[rig]\nnmae = 'x'", "rig.nmae"),
    "wrong type": ("[dark_flats]\ncount = 'many'", "dark_flats.count"),
    "target outside 0..1": ("[flats]\ntarget = 51", "flats.target"),
    "min > max": ("[flats]\nexposure_s = { min = 5, max = 1 }", "flats.exposure_s.min"),
    "start outside": ("[flats]\nbrightness = { start = 0.1, min = 0.2 }", "flats.brightness.start"),
    "no TOML": ("[flats", "not valid TOML"),
}


@pytest.mark.parametrize("words", [["run"], ["check"], ["safe"], ["panel", "status"], ["history"]])
@pytest.mark.parametrize(("mistake", "place"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_configuration_ends_any_command_with_3(
    command, rig, words, mistake, place
):
    path = rig(more=mistake)
    name, *rest = words
    ending = command(name, path, *rest)
    assert (ending.code, ending.stdout, ending.stderr.count("\n")) == (3, "", 1)
    assert ending.stderr.startswith(f"flatctl: {path}: {place}")


@pytest.mark.parametrize(
    ("panel", "complaint"),
    [
        ('kind = "alnitack"', 'panel.kind = "alnitack": no such kind of panel; did you mean'),
        ('kind = "alnitak"', "panel.port: missing"),
        ('kind = "indi"', "panel.device: missing"),
    ],
    ids=["unknown kind", "missing port", "missing device"],
)
def test_a_mistake_in_the_panels_table_ends_with_3(command, rig, panel, complaint):
    path = rig(panel)
    ending = command("run", path)
    assert (ending.code, ending.stderr.startswith(f"flatctl: {path}: {complaint}")) == (3, True)


MEANT = {
    "percent": ("[flats]\ntarget = 51", "51 % is 0.51"),
    "ADU": ("[flats]\ntarget = 30000", "30000 ADU of 65535 is 0.46"),
    "one exposure": ("[flats]\nexposure_s = 2", "like exposure_s = { start = 2 }"),
    "ends": ("[flats]\nexposure_s = { min = 5, max = 1 }", "above max, 1; lower min or raise max"),
    "key": ("[flats]\ncuont = 3", "did you mean 'count'?"),
}


@pytest.mark.parametrize(("mistake", "hint"), MEANT.values(), ids=MEANT)
def test_a_beginners_mistake_is_answered_with_what_is_meant(command, rig, mistake, hint):
    ending = command("check", rig(more=mistake))
    assert (ending.code, hint in ending.stderr) == (3, True)


def test_a_panel_may_be_called_what_stands_on_its_box(command, rig):
    ending = command("check", rig('kind = "flatman"'))
    assert (ending.code, "did you mean 'alnitak'?" in ending.stderr) == (3, True)


def test_a_port_of_another_system_is_no_port_here(command, rig):
    ending = command("panel", rig('kind = "alnitak"\nport = "COM3"'), "status")
    assert "COM3: no such port; is it plugged in and powered?" in ending.stderr


def test_lights_that_are_not_there_are_no_folder_to_make(command, rig, tmp_path):
    ending = command("plan", rig(), "--from-lights", tmp_path / "nowhere")
    assert (ending.code, "give the folder of a night" in ending.stderr) == (7, True)
    assert "create" not in ending.stderr


def test_nothing_is_written_when_the_configuration_is_wrong(command, rig, tmp_path):
    path = rig(more="[rig]\nnmae = 'x'")
    before = set(tmp_path.iterdir())
    command("run", path)
    assert set(tmp_path.iterdir()) == before


def test_a_configuration_that_is_not_there_ends_with_3(command, tmp_path):
    ending = command("run", tmp_path / "none.toml")
    assert (ending.code, "no such file; `flatctl init" in ending.stderr) == (3, True)


def test_a_directory_that_can_not_be_written_to_ends_with_7(command, rig):
    path = rig()
    ending = command("run", path, "--output", path / "flats")
    assert (ending.code, f"{path / 'flats'}: " in ending.stderr) == (7, True)


@pytest.mark.parametrize("what", [("run",), ("panel", "off"), ("panel", "status")])
def test_a_panel_at_a_port_that_is_not_there_ends_with_8_as_it_may_be_lit(command, rig, what):
    name, *action = what
    ending = command(name, rig('kind = "alnitak"\nport = "/dev/no-such-port"'), *action)
    assert (ending.code, "/dev/no-such-port: no such port" in ending.stderr) == (8, True)
    assert "light unknown, it MAY STILL BE ON" in ending.stderr.splitlines()[-1]


def test_dark_flats_with_a_light_that_a_person_switches_need_a_terminal(command, rig):
    ending = command("run", rig(more="\n[dark_flats]\ncount = 5\n"))
    assert (ending.code, "dark_flats.count = 5: for dark flats a person" in ending.stderr) == (
        3,
        True,
    )


@pytest.mark.parametrize("action", ["on", "off", "open"])
def test_a_light_that_a_person_switches_is_not_driven(command, rig, action):
    ending = command("panel", rig(), action)
    assert (ending.code, "switch it yourself" in ending.stderr) == (2, True)


def test_a_light_that_a_person_switches_has_no_status(command, rig):
    ending = command("panel", rig(), "status")
    assert ending.stdout == "Fixed light: flatctl can't switch or read this light\n"


def test_a_light_that_a_person_switches_is_not_said_to_be_safe(command, rig):
    ending = command("safe", rig())
    assert (ending.code, ending.stdout) == (8, "")
    assert ending.stderr.splitlines()[-1].endswith("switch it off yourself")


def test_a_dry_run_says_who_switches_the_light(command, rig):
    said = command("run", rig(), "--dry-run").stdout
    assert "you switch it on" in said
    assert "you switch the light off" in said
    assert "brightness" not in said


def test_a_server_that_nobody_runs_ends_with_4_and_its_address(command, rig, closed_port):
    ending = command("run", rig())
    assert (ending.code, f"127.0.0.1:{closed_port}" in ending.stderr) == (4, True)


def test_a_filter_without_a_wheel_ends_with_2(command, rig):
    ending = command("run", rig(), "--filter", "Ha", "--dry-run")
    assert (ending.code, "--filter Ha: the configuration has no [wheel]" in ending.stderr) == (
        2,
        True,
    )


def test_a_dry_run_tells_the_plan_and_writes_nothing(command, rig, tmp_path):
    path = rig(more="[flats]\ncount = 12")
    before = set(tmp_path.iterdir())
    ending = command("run", path, "--dry-run")
    assert (ending.code, "12 flats" in ending.stdout, set(tmp_path.iterdir())) == (0, True, before)


@pytest.mark.parametrize("words", [["run"], ["dawn", "--at", "06:30"]])
def test_a_device_nobody_can_reach_is_refused_before_the_night(command, rig, words):
    path = rig('kind = "indi"\ndevice = "alpaca://house/covercalibrator/0"')
    ending = command(*words, path, "--dry-run")
    assert (ending.code, "panel.device = " in ending.stderr, ending.stdout) == (3, True, "")


def test_a_reader_who_leaves_a_dry_run_is_no_error(rig, python):
    program = [python, "-m", "flatctl", "run", rig(), "--dry-run"]
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "wb") as pipe:
        ended = subprocess.run(program, stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_init_leaves_a_file_that_is_there_alone(command, tmp_path, closed_port):
    path = tmp_path / "rig.toml"
    path.write_text("mine", "utf-8")
    ending = command("init", path, "--port", closed_port)
    assert (ending.code, path.read_text("utf-8")) == (3, "mine")


def test_init_without_a_server_names_no_device_that_is_not_there(
    command, tmp_path, closed_port, monkeypatch
):
    monkeypatch.setattr("flatctl.app.devices.serial_ports", list)
    path = tmp_path / "rig.toml"
    command("init", path, "--port", closed_port)
    ending = command("run", path, "--dry-run")
    assert ending.code == 3
    assert "camera.device" in ending.stderr
    assert "panel.kind" in ending.stderr


def test_init_writes_a_configuration_that_loads_whatever_a_device_is_called(
    command, tmp_path, monkeypatch
):
    name = 'Bell\a "CCD" \\ 1\n'
    found = [FoundDevice("indi", name, connected=True, roles=tuple(Role))]
    monkeypatch.setattr(
        "flatctl.app.init.devices", lambda *_: DeviceListing({"INDI": found}, [], {})
    )
    command("init", tmp_path / "rig.toml")
    settings = load(tmp_path / "rig.toml", {})
    assert (settings.camera.device, settings.panel.device) == (name, name)


def test_an_unknown_scenario_ends_with_2_and_the_scenarios_there_are(command):
    ending = command("simulate", "nix")
    assert (ending.code, "there are mono, " in ending.stderr) == (2, True)


def test_a_folder_without_a_run_has_no_report(command, tmp_path):
    ending = command("report", tmp_path)
    assert (ending.code, "run.json" in ending.stderr) == (2, True)


def test_a_configuration_given_for_a_night_is_no_damaged_file(command, rig):
    ending = command("report", rig())
    assert (ending.code, "is no folder; give the folder of a night" in ending.stderr) == (2, True)


@pytest.mark.parametrize("at", ["25:00", "6.30", "noon", ""])
def test_a_time_of_day_that_is_none_is_told_how_to_write_one(command, rig, at):
    ending = command("dawn", rig(), "--at", at)
    assert (ending.code, "write it as 06:30" in ending.stderr) == (2, True)


@pytest.mark.parametrize(
    ("word", "meant"), [("cancel", "stop"), ("preview", "test"), ("start", "run"), ("rum", "run")]
)
def test_a_command_that_is_called_so_elsewhere_is_named(command, word, meant):
    ending = command(word)
    assert (ending.code, f"No such command '{word}'" in ending.stderr) == (2, True)
    assert f"Did you mean '{meant}'?" in ending.stderr


def test_init_writes_over_no_link_that_leads_nowhere(command, tmp_path):
    (tmp_path / "rig.toml").symlink_to(tmp_path / "gone.toml")
    ending = command("init", tmp_path / "rig.toml")
    assert (ending.code, "exists already; name another file" in ending.stderr) == (3, True)
