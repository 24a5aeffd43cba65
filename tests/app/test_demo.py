"""The rig of the demo, in the process of its own that a demo starts."""

import pytest

from flatctl.app.demo import _served
from flatctl.settings.loading import load


@pytest.mark.parametrize("transport", ["INDI", "Alpaca"])
def test_its_devices_are_reached_as_was_asked(tmp_path, transport):
    options = ["--alpaca"] if transport == "Alpaca" else []
    with _served(tmp_path, *options) as config:
        settings = load(config, env={})
        tables = [settings.camera, settings.wheel, settings.panel]
        named = [getattr(each, "device", "") for each in tables]
    over_alpaca = [name.startswith("alpaca://127.0.0.1:") for name in named]
    assert over_alpaca == [transport == "Alpaca"] * 3
