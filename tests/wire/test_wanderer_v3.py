"""The Wanderer Cover V3, byte by byte, and what goes wrong with it."""

import pytest
from dialogue import LIMIT_S, Family, Pair, dialogue
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.wanderer_v3 import Answer, WandererV3Panel, parse
from flatctl.errors import BadReply, Fault
from hardware_sims.light import Light
from hardware_sims.serial_panels.wanderer_v3 import SimulatedWandererV3, WandererV3Traits

ASK = b"1500001\n"
CLOSED: Pair = (ASK, b"WandererCoverV3A20220920A0A25555A\n")
OPEN: Pair = (ASK, b"WandererCoverV3A20220920A1A25555A\r\n")
WANDERER = Family(WandererV3Panel, SimulatedWandererV3, WandererV3Traits, dressed={"motor_s": 0.1})
panel_saying, simulated = WANDERER.saying, WANDERER.simulated


def test_an_answer_tells_firmware_cover_and_steps():
    assert parse(CLOSED[1]) == Answer("20220920", CoverState.CLOSED, 25555)


def test_an_old_firmware_tells_its_name_only():
    assert parse(b"WandererCoverV3A") == Answer()


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"WandererCoverV4A20240618A20.0A270.0A20.0A12.1A",
        b"WandererCoverV3A20220920A7A25555A",
        b"WandererCoverV3A20220920A0A2555",
        b"WandererCoverV3A202",
        b"OK_FM",
        b"\xff\xfe",
    ],
)
def test_what_is_no_answer_is_refused(frame):
    with pytest.raises(ValueError, match=r".+"):
        parse(frame)


@given(st.binary(max_size=40))
def test_noise_is_a_value_error_and_nothing_else(noise):
    try:
        parse(noise)
    except ValueError:
        return


def test_every_change_is_followed_by_the_question():
    with panel_saying(
        CLOSED, CLOSED, (b"100\n", b""), CLOSED, (b"7\n", b""), CLOSED, (b"9999\n", b""), CLOSED
    ) as panel:
        panel.set_brightness(100, LIMIT_S)
        panel._shine(7, Deadline(LIMIT_S))
        panel.light_off(LIMIT_S)


def test_an_open_cover_is_closed_before_the_light():
    with panel_saying(
        OPEN, OPEN, (b"1000\n", b"DoneA\n"), CLOSED, (b"255\n", b""), CLOSED
    ) as panel:
        panel.set_brightness(255, LIMIT_S)


def test_the_word_at_the_end_of_a_move_may_be_anything():
    with panel_saying(
        CLOSED, (b"9999\n", b""), CLOSED, CLOSED, (b"1001\n", b"\x00xyzA"), OPEN
    ) as panel:
        panel.open_cover(LIMIT_S)


def test_the_light_is_never_confirmed():
    with simulated() as (panel, _):
        panel.set_brightness(42, LIMIT_S)
        assert panel.status(LIMIT_S) == PanelStatus(True, 42, confirmed=False)


def test_nothing_is_claimed_of_a_light_that_was_never_told_anything():
    with simulated() as (panel, _):
        assert panel.status(LIMIT_S) == PanelStatus(None, None, confirmed=False)


def test_an_old_firmware_is_moved_once_and_remembered():
    with simulated({"reply_s": 0.2}, firmware="") as (panel, unit):
        panel.set_brightness(42, 20.0)
        assert panel.cover_state(LIMIT_S) is CoverState.CLOSED
        assert unit.commands.count(b"1000") == 1


def test_a_cover_that_does_not_know_where_it_is_is_closed_before_the_light():
    with simulated(tells_cover=False) as (panel, unit):
        panel.set_brightness(42, LIMIT_S)
        assert unit.commands.index(b"1000") < unit.commands.index(b"42")


def test_a_cover_that_was_never_taught_its_ends_is_not_moved():
    with simulated(steps=0) as (panel, unit), pytest.raises(Fault, match="taught the cover"):
        panel.open_cover(LIMIT_S)
    assert b"1001" not in unit.commands


def test_a_cover_that_says_error_is_a_fault_with_its_mend():
    pairs = CLOSED, (b"9999\n", b""), CLOSED, CLOSED, (b"1001\n", b"ErrorA\n"), (b"9999\n", b"")
    with (
        panel_saying(*pairs) as panel,
        pytest.raises(Fault, match="teach it with Wanderer's own program"),
    ):
        panel.open_cover(LIMIT_S)


def test_the_model_after_it_is_a_bad_reply_that_quotes_it():
    with (
        dialogue(*((ASK, b"WandererCoverV4A20240618A20.0A270.0A20.0A12.1A\n"),) * 3) as port,
        pytest.raises(BadReply, match="WandererCoverV4"),
    ):
        WandererV3Panel(port, boot_delay_s=0.0).open(2.0)


def test_the_simulator_takes_zeros_in_front_and_empty_lines():
    unit = SimulatedWandererV3(Light(255))
    unit.reply(b"005\n\n\n")
    assert (unit.light.lit, unit.light.brightness) == (True, 5)


def test_the_simulator_hears_nothing_while_it_moves_and_answers_afterwards():
    now_s = 0.0
    unit = SimulatedWandererV3(Light(255, now=lambda: now_s), WandererV3Traits(motor_s=3.0))
    assert unit.reply(b"1001\n1500001\n") == b""
    now_s = 3.0
    assert unit.reply(b"") == b"DoneA\nWandererCoverV3A20220920A1A25555A\n"
