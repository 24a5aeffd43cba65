"""The units and rules of config/, read by the programs that they are for."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = Path(__file__).parents[2] / "config"
UNITS = sorted((CONFIG / "systemd").iterdir())
FLATCTL = Path(sys.executable).parent / "flatctl"

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed"
)


@pytest.fixture
def installed(tmp_path) -> list[Path]:
    """The units as on a computer where flatctl is installed here."""
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/flatctl/.venv/bin/flatctl", str(FLATCTL))
        (tmp_path / unit.name.replace("@", "@rig")).write_text(text, "utf-8")
        (tmp_path / unit.name).write_text(text, "utf-8")
    return [tmp_path / unit.name.replace("@", "@rig") for unit in UNITS]


@needs_systemd
@pytest.mark.parametrize("number", range(len(UNITS)), ids=[unit.name for unit in UNITS])
def test_systemd_has_nothing_against_a_unit(installed, number):
    command = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no"]
    said = subprocess.run(
        [*command, str(installed[number])], capture_output=True, text=True, check=False, timeout=60
    )
    ours = [line for line in said.stderr.splitlines() if "flatctl" in line]
    assert (said.returncode, ours) == (0, []), said.stderr


@needs_systemd
def test_a_unit_with_a_mistake_would_be_noticed(installed):
    unit = installed[0]
    unit.write_text(unit.read_text("utf-8").replace("WatchdogSec=120", "WatchdogSec=soon"))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "flatctl-dawn@rig.service:" in said.stderr


@needs_systemd
def test_the_service_is_shut_in_well(installed):
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(installed[0])],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "unrecognized option" in said.stderr:
        pytest.skip("this systemd-analyze is too old for security --offline")
    assert said.returncode == 0, said.stdout + said.stderr


def test_whatever_ends_the_service_the_lamp_goes_out():
    text = (CONFIG / "systemd" / "flatctl-dawn@.service").read_text("utf-8")
    assert "ExecStopPost=/opt/flatctl/.venv/bin/flatctl safe /etc/flatctl/%i.toml" in text


def test_a_lamp_that_may_be_on_is_a_failure_of_the_service_and_tried_again():
    text = (CONFIG / "systemd" / "flatctl-dawn@.service").read_text("utf-8")
    codes = dict(line.split("=", 1) for line in text.splitlines() if "ExitStatus" in line)
    assert "8" not in codes["SuccessExitStatus"].split()
    assert "8" not in codes["RestartPreventExitStatus"].split()


def test_the_kinds_of_serial_ports_that_are_allowed_have_their_drivers_loaded():
    lines = (CONFIG / "modules-load.d" / "flatctl.conf").read_text("utf-8").splitlines()
    modules = [line for line in lines if not line.startswith("#")]
    assert {"usbserial", "cdc_acm"} <= set(modules)
    assert [module for module in modules if not re.fullmatch(r"[a-z0-9_]+", module)] == []


def test_at_dawn_the_service_leaves_a_camera_that_exposes_for_others_alone():
    text = (CONFIG / "systemd" / "flatctl-dawn@.service").read_text("utf-8")
    (start,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    assert start.split()[-1] == "--wait"


def test_an_udev_rule_matches_and_sets_with_quoted_values():
    (path,) = (CONFIG / "udev").iterdir()
    rules = [line for line in path.read_text("utf-8").splitlines() if line and line[0] != "#"]
    word = re.compile(r'[A-Z]+(\{[A-Z_]+\})?(==|=|\+=)"[^"]*"')
    parts = [part.strip() for rule in rules for part in rule.split(",")]
    assert parts
    assert [part for part in parts if not word.fullmatch(part)] == []


@pytest.mark.skipif(not shutil.which("udevadm"), reason="udevadm is not installed")
def test_udev_has_nothing_against_the_rule():
    (path,) = (CONFIG / "udev").iterdir()
    said = subprocess.run(
        ["udevadm", "verify", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    if "Unknown command verb" in said.stderr:
        pytest.skip("this udevadm is too old for verify")
    assert said.returncode == 0, said.stdout + said.stderr
