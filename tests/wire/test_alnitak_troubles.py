"""The Alnitak driver on a line that loses, delays and breaks."""

from contextlib import suppress

import pytest
from dialogue import LIMIT_S, Family

from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.alnitak import AlnitakPanel
from flatctl.errors import BadReply, DeviceError, Fault, Unreachable
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.line import LineFaults
from hardware_sims.serial_panels.virtual import VirtualServer

ALNITAK = Family(AlnitakPanel, SimulatedAlnitak, AlnitakTraits)
served, opened = ALNITAK.served, ALNITAK.opened


@pytest.mark.parametrize("seed", range(3))
def test_with_bytes_lost_at_random_an_accepted_brightness_is_the_real_one(seed):
    with served() as server, opened(server.path) as panel:
        server.line.random.seed(seed)
        server.faults.loss_frac = 0.02
        for brightness in (3, 200):
            with suppress(DeviceError):
                panel.set_brightness(brightness, 1.5)
                light = server.panel.light
                assert (light.lit, light.brightness) == (True, brightness)


@pytest.mark.parametrize("late_s", [0.05, 0.3])
def test_with_late_answers_an_accepted_brightness_is_the_real_one(late_s):
    with served() as server, opened(server.path) as panel:
        server.faults.late_s = late_s
        for brightness in (3, 200):
            panel.set_brightness(brightness, 4.0)
            light = server.panel.light
            assert (light.lit, light.brightness) == (True, brightness)


def test_answers_later_than_a_try_are_still_taken():
    with served() as server, opened(server.path) as panel:
        server.faults.late_s = 0.5
        assert panel.cover_state(0.9) is CoverState.UNKNOWN


def test_a_board_silent_for_longer_than_its_boot_delay_is_reached_by_a_later_try():
    with served(LineFaults(boot_silence_s=0.8)) as server:
        panel = AlnitakPanel(server.path, boot_delay_s=0.0)
        assert panel.open(LIMIT_S) == range(256)
        panel.close()


def test_a_cable_that_comes_back_is_used_again_after_closing_and_opening():
    with served() as server, opened(server.path) as panel:
        server.pull_cable()
        with pytest.raises(Unreachable):
            panel.set_brightness(5, LIMIT_S)
        server.plug_in()
        panel.close()
        panel.open(LIMIT_S)
        panel.set_brightness(5, LIMIT_S)
        assert panel.status(LIMIT_S).lit


def test_a_panel_that_is_away_is_unreachable_until_it_is_back():
    with served() as server, opened(server.path) as panel:
        server.pull_cable()
        panel.close()
        with pytest.raises(Unreachable, match="no such port"):
            panel.open(LIMIT_S)


def test_a_cable_pulled_while_an_answer_is_awaited_ends_the_wait():
    with served() as server, opened(server.path) as panel:
        server.faults.silent = True
        server.panel.reply = lambda received: pull_when_asked(server, received)
        begin_s = server.clock.monotonic()
        with pytest.raises(Unreachable, match="line broke"):
            panel.status(30.0)
        assert server.clock.monotonic() - begin_s < 5.0


def pull_when_asked(server: VirtualServer, received: bytes) -> bytes:
    if received:
        server.pull_cable()
    return b""


def test_a_stuck_cover_is_a_fault_that_says_so():
    with (
        served(product=99, motor_s=0.7, stuck_moves=9) as server,
        opened(server.path) as panel,
        pytest.raises(Fault, match="asked to be open, but it says that its move timed out"),
    ):
        panel.open_cover(10.0)


def test_a_cover_that_never_arrives_is_a_fault_in_time():
    with served(product=99, motor_s=1000.0) as server, opened(server.path) as panel:
        begin_s = server.clock.monotonic()
        with pytest.raises(Fault, match="it is still moving"):
            panel.open_cover(1.5)
        assert server.clock.monotonic() - begin_s < 2.5


def test_a_cover_that_sticks_once_gets_there_with_the_second_try():
    with served(product=99, motor_s=0.7, stuck_moves=1) as server, opened(server.path) as panel:
        panel.open_cover(10.0)
        assert panel.cover_state(LIMIT_S) is CoverState.OPEN


def test_a_cover_asked_of_a_light_without_one_is_a_fault():
    with (
        served(product=19) as server,
        opened(server.path) as panel,
        pytest.raises(Fault, match="no cover"),
    ):
        panel.close_cover(LIMIT_S)


def test_a_dust_cover_asked_for_light_is_a_fault_with_its_mend():
    with (
        served(product=98) as server,
        opened(server.path) as panel,
        pytest.raises(Fault, match='kind = "manual"'),
    ):
        panel.set_brightness(0, LIMIT_S)


def test_a_broken_lamp_is_a_fault_and_not_a_success():
    with (
        served(lamp_broken=True) as server,
        opened(server.path) as panel,
        pytest.raises(Fault, match="does not go on"),
    ):
        panel.set_brightness(9, LIMIT_S)


def test_answers_garbled_for_ever_are_a_bad_reply_that_quotes_them():
    with served() as server, opened(server.path) as panel:
        server.faults.garble_replies = 1000
        with pytest.raises(BadReply, match=r"was answered by '\*"):
            panel.set_brightness(9, LIMIT_S)


def test_a_panel_that_answers_somebody_else_is_opened_by_nobody():
    with served(filler=b"0", ending=b"\r\n") as server:
        panel = AlnitakPanel(server.path, boot_delay_s=0.0)
        with pytest.raises(BadReply, match="right kind of panel"):
            panel.open(1.0)
