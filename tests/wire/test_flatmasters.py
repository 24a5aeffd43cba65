"""The FlatMaster drivers: their bytes, and what they say over a real pseudo-terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from dialogue import Family, Pair, dialogue, plugged_in
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial import flatmaster, flatmaster_wifi
from flatctl.devices.serial.flatmaster import FlatMasterPanel
from flatctl.devices.serial.flatmaster_wifi import FlatMasterNeoPanel, FlatMasterWifiPanel
from flatctl.errors import BadReply, DeviceError, Fault, NoReply
from hardware_sims.light import Light
from hardware_sims.serial_panels.flatmaster import FlatMasterTraits, SimulatedFlatMaster
from hardware_sims.serial_panels.flatmaster_wifi import (
    FlatMasterWifiTraits,
    SimulatedFlatMasterWifi,
)
from hardware_sims.serial_panels.line import LineFaults

LIMIT_S = 5.0
HELLO: Pair = (b"#\n", b"OK_FM\r\n")
WIFI: Pair = (b"F#\n", b"FMW_1A2B3C4D_A\r\n")
NEO: Pair = (b"F#\n", b"FMNEO_A1\n")


@contextmanager
def opened(make: Callable, *pairs: Pair, faults: LineFaults | None = None) -> Iterator:
    with dialogue(*pairs, faults=faults) as port:
        panel = make(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        yield panel
        panel.close()


@pytest.mark.parametrize(("step", "said"), [(0, b"L:220\n"), (200, b"L:020\n"), (100, b"L:120\n")])
def test_a_brighter_step_is_a_lower_level(step, said):
    assert flatmaster.encode_brightness(step) == said


@given(st.integers(0, 200))
def test_an_echo_is_understood_with_zeros_in_front_or_not(step):
    padded = flatmaster.encode_brightness(step).strip()
    bare = b"L:%d" % int(padded[2:])
    assert flatmaster.parse_brightness(padded) == flatmaster.parse_brightness(bare) == step


def test_it_is_switched_on_before_its_level_and_once():
    with opened(
        FlatMasterPanel,
        HELLO,
        (b"E:1\n", b"E:1\r\n"),
        (b"L:120\n", b"L:120\r\n"),
        (b"L:020\n", b"L:20\r\n"),
        (b"E:0\n", b"E:0\r\n"),
        (b"E:1\n", b"E:1\r\n"),
        (b"L:220\n", b"L:220\r\n"),
    ) as panel:
        panel.set_brightness(100, LIMIT_S)
        panel.set_brightness(200, LIMIT_S)
        panel.light_off(LIMIT_S)
        panel.set_brightness(0, LIMIT_S)


def test_what_was_sent_last_is_told_as_unconfirmed():
    with opened(
        FlatMasterPanel, HELLO, (b"E:1\n", b"E:1\r\n"), (b"L:120\n", b"L:120\r\n"), HELLO
    ) as panel:
        panel.set_brightness(100, LIMIT_S)
        assert panel.status(LIMIT_S) == PanelStatus(lit=True, brightness=100, confirmed=False)


def test_nothing_is_known_of_it_when_it_has_just_been_opened():
    with opened(FlatMasterPanel, HELLO, HELLO) as panel:
        assert panel.status(LIMIT_S) == PanelStatus(lit=None, brightness=None, confirmed=False)


def test_after_a_failure_nothing_is_known_and_the_light_is_sent_off_last():
    with opened(
        FlatMasterPanel,
        HELLO,
        (b"E:1\n", b"E:1\r\n"),
        (b"L:120\n", b""),
        (b"L:120\n", b""),
        (b"L:120\n", b""),
        (b"E:0\n", b""),
        HELLO,
    ) as panel:
        with pytest.raises(NoReply):
            panel.set_brightness(100, 0.6)
        assert panel.status(LIMIT_S).lit is None


def test_a_level_that_it_cuts_is_a_fault():
    with (
        opened(
            FlatMasterPanel,
            HELLO,
            (b"E:1\n", b"E:1\r\n"),
            *((b"L:020\n", b"L:040\r\n"),) * 3,
            (b"E:0\n", b""),
        ) as panel,
        pytest.raises(Fault, match="asked for brightness 200, it says 180"),
    ):
        panel.set_brightness(200, LIMIT_S)


@pytest.mark.parametrize("greeting", [b"OK_PPB", b"OK_FMX", b""])
def test_another_device_of_pegasus_is_refused(greeting):
    panel = SimulatedFlatMaster(Light(200), FlatMasterTraits(identity=greeting))
    with plugged_in(panel) as wire, pytest.raises(DeviceError) as caught:
        FlatMasterPanel(wire.path, boot_delay_s=0.0).open(0.6)
    told = str(caught.value)
    assert f"flatmaster panel at {wire.path}" in told
    assert greeting.decode() in told


def test_firmware_that_lights_up_by_a_level_stays_lit():
    panel = SimulatedFlatMaster(Light(200), FlatMasterTraits(level_lights=True))
    with plugged_in(panel) as wire:
        driver = FlatMasterPanel(wire.path, boot_delay_s=0.0)
        driver.open(LIMIT_S)
        for step in (3, 150):
            driver.set_brightness(step, LIMIT_S)
            assert (panel.light.lit, panel.light.brightness) == (True, step)
        driver.close()


@given(st.integers(0, 100), st.booleans())
def test_a_wifi_model_tells_its_level_and_light(level, lit):
    stands = flatmaster_wifi.parse_stands(b"FA:%d:%d" % (level, lit))
    assert (stands.brightness, stands.lit, stands.cover) == (level, lit, CoverState.UNKNOWN)


@given(st.binary(max_size=16))
def test_noise_is_a_value_error_and_nothing_else(noise):
    try:
        stands = flatmaster_wifi.parse_stands(noise)
    except ValueError:
        return
    assert 0 <= stands.brightness <= 100


@pytest.mark.parametrize(
    ("cap", "cover"),
    [
        (b"0:0:1", CoverState.CLOSED),
        (b"270:270:3", CoverState.OPEN),
        (b"100:270:2", CoverState.MOVING),
        (b"100:100:0", CoverState.UNKNOWN),
        (b"100", CoverState.UNKNOWN),
    ],
)
def test_a_neo_tells_where_its_cap_is(cap, cover):
    assert flatmaster_wifi.parse_stands(b"FMNEO:50:0:" + cap).cover is cover


def test_a_wifi_model_reads_back_level_and_light():
    with opened(
        FlatMasterWifiPanel,
        WIFI,
        (b"FL:50\n", b"FL:50\r\n"),
        (b"FA\n", b"FA:50:0\r\n"),
        (b"FA\n", b"FA:50:0\r\n"),
        (b"FE:1\n", b"FE:1\r\n"),
        (b"FA\n", b"FA:50:1\r\n"),
    ) as panel:
        panel.set_brightness(50, LIMIT_S)


def test_a_neo_closes_its_cap_before_it_is_lit():
    with opened(
        FlatMasterNeoPanel,
        NEO,
        (b"FA\n", b"FMNEO:7:1:270:270:3:0:0:0:0\n"),
        (b"FS:0\n", b"FS:0\n"),
        (b"FA\n", b"FMNEO:7:1:100:0:2:0:0:0:0\n"),
        (b"FA\n", b"FMNEO:7:1:0:0:1:0:0:0:0\n"),
        (b"FL:7\n", b"FL:7\n"),
        (b"FA\n", b"FMNEO:7:1:0:0:1:0:0:0:0\n"),
        (b"FA\n", b"FMNEO:7:1:0:0:1:0:0:0:0\n"),
        faults=LineFaults(byte_gap_s=0.002),
    ) as panel:
        panel.set_brightness(7, LIMIT_S)


def test_a_neo_whose_cap_never_arrives_is_a_fault():
    neo = Family(FlatMasterNeoPanel, SimulatedFlatMasterWifi, FlatMasterWifiTraits, steps=100)
    with neo.simulated(neo=True, identity=b"FMNEO_A1", motor_s=0.1) as (panel, unit):
        unit.cover.stuck_moves = 9
        with pytest.raises(Fault, match="asked to be open, but it is still moving"):
            panel.open_cover(1.0)


def test_a_neo_may_say_something_before_its_name():
    with dialogue((b"F#\n", b"OK_FMNEO\n")) as port:
        panel = FlatMasterNeoPanel(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        panel.close()


def test_a_wifi_model_is_not_taken_for_a_neo():
    with (
        dialogue(*((b"F#\n", b"FMW_1A2B3C4D_A\r\n"),) * 3) as port,
        pytest.raises(BadReply, match=r"flatmaster-neo panel at .*FMW_1A2B3C4D_A"),
    ):
        FlatMasterNeoPanel(port, boot_delay_s=0.0).open(LIMIT_S)
