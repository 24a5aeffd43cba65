"""The sky as the light, on the command line; no device is anywhere."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flatctl.core.nights.sun import Site, sun_altitude_deg
from flatctl.core.types import LightSource

SKY = "[rig]\nlatitude_deg = 0.0\nlongitude_deg = {}\n" + '[sky]\nposition = "stay"\n'
CAMERA = '[indi]\nport = 1\ntimeout_s = 1\n[camera]\ndevice = "C"\n'
PANEL = '[panel]\nkind = "manual"\n'


def noon_deg() -> float:
    """Return the longitude at which the Sun is high now."""
    now = datetime.now(UTC)
    return max(range(-180, 180), key=lambda each: sun_altitude_deg(now, Site(0.0, each)))


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "rig.toml"
    path.write_text(CAMERA + SKY.format(noon_deg()))
    return path


def test_far_from_its_window_a_run_says_when_it_opens_and_what_waits_for_it(command, config):
    ending = command("run", config)
    assert ending.code == 6
    assert "flats of the sky are taken between -12° and 0°" in ending.stderr
    assert f"flatctl dusk {config} waits for it" in ending.stderr


@pytest.mark.parametrize("light", ["sky", "panel"])
def test_a_light_that_is_not_configured_is_refused(command, config, light):
    config.write_text(CAMERA + PANEL if light == "sky" else config.read_text())
    ending = command("run", config, "--light", light)
    assert (ending.code, f"has no [{light}]; add the table" in ending.stderr) == (2, True)


def test_the_sky_has_no_brightness_to_hold(command, config):
    ending = command("run", config, "--brightness", 3)
    assert (ending.code, "the sky has none to set" in ending.stderr) == (2, True)


@pytest.mark.parametrize("name", ["panel", "calibrate"])
def test_a_command_for_the_panel_says_that_there_is_none(command, config, name):
    ending = command(name, config, *(["status"] if name == "panel" else []))
    assert (ending.code, "there is no [panel], and this needs one" in ending.stderr) == (3, True)


def test_safe_has_nothing_to_put_out_and_says_so(command, config):
    ending = command("safe", config)
    assert (ending.code, ending.stdout.strip()) == (0, "Sky: light off")


@pytest.mark.parametrize("name", ["dawn", "dusk"])
def test_a_twilight_is_foretold(command, config, name):
    ending = command(name, config, "--dry-run")
    begins, latest = ending.stdout.splitlines()[:2]
    assert ending.code == 0
    assert begins.endswith(f"(Sun at {-12 if name == 'dawn' else 0}°)")
    assert latest.startswith("latest")


def test_both_lights_can_be_asked_for(command, app):
    app.answers = dict.fromkeys(("run", "dawn", "dusk"), 0)
    for name in ("run", "dawn", "dusk"):
        command(name, "rig.toml", "--light", "sky")
    assert [options["light"] for _, _, options in app.asked] == [LightSource.SKY] * 3
