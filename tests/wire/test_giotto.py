"""PrimaLuceLab's GIOTTO and ALTO, byte by byte."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from dialogue import LIMIT_S, Family, Pair, dialogue, plugged_in
from hypothesis import given
from hypothesis import strategies as st
from lines import virtual_lines

from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.giotto import GiottoPanel, encode, parse
from flatctl.errors import BadReply, DeviceError, Fault, Unreachable
from hardware_sims.light import Light
from hardware_sims.serial_panels.giotto import GiottoTraits, SimulatedAlto, SimulatedGiotto
from hardware_sims.serial_panels.virtual import VirtualServer

MAXIMUM: Pair = (
    b'{"req":{"get":{"MAX_BRIGHTNESS":""}}}',
    b'{"res":{"get":{"MAX_BRIGHTNESS":1023}}}\r',
)
GIOTTO = Family(GiottoPanel, SimulatedGiotto, GiottoTraits, greeting=(MAXIMUM,))
panel_saying = GIOTTO.saying


def got(key: str, value: int) -> Pair:
    asked = b'{"req":{"get":{"%b":""}}}' % key.encode()
    return asked, b'{"res":{"get":{"%b":%d}}}\r' % (key.encode(), value)


def done(key: str, value: int) -> Pair:
    asked = b'{"req":{"set":{"%b":%d}}}' % (key.encode(), value)
    return asked, b'{"res":{"set":{"%b":"done"}}}\r' % key.encode()


@contextmanager
def on_alto() -> Iterator[tuple[GiottoPanel, Light, SimulatedAlto, VirtualServer]]:
    with virtual_lines() as lines:
        light = Light(255, now=lines.clock.monotonic)
        arm = SimulatedAlto(light, motor_s=0.1)
        first = lines.serve(SimulatedGiotto(light), "/dev/ttyUSB0")
        second = lines.serve(arm, "/dev/ttyUSB1")
        panel = GiottoPanel(first.path, alto_port=second.path, boot_delay_s=0.0)
        panel.open(LIMIT_S)
        yield panel, light, arm, second
        panel.close()


def test_its_highest_brightness_is_asked_for():
    with panel_saying() as panel:
        assert panel.open(LIMIT_S) == range(1, 1024)


def test_brightness_and_light_are_set_and_read_back():
    with panel_saying(
        done("BRIGHTNESS", 500),
        got("BRIGHTNESS", 500),
        got("LIGHT", 0),
        done("LIGHT", 1),
        got("LIGHT", 1),
        done("LIGHT", 0),
        got("LIGHT", 0),
    ) as panel:
        panel.set_brightness(500, LIMIT_S)
        panel.light_off(LIMIT_S)


def test_a_line_of_complaint_before_the_answer_does_not_matter():
    with GIOTTO.simulated(grumble=b"ERR: motor\r") as (panel, _):
        panel.set_brightness(9, LIMIT_S)
        assert panel.status(LIMIT_S) == PanelStatus(True, 9, confirmed=True)


def test_an_error_is_a_bad_reply_that_quotes_it():
    refused = b'{"res":{"set":{"ERROR":"overheated"}}}\r'
    pairs = ((done("BRIGHTNESS", 9)[0], refused),) * 3
    with (
        panel_saying(*pairs, (b'{"req":{"set":{"LIGHT":0}}}', b"")) as panel,
        pytest.raises(BadReply, match="overheated"),
    ):
        panel.set_brightness(9, LIMIT_S)


def test_a_level_that_the_panel_cuts_is_a_fault():
    with (
        GIOTTO.simulated(clamp=200) as (panel, _),
        pytest.raises(Fault, match="asked for brightness 255, it says 200"),
    ):
        panel.set_brightness(255, LIMIT_S)


def test_a_focuser_of_the_same_maker_is_a_bad_reply():
    error = b'{"res":{"get":{"ERROR":"unknown"}}}\r'
    with (
        dialogue(*((MAXIMUM[0], error),) * 3) as port,
        pytest.raises(BadReply, match="ERROR"),
    ):
        GiottoPanel(port, boot_delay_s=0.0).open(1.0)


@pytest.mark.parametrize("highest", [0, -1, 10**400])
def test_a_highest_brightness_that_makes_no_sense_is_a_fault(highest):
    answer = b'{"res":{"get":{"MAX_BRIGHTNESS":%d}}}\r' % highest
    with (
        dialogue((MAXIMUM[0], answer)) as port,
        pytest.raises(Fault, match=f"its highest brightness is {str(highest)[:9]}"),
    ):
        GiottoPanel(port, boot_delay_s=0.0).open(1.0)


def test_brackets_nested_beyond_reason_are_a_value_error():
    with pytest.raises(ValueError, match="no answer"):
        parse(b"[" * 100_000, "get", "LIGHT")


def test_alone_it_has_no_cover():
    with panel_saying() as panel:
        assert not panel.has_cover
        assert panel.cover_state(LIMIT_S) is CoverState.UNKNOWN


def test_on_an_alto_it_is_brought_before_the_telescope_to_shine():
    with on_alto() as (panel, light, _, _):
        panel.open_cover(LIMIT_S)
        panel.set_brightness(9, LIMIT_S)
        assert (light.lit, light.closed) == (True, True)


def test_an_arm_that_stops_half_way_is_a_fault_that_says_so():
    with on_alto() as (panel, _, arm, _):
        arm.cover.stuck_moves = 9
        with pytest.raises(Fault, match="asked to be open, but it stopped half-way"):
            panel.open_cover(10.0)


def test_an_arm_that_is_silent_is_told_apart_from_the_light():
    with on_alto() as (panel, light, _, wire):
        panel.set_brightness(9, LIMIT_S)
        wire.faults.silent = True
        with pytest.raises(DeviceError, match=r"panel's ALTO at .*: no answer"):
            panel.set_brightness(9, 0.6)
    assert not light.lit


def test_an_arm_that_is_not_there_is_unreachable_and_the_light_let_go(tmp_path):
    with plugged_in(SimulatedGiotto(Light(255))) as wire:
        panel = GiottoPanel(wire.path, alto_port=str(tmp_path / "none"), boot_delay_s=0.0)
        with pytest.raises(Unreachable, match="no such port"):
            panel.open(LIMIT_S)
        alone = GiottoPanel(wire.path, boot_delay_s=0.0)
        alone.open(LIMIT_S)
        alone.close()


def test_a_request_for_the_arm_names_its_motor():
    assert encode("set", "POSITION", 100, node="MOT1") == (
        b'{"req":{"set":{"MOT1":{"POSITION":100}}}}'
    )


@given(st.binary(max_size=40))
def test_noise_is_a_value_error_and_nothing_else(noise):
    with pytest.raises(ValueError, match=r".*"):
        parse(noise, "get", "LIGHT")


@pytest.mark.parametrize(
    "frame", [b"{}", b"[]", b"1", b'{"res":{"set":{"LIGHT":1}}}', b'{"res":{"get":[1]}}']
)
def test_json_of_another_shape_is_refused(frame):
    with pytest.raises(ValueError, match="no answer about LIGHT"):
        parse(frame, "get", "LIGHT")


def test_the_simulator_finds_a_request_behind_a_broken_one():
    unit = SimulatedGiotto(Light(255))
    assert unit.reply(b'xx{"req":{"set":{"LIG{"req":{"get":{"LIGHT":""}}}') == got("LIGHT", 0)[1]


@pytest.mark.parametrize("request_", [b"[1]", b'{"req":1}', b'{"req":{"get":{"MOT1":1}}}'])
def test_the_arm_calls_what_it_does_not_understand_an_error(request_):
    said = SimulatedAlto(Light(255)).reply(request_ if request_[:1] == b"{" else b'{"a":1}')
    assert said.startswith(b"ERR:")
