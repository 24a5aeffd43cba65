from pathlib import Path

import pytest
from config_builder import SMALLEST, WITH_WHEEL

from flatctl.core.types import CameraSetup
from flatctl.settings.loading import load


def test_camera_and_panel_are_enough(config):
    settings = config.load(SMALLEST)
    assert (settings.camera.device, settings.panel.kind) == ("CCD Simulator", "manual")


def test_the_server_is_looked_for_where_indi_usually_is(config):
    settings = config.load(SMALLEST)
    assert (settings.indi.host, settings.indi.port) == ("localhost", 7624)


def test_the_panel_has_the_options_of_its_kind(config):
    text = '[camera]\ndevice = "C"\n[panel]\nkind = "alnitak"\nport = "loop://"\nterminator = "lf"'
    assert config.load(text).panel.terminator == "lf"


def test_the_camera_is_set_up_as_written(config):
    text = SMALLEST.replace(
        "[panel]", "gain = 100\noffset = 10\nbinning = 2\ntemperature_c = -10\n[panel]"
    )
    expected = CameraSetup(binning=2, gain=100.0, offset=10.0, temperature_c=-10.0)
    assert config.load(text).camera.setup == expected


def test_a_tilde_means_the_home_of_the_user(config):
    settings = config.load(SMALLEST + '[output]\ndirectory = "~/nights"')
    assert settings.output.directory == Path.home() / "nights"


def test_flats_go_to_the_home_of_the_user_unless_told_otherwise(config):
    assert config.load(SMALLEST).output.directory == Path.home() / "flats"


def test_history_is_kept_with_the_state_of_the_users_programs(config, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert config.load(SMALLEST).output.history == Path("/state/flatctl/history.sqlite")


def test_a_byte_order_mark_is_no_problem(config):
    config.path.write_bytes(b"\xef\xbb\xbf" + SMALLEST.encode())
    config.load("\ufeff" + SMALLEST)


def test_settings_can_not_be_changed_later(config):
    settings = config.load(SMALLEST)
    with pytest.raises(ValueError, match="frozen"):
        settings.camera.gain = 3


def test_a_variable_overrides_a_key(config):
    assert config.load(SMALLEST, FLATCTL_CAMERA__GAIN="120").camera.gain == 120


def test_a_variable_makes_a_table_that_the_file_lacks(config):
    settings = config.load(SMALLEST, FLATCTL_WHEEL__DEVICE="EFW")
    assert settings.wheel is not None
    assert settings.wheel.device == "EFW"


def test_a_variable_reaches_into_a_range(config):
    settings = config.load(SMALLEST, FLATCTL_FLATS__EXPOSURE_S__MAX="60")
    assert settings.flats.exposure_s.max == 60


def test_a_variable_finds_a_filter_whatever_its_case(config):
    text = WITH_WHEEL + "[filters.Ha]\ncount = 5"
    assert config.load(text, FLATCTL_FILTERS__HA__COUNT="7").filters["Ha"].count == 7


def test_a_text_that_looks_like_a_number_stays_a_text(config):
    assert config.load(SMALLEST, FLATCTL_CAMERA__DEVICE="1600").camera.device == "1600"


def test_a_variable_can_hold_a_list(config):
    settings = config.load(WITH_WHEEL, FLATCTL_FLATS__FILTERS='["L", "R"]')
    assert settings.flats.filters == ("L", "R")


def test_a_variable_with_several_lines_is_a_text(config):
    assert config.load(SMALLEST, FLATCTL_CAMERA__DEVICE='"a"\nx = 1').camera.device == '"a"\nx = 1'


def test_switches_in_the_environment_are_no_settings(config):
    config.load(SMALLEST, FLATCTL_DEBUG="1", FLATCTL_COLOUR="red", OTHER__THING="x")


def test_what_the_environment_has_set_is_known_by_its_variables(tmp_path):
    path = tmp_path / "rig.toml"
    path.write_text(SMALLEST)
    env = {"FLATCTL_OUTPUT__DIRECTORY": str(tmp_path), "FLATCTL_DEBUG": "1", "HOME": "/"}
    assert load(path, env).overrides == ("FLATCTL_OUTPUT__DIRECTORY",)
