"""What a fault may cost, and what it may not."""

from dataclasses import MISSING, fields

import numpy as np
import pytest
from astropy.io import fits
from bench import TIMEOUTS, Bench

from flatctl import events
from flatctl.devices.protocols import PanelStatus
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import Timeouts
from flatctl.engine.stop import StopSignals
from flatctl.errors import NoReply
from hardware_sims.fakes import FakeRig


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path, filters=("L",))


def cost_s(bench: Bench, index: int) -> float:
    """Return the time between a hanging exposure of the set and the word on it."""
    began_s = []

    def hang(event: events.Event) -> None:
        if isinstance(event, events.Exposing) and (event.kind, event.n) == ("flat", index):
            began_s.append(bench.fake.clock.monotonic())
            bench.fake.camera.faults.add(1, None)
        if isinstance(event, events.FaultSeen):
            began_s.append(bench.fake.clock.monotonic())

    bench.hear = hang
    assert bench.run() == 0
    return began_s[1] - began_s[0]


def test_a_frame_is_waited_for_as_long_as_configured_however_soon_the_last_ones_came(bench):
    assert TIMEOUTS.readout_s <= cost_s(bench, 2) < TIMEOUTS.readout_s + 5.0


def test_what_the_configuration_grants_is_said_there_alone():
    without = {each.name for each in fields(Timeouts) if each.default is MISSING}
    assert without == {"open_s", "cooling_s", "readout_s"}


def test_dark_flats_that_are_there_are_not_taken_again(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=3)
    bench.run()
    darks = [path for path in bench.frames if "DARKFLAT" in path.name]
    darks[1].unlink()
    later = bench.again()
    later.run()
    assert len(later.fake.camera.exposures) == 1
    assert len(later.frames) == len(bench.frames) == 6


def stuck_panel(bench: Bench, *, until_opened: bool) -> None:
    """Let the light stay as it is, whatever the panel says, where a longer exposure would do."""
    panel = bench.fake.panel
    bench.fake.world.light.set(lit=True, brightness=30)
    opened, set_brightness, status, times = panel.open, panel.set_brightness, panel.status, []
    put_out = panel.light_off

    def open_again(timeout_s: float) -> range:
        times.append(timeout_s)
        if until_opened and len(times) > 1:
            panel.set_brightness, panel.status = set_brightness, status
        return opened(timeout_s)

    def claim(brightness: int, timeout_s: float) -> None:
        panel.status = lambda timeout_s: PanelStatus(True, brightness, confirmed=True)

    def go_dark(timeout_s: float) -> None:
        panel.status = status
        put_out(timeout_s)

    panel.open, panel.set_brightness, panel.light_off = open_again, claim, go_dark


def test_a_light_that_does_not_change_is_told_although_a_longer_exposure_would_do(tmp_path):
    bench = Bench(tmp_path, filters=("R",), exposure_start_s=0.2, exposure_max_s=30.0)
    stuck_panel(bench, until_opened=True)
    assert bench.run() == 0
    (fault,) = bench.all(events.FaultSeen)
    assert fault.what == events.Doubt.UNRESPONSIVE
    assert {e.exposure_s for e in bench.all(events.Flat)} == {0.2}


def test_a_light_that_never_changes_serves_where_a_longer_exposure_does_and_is_told_once(tmp_path):
    bench = Bench(tmp_path, filters=("R", "G"), exposure_start_s=0.2, exposure_max_s=30.0)
    stuck_panel(bench, until_opened=False)
    assert bench.run() == 0
    assert len(bench.all(events.FaultSeen)) == 1
    assert len(bench.frames) == 6


def test_a_panel_that_only_says_that_it_is_off_is_reached_anew_for_the_dark_flats(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=2)
    panel = bench.fake.panel
    opened, put_out, status = panel.open, panel.light_off, panel.status

    def open_and_be_honest(timeout_s: float) -> range:
        panel.light_off, panel.status = put_out, status
        return opened(timeout_s)

    def lie(event: events.Event) -> None:
        if isinstance(event, events.Exposing) and (event.kind, event.n) == ("flat", 3):
            panel.light_off = lambda timeout_s: None
            panel.status = lambda timeout_s: PanelStatus(None, None, confirmed=False)
            panel.open = open_and_be_honest

    bench.hear = lie
    assert bench.run() == 0
    assert [(e.device, e.recovered) for e in bench.all(events.FaultSeen)] == [(panel.name, True)]
    darks = [path for path in bench.frames if path.name.startswith("DARKFLAT")]
    assert len(darks) == 2
    assert all(np.median(fits.getdata(path)) < 2000 for path in darks)
    assert not bench.fake.world.light.lit


def test_the_lamp_is_put_out_once_the_cable_is_back_after_twenty_seconds():
    fake = FakeRig()
    guard = LampGuard(fake.panel, clock=fake.clock, signals=StopSignals(), timeout_s=10.0)
    with guard:
        fake.panel.set_brightness(100, 10.0)
        # Four attempts of 1, 2, 4 and 8 s apart meet nobody.
        fake.panel.faults.add(5, NoReply("Fake Panel", "is gone"))
    assert not fake.world.light.lit
    assert guard.failure is None
    assert isinstance(guard.overcome, NoReply)
