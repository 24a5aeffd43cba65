"""The bytes of the Alnitak protocol, without any wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.alnitak import encode, parse

JUNK = st.binary(max_size=20).map(lambda b: bytes(x & 0x7F for x in b).replace(b"*", b"+"))


def test_a_command_is_filled_with_zeros_and_ended_with_cr():
    assert encode("P", filler="000", terminator=b"\r") == b">P000\r"


def test_a_command_can_be_filled_with_the_letter_o_and_ended_with_lf():
    assert encode("L", filler="OOO", terminator=b"\n") == b">LOOO\n"


def test_a_brightness_has_three_digits():
    assert encode("B", 7, filler="OOO", terminator=b"\r") == b">B007\r"


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"#", b"\0\n", b"", b"\r"])
def test_the_end_of_a_reply_does_not_matter(ending):
    assert parse(b"*B19128" + ending, "B").number == 128


@given(JUNK, st.integers(0, 99), st.integers(0, 255))
def test_junk_before_a_reply_does_not_matter(junk, product, brightness):
    reply = parse(junk + b"*J%02d%03d\n" % (product, brightness), "J")
    assert (reply.product, reply.number) == (product, brightness)


@given(st.binary(max_size=12))
def test_noise_is_a_value_error_and_nothing_else(noise):
    try:
        reply = parse(noise, "S")
    except ValueError:
        return
    assert reply.value.isdigit()


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"*P99",
        b"*P9900",
        b"*P990000",
        b"P99000",
        b"*L99000",
        b"*PXX000",
        b"*P99O0O",
        b"OK_FM",
        b"*P99\xff00",
    ],
)
def test_what_is_no_answer_to_a_ping_is_refused(frame):
    with pytest.raises(ValueError, match=r".+"):
        parse(frame, "P")


@pytest.mark.parametrize("letter", "BJSV")
def test_where_a_number_is_told_a_filler_is_refused(letter):
    with pytest.raises(ValueError, match="no number"):
        parse(f"*{letter}19OOO".encode(), letter)


@pytest.mark.parametrize(
    ("digits", "state"),
    [
        (b"000", CoverState.UNKNOWN),
        (b"001", CoverState.CLOSED),
        (b"002", CoverState.OPEN),
        (b"003", CoverState.FAILED),
        (b"100", CoverState.MOVING),
        (b"101", CoverState.MOVING),
        (b"009", CoverState.UNKNOWN),
    ],
)
def test_the_motor_digit_decides_before_the_cover_digit(digits, state):
    assert parse(b"*S99" + digits, "S").cover is state


@pytest.mark.parametrize(("digits", "lit"), [(b"001", False), (b"011", True), (b"110", True)])
def test_the_second_digit_of_the_state_is_the_light(digits, lit):
    assert parse(b"*S99" + digits, "S").lit is lit
