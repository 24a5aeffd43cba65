"""The mount over INDI and Alpaca, on our own simulator of one that does what it should not."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from indi_served import connections_to, indi_served

from flatctl.core.pointing.directions import Equatorial, Horizontal, offset, to_equatorial
from flatctl.devices.catalog import DOMES, MOUNTS
from flatctl.devices.protocols import ConditionStatus, Mount, MountState
from flatctl.errors import DeviceError, Fault, NoReply
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.mount import NAME, SimMount
from hardware_sims.roof import NAME as ROOF
from hardware_sims.roof import SimRoof
from hardware_sims.scenarios import scenario
from hardware_sims.sky.motion import Doing, MountHabits
from hardware_sims.sky.scene import RoofHabits
from hardware_sims.world import World

FAST = 60.0
LIMIT_S = 20.0
COMMANDS = {
    "EQUATORIAL_EOD_COORD",
    "ON_COORD_SET",
    "TELESCOPE_TRACK_STATE",
    "TELESCOPE_PARK",
    "TELESCOPE_ABORT_MOTION",
    "GEOGRAPHIC_COORD",
    "TIME_UTC",
    "CONNECTION",
}


@dataclass
class Served:
    mount: Mount
    world: World
    driver: list[SimMount]

    @property
    def high(self) -> Equatorial:
        """A place of the sky that is high now."""
        site = self.world.scene.twilight.site
        return to_equatorial(Horizontal(75.0, 120.0), datetime.now(UTC), site)


def world_with(**habits: object) -> World:
    small = scenario("dusk-clear", rows=32, cols=32)
    return World(replace(small, mount=MountHabits(**{"speed_deg_s": FAST, **habits})))


@contextmanager
def over_alpaca(**habits: object) -> Iterator[Served]:
    world = world_with(**habits)
    with AlpacaRig(world) as rig, connections_to(7624) as connections:
        mount = MOUNTS.build(connections, rig.url("telescope"))
        mount.may_move = True
        yield Served(mount, world, [])


@contextmanager
def over_indi(**habits: object) -> Iterator[Served]:
    world = world_with(**habits)
    drivers: list[SimMount] = []

    def make() -> list[SimMount]:
        drivers.append(SimMount(world))
        return drivers

    with indi_served(make) as port, connections_to(port) as connections:
        mount = MOUNTS.build(connections, NAME)
        mount.may_move = True
        yield Served(mount, world, drivers)


@pytest.fixture(params=[over_indi, over_alpaca], ids=["indi", "alpaca"])
def served(request):
    return request.param


def test_it_goes_there_stands_and_dithers(served):
    with served() as rig:
        rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        assert rig.world.scene.mount.doing() is Doing.STANDING
        here = rig.mount.report(LIMIT_S).at
        rig.mount.slew(offset(here, 60.0, 60.0), LIMIT_S, tracking=False)
        assert rig.world.scene.mount.doing() is Doing.STANDING
        assert rig.mount.report(LIMIT_S).at.dec_deg - here.dec_deg == pytest.approx(
            1 / 60, abs=2e-3
        )


def test_the_sky_goes_on_over_a_mount_that_stands_and_is_silent(served):
    with served() as rig:
        rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        told, true = rig.mount.report(LIMIT_S).at, rig.world.scene.mount.place()
        assert told.ra_deg == pytest.approx(true.ra_deg, abs=0.005)


def test_it_is_unparked_only_when_told_and_parks_again(served):
    with served(starts=Doing.PARKED) as rig:
        with pytest.raises(Fault, match="is parked"):
            rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        rig.mount.unpark(LIMIT_S)
        rig.mount.slew(rig.high, LIMIT_S, tracking=True)
        assert rig.mount.report(LIMIT_S).state is MountState.TRACKING
        rig.mount.park(LIMIT_S)
        assert rig.mount.report(LIMIT_S).state is MountState.PARKED


def test_a_mount_that_refuses_to_be_unparked_says_why(served):
    with (
        served(starts=Doing.PARKED, refuses_unpark=True) as rig,
        pytest.raises(Fault, match=r"refuses to be unparked.*does not let itself"),
    ):
        rig.mount.unpark(LIMIT_S)


def test_a_mount_that_ignores_that_its_tracking_is_switched_off_is_found_out(served):
    with (
        served(ignores_track_off=True) as rig,
        pytest.raises(Fault, match="refuses to switch its tracking off"),
    ):
        rig.mount.slew(rig.high, LIMIT_S, tracking=False)


def test_a_mount_that_tracks_again_later_reports_that(served):
    with served(tracks_again_s=0.5) as rig:
        rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        until = time.monotonic() + LIMIT_S
        while rig.mount.report(LIMIT_S).state is not MountState.TRACKING:
            assert time.monotonic() < until


def test_a_dither_that_never_ends_is_stopped_in_the_time_it_is_granted(served):
    with served(endless_dither=True) as rig:
        rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        here = rig.mount.report(LIMIT_S).at
        with pytest.raises(NoReply, match="does not arrive"):
            rig.mount.slew(offset(here, 60.0, 60.0), 1.0, tracking=False)
        assert rig.world.scene.mount.doing() is Doing.TRACKING
        rig.mount.track(False, LIMIT_S)
        assert rig.world.scene.mount.doing() is Doing.STANDING


class Interrupted(Exception):
    """What stops a program in the middle of something."""


def test_a_slew_that_is_stopped_before_the_mount_sets_off_does_not_set_off_later(monkeypatch):
    def stop(*_: object) -> None:
        raise Interrupted

    with over_indi(speed_deg_s=0.5) as rig:
        monkeypatch.setattr(rig.mount, "_arrive", stop)
        with pytest.raises(Interrupted):
            rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        monkeypatch.undo()
        rig.mount.track(False, LIMIT_S)
        assert rig.world.scene.mount.doing() is Doing.STANDING


def test_a_driver_that_is_lost_in_a_slew_is_told_and_can_be_connected_again():
    with over_indi(dies_in_slew=1) as rig:
        with pytest.raises(Fault, match="died or disconnected"):
            rig.mount.slew(rig.high, LIMIT_S, tracking=False)
        rig.mount.track(False, LIMIT_S)
        assert rig.world.scene.mount.doing() is Doing.STANDING


def test_a_site_that_is_another_is_told(served):
    with served(site_off_deg=2.0) as rig:
        told, true = rig.mount.report(LIMIT_S).site, rig.world.scene.twilight.site
        assert told.latitude_deg - true.latitude_deg == pytest.approx(2.0, abs=1e-3)
        assert told.longitude_deg == pytest.approx(true.longitude_deg, abs=1e-3)


def test_nothing_but_questions_reaches_a_mount_that_may_not_be_moved():
    with over_indi(starts=Doing.PARKED) as rig:
        rig.mount.may_move = False
        rig.mount.status(LIMIT_S)
        rig.mount.report(LIMIT_S)
        for move in (
            lambda: rig.mount.unpark(LIMIT_S),
            lambda: rig.mount.slew(rig.high, LIMIT_S, tracking=False),
            lambda: rig.mount.track(False, LIMIT_S),
            lambda: rig.mount.track(True, LIMIT_S),
            lambda: rig.mount.abort(LIMIT_S),
        ):
            with pytest.raises(DeviceError, match="may not be moved"):
                move()
        assert not COMMANDS & set(rig.driver[0].received)


def test_a_roof_is_closed_on_its_way_and_open():
    world = World(
        replace(
            scenario("roof-closed", rows=32, cols=32),
            roof=RoofHabits(starts_open=False, takes_s=0.5),
        )
    )
    with (
        indi_served(lambda: [SimRoof(world)]) as port,
        connections_to(port) as connections,
    ):
        dome = DOMES.build(connections, ROOF)
        assert dome.status(LIMIT_S) == ConditionStatus(True, "closed")
        assert dome.open_status(LIMIT_S) == ConditionStatus(False, "not open")
        world.scene.roof.move(is_open=True)
        until = time.monotonic() + LIMIT_S
        while not dome.open_status(LIMIT_S).met:
            assert time.monotonic() < until
        assert dome.status(LIMIT_S) == ConditionStatus(False, "not closed")
