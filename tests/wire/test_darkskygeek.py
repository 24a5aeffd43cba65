"""DarkSkyGeek's panel, byte by byte."""

import pytest
from dialogue import Family, dialogue

from flatctl.devices.protocols import PanelStatus
from flatctl.devices.serial.darkskygeek import (
    DarkSkyGeekPanel,
    encode_on,
    parse_brightness,
    parse_ping,
)
from flatctl.errors import BadReply, Fault
from hardware_sims.light import Light
from hardware_sims.serial_panels.darkskygeek import DarkSkyGeekTraits, SimulatedDarkSkyGeek

LIMIT_S = 3.0
PING = (b"COMMAND:PING\n", b"RESULT:PING:OK:7e2006ab-88b5-4b09-b0b3-1ac3ca8da43e\r\n")
ASK = b"COMMAND:CALIBRATOR:GETBRIGHTNESS\n"


def told(brightness: int) -> tuple[bytes, bytes]:
    return ASK, b"RESULT:CALIBRATOR:BRIGHTNESS:%d\r\n" % brightness


def test_it_is_lit_by_its_level_put_out_and_asked_each_time():
    with dialogue(
        PING,
        (encode_on(128), b""),
        told(128),
        told(128),
        (b"COMMAND:CALIBRATOR:OFF\n", b""),
        told(0),
    ) as port:
        panel = DarkSkyGeekPanel(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        panel.set_brightness(128, LIMIT_S)
        panel.light_off(LIMIT_S)
        panel.close()


def test_a_look_alike_that_acknowledges_is_understood_too():
    with dialogue(
        PING,
        (encode_on(9), b"RESULT:CALIBRATOR:ON:OK\r\n"),
        told(9),
        told(9),
        told(9),
        told(9),
    ) as port:
        panel = DarkSkyGeekPanel(port, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        panel.set_brightness(9, LIMIT_S)
        assert panel.status(LIMIT_S) == PanelStatus(True, 9, confirmed=True)
        panel.close()


def test_another_device_of_its_author_is_a_bad_reply():
    other = b"RESULT:PING:OK:b45ba2c9-f554-4b4e-a43c-10605ca3b84d\r\n"
    with (
        dialogue(*((PING[0], other),) * 3) as port,
        pytest.raises(BadReply, match="b45ba2c9"),
    ):
        DarkSkyGeekPanel(port, boot_delay_s=0.0).open(1.0)


def test_a_level_that_the_panel_cuts_is_a_fault_and_the_light_goes_out():
    with (
        Family(DarkSkyGeekPanel, SimulatedDarkSkyGeek, DarkSkyGeekTraits).simulated(clamp=200) as (
            panel,
            unit,
        ),
        pytest.raises(Fault, match="asked for brightness 255, it says 200"),
    ):
        panel.set_brightness(255, LIMIT_S)
    assert not unit.light.lit


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"RESULT:CALIBRATOR:BRIGHTNESS:",
        b"RESULT:CALIBRATOR:BRIGHTNESS:12x",
        b"RESULT:CALIBRATOR:BRIGHTNESS:1234",
        b"ERROR:INVALID_COMMAND",
        b"\xff",
    ],
)
def test_what_is_no_brightness_is_refused(frame):
    with pytest.raises(ValueError, match="no brightness"):
        parse_brightness(frame)


def test_what_is_no_ping_is_refused():
    with pytest.raises(ValueError, match="no DarkSkyGeek"):
        parse_ping(b"RESULT:PING:OK:")


@pytest.mark.parametrize("word", [b"COMMAND:HELLO", b"COMMAND:CALIBRATOR:ON:", b"", b"PING"])
def test_the_simulator_calls_what_it_does_not_know_invalid(word):
    assert SimulatedDarkSkyGeek(Light(255)).reply(word + b"\n") == b"ERROR:INVALID_COMMAND\r\n"


def test_the_simulator_introduces_itself():
    said = SimulatedDarkSkyGeek(Light(255)).reply(b"COMMAND:INFO\n")
    assert said == b"RESULT:INFO:DarkSkyGeek's Flat Panel Firmware v1.0\r\n"
