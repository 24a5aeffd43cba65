"""Rotator and focuser behind the real indiserver: Debian's own simulators."""

import os
import signal

import indiserver
import pytest
from indi_tools import until

from flatctl.devices.indi.axis import IndiFocuser, IndiRotator
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.errors import Fault, NoReply, Unreachable

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(120)]

ROTATOR, FOCUSER = "Rotator Simulator", "Focuser Simulator"
TIMEOUT_S = 30.0


@pytest.fixture(scope="module")
def server():
    with indiserver.indiserver("indi_simulator_rotator", "indi_simulator_focus") as running:
        yield running


@pytest.fixture
def client(server):
    with IndiClient("127.0.0.1", server.port) as connection:
        yield connection


@pytest.fixture
def rotator(client) -> IndiRotator:
    made = IndiRotator(client, ROTATOR)
    made.open(TIMEOUT_S)
    return made


@pytest.fixture
def focuser(client) -> IndiFocuser:
    made = IndiFocuser(client, FOCUSER)
    made.open(TIMEOUT_S)
    return made


def reported(client, device: str, name: str, element: str) -> float | None:
    known = client.find(device, name)
    return known.number(element) if known else None


def test_the_rotator_turns_to_the_angle_and_waits_for_it(client, rotator):
    start_deg = rotator.open(TIMEOUT_S)
    wanted_deg = (start_deg + 12.5) % 360
    assert rotator.turn(wanted_deg, TIMEOUT_S) == pytest.approx(wanted_deg, abs=0.25)
    assert reported(client, ROTATOR, "ABS_ROTATOR_ANGLE", "ANGLE") == pytest.approx(
        wanted_deg, abs=0.25
    )


def test_the_focuser_moves_to_the_position_and_waits_for_it(client, focuser):
    wanted = focuser.open(TIMEOUT_S) - 300
    assert focuser.move(wanted, TIMEOUT_S) == wanted
    at = reported(client, FOCUSER, "ABS_FOCUS_POSITION", "FOCUS_ABSOLUTE_POSITION")
    assert at == wanted


def test_nothing_moves_that_stands_there_already(client, focuser):
    at = focuser.open(TIMEOUT_S)
    before = client.find(FOCUSER, "ABS_FOCUS_POSITION").serial
    assert focuser.move(at, TIMEOUT_S) == at
    assert client.find(FOCUSER, "ABS_FOCUS_POSITION").serial == before


def test_a_turn_that_takes_too_long_is_a_fault_that_says_how_far_it_came(rotator):
    far_deg = (rotator.open(TIMEOUT_S) + 170) % 360
    with pytest.raises((Fault, NoReply), match="after it was sent to"):
        rotator.turn(far_deg, 2.0)


def test_a_position_out_of_the_focusers_range_is_refused(focuser):
    with pytest.raises(Fault, match="out of range"):
        focuser.move(10_000_000, TIMEOUT_S)


def test_a_focuser_that_is_not_there_is_told_with_those_that_are(client):
    with pytest.raises(Unreachable, match="Focuser Simulator"):
        IndiFocuser(client, "Focuser Simulater").open(TIMEOUT_S)


def test_a_focuser_is_no_rotator(client):
    with pytest.raises(Fault, match="it is no rotator"):
        IndiRotator(client, FOCUSER).open(TIMEOUT_S)


def test_a_rotator_over_a_renewed_connection_says_so_before_it_turns_again(client, rotator):
    os.kill(client.pid, signal.SIGKILL)
    until(lambda: client._end != "")

    with pytest.raises(Fault, match="was lost and is renewed"):
        rotator.turn(10.0, TIMEOUT_S)

    rotator.turn(rotator.open(TIMEOUT_S), TIMEOUT_S)


def test_a_focuser_that_somebody_disconnected_says_so_at_once(client, focuser):
    client.set_switch(FOCUSER, "CONNECTION", "DISCONNECT", TIMEOUT_S)
    until(lambda: client.find(FOCUSER, "ABS_FOCUS_POSITION") is None)

    with pytest.raises(Fault, match="was disconnected since"):
        focuser.move(1000, TIMEOUT_S)

    focuser.move(focuser.open(TIMEOUT_S), TIMEOUT_S)
