"""Filter wheels, rotators and focusers behind Alpaca, with the habits that real ones have."""

import threading
import time

import pytest
from scripted_alpaca import Device, Refusal, scripted_alpaca

from flatctl.devices.alpaca import axis as axis_module
from flatctl.devices.alpaca import wheel as wheel_module
from flatctl.devices.alpaca.axis import AlpacaFocuser, AlpacaRotator
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.devices.alpaca.wheel import AlpacaFilterWheel
from flatctl.errors import ConfigError, Fault, NoReply, Unfit

LIMIT_S = 10.0
NAMES = ["L", "R", "Ha"]


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(wheel_module, "_LINGERS_S", 0.2)
    monkeypatch.setattr(wheel_module, "_BEGIN_S", 0.2)
    monkeypatch.setattr(axis_module, "_LINGERS_S", 0.2)


class Turret:
    """A wheel that takes a moment to turn, unless it `blocks` meanwhile."""

    def __init__(self):
        self.position, self.takes_s, self.blocks, self.deaf = 0, 0.2, False, 0
        self.device = Device(
            {"names": list(NAMES), "position": lambda: self.position}, {"position": self.turn}
        )

    def turn(self, form):
        wanted = int(form["Position"])
        if self.deaf:
            self.deaf -= 1
            return
        if self.blocks:
            time.sleep(self.takes_s)
            self.position = wanted
            return
        self.position = -1
        threading.Timer(self.takes_s, lambda: setattr(self, "position", wanted)).start()


@pytest.fixture
def turret():
    return Turret()


@pytest.fixture
def wheel(turret):
    session = AlpacaSession(LIMIT_S)
    with scripted_alpaca({"filterwheel/0": turret.device}) as server:
        wheel = AlpacaFilterWheel(session, server.url("filterwheel/0"))
        wheel.server = server
        yield wheel
    session.close()


def test_it_turns_to_the_filter_of_that_name_and_waits(wheel, turret):
    assert wheel.open(LIMIT_S) == ("L", "R", "Ha")
    wheel.select("Ha", LIMIT_S)
    assert (turret.position, wheel.standing()) == (2, "Ha")


def test_a_wheel_on_its_way_stands_nowhere_and_never_at_its_last_slot(wheel, turret):
    wheel.open(LIMIT_S)
    turret.position = -1
    assert wheel.standing() is None


def test_a_turn_that_was_begun_is_told_once(wheel, turret):
    wheel.open(LIMIT_S)
    wheel.start("R", LIMIT_S)
    wheel.select("R", LIMIT_S)
    assert (turret.position, len(wheel.server.orders("position"))) == (1, 1)


def test_a_wheel_that_answers_when_it_has_arrived_keeps_nobody_waiting(wheel, turret):
    turret.blocks, turret.takes_s = True, 0.6
    wheel.open(LIMIT_S)
    wheel.start("R", LIMIT_S)
    assert turret.position == 0
    wheel.select("R", LIMIT_S)
    assert (turret.position, len(wheel.server.orders("position"))) == (1, 1)


def test_a_turn_that_was_begun_can_be_taken_back_though_it_says_to_be_there_still(wheel, turret):
    wheel.open(LIMIT_S)
    turret.deaf = 1
    wheel.start("Ha", LIMIT_S)
    wheel.select("L", LIMIT_S)
    assert [form["Position"] for form in wheel.server.orders("position")] == ["2", "0"]


def test_a_turn_that_did_not_begin_is_told_once_more(wheel, turret):
    wheel.open(LIMIT_S)
    turret.deaf = 1
    wheel.start("Ha", LIMIT_S)
    wheel.select("Ha", LIMIT_S)
    assert turret.position == 2


def test_a_wheel_that_stays_where_it_is_is_a_fault(wheel, turret):
    wheel.open(LIMIT_S)
    turret.deaf = 9
    with pytest.raises(Fault, match="was sent to slot 3 and says that it stands at slot 1"):
        wheel.select("Ha", LIMIT_S)


def test_a_wheel_that_turns_for_ever_is_no_reply(wheel, turret):
    wheel.open(LIMIT_S)
    turret.takes_s = 60.0
    with pytest.raises(NoReply, match="did not report slot 3 within"):
        wheel.select("Ha", 0.4)


def test_slots_without_a_name_are_called_by_their_number(wheel, turret):
    turret.device.members["names"] = ["L", " ", ""]
    assert wheel.open(LIMIT_S) == ("L", "Slot 2", "Slot 3")


def test_a_wheel_without_slots_is_unfit(wheel, turret):
    turret.device.members["names"] = []
    with pytest.raises(Unfit, match="how many slots"):
        wheel.open(LIMIT_S)


def test_a_name_that_is_there_twice_is_no_name(wheel, turret):
    turret.device.members["names"] = ["L", "L"]
    wheel.open(LIMIT_S)
    with pytest.raises(ConfigError, match="more than one filter 'L'"):
        wheel.select("L", LIMIT_S)


class Drive:
    """A position that gets to where it is sent after a moment."""

    def __init__(self, at, *orders, **members):
        self.at, self.moving, self.reached = at, False, 1.0
        told = {"ismoving": lambda: self.moving, **members}
        self.device = Device(told, dict.fromkeys(orders, self.move))

    def move(self, form):
        wanted = self.at + self.reached * (float(form["Position"]) - self.at)
        self.moving = True

        def arrive() -> None:
            self.at, self.moving = wanted, False

        threading.Timer(0.1, arrive).start()


@pytest.fixture
def serve():
    session = AlpacaSession(LIMIT_S)
    served = []

    def made(kind, path, drive):
        server = scripted_alpaca({path: drive.device})
        served.append(server)
        found = server.__enter__()
        return kind(session, found.url(path)), found

    yield made
    session.close()
    for server in served:
        server.__exit__(None, None, None)


class TestRotator:
    """Rotators."""

    def test_it_turns_by_its_mechanics_whatever_the_sky_s_angle_is(self, serve):
        drive = Drive(10.0, "movemechanical")
        drive.device.members |= {"mechanicalposition": lambda: drive.at, "position": 99.0}
        rotator, server = serve(AlpacaRotator, "rotator/0", drive)
        assert rotator.open(LIMIT_S) == 10.0
        assert rotator.turn(-10.0, LIMIT_S) == 350.0
        assert not server.orders("moveabsolute")

    def test_an_old_one_has_one_angle(self, serve):
        drive = Drive(10.0, "moveabsolute")
        drive.device.members["position"] = lambda: drive.at
        rotator, _ = serve(AlpacaRotator, "rotator/0", drive)
        assert rotator.open(LIMIT_S) == 10.0
        assert rotator.turn(20.0, LIMIT_S) == 20.0

    def test_one_that_stands_there_hears_nothing(self, serve):
        drive = Drive(359.9, "movemechanical")
        drive.device.members["mechanicalposition"] = lambda: drive.at
        rotator, server = serve(AlpacaRotator, "rotator/0", drive)
        rotator.open(LIMIT_S)
        assert rotator.turn(0.1, LIMIT_S) == 359.9
        assert not server.orders("movemechanical")

    def test_one_that_comes_to_rest_elsewhere_is_a_fault(self, serve):
        drive = Drive(0.0, "movemechanical")
        drive.reached = 0.5
        drive.device.members["mechanicalposition"] = lambda: drive.at
        rotator, _ = serve(AlpacaRotator, "rotator/0", drive)
        rotator.open(LIMIT_S)
        with pytest.raises(Fault, match="was sent to 90° and stands at 45"):
            rotator.turn(90.0, LIMIT_S)


class TestFocuser:
    """Focusers."""

    def focuser(self, serve, **members):
        drive = Drive(1000, "move", absolute=True, maxstep=5000, **members)
        drive.device.members["position"] = lambda: round(drive.at)
        return *serve(AlpacaFocuser, "focuser/0", drive), drive

    def test_it_moves_to_a_position(self, serve):
        focuser, server, _ = self.focuser(serve)
        assert focuser.open(LIMIT_S) == 1000
        assert focuser.move(4000, LIMIT_S) == 4000
        assert [form["Position"] for form in server.orders("move")] == ["4000"]

    def test_a_way_that_is_too_long_at_once_is_gone_in_parts(self, serve):
        focuser, server, _ = self.focuser(serve, maxincrement=1200)
        focuser.open(LIMIT_S)
        assert focuser.move(4000, LIMIT_S) == 4000
        assert [form["Position"] for form in server.orders("move")] == ["2200", "3400", "4000"]

    @pytest.mark.parametrize("steps", [-1, 5001])
    def test_a_position_that_it_has_not_is_refused_and_not_sent(self, serve, steps):
        focuser, server, _ = self.focuser(serve)
        focuser.open(LIMIT_S)
        with pytest.raises(Unfit, match=f"can't go to {steps}: its positions are 0 to 5000"):
            focuser.move(steps, LIMIT_S)
        assert not server.orders("move")

    def test_one_that_knows_no_positions_is_unfit(self, serve):
        drive = Drive(0, "move", absolute=False)
        focuser, _ = serve(AlpacaFocuser, "focuser/0", drive)
        with pytest.raises(Unfit, match="has no positions"):
            focuser.open(LIMIT_S)

    def test_an_old_one_moves_once_it_follows_the_temperature_no_more(self, serve):
        focuser, _, drive = self.focuser(serve, interfaceversion=2, tempcomp=True)

        def follow(form):
            drive.device.members["tempcomp"] = form["TempComp"] == "True"

        def move(form):
            if drive.device.members["tempcomp"]:
                raise Refusal(0x40B, "it follows the temperature")
            drive.move(form)

        drive.device.orders |= {"tempcomp": follow, "move": move}
        focuser.open(LIMIT_S)
        assert focuser.move(2000, LIMIT_S) == 2000
