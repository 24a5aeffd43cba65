"""What a newcomer meets in the first hour: rigs without a wheel, two cameras on one server."""

import re
import tomllib

import indiserver
import pytest
import rigs

pytestmark = pytest.mark.timeout(120)


def without_wheel(text: str) -> str:
    return re.sub(r"\[wheel\]\n[^\[]*", "", text)


def test_a_rig_without_a_wheel_has_one_set_of_flats_and_no_filter_called_none(tmp_path):
    with rigs.simulated_rig(tmp_path) as rig:
        rig.config.write_text(without_wheel(rig.config.read_text()))
        run = rig.run("--count", 1, "--output", tmp_path / "flats")
    assert run.returncode == 0, run.stderr
    assert re.search(r"^no filter  complete ", run.stdout, re.MULTILINE)
    assert "Complete: 1 of 1 set, 1 flat in " in run.stdout
    assert "none" not in run.stdout + run.stderr


@pytest.mark.indi_bin
def test_of_two_cameras_on_one_server_both_are_told_by_init_and_check(tmp_path):
    config = tmp_path / "rig.toml"
    drivers = (indiserver.CCD, "indi_simulator_guide", indiserver.LIGHTPANEL)
    with indiserver.indiserver(*drivers) as server:
        for device in ("CCD Simulator", "Guide Simulator", "Light Panel Simulator"):
            rigs.await_property(server.port, f"{device}.CONNECTION.CONNECT")
        made = rigs.flatctl("init", config, "--port", server.port)
        checked = rigs.flatctl("check", config)
    assert made.returncode == 0, made.stderr
    assert "CCD Simulator, Guide Simulator (guides): is the first the imaging" in made.stdout
    assert tomllib.loads(config.read_text())["camera"]["device"] == "CCD Simulator"
    assert "Guide Simulator" in config.read_text()
    assert "also there: Guide Simulator (guides)" in checked.stdout


def test_a_simulated_rig_that_is_served_again_takes_other_frames(tmp_path):
    # As a second `make demo` does, into the folder of the first.
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        history = str(tmp_path / name / "history.sqlite")
        with (
            rigs.simulated_rig(tmp_path / name) as rig,
            rigs.environment(FLATCTL_OUTPUT__HISTORY=history),
        ):
            run = rig.run(
                *("--filter", "L", "--exposure", 0.5, "--brightness", 44, "--count", 2),
                *("--no-resume", "--output", tmp_path / "flats"),
            )
        assert (run.returncode, "same picture" in run.stderr) == (0, False), run.stderr
