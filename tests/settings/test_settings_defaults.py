"""A default stands once: what is written elsewhere, as an example or to start from, is the same."""

import re
import tomllib
from pathlib import Path

import pytest
from config_builder import SMALLEST

from flatctl.app import init as app
from flatctl.app.devices import DeviceListing
from flatctl.core.quality.findings import QualityLimits
from flatctl.devices.transports import FoundDevice, Role
from flatctl.settings.loading import load
from flatctl.settings.models import Settings
from flatctl.settings.quality import Quality

ROOT = Path(__file__).parents[2]
# What the example shows a value of, since its default is to have none or would show nothing.
SHOWN = {
    *("rig.name", "rig.latitude_deg", "rig.longitude_deg", "rig.elevation_m"),
    *("camera.gain", "camera.offset", "camera.temperature_c"),
    *("camera.full_scale_adu", "wheel.device", "wheel.names", "rotator.device", "focuser.device"),
    *("panel.kind", "panel.device", "flats.filters", "dawn.latest", "dawn.latest_sun_altitude_deg"),
    *("mount.device", "dome.device", "weather.device", "sky.position"),
    *("dawn.sun_altitude_deg", "dusk.latest_sun_altitude_deg"),
}


def written_otherwise(settings, defaults) -> set[str]:
    found = set()
    for name in settings.model_fields_set - {"filters"}:
        table = getattr(settings, name)
        usual = getattr(defaults, name) or type(table).model_construct()
        for key in table.model_fields_set:
            default = type(table).model_fields[key].get_default(call_default_factory=True)
            if getattr(table, key) != getattr(usual, key, default):
                found.add(f"{name}.{key}")
    return found


def test_the_example_shows_the_defaults(config):
    example = load(ROOT / "config/example.toml", {})
    assert written_otherwise(example, config.load(SMALLEST)) == SHOWN


@pytest.fixture
def started(tmp_path, monkeypatch):
    """What `flatctl init` writes where it finds a camera, and a panel's port."""
    camera = FoundDevice("indi", "CCD Simulator", connected=True, roles=(Role.CAMERA,))
    listing = DeviceListing({"INDI": [camera]}, [("/dev/ttyUSB0", "FT232R")], {})
    monkeypatch.setattr(app, "devices", lambda *_: listing)
    app.init(tmp_path / "new.toml", "localhost", 7624)
    return load(tmp_path / "new.toml", {})


def test_a_configuration_to_start_from_has_the_defaults(started, config):
    found = written_otherwise(started, config.load(SMALLEST))
    assert found == {"rig.name", "panel.kind", "panel.port"}


def test_a_configuration_to_start_from_leaves_settling_to_the_calibration(started):
    assert "settle_s" not in started.panel.model_fields_set


def test_quality_is_judged_by_the_limits_of_the_core():
    assert Quality().limits() == QualityLimits()


def test_the_example_has_every_table():
    tables = set(tomllib.loads((ROOT / "config/example.toml").read_text("utf-8")))
    assert tables == set(Settings.model_fields) - {"sets"}  # which `flatctl plan` writes


def test_what_it_shows_of_the_sky_is_a_configuration_too(started, config):
    text = started.source.read_text("utf-8")
    start, end = text.index("# [sky]"), text.index("# [filters.Ha]")
    shown = re.sub("^# ", "", text[start:end], flags=re.MULTILINE)
    site = re.findall(r"^# (l\w+tude_deg = \S+)", text, re.MULTILINE)
    whole = (text[:start] + shown + text[end:]).replace("[rig]", "[rig]\n" + "\n".join(site))
    settings = config.load(whole)
    assert settings.sky is not None
    assert settings.mount.move
