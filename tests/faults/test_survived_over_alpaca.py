"""The rows of the matrix that only the sockets of Alpaca can show."""

from functools import partial

import pytest
from alpaca_served import alpaca_camera, alpaca_panel, alpaca_served, config_of
from matrix import ALPACA, CAPTURE, CHANGE, COMPLETE, DARKS, LIGHT, SEARCH, Row
from promises import missing, spoilt

from flatctl.app.run import run_settings
from flatctl.devices.alpaca import panel as panel_module
from flatctl.errors import FlatctlError
from flatctl.outputs.jsonlines import to_plain
from flatctl.settings.loading import load
from flatctl.settings.plan import plan_flats
from hardware_sims.clock import VirtualClock

FILTERS, COUNT, DARK_FLATS = ("L", "R"), 2, 1
FLATS = """filters = ["L", "R"]
count = 2
exposure_s = { start = 0.1, min = 0.02, max = 10.0 }
[dark_flats]
count = 1
"""
MOMENTS = {
    SEARCH: lambda e: e["event"] == "exposing" and e["kind"] == "trial",
    CAPTURE: lambda e: e["event"] == "exposing" and (e["kind"], e["n"]) == ("flat", COUNT),
    CHANGE: lambda e: e["event"] == "filter_finished" and e["filter"] == FILTERS[0],
    DARKS: lambda e: e["event"] == "exposing" and e["kind"] == "dark_flat",
}
# What is to go wrong on which server: a device, its member, and how.
WIRES = {
    "the image of a camera stands still": ("camera", "imagearray", "stall"),
    "an image breaks off": ("camera", "imagearray", "cut"),
    "an image has other dimensions": ("camera", "imagearray", "misshapen"),
    "an exposure is refused": ("camera", "startexposure", "fails"),
    "the server answers 500 while the camera exposes": ("camera", "imageready", "broken"),
    "the server sends us elsewhere": ("camera", "imageready", "elsewhere"),
    "the wheel does not take an order": ("filterwheel", "position", "fails"),
    "the panel has dropped us": ("covercalibrator", "calibratoron", "disconnected"),
    "the panel does what it is told and does not answer": (
        *("covercalibrator", "calibratoron", "mute"),
    ),
    "the panel answers something else": ("covercalibrator", "calibratorstate", "not-json"),
}


class OverAlpaca:
    """A camera and a wheel on one server, their panel on another, in one world."""

    def __init__(self, camera, panel, folder):
        self.camera, self.panel, self.folder = camera, panel, folder
        self.told, self.struck = [], False

    def strike(self, name):
        """Let it happen."""
        if name in WIRES:
            kind, member, fault = WIRES[name]
            (self.panel if kind == "covercalibrator" else self.camera).order(kind, member, fault)
        elif "started again" in name:
            self.camera.restart()
        else:
            (self.panel if "panel" in name else self.camera).stop_listening()

    def take_flats(self, row: Row) -> int:
        """Run it, struck in that phase, and return the exit code."""
        config = config_of(
            self.folder, alpaca_camera(self.camera), alpaca_panel(self.panel), flats=FLATS
        )
        settings = load(config, {})

        def listen(event, _record):
            self.told.append(to_plain(event))
            if not self.struck and MOMENTS[row.phase](self.told[-1]):
                self.struck = True
                self.strike(row.fault.name)

        plan = partial(plan_flats, settings)
        clock = VirtualClock()
        try:
            return run_settings(settings, plan, resume=False, listeners=[listen], clock=clock)
        except FlatctlError as error:
            return error.exit_code


@pytest.fixture
def rig(tmp_path, monkeypatch):
    monkeypatch.setattr(panel_module, "_ORDER_S", 0.5)
    with (
        alpaca_served() as camera,
        alpaca_served(world=camera.world) as panel,
    ):
        yield OverAlpaca(camera, panel, tmp_path)


@pytest.mark.parametrize("row", ALPACA, ids=str)
def test_it_is_survived_or_reported_over_alpaca(rig, row: Row):
    code = rig.take_flats(row)
    assert rig.struck
    faults = [event for event in rig.told if event["event"] == "fault"]
    assert code == row.fault.exit_code, faults
    assert bool(faults) == row.fault.told
    assert spoilt(rig.folder) == []
    if code == COMPLETE:
        assert missing(rig.folder, FILTERS, COUNT, DARK_FLATS) == []
    if code != LIGHT:
        assert not rig.panel.world.light.lit
