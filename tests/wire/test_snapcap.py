"""The SnapCap driver: its bytes, and what it says over a real pseudo-terminal."""

import pytest
from dialogue import LIMIT_S, Family, Pair
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.serial import snapcap
from flatctl.devices.serial.snapcap import SnapCapPanel
from flatctl.errors import Fault
from hardware_sims.serial_panels.line import LineFaults

HELLO: Pair = (b">V000\r\n", b"*V106\r\n")
panel_saying = Family(SnapCapPanel).saying


def state(digits: bytes) -> Pair:
    return (b">S000\r\n", b"*S%b\r\n" % digits)


@given(st.binary(max_size=12))
def test_noise_is_a_value_error_and_nothing_else(noise):
    try:
        value = snapcap.parse(noise, "S")
    except ValueError:
        return
    assert value.isdigit()


@pytest.mark.parametrize("frame", [b"*S00", b"*S0000", b"*S19000", b"*J000", b"S000", b"OK_FM"])
def test_what_is_no_answer_to_a_question_is_refused(frame):
    with pytest.raises(ValueError, match="no answer to S"):
        snapcap.parse(frame, "S")


def test_junk_before_an_answer_does_not_matter():
    assert snapcap.parse(b"\x00\xff*S0*S012", "S") == "012"


def test_a_closed_cap_is_lit_without_moving():
    with panel_saying(
        HELLO,
        state(b"002"),
        (b">B128\r\n", b"*B128\r\n"),
        (b">J000\r\n", b"*J128\r\n"),
        state(b"002"),
        (b">L000\r\n", b"*L000\r\n"),
        state(b"012"),
    ) as panel:
        panel.set_brightness(128, LIMIT_S)


def test_an_open_cap_is_closed_before_it_is_lit():
    with panel_saying(
        HELLO,
        state(b"001"),
        (b">C000\r\n", b"*C000\r\n"),
        state(b"101"),
        state(b"002"),
        (b">B001\r\n", b"*B001\r\n"),
        (b">J000\r\n", b"*J001\r\n"),
        state(b"012"),
    ) as panel:
        panel.set_brightness(1, LIMIT_S)


@pytest.mark.parametrize(
    ("digit", "said"),
    [(b"3", "timed out"), (b"4", "circuit is open"), (b"5", "too much current"), (b"6", "stopped")],
)
def test_a_cap_that_is_blocked_is_tried_once_more_and_then_says_why(digit, said):
    once = ((b">C000\r\n", b"*C000\r\n"), state(b"101"), state(b"00" + digit))
    with (
        panel_saying(HELLO, state(b"001"), *once, *once, (b">D000\r\n", b"")) as panel,
        pytest.raises(Fault, match=said),
    ):
        panel.close_cover(LIMIT_S)


def test_answers_that_end_in_lf_alone_are_understood_one_byte_at_a_time():
    with panel_saying(
        (b">V000\r\n", b"*V106\n"),
        (b">D000\r\n", b"*D000\n"),
        (b">S000\r\n", b"*S002\n"),
        faults=LineFaults(byte_gap_s=0.02),
    ) as panel:
        panel.light_off(LIMIT_S)
