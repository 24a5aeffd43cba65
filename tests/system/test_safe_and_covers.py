"""`flatctl safe` and `flatctl panel` on a panel with a cover, over a real pseudo-terminal."""

import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flatctl.app import panel as app
from flatctl.app.safe import safe
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, Stopped, UsageError
from flatctl.outputs.notify import Messenger
from hardware_sims.light import Light
from hardware_sims.serial_panels.deepskydad import DeepSkyDadTraits, SimulatedDeepSkyDad
from hardware_sims.serial_panels.flatmaster import SimulatedFlatMaster
from hardware_sims.serial_panels.server import PtyServer

RIG = """
[camera]
device = "CCD Simulator"
[panel]
kind = "{kind}"
port = "{port}"
boot_delay_s = 0.0
{more}
"""


@pytest.fixture
def flap() -> Iterator[PtyServer]:
    panel = SimulatedDeepSkyDad(Light(4096), DeepSkyDadTraits(motor_s=0.3))
    panel.light.set(lit=True, brightness=1000)
    with PtyServer(panel) as wire:
        yield wire


def config(folder: Path, wire: PtyServer, kind: str = "deepskydad", more: str = "") -> Path:
    path = folder / "rig.toml"
    path.write_text(RIG.format(kind=kind, port=wire.path, more=more))
    return path


def test_safe_leaves_the_cover_as_it_is_unless_asked(flap, tmp_path):
    assert safe(config(tmp_path, flap)) == "Deep Sky Dad panel: light off"
    assert (flap.panel.light.lit, flap.panel.light.closed) == (False, True)


def test_safe_puts_out_the_light_and_opens_the_cover_where_that_is_wanted(flap, tmp_path):
    said = safe(config(tmp_path, flap, more='cover_at_end = "open"'))
    assert said == "Deep Sky Dad panel: light off, cover open"
    assert (flap.panel.light.lit, flap.panel.light.closed) == (False, False)


def test_safe_says_when_the_cover_sticks_and_the_light_is_out_all_the_same(flap, tmp_path):
    flap.panel.cover.stuck_moves = 9
    with pytest.raises(DeviceError, match="the cover is asked to be open"):
        safe(config(tmp_path, flap, more='cover_at_end = "open"'))
    assert not flap.panel.light.lit


def test_safe_sends_word_of_a_lamp_that_may_be_on_whatever_is_muted(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(Messenger, "send", lambda _, *what: sent.append(what))
    muted = '[notify]\nurls = ["json://localhost"]\noccasions = []\nat_most = 1\n'
    with PtyServer(SimulatedDeepSkyDad(Light(4096))) as wire:
        path = config(tmp_path, wire, more=muted)
    with pytest.raises(DeviceError):
        safe(path)
    assert [occasion for occasion, _ in sent] == ["lamp"]


def test_safe_sends_word_of_a_cover_that_sticks_and_that_the_light_is_off(
    flap, tmp_path, monkeypatch
):
    sent = []
    monkeypatch.setattr(Messenger, "send", lambda _, *what: sent.append(what))
    flap.panel.cover.stuck_moves = 9
    with pytest.raises(DeviceError):
        safe(config(tmp_path, flap, more='cover_at_end = "open"'))
    assert [occasion for occasion, _ in sent] == ["cover"]


def test_the_status_of_a_cover_is_told_with_its_light(flap, tmp_path):
    said = app.panel(config(tmp_path, flap), "status", None)
    assert said == "Deep Sky Dad panel: light on, brightness 1000 of 4096, cover closed"


def test_the_status_of_a_panel_that_cannot_be_asked_is_unconfirmed(tmp_path):
    with PtyServer(SimulatedFlatMaster(Light(200))) as wire:
        said = app.panel(config(tmp_path, wire, "flatmaster"), "set", 120)
    assert said == "FlatMaster panel: light on, brightness 120 of 200 (unconfirmed)"


def test_a_brightness_beyond_the_panel_is_named_with_kind_port_and_range(flap, tmp_path):
    with pytest.raises(
        UsageError, match=rf"^deepskydad panel at {flap.path}: brightness 5000 .* 0 to 4096$"
    ):
        app.panel(config(tmp_path, flap), "set", 5000)
    assert flap.panel.light.brightness == 1000


@pytest.mark.parametrize("action", ["on", "set"])
def test_stopped_while_it_lights_the_panel_is_left_dark(flap, tmp_path, action):
    flap.panel.light.set(lit=False)
    obey, main = flap.panel.reply, threading.main_thread().ident

    def stop_when_lit(received: bytes) -> bytes:
        said = obey(received)
        if b"[SLON1]" in received:
            signal.pthread_kill(main, signal.SIGTERM)
        return said

    flap.panel.reply = stop_when_lit
    value = 500 if action == "set" else None
    with StopSignals().installed(), pytest.raises(Stopped):
        app.panel(config(tmp_path, flap), action, value)
    assert not flap.panel.light.lit
