"""What may happen around a twilight: weather turns, a camera is lost, the site is far away."""

from dataclasses import replace
from datetime import timedelta

import pytest
from astropy.io import fits
from twilight_bench import Twilight

from flatctl import events
from flatctl.devices.protocols import ConditionStatus, MountState
from flatctl.engine.safety import Rule
from flatctl.errors import ExitCode, NoReply, Unreachable
from hardware_sims.fakes import FakeRig
from hardware_sims.sky.motion import MountHabits

LOST = NoReply("Fake Camera", "does not answer", "see whether it still has power")


class Weather:
    """A station that reports danger for a while, in seconds from the start."""

    name = "Fake Weather"

    def __init__(self, twilight: Twilight, begins_s: float, ends_s: float = 1e9) -> None:
        self._clock, self._danger_s = twilight.fake.clock, (begins_s, ends_s)

    def status(self, timeout_s: float) -> ConditionStatus:  # because the Protocol has it
        begins_s, ends_s = self._danger_s
        danger = begins_s <= self._clock.monotonic() < ends_s
        return ConditionStatus(not danger, "unsafe: Rain" if danger else "safe")


def test_weather_that_turns_ends_it_with_what_was_kept(tmp_path) -> None:
    twilight = Twilight(tmp_path, count=30)
    twilight.rules = [Rule(Weather(twilight, begins_s=40.0), "stop", 60.0)]
    assert twilight.run() == ExitCode.UNSAFE
    assert twilight.frames
    assert "Rain" in str(twilight.error)
    twilight.ends_well()


def test_weather_that_comes_back_in_time_only_interrupts(tmp_path) -> None:
    twilight = Twilight(tmp_path)
    twilight.rules = [Rule(Weather(twilight, begins_s=20.0, ends_s=120.0), "wait", 900.0)]
    assert twilight.run() == ExitCode.COMPLETE
    started = twilight.all(events.RunStarted)[0].time
    flats = [(event.time - started).total_seconds() for event in twilight.all(events.Flat)]
    assert not [each for each in flats if 21.0 < each < 119.0]
    twilight.ends_well()


def test_a_mount_that_is_to_track_rests_while_the_weather_is_waited_for(tmp_path) -> None:
    twilight = Twilight(tmp_path, tracking=True)
    twilight.rules = [Rule(Weather(twilight, begins_s=20.0, ends_s=600.0), "wait", 900.0)]
    states: list[MountState] = []

    def look(event: events.Event) -> None:
        if isinstance(event, events.Waiting) and "Rain" in str(event.what):
            states.append(twilight.fake.mount.report(1.0).state)

    twilight.hear = look
    twilight.run()
    assert states == [MountState.STANDING]


def test_a_camera_that_is_lost_for_a_moment_costs_a_frame(tmp_path) -> None:
    twilight = Twilight(tmp_path)
    twilight.fake.camera.faults.add(1, LOST)
    assert twilight.run() == ExitCode.COMPLETE
    assert [event.recovered for event in twilight.all(events.FaultSeen)] == [True]
    twilight.ends_well()


def test_a_camera_that_is_lost_for_good_ends_it_with_the_tracking_off(tmp_path) -> None:
    twilight = Twilight(tmp_path)

    def gone(_timeout_s: float) -> None:
        raise LOST

    def lose(event: events.Event) -> None:
        if isinstance(event, events.Flat):
            twilight.fake.camera.faults.add(1, LOST)
            twilight.fake.camera.open = gone

    twilight.hear = lose
    assert twilight.run() == ExitCode.DEVICE
    assert twilight.frames
    twilight.ends_well()


@pytest.mark.parametrize("hours", [-11.5, 12.3])
@pytest.mark.parametrize("latitude_deg", [0.0, 33.0, 58.0])
def test_any_site_has_its_twilight(tmp_path, hours, latitude_deg) -> None:
    twilight = Twilight(tmp_path, filters=("R",), count=2)
    rig = twilight.fake.world.scenario
    start = twilight.fake.clock.now() + timedelta(hours=hours)
    south = replace(rig.sky, latitude_deg=latitude_deg, summer=True, starts_deg=-3.0)
    twilight.fake = FakeRig(replace(rig, sky=south, mount=MountHabits()), start=start)
    twilight.fake.mount.may_move = True
    site = twilight.fake.world.scene.twilight.site
    assert site.latitude_deg <= 0
    assert twilight.run() == ExitCode.COMPLETE, twilight.error
    twilight.ends_well()


def test_a_camera_that_can_not_expose_as_short_as_is_wished_is_asked_for_what_it_can(tmp_path):
    twilight = Twilight(tmp_path, filters=("Ha", "R"), exposure_min_s=2.0)
    assert twilight.run() == ExitCode.COMPLETE
    assert min(exposure_s for exposure_s, _ in twilight.fake.camera.exposures) >= 2.0


def test_of_a_shutter_with_speeds_only_these_are_asked_for(tmp_path) -> None:
    speeds_s = (0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0, 6.0, 8.0, 10.0)
    twilight = Twilight(tmp_path, filters=("Ha", "R"))
    twilight.plans = [replace(plan, exposures_s=speeds_s) for plan in twilight.plans]
    assert twilight.run() == ExitCode.COMPLETE
    assert {exposure_s for exposure_s, _ in twilight.fake.camera.exposures} <= set(speeds_s)
    twilight.ends_well()


class ServerGone:
    """The server of camera, mount and roof is away for a while, from the first event of a kind."""

    def __init__(
        self, twilight: Twilight, for_s: float, after: type[events.Event] = events.Flat
    ) -> None:
        self._clock, self._until_s, self._for_s = twilight.fake.clock, 0.0, for_s
        self._after = after
        fake = twilight.fake
        for device, name in ((fake.camera, "open"), (fake.mount, "report"), (fake.mount, "abort")):
            self._cut(device, name)
        twilight.hear = self._hear

    def _hear(self, event: events.Event) -> None:
        if isinstance(event, self._after) and not self._until_s:
            self._until_s = self._clock.monotonic() + self._for_s

    def _cut(self, device: object, name: str) -> None:
        do = getattr(device, name)

        def reached(*given: object) -> object:
            if self._clock.monotonic() < self._until_s:
                raise Unreachable("INDI server", "nothing answers", "is it running there?")
            return do(*given)

        setattr(device, name, reached)


@pytest.mark.parametrize("after", [events.FilterStarted, events.Pointed, events.Flat])
def test_a_server_that_is_back_in_a_moment_costs_no_set(tmp_path, after) -> None:
    twilight = Twilight(tmp_path)
    ServerGone(twilight, for_s=10.0, after=after)
    assert twilight.run() == ExitCode.COMPLETE, twilight.error
    assert {event.recovered for event in twilight.all(events.FaultSeen)} == {True}
    heights = {fits.getheader(path)["CENTALT"] for path in twilight.frames}
    assert all(74.0 < each < 76.0 for each in heights)
    twilight.ends_well()


def test_a_server_that_stays_away_ends_it_and_the_mount_is_looked_for_to_the_end(tmp_path) -> None:
    twilight = Twilight(tmp_path)
    ServerGone(twilight, for_s=1e9)
    assert twilight.run() == ExitCode.DEVICE
    told = [event for event in twilight.all(events.FaultSeen) if not event.recovered]
    assert told
    assert twilight.all(events.RunFinished)[0].mount == "unknown"


def test_a_server_that_is_back_at_the_very_end_lets_the_tracking_be_switched_off(tmp_path) -> None:
    twilight = Twilight(tmp_path, tracking=True)
    ServerGone(twilight, for_s=45.0)
    assert twilight.run() == ExitCode.DEVICE
    twilight.ends_well()
