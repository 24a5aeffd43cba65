"""The corners of the simulated panels that no recorded dialogue reaches."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_sims.light import Light
from hardware_sims.serial_panels.cover import SimulatedCover
from hardware_sims.serial_panels.deepskydad import DeepSkyDadTraits, SimulatedDeepSkyDad
from hardware_sims.serial_panels.flatmaster import FlatMasterTraits, SimulatedFlatMaster
from hardware_sims.serial_panels.flatmaster_wifi import (
    FlatMasterWifiTraits,
    SimulatedFlatMasterWifi,
)
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.serial_panels.snapcap import SimulatedSnapCap, SnapCapTraits

SIMULATED = [
    (SimulatedDeepSkyDad, 4096, [b"[SLBR0007]", b"[GLBR]", b"[SLON1]", b"noise", b"[GPOS]"]),
    (SimulatedFlatMaster, 200, [b"#\n", b"L:100\n", b"E:1\n", b"noise\n"]),
    (SimulatedFlatMasterWifi, 100, [b"F#\n", b"FL:7\r\n", b"FA\n", b"noise\n"]),
    (SimulatedSnapCap, 255, [b">V000\r\n", b">B007\r\n", b">L000\r\n", b"noise\r\n"]),
]


@pytest.mark.parametrize(("make", "steps", "commands"), SIMULATED)
def test_a_light_of_other_steps_is_refused(make, steps, commands):
    with pytest.raises(ValueError, match=f"{steps} steps"):
        make(Light(steps + 1))


@pytest.mark.parametrize(("make", "steps", "commands"), SIMULATED)
@given(data=st.data())
def test_it_answers_the_same_however_the_bytes_come(make, steps, commands, data):
    whole = b"".join(data.draw(st.lists(st.sampled_from(commands))))
    at_once = make(Light(steps)).reply(whole)
    panel = make(Light(steps))
    assert b"".join(panel.reply(bytes([byte])) for byte in whole) == at_once


@pytest.mark.parametrize(
    ("panel", "asked", "said"),
    [
        (
            SimulatedDeepSkyDad(Light(4096), DeepSkyDadTraits(clamp=4000)),
            b"[SLBR4096][GLBR]",
            b"(OK)(4000)",
        ),
        (
            SimulatedFlatMaster(Light(200), FlatMasterTraits(clamp=200)),
            b"L:220\n",
            b"L:200\r\n",
        ),
        (
            SimulatedFlatMasterWifi(Light(100), FlatMasterWifiTraits(clamp=90)),
            b"FL:99\nFA\n",
            b"FL:99\r\nFA:90:0\r\n",
        ),
        (
            SimulatedSnapCap(Light(255), SnapCapTraits(clamp=99)),
            b">B255\r\n",
            b"*B099\r\n",
        ),
    ],
)
def test_a_level_beyond_what_it_takes_is_cut(panel, asked, said):
    assert panel.reply(asked) == said


@pytest.mark.parametrize(
    ("panel", "asked", "said"),
    [
        (SimulatedDeepSkyDad(Light(4096)), b"[SLBR42][SLBR5000][STRG300][XXXX]", b""),
        (SimulatedDeepSkyDad(Light(4096), DeepSkyDadTraits(model="FP2")), b"[GPOS]", b""),
        (SimulatedFlatMaster(Light(200)), b"L:19\nX\n", b"ERR\r\nERR\r\n"),
        (SimulatedFlatMasterWifi(Light(100)), b"FL:101\nFS:1\nFH\n", b"ERR\r\nERR\r\nERR\r\n"),
        (SimulatedSnapCap(Light(255)), b">B300\r\n>X000\r\n>P00\r\n", b""),
    ],
)
def test_what_it_does_not_know_it_does_not_obey(panel, asked, said):
    before = panel.light.changes()
    assert panel.reply(asked) == said
    assert panel.light.changes() == before


@pytest.mark.parametrize(
    ("panel", "on"),
    [
        (SimulatedDeepSkyDad(Light(4096), DeepSkyDadTraits(lamp_broken=True)), b"[SLON1]"),
        (SimulatedFlatMaster(Light(200), FlatMasterTraits(lamp_broken=True)), b"E:1\n"),
        (SimulatedFlatMasterWifi(Light(100), FlatMasterWifiTraits(lamp_broken=True)), b"FE:1\n"),
        (SimulatedSnapCap(Light(255), SnapCapTraits(lamp_broken=True)), b">L000\r\n"),
    ],
)
def test_a_broken_lamp_takes_the_command_and_stays_dark(panel, on):
    assert panel.reply(on)
    assert not panel.light.lit


def test_a_neo_can_be_halted_half_way():
    now_s = 0.0
    traits = FlatMasterWifiTraits(neo=True, motor_s=2.0)
    panel = SimulatedFlatMasterWifi(Light(100, now=lambda: now_s), traits)
    panel.reply(b"FS:1\n")
    now_s = 1.0
    panel.reply(b"FH\n")
    now_s = 5.0
    assert panel.reply(b"FA\n") == b"FMNEO:0:0:135:270:0:0:0:0:0\r\n"


def test_a_cover_is_before_the_telescope_only_when_it_has_closed():
    now_s = 0.0
    light = Light(255, now=lambda: now_s)
    cover = SimulatedCover(light, motor_s=2.0)
    cover.start(closed=False)
    now_s = 3.0
    cover.start(closed=True)
    now_s = 4.0
    assert (cover.moving, cover.open_frac, light.closed) == (True, 0.5, False)
    now_s = 5.0
    assert (cover.moving, cover.open_frac, light.closed) == (False, 0.0, True)


def test_a_cover_that_sticks_stops_half_way():
    now_s = 0.0
    cover = SimulatedCover(Light(255, now=lambda: now_s), motor_s=2.0)
    cover.stuck_moves = 1
    cover.start(closed=False)
    now_s = 2.0
    assert (cover.moving, cover.open_frac, cover.is_stuck) == (False, 0.5, True)


def test_the_name_of_a_pulled_port_is_given_to_nobody_else(tmp_path):
    with PtyServer(SimulatedSnapCap(Light(255)), link=tmp_path / "panel") as server:
        name = os.path.realpath(server.path)
        server.pull_cable()
        with PtyServer(SimulatedSnapCap(Light(255))) as other:
            assert other.path != name
        server.plug_in()
        assert os.path.realpath(server.path) != name


def test_the_name_of_a_pulled_port_stays_when_its_client_notices_and_lets_go(tmp_path):
    with PtyServer(SimulatedSnapCap(Light(255)), link=tmp_path / "panel") as server:
        name = os.path.realpath(server.path)
        client = os.open(server.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        server.pull_cable()
        with pytest.raises(OSError, match="Input/output error"):
            os.write(client, b">L000\r\n")
        os.close(client)
        with PtyServer(SimulatedSnapCap(Light(255))) as other:
            assert other.path != name


def test_what_was_sent_before_the_end_is_heard():
    panel = SimulatedSnapCap(Light(255))
    server = PtyServer(panel)
    server.start()
    descriptor = os.open(server.path, os.O_RDWR | os.O_NOCTTY)
    server._running = False
    server._thread.join()
    server._running = True
    os.write(descriptor, b">L000\r\n")
    server.stop()
    os.close(descriptor)
    assert panel.light.lit
