"""`flatctl safe` and `flatctl panel` on a panel with a cover, over a real pseudo-terminal."""

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flatctl.app import panel as app
from flatctl.app.safe import safe as make_safe
from flatctl.app.wiring.notify import Notifier
from flatctl.engine.stop import StopSignals
from flatctl.errors import DeviceError, InUse, LightUnknown, NoReply, Stopped, UsageError
from flatctl.outputs.notify import Messenger
from flatctl.settings.loading import load
from hardware_sims.clock import VirtualClock
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


def safe(path: Path) -> str:
    """Call it without its waits, and let nobody hear of the light meanwhile."""
    return make_safe(path, lambda _: None, VirtualClock())


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
    path = tmp_path / "rig.toml"
    path.write_text(RIG.format(kind="deepskydad", port=tmp_path / "unplugged", more=muted))
    with pytest.raises(LightUnknown):
        safe(path)
    assert [occasion for occasion, _ in sent] == ["lamp"]


@pytest.mark.parametrize("ending", [NoReply("wheel", "is silent"), Stopped(15), KeyError("a bug")])
def test_a_run_sends_word_of_a_lamp_that_may_be_on_whatever_ended_it_and_is_muted(
    tmp_path, monkeypatch, ending
):
    sent = []
    monkeypatch.setattr(Messenger, "send", lambda _, *what: sent.append(what))
    path = tmp_path / "rig.toml"
    muted = '[notify]\nurls = ["json://localhost"]\noccasions = []\nat_most = 1\n'
    path.write_text(RIG.format(kind="deepskydad", port="/dev/null", more=muted))

    def job() -> int:
        raise LightUnknown("Deep Sky Dad panel", "unknown", [ending])

    with Notifier(load(path)) as notifier, pytest.raises(LightUnknown):
        notifier.report_ending_of(job)
    ((occasion, text),) = sent
    assert (occasion, "light unknown, it MAY STILL BE ON" in text) == ("lamp", True)


def test_safe_tells_soon_of_the_light_while_the_cover_moves(flap, tmp_path, monkeypatch):
    monkeypatch.setattr("flatctl.app.safe.FIRST_WORD_S", 1.0)
    flap.panel.cover.motor_s = 2.0
    told = []
    make_safe(config(tmp_path, flap, more='cover_at_end = "open"'), told.append)
    assert told[0] == "Deep Sky Dad panel: light off; the rest takes a little, 1 s"


def test_safe_says_soon_what_it_knows_of_a_light_that_it_cannot_reach(tmp_path, monkeypatch):
    monkeypatch.setattr("flatctl.app.safe.FIRST_WORD_S", 0.05)
    told = []
    path = tmp_path / "rig.toml"
    path.write_text(RIG.format(kind="deepskydad", port=tmp_path / "unplugged", more=""))

    class Slow(VirtualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            time.sleep(0.1)

    with pytest.raises(LightUnknown):
        make_safe(path, told.append, Slow())
    assert told[0] == "Deep Sky Dad panel: light unknown so far; still trying, 0.05 s"


def test_a_signal_ends_safe_at_once_and_it_says_what_it_knows(tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(Messenger, "send", lambda _, *what: sent.append(what))
    path = tmp_path / "rig.toml"
    path.write_text(RIG.format(kind="deepskydad", port=tmp_path / "unplugged", more=""))

    class Interrupted(VirtualClock):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)

    clock = Interrupted()
    with pytest.raises(LightUnknown) as raised:
        make_safe(path, lambda _: None, clock)
    first, last = raised.value.lines[0], raised.value.lines[-1]
    assert first == "stopped by you (Ctrl-C)"
    assert "light unknown, it MAY STILL BE ON" in last
    assert clock.monotonic() < 3  # it would have tried for 31 s
    assert [occasion for occasion, _ in sent] == ["lamp"]


def test_safe_says_of_a_panel_that_cannot_be_asked_that_it_was_told(tmp_path):
    with PtyServer(SimulatedFlatMaster(Light(200))) as wire:
        said = safe(config(tmp_path, wire, "flatmaster"))
    assert said == "FlatMaster panel: light told to be off"


def test_safe_leaves_the_cover_where_another_program_exposes_and_sends_word(
    flap, tmp_path, monkeypatch
):
    sent = []
    monkeypatch.setattr(Messenger, "send", lambda _, *what: sent.append(what))
    used = InUse("CCD", "is exposing for another program (54 s left)", "")
    monkeypatch.setattr("flatctl.app.safe.disturbed", lambda *_: used)
    with pytest.raises(DeviceError, match="the cover is left as it is: CCD is exposing") as raised:
        safe(config(tmp_path, flap, more='cover_at_end = "open"'))
    assert (flap.panel.light.lit, flap.panel.light.closed) == (False, True)
    assert (raised.value.exit_code, [occasion for occasion, _ in sent]) == (4, ["cover"])


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
