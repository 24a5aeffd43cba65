"""The corners of the simulated panel that no recorded dialogue reaches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak


def panel_with(**traits) -> SimulatedAlnitak:
    return SimulatedAlnitak(Light(255), AlnitakTraits(**traits))


@pytest.mark.parametrize(
    "command", [b">X000\r", b"P000\r", b">P00\r", b">Bxyz\r", b"\r\n\r\n", b">O000\r", b"\xff\r"]
)
def test_what_it_does_not_know_is_met_with_silence(command):
    assert panel_with(product=19).reply(command) == b""


def test_it_takes_cr_and_lf_together_for_one_end():
    assert panel_with(product=19).reply(b">P000\r\n>P000\r\n") == b"*P19000\n*P19000\n"


def test_it_finds_a_command_behind_a_broken_one():
    assert panel_with(product=19).reply(b">B12>D000\r") == b"*D19000\n"


def test_a_level_beyond_what_it_takes_is_cut_and_told_so():
    assert panel_with(clamp=200).reply(b">B255\r>J000\r") == b"*B19200\n*J19200\n"


def test_an_open_flip_flat_does_not_light():
    panel = panel_with(product=99, motor_s=0.0)
    panel.reply(b">O000\r")
    assert panel.reply(b">L000\r>S000\r") == b"*L99000\n*S99002\n"


def test_a_flip_flat_goes_dark_when_it_opens():
    panel = panel_with(product=99, motor_s=9.0)
    panel.reply(b">L000\r>O000\r")
    assert not panel.light.lit


def test_a_dust_cover_never_shines():
    assert panel_with(product=98).reply(b">B255\r>L000\r>S000\r").endswith(b"*S98001\n")


def test_a_light_of_other_steps_is_refused():
    with pytest.raises(ValueError, match="255 steps"):
        SimulatedAlnitak(Light(100))


@given(st.lists(st.sampled_from([b">P000\r", b">B007\n", b">L000\r", b">S000\r\n", b"noise\r"])))
def test_it_answers_the_same_however_the_bytes_come(commands):
    whole = b"".join(commands)
    at_once = panel_with().reply(whole)
    panel = panel_with()
    assert b"".join(panel.reply(bytes([byte])) for byte in whole) == at_once
