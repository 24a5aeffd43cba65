"""DarkLight Cover/Calibrator, byte by byte."""

import pytest
from dialogue import LIMIT_S, Family, Pair, dialogue, plugged_in

from flatctl.devices.protocols import CoverState
from flatctl.devices.serial import darklight
from flatctl.devices.serial.darklight import DarkLightPanel, encode, parse, parse_number
from flatctl.errors import BadReply, Fault
from hardware_sims.light import Light
from hardware_sims.serial_panels.darklight import DarkLightTraits, SimulatedDarkLight

HELLO: Pair = (b"<Z>", b"<?>")
DARKLIGHT = Family(DarkLightPanel, SimulatedDarkLight, DarkLightTraits, dressed={"motor_s": 0.1})
panel_saying, simulated = DARKLIGHT.saying, DARKLIGHT.simulated


class OtherMake:
    """Answers whatever it is asked, however often, as a FlatMan does."""

    def reply(self, received: bytes) -> bytes:
        return b"*P19000\n" if received else b""


def greeting(cover: int = 1, light: int = 1, maximum: int = 255) -> tuple[Pair, ...]:
    return (
        HELLO,
        (b"<P>", b"<%d>" % cover),
        (b"<L>", b"<%d>" % light),
        (b"<M>", b"<%d>\r\n" % maximum),
    )


def test_its_highest_brightness_is_asked_for():
    with panel_saying(*greeting(maximum=1023)) as panel:
        assert panel.open(LIMIT_S) == range(1, 1024)


def test_a_closed_one_is_lit_and_waited_for():
    with panel_saying(
        *greeting(),
        (b"<P>", b"<1>"),
        (b"<T128>", b"<T128>"),
        (b"<B>", b"<128>"),
        (b"<L>", b"<2>"),
        (b"<L>", b"<2>"),
        (b"<L>", b"<3>"),
    ) as panel:
        panel.set_brightness(128, LIMIT_S)


def test_one_without_a_cover_is_lit_as_it_is():
    with panel_saying(
        *greeting(cover=0),
        (b"<T1>", b"<T1>"),
        (b"<B>", b"<1>"),
        (b"<L>", b"<3>"),
        (b"<L>", b"<3>"),
    ) as panel:
        assert not panel.has_cover
        panel.set_brightness(1, LIMIT_S)


def test_an_open_one_is_closed_before_it_is_lit():
    with panel_saying(
        *greeting(cover=3),
        (b"<P>", b"<3>"),
        (b"<C>", b"<C>"),
        (b"<P>", b"<2>"),
        (b"<P>", b"<1>"),
        (b"<T9>", b"<T9>"),
        (b"<B>", b"<9>"),
        (b"<L>", b"<3>"),
        (b"<L>", b"<3>"),
    ) as panel:
        panel.set_brightness(9, LIMIT_S)


def test_a_unit_without_a_light_is_a_fault_with_its_mend():
    with (
        dialogue(HELLO, (b"<P>", b"<1>"), (b"<L>", b"<0>")) as port,
        pytest.raises(Fault, match='kind = "manual"'),
    ):
        DarkLightPanel(port, boot_delay_s=0.0).open(LIMIT_S)


def test_a_light_that_can_only_be_dark_is_a_fault():
    with dialogue(*greeting(maximum=0)) as port, pytest.raises(Fault, match="brightness is 0"):
        DarkLightPanel(port, boot_delay_s=0.0).open(LIMIT_S)


def test_a_light_in_error_is_a_fault_that_says_so():
    with (
        panel_saying(*greeting(), (b"<F>", b"<F>"), (b"<L>", b"<5>"), (b"<F>", b"")) as panel,
        pytest.raises(Fault, match="its light is in state 5"),
    ):
        panel.light_off(LIMIT_S)


def test_a_light_that_never_gets_ready_is_a_fault_in_time(monkeypatch):
    # Most of the time is left for the answers, which are slow on a busy machine.
    monkeypatch.setattr(darklight, "_SHARE_FOR_SETTLING", 0.1)
    with (
        simulated(settle_s=1000.0) as (panel, unit),
        pytest.raises(Fault, match="does not get ready"),
    ):
        panel.set_brightness(9, LIMIT_S)
    assert not unit.light.lit


def test_a_cover_in_error_is_a_fault_that_says_so():
    with simulated() as (panel, unit):
        unit.cover.stuck_moves = 9
        with pytest.raises(Fault, match="asked to be open, but it says"):
            panel.open_cover(10.0)
        assert panel.cover_state(LIMIT_S) is CoverState.FAILED


def test_another_make_is_a_bad_reply_that_quotes_it():
    with plugged_in(OtherMake()) as wire, pytest.raises(BadReply, match=r"\*P19000"):
        DarkLightPanel(wire.path, boot_delay_s=0.0).open(2.0)


@pytest.mark.parametrize("frame", [b"", b"1", b"*P19", b"\xff<1"])
def test_what_has_no_bracket_is_refused(frame):
    with pytest.raises(ValueError, match=r".+"):
        parse(frame)


@pytest.mark.parametrize("frame", [b"<", b"<x", b"<1.5", b"<-1"])
def test_what_is_no_number_is_refused(frame):
    with pytest.raises(ValueError, match="no number"):
        parse_number(frame)


def test_junk_before_an_answer_does_not_matter():
    assert parse(b"12><\r\n<T7") == "T7"


def test_a_command_is_put_in_brackets():
    assert encode("T42") == b"<T42>"


@pytest.mark.parametrize("word", [b"<X>", b"<>", b"<T>"])
def test_the_simulator_answers_what_it_does_not_know_with_a_question_mark(word):
    assert SimulatedDarkLight(Light(255)).reply(word) == b"<?>"


def test_the_simulator_tells_its_version():
    assert SimulatedDarkLight(Light(255)).reply(b"<V>") == b"<1.5>"
