"""What the Alnitak driver says, byte by byte, over a real pseudo-terminal."""

import pytest
from dialogue import LIMIT_S, Family, Pair

from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.devices.serial.alnitak import AlnitakPanel
from flatctl.errors import BadReply, Fault
from hardware_sims.serial_panels.line import LineFaults

FLAT_MAN: Pair = (b">P000\r", b"*P19000\n")
FLIP_FLAT: Pair = (b">P000\r", b"*P99000\n")
panel_saying = Family(AlnitakPanel).saying


def test_opening_pings_and_leaves_the_light_as_it_is():
    with panel_saying(FLAT_MAN) as panel:
        assert panel.open(LIMIT_S) == range(256)


def test_lighting_sets_the_brightness_before_the_light_and_reads_both_back():
    with panel_saying(
        FLAT_MAN,
        (b">B128\r", b"*B19128\n"),
        (b">J000\r", b"*J19128\n"),
        (b">S000\r", b"*S19000\n"),
        (b">L000\r", b"*L19000\n"),
        (b">S000\r", b"*S19010\n"),
    ) as panel:
        panel.set_brightness(128, LIMIT_S)


def test_dimming_a_lit_panel_does_not_switch_it_again():
    with panel_saying(
        FLAT_MAN,
        (b">B007\r", b"*B19007\n"),
        (b">J000\r", b"*J19007\n"),
        (b">S000\r", b"*S19010\n"),
    ) as panel:
        panel.set_brightness(7, LIMIT_S)


def test_putting_out_reads_the_light_back():
    with panel_saying(FLAT_MAN, (b">D000\r", b"*D19000\n"), (b">S000\r", b"*S19000\n")) as panel:
        panel.light_off(LIMIT_S)


def test_a_light_that_stays_on_is_put_out_again():
    with panel_saying(
        FLAT_MAN,
        (b">D000\r", b"*D19000\n"),
        (b">S000\r", b"*S19010\n"),
        (b">D000\r", b"*D19000\n"),
        (b">S000\r", b"*S19000\n"),
    ) as panel:
        panel.light_off(LIMIT_S)


def test_the_status_is_asked_for():
    with panel_saying(FLAT_MAN, (b">S000\r", b"*S19010\n"), (b">J000\r", b"*J19042\n")) as panel:
        assert panel.status(LIMIT_S) == PanelStatus(lit=True, brightness=42, confirmed=True)


def test_a_command_can_end_with_lf_and_be_filled_with_the_letter_o():
    with panel_saying(
        (b">POOO\n", b"*P19OOO\n"),
        (b">DOOO\n", b"*D19OOO\n"),
        (b">SOOO\n", b"*S19000\n"),
        terminator="lf",
        filler="OOO",
    ) as panel:
        panel.light_off(LIMIT_S)


@pytest.mark.parametrize("ending", [b"\r\n", b"#", b"#\r\n", b"\0\r\n"])
def test_replies_may_end_in_any_of_the_ways_that_look_alikes_have(ending):
    with panel_saying(
        (b">P000\r", b"*P19OOO" + ending),
        (b">D000\r", b"*D19OOO" + ending),
        (b">S000\r", b"*S19000" + ending),
        (b">S000\r", b"*S19000" + ending),
        (b">J000\r", b"*J19000\n"),
    ) as panel:
        panel.light_off(LIMIT_S)
        panel.status(LIMIT_S)


def test_a_reply_without_its_end_is_understood_after_the_time_of_a_try():
    with panel_saying(FLAT_MAN, (b">S000\r", b"*S19000")) as panel:
        assert panel.cover_state(0.6) is CoverState.UNKNOWN


def test_a_closed_flip_flat_is_lit_without_moving():
    with panel_saying(
        FLIP_FLAT,
        (b">S000\r", b"*S99001\n"),
        (b">B255\r", b"*B99255\n"),
        (b">J000\r", b"*J99255\n"),
        (b">S000\r", b"*S99001\n"),
        (b">L000\r", b"*L99000\n"),
        (b">S000\r", b"*S99011\n"),
    ) as panel:
        panel.set_brightness(255, LIMIT_S)


def test_an_open_flip_flat_is_closed_before_it_is_lit():
    with panel_saying(
        FLIP_FLAT,
        (b">S000\r", b"*S99002\n"),
        (b">C000\r", b"*C99000\n"),
        (b">S000\r", b"*S99100\n"),
        (b">S000\r", b"*S99001\n"),
        (b">B001\r", b"*B99001\n"),
        (b">J000\r", b"*J99001\n"),
        (b">S000\r", b"*S99011\n"),
    ) as panel:
        panel.set_brightness(1, LIMIT_S)


def test_a_flip_flat_is_dark_before_it_opens():
    with panel_saying(
        FLIP_FLAT,
        (b">D000\r", b"*D99000\n"),
        (b">S000\r", b"*S99001\n"),
        (b">S000\r", b"*S99001\n"),
        (b">O000\r", b"*O99000\n"),
        (b">S000\r", b"*S99001\n"),
        (b">S000\r", b"*S99100\n"),
        (b">S000\r", b"*S99002\n"),
    ) as panel:
        panel.open_cover(LIMIT_S)


def test_a_cover_that_timed_out_is_sent_once_more():
    with panel_saying(
        FLIP_FLAT,
        (b">S000\r", b"*S99002\n"),
        (b">C000\r", b"*C99000\n"),
        (b">S000\r", b"*S99100\n"),
        (b">S000\r", b"*S99003\n"),
        (b">C000\r", b"*C99000\n"),
        (b">S000\r", b"*S99100\n"),
        (b">S000\r", b"*S99001\n"),
    ) as panel:
        panel.close_cover(LIMIT_S)


def test_a_dust_cover_is_opened_without_a_word_about_light():
    with panel_saying(
        (b">P000\r", b"*P98000\n"),
        (b">S000\r", b"*S98001\n"),
        (b">O000\r", b"*O98000\n"),
        (b">S000\r", b"*S98002\n"),
    ) as panel:
        panel.light_off(LIMIT_S)
        panel.open_cover(LIMIT_S)


def test_a_brightness_outside_the_range_says_nothing_to_the_panel():
    with panel_saying(FLAT_MAN) as panel, pytest.raises(ValueError, match="0 to 255"):
        panel.set_brightness(256, LIMIT_S)


def test_a_level_that_the_panel_cuts_is_a_fault_and_the_light_goes_out():
    asked = ((b">B255\r", b"*B19200\n"),) * 3
    with (
        panel_saying(FLAT_MAN, *asked, (b">D000\r", b"")) as panel,
        pytest.raises(Fault, match="asked for brightness 255, it says 200"),
    ):
        panel.set_brightness(255, LIMIT_S)


def test_another_product_in_the_middle_of_a_dialogue_is_a_bad_reply():
    with (
        panel_saying(FLAT_MAN, *((b">S000\r", b"*S15000\n"),) * 3) as panel,
        pytest.raises(BadReply, match=r"'\*S15000"),
    ):
        panel.status(LIMIT_S)


def test_a_late_answer_to_the_last_command_is_not_taken_for_one_to_the_next():
    with panel_saying(
        FLAT_MAN, (b">S000\r", b"*J19099\n*S19010\n"), (b">J000\r", b"*S19000\n*J19042\n")
    ) as panel:
        assert panel.status(LIMIT_S).brightness == 42


def test_a_dialogue_goes_through_one_byte_at_a_time():
    with panel_saying(
        FLAT_MAN,
        (b">D000\r", b"*D19000\r\n"),
        (b">S000\r", b"*S19000\n"),
        faults=LineFaults(byte_gap_s=0.02),
    ) as panel:
        panel.light_off(LIMIT_S)
