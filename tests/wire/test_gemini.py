"""Gemini's flat panels, byte by byte."""

import pytest
from dialogue import LIMIT_S, Family, Pair, dialogue
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.gemini import (
    GeminiPanel,
    Model,
    State,
    encode,
    parse,
    parse_brightness,
    parse_model,
    parse_product,
    parse_state,
)
from flatctl.errors import BadReply, Fault, Unreachable
from hardware_sims.light import Light
from hardware_sims.serial_panels.gemini import GeminiTraits, SimulatedGemini

REV1: Pair = (b">P000#", b"*P99OOO\n")
REV2: Pair = (b">H#", b"*HGeminiFlatPanel#")
LITE: Pair = (b">H#", b"*HGeminiFlatPanelLite#")
PRO: Pair = (b">H#", b"*HGeminiFlatPanelPro#\r\n")
GEMINI = Family(GeminiPanel, SimulatedGemini, GeminiTraits, dressed={"motor_s": 0.1})
panel_saying, simulated = GEMINI.saying, GEMINI.simulated


def test_rev1_is_lit_in_alnitaks_frames():
    with panel_saying(
        REV1,
        (b">S000#", b"*S99001\n"),
        (b">B007#", b"*B99007\n"),
        (b">J000#", b"*J99007\n"),
        (b">S000#", b"*S99001\n"),
        (b">L000#", b"*L99OOO\n"),
        (b">S000#", b"*S99011\n"),
        model="rev1",
    ) as panel:
        panel.set_brightness(7, LIMIT_S)


def test_rev2_has_no_filler_and_ends_in_a_hash():
    with panel_saying(
        REV2,
        (b">S#", b"*S99001#"),
        (b">B7#", b"*B7#"),
        (b">J#", b"*J7#"),
        (b">S#", b"*S99001#"),
        (b">L#", b"*L99#"),
        (b">S#", b"*S99011#"),
        (b">D#", b"*D99#"),
        (b">S#", b"*S99001#"),
    ) as panel:
        panel.set_brightness(7, LIMIT_S)
        panel.light_off(LIMIT_S)


def test_rev2_is_closed_before_it_is_lit_and_waited_for():
    with panel_saying(
        REV2,
        (b">S#", b"*S99002#"),
        (b">C#", b"*CClosed#"),
        (b">S#", b"*S99001#"),
        (b">B255#", b"*B255#"),
        (b">J#", b"*J255#"),
        (b">S#", b"*S99011#"),
    ) as panel:
        panel.set_brightness(255, LIMIT_S)


def test_the_pro_opens_dark_and_says_where_it_arrived():
    with panel_saying(
        PRO,
        (b">D#", b"*D#"),
        (b">S#", b"*S0M0L1C0D76C405O#"),
        (b">S#", b"*S0M0L1C0D76C405O#"),
        (b">O#", b"*O405#"),
        (b">S#", b"*S0M0L2C0D76C405O#"),
    ) as panel:
        panel.open_cover(LIMIT_S)


def test_the_lite_has_no_cover():
    with panel_saying(LITE) as panel:
        assert not panel.has_cover


def test_the_bank_is_chosen_before_the_brightness_and_read_back_where_it_can_be():
    with panel_saying(
        LITE,
        (b">Y1#", b""),
        (b">S#", b"*S010#"),
        (b">B9#", b"*B9#"),
        (b">J#", b"*J9#"),
        (b">S#", b"*S110#"),
        bank="high",
    ) as panel:
        panel.set_brightness(9, LIMIT_S)


def test_a_bank_that_is_not_taken_is_a_fault():
    with (
        simulated({"bank": "high"}, model="lite", keeps_bank=True) as (panel, _),
        pytest.raises(Fault, match="asked for the high bank, it is in the low one"),
    ):
        panel.set_brightness(9, LIMIT_S)


@pytest.mark.parametrize("model", ["rev2", "lite"])
def test_a_bank_can_be_changed_from_one_brightness_to_the_next(model):
    with simulated({"bank": "low"}, model=model) as (panel, unit):
        seen = []
        for bank in ("high", "low", "high"):
            panel.use_bank(bank)
            panel.set_brightness(9, LIMIT_S)
            seen.append(unit.high_bank)
        assert seen == [True, False, True]


def test_a_model_without_banks_that_is_to_have_one_is_a_fault_with_its_mend():
    with (
        dialogue(PRO) as port,
        pytest.raises(Fault, match="leave bank and panel_bank out"),
    ):
        GeminiPanel(port, boot_delay_s=0.0, bank="low").open(LIMIT_S)


def test_the_first_model_is_found_when_nobody_says_that_it_is_one():
    with simulated(model="rev1") as (panel, unit):
        panel.set_brightness(200, LIMIT_S)
        assert (unit.light.lit, unit.light.brightness) == (True, 200)


def test_a_silent_port_is_unreachable():
    with dialogue((b">H#" * 3 + b">P000#" * 3, b"")) as port, pytest.raises(Unreachable):
        GeminiPanel(port, boot_delay_s=0.0).open(0.6)


def test_another_device_of_gemini_is_a_bad_reply_that_quotes_it():
    with (
        dialogue(*((b">H#", b"*HGeminiPowerBoxPlusV3#"),) * 3) as port,
        pytest.raises(BadReply, match="PowerBox"),
    ):
        GeminiPanel(port, boot_delay_s=0.0).open(1.0)


@pytest.mark.parametrize("model", ["rev1", "rev2", "pro"])
def test_a_stuck_cover_is_a_fault(model):
    with simulated(model=model) as (panel, unit):
        unit.cover.stuck_moves = 9
        with pytest.raises(Fault, match="asked to be open, but it says that its move timed out"):
            panel.open_cover(LIMIT_S)


def test_a_broken_lamp_is_a_fault_and_not_a_success():
    with (
        simulated(lamp_broken=True) as (panel, _),
        pytest.raises(Fault, match="does not go on"),
    ):
        panel.set_brightness(9, LIMIT_S)


@pytest.mark.parametrize(
    ("model", "frame", "state"),
    [
        (Model.REV1, b"*S99001", State(False, CoverState.CLOSED)),
        (Model.REV1, b"*S19010", State(True, CoverState.UNKNOWN)),
        (Model.REV2, b"*S99102", State(False, CoverState.MOVING)),
        (Model.REV2, b"*S99013", State(True, CoverState.FAILED)),
        (Model.LITE, b"*S100", State(True, CoverState.UNKNOWN, "low")),
        (Model.LITE, b"*S011", State(False, CoverState.UNKNOWN, "high")),
        (Model.PRO, b"*S0M0L2C0D76C405O", State(False, CoverState.OPEN)),
        (Model.PRO, b"*S1M1L0C0D76C405O", State(True, CoverState.MOVING)),
    ],
)
def test_each_model_tells_its_state_in_its_own_way(model, frame, state):
    assert parse_state(frame, model) == state


@pytest.mark.parametrize("model", Model)
@given(noise=st.binary(max_size=20))
def test_noise_is_a_value_error_and_nothing_else(model, noise):
    for understand in (
        parse_model,
        parse_product,
        lambda frame: parse_brightness(frame, "J", model),
    ):
        try:
            understand(b"*J" + noise)
        except ValueError:
            continue


@pytest.mark.parametrize("frame", [b"*SXX001", b"*S9900", b"*S990011", b"S99001", b"*S994"])
def test_what_is_no_state_is_refused(frame):
    with pytest.raises(ValueError, match="no"):
        parse_state(frame, Model.REV2)


def test_junk_before_an_answer_does_not_matter():
    assert parse(b"\x00#*V4*J12", "J") == "12"


def test_brightness_is_padded_for_the_first_model_only():
    assert (encode("B", 7, model=Model.REV1), encode("B", 7, model=Model.PRO)) == (
        b">B007#",
        b">B7#",
    )


@pytest.mark.parametrize("word", [b">Q#", b"H#", b">B#", b">O1x#", b"##"])
def test_the_simulator_meets_what_it_does_not_know_with_silence(word):
    assert SimulatedGemini(Light(255), GeminiTraits(model="lite")).reply(word) == b""


def test_the_simulator_tells_its_firmware():
    assert SimulatedGemini(Light(255)).reply(b">V#") == b"*V408#"
