"""RBF Excalibur, byte by byte."""

import pytest
from dialogue import LIMIT_S, Family, Pair, dialogue

from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.excalibur import ExcaliburPanel, encode_light, parse_hello, parse_number
from flatctl.errors import BadReply
from hardware_sims.light import Light
from hardware_sims.serial_panels.excalibur import ExcaliburTraits, SimulatedExcalibur

HELLO: Pair = (b"#", b"FLAT.FLAP!#")
panel_saying = Family(ExcaliburPanel, greeting=(HELLO,)).saying


def test_a_closed_one_is_lit_without_moving():
    with panel_saying(
        (b"P#", b"0#"),
        (b"P#", b"-1#"),
        (b"L1200##", b"FLAT.FLAP!#"),
        (b"O#", b"1200#"),
        (b"O#", b"1200#"),
    ) as panel:
        panel.set_brightness(1200, LIMIT_S)


def test_an_open_one_is_closed_before_it_is_lit():
    with panel_saying(
        (b"P#", b"90#"),
        (b"P#", b"90#"),
        (b"S1#", b""),
        (b"P#", b"45#"),
        (b"P#", b"0#"),
        (b"L1##", b"1#"),
        (b"O#", b"1#"),
        (b"O#", b"1#"),
    ) as panel:
        panel.set_brightness(1, LIMIT_S)


def test_it_is_dark_before_it_opens():
    with panel_saying(
        (b"P#", b"0#"),
        (b"L0##", b"#\r\nok#"),
        (b"O#", b"0#"),
        (b"P#", b"0#"),
        (b"S0#", b""),
        (b"P#", b"0#"),
        (b"P#", b"50#"),
        (b"P#", b"90#"),
        (b"P#", b"90#"),
    ) as panel:
        panel.open_cover(LIMIT_S)


def test_a_position_that_changes_is_a_cover_that_moves():
    with panel_saying((b"P#", b"10#"), (b"P#", b"20#"), (b"P#", b"20#")) as panel:
        assert panel.cover_state(LIMIT_S) is CoverState.MOVING
        assert panel.cover_state(LIMIT_S) is CoverState.OPEN


def test_another_make_is_a_bad_reply_that_quotes_it():
    with (
        dialogue(*((b"#", b"OK_FM\r\n"),) * 3) as port,
        pytest.raises(BadReply, match="OK_FM"),
    ):
        ExcaliburPanel(port, boot_delay_s=0.0).open(1.0)


@pytest.mark.parametrize("frame", [b"", b"FLAT.FLAP!", b"12x", b"1.5", b"--1", b"\xff"])
def test_what_is_no_number_is_refused(frame):
    with pytest.raises(ValueError, match=r".+"):
        parse_number(frame)


def test_what_is_no_greeting_is_refused():
    with pytest.raises(ValueError, match="no Excalibur"):
        parse_hello(b"FLAT")


def test_light_is_told_without_padding():
    assert encode_light(3000) == b"L3000##"


def test_the_simulator_shines_only_when_closed():
    unit = SimulatedExcalibur(Light(3000), ExcaliburTraits(motor_s=0.0))
    unit.reply(b"S0#")
    assert unit.reply(b"L500##O#") == b"FLAT.FLAP!#0#"


def test_the_simulator_is_silent_about_what_it_does_not_know():
    assert SimulatedExcalibur(Light(3000)).reply(b"X7#") == b""
