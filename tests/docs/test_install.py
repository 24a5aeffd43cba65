"""What is installed is locked, complete, and needs no compiler."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from flatctl.devices.indi.wire import child

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LOCKED = re.compile(r"^([\w.-]+==[^ \\]+)( ; [^\\]+)?", re.MULTILINE)


def name_of(requirement: str) -> str:
    return re.split(r"[<>=]", requirement)[0]


def locked(name: str) -> set[str]:
    return {pin for pin, _ in LOCKED.findall((ROOT / name).read_text("utf-8"))}


@pytest.mark.parametrize("extra", EXTRAS)
def test_whoever_installs_it_has_every_extra(extra):
    names = {name_of(pin) for pin in locked("requirements-extras.lock")}
    assert {name_of(each) for each in EXTRAS[extra]} <= names


def test_with_extras_it_runs_on_what_it_is_tried_with():
    assert locked("requirements.lock") <= locked("requirements-extras.lock")
    assert locked("requirements-extras.lock") <= locked("requirements-dev.lock")


def test_pip_is_asked_for_nothing_that_has_to_be_compiled():
    wanted = [*PROJECT["dependencies"], *EXTRAS["notify"], *EXTRAS["fast"]]
    # It says that it needs dbus-python, which has no wheel.
    assert "pyindi-client" not in {name_of(each) for each in wanted}


def test_who_lacks_the_library_of_indi_is_told_the_version_that_is_locked():
    assert EXTRAS["indi"] == [child.PYINDI]


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-extras.lock"])
def test_nothing_is_installed_without_its_checksum(lock):
    text = (ROOT / lock).read_text("utf-8")
    parts = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert [part.split()[0] for part in parts if "--hash=sha256:" not in part] == []


def make(target: str, *options: str) -> str:
    done = subprocess.run(
        ["make", "-C", ROOT, *options, target], capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def places(tmp_path) -> tuple[str, str]:
    return f"PREFIX={tmp_path}/opt", f"BINDIR={tmp_path}/bin"


def test_the_copy_that_is_installed_has_all_that_is_built_of_it(places):
    recipe = make("install", "-n", *places)
    assert subprocess.run(["bash", "-n", "-c", recipe]).returncode == 0
    (copied,) = re.findall(r"cp -r (.*) \"\$copy\"", recipe)
    assert {"pyproject.toml", PROJECT["readme"], *PROJECT["license-files"]} <= set(copied.split())
    scripts = {entry.partition(".")[0] for entry in PROJECT["scripts"].values()}
    assert scripts <= set(copied.split())


@pytest.mark.parametrize(("target", "stays"), [("opt/.venv/bin/flatctl", False), ("own", True)])
def test_taking_it_away_takes_nothing_of_anybody_else(places, tmp_path, target, stays):
    (tmp_path / "opt/.venv/bin").mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "opt/.venv/bin/flatctl").touch()
    (tmp_path / "bin/flatctl").symlink_to(tmp_path / target)
    make("uninstall", *places)
    assert not (tmp_path / "opt").exists()
    assert (tmp_path / "bin/flatctl").is_symlink() == stays


def test_what_else_lies_in_its_folder_stays(places, tmp_path):
    (tmp_path / "opt/.venv").mkdir(parents=True)
    (tmp_path / "opt/flats").mkdir()
    make("uninstall", *places)
    assert [path.name for path in (tmp_path / "opt").iterdir()] == ["flats"]
