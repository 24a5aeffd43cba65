"""The Deep Sky Dad driver: its bytes, and what it says over a real pseudo-terminal."""

import pytest
from dialogue import LIMIT_S, Family, Pair
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial import deepskydad
from flatctl.devices.serial.deepskydad import DeepSkyDadPanel
from flatctl.errors import BadReply, Fault
from hardware_sims.serial_panels.line import LineFaults

FP1: Pair = (b"[GFRM]", b"(Board=DeepSkyDad.FP1, Version=1.0.0)")
FP2: Pair = (b"[GFRM]", b"(Board=DeepSkyDad.FP2, Version=1.0.14.2)")
AT_REST: Pair = (b"[GMOV]", b"(0)")
RUNNING: Pair = (b"[GMOV]", b"(1)")
panel_saying = Family(DeepSkyDadPanel).saying


@given(st.integers(0, 4096))
def test_a_level_has_four_digits(brightness):
    assert deepskydad.encode_brightness(brightness) == b"[SLBR%04d]" % brightness


@given(st.integers(0, 4096), st.binary(max_size=8))
def test_junk_before_a_number_does_not_matter(number, junk):
    junk = bytes(byte & 0x7F for byte in junk).replace(b"(", b"").replace(b")", b"")
    assert deepskydad.parse_number(junk + b"(%d" % number) == number


@given(st.binary(max_size=12))
def test_noise_is_a_value_error_and_nothing_else(noise):
    try:
        deepskydad.parse_flag(noise)
    except ValueError:
        return
    assert noise.rstrip().endswith((b"(0", b"(1"))


@pytest.mark.parametrize("board", ["FP3", "FP", "XX1", "FP10"])
def test_another_model_is_refused(board):
    with pytest.raises(ValueError, match="neither FP1 nor FP2"):
        deepskydad.parse_board(f"(Board=DeepSkyDad.{board}, Version=1".encode())


def test_a_closed_panel_is_lit_without_moving():
    with panel_saying(
        FP1,
        AT_REST,
        (b"[GPOS]", b"(270)"),
        (b"[SLBR1000]", b"(OK)"),
        (b"[GLBR]", b"(1000)"),
        (b"[GLON]", b"(0)"),
        (b"[SLON1]", b"(OK)"),
        (b"[GLON]", b"(1)"),
    ) as panel:
        panel.set_brightness(1000, LIMIT_S)


def test_an_open_panel_is_closed_before_it_is_lit():
    with panel_saying(
        FP1,
        AT_REST,
        (b"[GPOS]", b"(0)"),
        (b"[STRG270]", b"(OK)"),
        (b"[SMOV]", b"(OK)"),
        RUNNING,
        AT_REST,
        (b"[GPOS]", b"(270)"),
        (b"[SLBR0001]", b"(OK)"),
        (b"[GLBR]", b"(1)"),
        (b"[GLON]", b"(1)"),
    ) as panel:
        panel.set_brightness(1, LIMIT_S)


def test_an_fp2_says_in_other_words_where_its_cover_is():
    with panel_saying(FP2, AT_REST, (b"[GOPS]", b"(1)"), AT_REST, (b"[GOPS]", b"(255)")) as panel:
        states = [panel.cover_state(LIMIT_S), panel.cover_state(LIMIT_S)]
    assert states == [CoverState.OPEN, CoverState.UNKNOWN]


def test_it_is_dark_before_it_opens():
    with panel_saying(
        FP1,
        (b"[SLON0]", b"(OK)"),
        (b"[GLON]", b"(0)"),
        AT_REST,
        (b"[GPOS]", b"(270)"),
        (b"[STRG0]", b"(OK)"),
        (b"[SMOV]", b"(OK)"),
        AT_REST,
        (b"[GPOS]", b"(0)"),
    ) as panel:
        panel.open_cover(LIMIT_S)


def test_a_level_that_it_cuts_is_a_fault_and_the_light_goes_out():
    asked = ((b"[SLBR4096]", b"(OK)"), (b"[GLBR]", b"(4000)")) * 3
    with (
        panel_saying(FP1, AT_REST, (b"[GPOS]", b"(270)"), *asked, (b"[SLON0]", b"")) as panel,
        pytest.raises(Fault, match="asked for brightness 4096, it says 4000"),
    ):
        panel.set_brightness(4096, LIMIT_S)


def test_a_word_of_another_panel_is_a_bad_reply_that_quotes_it():
    with (
        panel_saying(FP1, *((b"[GLON]", b"(maybe)"),) * 3) as panel,
        pytest.raises(BadReply, match=r"deepskydad panel at /.*'\(maybe\)"),
    ):
        panel.status(LIMIT_S)


def test_a_dialogue_goes_through_one_byte_at_a_time():
    with panel_saying(
        FP1, (b"[GLON]", b"(1)\r\n"), (b"[GLBR]", b"(4096)\r\n"), faults=LineFaults(byte_gap_s=0.02)
    ) as panel:
        assert panel.status(LIMIT_S) == PanelStatus(lit=True, brightness=4096, confirmed=True)
