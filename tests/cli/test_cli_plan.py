"""`flatctl plan` with the real application behind it, on folders of light frames."""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flatctl.settings.loading import load
from flatctl.storage.history import History, PastRun, SettingKey, Trained

sys.path.append(str(Path(__file__).parents[1] / "storage"))
from light_builders import NINA, light_bytes, write_light


@pytest.fixture
def lights(tmp_path) -> Path:
    return tmp_path / "lights"


@pytest.fixture
def rig(tmp_path) -> Path:
    path = tmp_path / "rig.toml"
    path.write_text(f"""
[rig]
name = "bench"
[camera]
device = "CCD"
[wheel]
device = "Wheel"
[rotator]
device = "Rotator"
[panel]
kind = "manual"
[flats]
filters = ["L", "Ha"]
count = 10
[output]
history = "{tmp_path / "history.sqlite"}"
""")
    return path


@pytest.fixture
def plan(command, rig, lights):
    def run(*arguments: object):
        return command("plan", rig, "--from-lights", lights, *arguments)

    return run


def test_the_sets_are_listed_with_their_figures(plan, lights):
    write_light(lights / "a.fits")
    shown = plan()
    assert shown.code == 0
    row = next(line for line in shown.stdout.splitlines() if "Ha" in line)
    assert row.split()[:7] == ["1", "Ha", "1", "100", "30", "High", "Gain"]
    assert "1 light needs 1 set of flats" in shown.stdout


def test_what_is_missing_is_told_and_ends_with_5(plan, lights):
    write_light(lights / "a.fits")
    write_light(lights / "b.fits", NINA | {"FILTER": "OIII"})
    shown = plan()
    assert shown.code == 5
    assert (
        "missing: OIII, bin 1, gain 100: flats.filters has no 'OIII': it has L, Ha" in shown.stdout
    )


def test_a_plan_of_nothing_is_not_written(plan, lights, tmp_path):
    write_light(lights / "b.fits", NINA | {"FILTER": "OIII"})
    shown = plan("--write", tmp_path / "tonight.toml")
    assert shown.code == 5
    assert "tonight.toml is not written" in shown.stdout
    assert not (tmp_path / "tonight.toml").exists()


def test_bad_files_are_named_on_stderr_and_end_nothing(plan, lights):
    write_light(lights / "a.fits")
    (lights / "notes.txt").write_text("x")
    (lights / "cut.fits").write_bytes(light_bytes()[:4000])
    shown = plan()
    assert shown.code == 0
    assert f"skipped {lights / 'notes.txt'}: it is not a FITS file" in shown.stderr
    assert f"skipped {lights / 'cut.fits'}: it is truncated" in shown.stderr


def test_other_frames_are_counted(plan, lights):
    write_light(lights / "a.fits")
    write_light(lights / "b.fits", NINA | {"IMAGETYP": "DARK"})
    assert "ignored other frames: 1 dark" in plan().stderr


@pytest.mark.parametrize("name", ["a.fits", "a.txt"])
def test_a_folder_without_lights_says_what_is_there(plan, lights, name):
    write_light(lights / name, NINA | {"IMAGETYP": "FLAT"})
    shown = plan()
    assert shown.code == 7
    assert "no light frames here or below, but 1 flat frame" in shown.stderr


def test_an_empty_folder_is_told(plan, lights):
    lights.mkdir()
    assert "it is empty" in plan().stderr


def test_the_plan_that_is_written_runs(plan, command, lights, tmp_path):
    write_light(lights / "a.fits")
    write_light(lights / "b.fits", NINA | {"XBINNING": 2, "YBINNING": 2}, cols=31, rows=20)
    assert plan("--write", tmp_path / "p.toml").code == 0
    shown = command("run", tmp_path / "p.toml", "--dry-run")
    assert shown.code == 0
    assert "Ha, bin 1: 10 flats" in shown.stdout
    assert "Ha, bin 2: 10 flats" in shown.stdout


def test_a_plan_does_not_overwrite_the_configuration(plan, lights, rig):
    write_light(lights / "a.fits")
    before = rig.read_text()
    assert plan("--write", rig).code == 3
    assert rig.read_text() == before


def test_the_time_comes_from_what_earlier_nights_took(plan, lights, rig):
    write_light(lights / "a.fits")
    key = SettingKey("bench", "CCD", "Ha", 1, 100.0, 30.0, None, "manual")
    when = datetime(2026, 11, 20, tzinfo=UTC)
    with History(load(rig).output.history) as history:
        history.remember(key, Trained(80, 4.0, 0.51, when))
        history.remember_run(PastRun("1", "bench", when, 60.0, 0, 10, "", {"Ha": "complete"}))
    # 10 flats of 4 s and, as that night, 2 s around each.
    assert "10 flats, about 1 min 00 s (as earlier nights took)" in plan().stdout


def test_a_time_without_history_is_called_a_guess(plan, lights):
    write_light(lights / "a.fits")
    assert "(a guess: no night has taken 1 of these sets yet)" in plan().stdout


def test_thousands_of_lights_make_one_set(plan, lights):
    lights.mkdir()
    content = light_bytes()
    for number in range(2000):
        (lights / f"{number}.fits").write_bytes(content)
    assert "2000 lights need 1 set of flats" in plan().stdout


def test_a_bar_is_drawn_on_a_terminal(rig, lights):
    write_light(lights / "a.fits")
    master, slave = pty.openpty()
    arguments = [Path(sys.executable).with_name("flatctl"), "plan", rig, "--from-lights", lights]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "80"}
    subprocess.run(arguments, stdout=subprocess.DEVNULL, stderr=slave, env=environment, check=True)
    os.close(slave)
    drawn = os.read(master, 100_000).decode()
    os.close(master)
    assert "Reading headers" in drawn
    assert "1/1" in drawn


def test_nothing_is_drawn_where_nobody_looks(plan, lights):
    write_light(lights / "a.fits")
    assert "Reading headers" not in plan().stderr
