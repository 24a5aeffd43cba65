"""Two programs on one INDI server: while one exposes, the other's commands leave it alone."""

import re
import time
from pathlib import Path

import pytest
import rigs
from indi_tools import Driver, until

from flatctl.cli import program

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(300)]

EXPOSURE_S = 900.0


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with rigs.simulated_rig_under_indiserver(tmp_path_factory.mktemp("shared")) as served:
        rigs.await_property(served.port, "Sim CCD.CONNECTION.CONNECT")
        yield served


@pytest.fixture
def others(rig):
    """Another program's hand on the camera; whatever it exposes is over after the test."""
    camera = Driver(rig.port, "Sim CCD")
    camera.set("-s", "CONNECTION.CONNECT", "On")
    until(lambda: camera.get("CONNECTION.CONNECT") == "On")
    yield camera
    end(camera)


def end(camera: Driver) -> None:
    """End what it exposes, if anything."""
    camera.set("-s", "CCD_ABORT_EXPOSURE.ABORT", "On")
    until(lambda: camera.get("CCD_EXPOSURE._STATE") != "Busy")


def expose(camera: Driver, exposure_s: float) -> float:
    """Begin an exposure as another program does, and return when it should be over."""
    camera.set("-n", "CCD_EXPOSURE.CCD_EXPOSURE_VALUE", exposure_s)
    until(lambda: camera.get("CCD_EXPOSURE._STATE") == "Busy")
    return time.monotonic() + exposure_s


def is_undisturbed(camera: Driver, over_s: float) -> bool:
    left_s = float(camera.get("CCD_EXPOSURE.CCD_EXPOSURE_VALUE"))
    is_busy = camera.get("CCD_EXPOSURE._STATE") == "Busy"
    # Any other exposure has far less left; a slow machine tells late.
    return is_busy and abs(left_s - (over_s - time.monotonic())) < 60


# Each with the configuration in the place of CONFIG, and with what its name says in that of others.
REFUSED = (
    "run CONFIG",
    "run CONFIG --exposure 1 --brightness 40",
    "run CONFIG --only-darks",
    "calibrate CONFIG",
    "test CONFIG",
    "panel CONFIG on",
    "panel CONFIG set 40",
    "panel CONFIG close",
    "panel CONFIG --record SCRATCH/dialogue.json",
    "check CONFIG",
    "check CONFIG --light",
)
HARMLESS = (
    "run CONFIG --dry-run",
    "panel CONFIG status",
    "panel CONFIG off",
    "safe CONFIG",
    "status",
    "status CONFIG",
    "stop CONFIG",
    "devices --port PORT",
    "init SCRATCH/found.toml --port PORT",
    "plan CONFIG --from-lights SCRATCH",
    "history CONFIG",
)
# They reach no camera; `dawn` and `dusk` have tests of their own.
ELSEWHERE = {
    *("simulate", "demo", "serve", "verify", "stats", "master", "report"),
    *("dawn", "dusk", "by_hand"),
}


def call(rig, words: str, scratch: Path):
    places = {"CONFIG": rig.config, "PORT": rig.port}
    said = [str(places.get(word, word)).replace("SCRATCH", str(scratch)) for word in words.split()]
    return rigs.flatctl(*said)


def test_every_command_is_tried_beside_anothers_exposure():
    tried = {words.split()[0] for words in (*REFUSED, *HARMLESS)}
    there = {command.callback.__name__ for command in program.registered_commands}
    assert there == tried | ELSEWHERE


def test_whatever_is_tried_the_others_exposure_goes_on_and_nothing_is_lit(rig, others, tmp_path):
    dark_flats = "\n[dark_flats]\ncount = 1\n"
    rig.config.write_text(rig.config.read_text().replace(dark_flats, "") + dark_flats)
    over_s = expose(others, EXPOSURE_S)
    lit_before = len(rig.light()) if rig.light_log.exists() else 0
    told = {words: call(rig, words, tmp_path) for words in REFUSED}
    quiet = {words: call(rig, words, tmp_path) for words in HARMLESS}
    assert is_undisturbed(others, over_s)
    assert {name: each.returncode for name, each in told.items()} == dict.fromkeys(told, 4)
    codes = {name: each.returncode for name, each in quiet.items()}
    no_lights = {"plan CONFIG --from-lights SCRATCH": 7}
    assert codes == dict.fromkeys(quiet, 0) | no_lights
    for each in told.values():
        said = re.search(
            r"Sim CCD: is exposing for another program \((\d+) s left\)", each.stdout + each.stderr
        )
        assert said
        assert EXPOSURE_S / 2 < int(said[1]) <= EXPOSURE_S
    lit = [change["lit"] for change in rig.light()[lit_before:]] if rig.light_log.exists() else []
    assert True not in lit


@pytest.mark.parametrize("twilight", ["dawn", "dusk"])
def test_dawn_and_dusk_leave_it_alone_too(rig, others, twilight):
    over_s = expose(others, EXPOSURE_S)
    soon = time.strftime("%H:%M")
    ended = rigs.flatctl(twilight, rig.config, "--at", soon)
    assert ended.returncode == 4
    assert "is exposing for another program" in ended.stderr
    assert is_undisturbed(others, over_s)


def test_wait_waits_until_the_exposure_is_over(rig, others, tmp_path):
    expose(others, EXPOSURE_S)
    run = rigs.started(
        *("run", rig.config, "--filter", "L", "--count", "1", "--no-resume", "--wait"),
        *("--output", tmp_path),
    )
    with run:
        said = ""
        while "waiting: another program uses the camera (" not in said:
            said = run.stderr.readline()
            assert said, "it did not wait"
        end(others)
        _, err = run.communicate(timeout=200)
    assert run.returncode == 0, err


def test_force_takes_the_camera(rig, others, tmp_path):
    over_s = expose(others, EXPOSURE_S)
    run = rigs.flatctl(
        *("run", rig.config, "--filter", "L", "--count", "1", "--no-resume", "--force"),
        *("--output", tmp_path),
    )
    assert run.returncode == 0, run.stderr
    assert not is_undisturbed(others, over_s)


def test_wait_and_force_together_make_no_sense(rig):
    both = rigs.flatctl("run", rig.config, "--wait", "--force")
    assert both.returncode == 2


def during_a_run(rig, others, tmp_path, exposure_s, *options):
    run = rigs.started(
        *("run", rig.config, "--filter", "L", "--count", "400", "--no-resume", "--json"),
        *("--output", tmp_path, *options),
    )
    with run:
        flats = 0
        for line in run.stdout:
            flats += '"flat"' in line.partition(",")[0]
            if flats == 2:
                over_s = expose(others, exposure_s)
                break
        yield run, over_s
        run.kill()


def test_an_exposure_that_begins_during_our_run_ends_the_run_and_not_the_exposure(
    rig, others, tmp_path
):
    for run, over_s in during_a_run(rig, others, tmp_path, EXPOSURE_S):
        _, err = run.communicate(timeout=200)
        assert run.returncode == 4, err
        assert "is exposing for another program" in err
        assert is_undisturbed(others, over_s)
        assert rig.light()[-1]["lit"] is False


def test_with_wait_the_run_goes_on_after_an_exposure_that_began_meanwhile(rig, others, tmp_path):
    for run, _ in during_a_run(rig, others, tmp_path, EXPOSURE_S, "--wait"):
        for line in run.stdout:
            if "another program uses the camera" in line:
                end(others)
                break
        assert any('"flat"' in line.partition(",")[0] for line in run.stdout)


def test_a_killed_runs_own_exposure_is_nobody_elses(rig, others, tmp_path):
    command = ("run", rig.config, "--filter", "L", "--count", "1", "--no-resume")
    with rigs.started(*command, "--json", "--output", tmp_path) as run:
        for line in run.stdout:
            if '"exposing"' in line:
                break
        run.kill()
    again = rigs.flatctl(*command, "--output", tmp_path)
    assert again.returncode == 0, again.stderr


def test_status_says_who_has_the_rig_and_stop_ends_it(rig, tmp_path):
    run = rigs.started("run", rig.config, "--count", "500", "--json", "--output", tmp_path)
    with run:
        for line in run.stdout:
            if '"flat"' in line.partition(",")[0]:
                break
        status = rigs.flatctl("status", rig.config).stdout
        assert f"process {run.pid} (flatctl run {rig.config}" in status
        assert re.search(r"L: \d+ of 500 flats, \d+ left; 0 of 2 filters complete", status)
        assert "to come: Ha" in status
        assert re.search(r"panel lit, \d+ of 255", status)
        stopped = rigs.flatctl("stop", rig.config)
        run.communicate(timeout=200)
    assert (run.returncode, stopped.returncode) == (143, 0)
    assert "the panel is off" in stopped.stdout
    assert rig.light()[-1]["lit"] is False
    assert "no run is going on; the last one ended" in rigs.flatctl("status", rig.config).stdout


def test_a_rig_that_nobody_knows_is_a_usage_error():
    assert rigs.flatctl("stop", "no-such-rig").returncode == 2
    assert rigs.flatctl("status", "no-such-rig").returncode == 2
