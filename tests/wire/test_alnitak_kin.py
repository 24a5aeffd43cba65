"""Panels that speak nearly as Alnitak's do, and panels that don't."""

from contextlib import suppress

import pytest
from dialogue import Family, dialogue, plugged_in

from flatctl.devices.protocols import PanelStatus
from flatctl.devices.serial import geoptik
from flatctl.devices.serial.alnitak import AlnitakPanel
from flatctl.devices.serial.deepskydad import DeepSkyDadPanel
from flatctl.devices.serial.flatmaster import FlatMasterPanel
from flatctl.devices.serial.flatmaster_wifi import FlatMasterWifiPanel
from flatctl.devices.serial.geoptik import GeoptikPanel
from flatctl.devices.serial.snapcap import SnapCapPanel
from flatctl.errors import BadReply, DeviceError, Unreachable
from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.deepskydad import SimulatedDeepSkyDad
from hardware_sims.serial_panels.flatmaster import SimulatedFlatMaster
from hardware_sims.serial_panels.flatmaster_wifi import SimulatedFlatMasterWifi
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.snapcap import SimulatedSnapCap

LIMIT_S = 5.0
SHORT_S = 0.4


def test_geoptik_is_told_in_alnitaks_words_and_asked_nothing():
    with dialogue(
        (b">POOO\r", b"*P19OOO\n"),
        (b">B042\r", b"*B19042\n"),
        (b">LOOO\r", b"*L19OOO\n"),
        (b">POOO\r", b"*P19OOO\n"),
        (b">DOOO\r", b"*D19OOO\n"),
    ) as port:
        panel = GeoptikPanel(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        panel.set_brightness(42, LIMIT_S)
        told = panel.status(LIMIT_S)
        panel.light_off(LIMIT_S)
        panel.close()
    assert told == PanelStatus(lit=True, brightness=42, confirmed=False)


@pytest.mark.parametrize("answer", [b"*P", b"*PO", b"*P000", b"junk*P19OOO"])
def test_geoptiks_greeting_may_be_of_any_length(answer):
    assert geoptik.parse(answer, "P") == answer.partition(b"*P")[2].decode()


@pytest.mark.parametrize("answer", [b"P000", b"*L000", b"*Pxyz", b"", b"OK_FM"])
def test_what_is_no_greeting_of_geoptik_is_refused(answer):
    with pytest.raises(ValueError, match="no answer to P"):
        geoptik.parse(answer, "P")


def test_a_sketch_that_waits_for_its_servo_is_waited_for():
    family = Family(AlnitakPanel, SimulatedAlnitak, AlnitakTraits)
    options = {"terminator": "lf", "make": "Alnitak-Arduino"}
    unit = {"product": 99, "filler": b"OOO", "blocks": True, "motor_s": 0.6}
    with family.simulated(options, **unit) as (panel, sketch):
        panel.open_cover(LIMIT_S)
        panel.set_brightness(7, LIMIT_S)
    assert (sketch.light.closed, sketch.light.lit, sketch.light.brightness) == (True, True, 7)


STRANGERS = {
    "alnitak": lambda: SimulatedAlnitak(Light(255)),
    "deepskydad": lambda: SimulatedDeepSkyDad(Light(4096)),
    "flatmaster": lambda: SimulatedFlatMaster(Light(200)),
    "flatmaster-wifi": lambda: SimulatedFlatMasterWifi(Light(100)),
    "snapcap": lambda: SimulatedSnapCap(Light(255)),
}
DRIVERS = {
    "alnitak": AlnitakPanel,
    "deepskydad": DeepSkyDadPanel,
    "flatmaster": FlatMasterPanel,
    "flatmaster-wifi": FlatMasterWifiPanel,
    "geoptik": GeoptikPanel,
    "snapcap": SnapCapPanel,
}
RELATED = {("geoptik", "alnitak")}


@pytest.mark.parametrize(
    ("kind", "stranger"),
    [(k, s) for k in DRIVERS for s in STRANGERS if k != s and (k, s) not in RELATED],
)
def test_a_panel_of_another_make_on_the_port_is_refused_by_name(kind, stranger):
    with plugged_in(STRANGERS[stranger]()) as wire:
        with pytest.raises(DeviceError) as caught:
            DRIVERS[kind](wire.path, boot_delay_s=0.0).open(SHORT_S)
        answered = any(way == "<" for way, _ in wire.traffic)
    # Most makes don't even answer each other's commands.
    assert isinstance(caught.value, BadReply if answered else Unreachable)
    assert f"{kind} panel at {wire.path}" in str(caught.value)


ALNITAK = Family(AlnitakPanel, SimulatedAlnitak, AlnitakTraits)


@pytest.mark.parametrize("understands", [b"000", b"OOO"])
@pytest.mark.parametrize("terminators", [b"\r", b"\n"])
def test_a_look_alike_is_reached_in_whichever_dialect_it_has(understands, terminators):
    with ALNITAK.served(understands=understands, terminators=terminators) as server:
        panel = AlnitakPanel(server.path, boot_delay_s=0.0)
        panel.open(30.0)
        panel.set_brightness(42, LIMIT_S)
        assert (server.panel.light.lit, server.panel.light.brightness) == (True, 42)
        panel.light_off(LIMIT_S)
        assert not server.panel.light.lit
        panel.close()


@pytest.mark.parametrize("late_s", [1.5, 2.5, 3.5])
def test_a_panel_that_answers_late_is_not_given_another_dialect(late_s):
    with ALNITAK.served(LineFaults(late_s=late_s), understands=b"000") as server:
        panel = AlnitakPanel(server.path, boot_delay_s=0.0)
        with suppress(Unreachable):
            panel.open(30.0)
        server.faults.late_s = 0.0
        panel.open(30.0)
        panel.set_brightness(42, LIMIT_S)
        assert (server.panel.light.lit, server.panel.light.brightness) == (True, 42)
        panel.close()
