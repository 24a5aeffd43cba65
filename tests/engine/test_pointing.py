"""The telescope at the sky, in virtual time, with mounts that do what they should not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flatctl.core.pointing.bodies import sun_at
from flatctl.core.pointing.directions import Horizontal, separation_deg, to_axes
from flatctl.devices.protocols import MountState
from flatctl.engine.sky.pointing import Pointing, SkyPointing
from flatctl.engine.sky.pointing_plan import PointingPlan, refuse_other_site
from flatctl.errors import ExitCode, FlatctlError, UnsafeError
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario
from hardware_sims.sky.motion import Doing, MountHabits, Stretch

MOONLESS = datetime(2026, 11, 9, 17, 0, tzinfo=UTC)


class Twilight:
    """An evening of `frames` flats of 10 s each, with a mount of these habits."""

    def __init__(
        self,
        *,
        may_move: bool = True,
        plan: PointingPlan | None = None,
        **habits: object,
    ) -> None:
        rig = scenario("dusk-clear", rows=32, cols=32)
        rig = replace(rig, mount=MountHabits(**habits))
        self.fake = FakeRig(rig, start=MOONLESS)
        self.clock, self.mount = self.fake.clock, self.fake.mount
        self.motion = self.mount.motion
        self.site = self.fake.world.scene.twilight.site
        self.mount.may_move = may_move
        self.plan = plan or PointingPlan(slew_s=120.0)
        self.places: list[Pointing] = []
        self.heard: list[FlatctlError] = []

    def run(self, frames: int = 30, *, site=None) -> int:
        """Return the exit code."""
        pointing = SkyPointing(self.mount, site or self.site, self.clock, self.plan)
        try:
            pointing.begin(self.clock.now() + timedelta(minutes=40))
            for _ in range(frames):
                self.places.append(pointing.before_frame())
                self.clock.sleep(10.0)
                pointing.check()
        except FlatctlError as error:
            self.heard.append(error)
        try:
            pointing.end()
        except FlatctlError as error:
            self.heard.append(error)
        return self.heard[0].exit_code if self.heard else ExitCode.COMPLETE

    def put(self, at: Horizontal) -> None:
        """Have the mount stand there at the beginning."""
        axes = to_axes(at, self.site)
        place = (axes.hour_angle_deg, axes.dec_deg)
        self.motion._course = [Stretch(-1e9, self.motion.habits.starts, axes=place)]

    @property
    def way(self) -> list[tuple[datetime, Horizontal]]:
        """Where it really pointed, every half second."""
        seconds = [i / 2 for i in range(int(2 * self.clock.monotonic()) + 1)]
        return [(MOONLESS + timedelta(seconds=s), self.motion.direction(s)) for s in seconds]

    @property
    def nearest_to_sun_deg(self) -> float:
        return min(separation_deg(at, sun_at(when, self.site)) for when, at in self.way)

    @property
    def lowest_deg(self) -> float:
        return min(at.alt_deg for _, at in self.way)


def test_flats_are_taken_at_the_null_point_with_the_tracking_off_and_it_stays_off():
    evening = Twilight()
    assert evening.run() == 0
    for place in evening.places:
        assert place.direction.alt_deg == pytest.approx(75.0, abs=0.1)
        assert not place.tracking
    assert evening.motion.doing() is Doing.STANDING


def test_every_frame_is_taken_beside_the_others():
    evening = Twilight()
    evening.run()
    beside = [(round(p.direction.alt_deg, 4), round(p.direction.az_deg, 4)) for p in evening.places]
    assert len(set(beside)) == len(beside)


def test_the_mount_is_brought_back_as_the_sun_goes_on():
    evening = Twilight(plan=PointingPlan(repoint_s=300.0, dither_arcsec=0.0))
    evening.run(frames=90)
    suns = [sun_at(MOONLESS, evening.site), sun_at(evening.clock.now(), evening.site)]
    turned = suns[1].az_deg - suns[0].az_deg
    azimuths = [place.direction.az_deg for place in evening.places]
    assert azimuths[-1] - azimuths[0] == pytest.approx(turned, abs=1.5)
    assert len({round(each, 1) for each in azimuths}) == 3


def test_without_a_dither_nothing_is_moved_between_frames():
    evening = Twilight(plan=PointingPlan(dither_arcsec=0.0))
    evening.run(frames=10)
    assert evening.mount.commands.count("slew") == 1


def test_a_mount_that_is_to_track_does_and_dithers():
    evening = Twilight(plan=PointingPlan(tracking=True))
    assert evening.run(frames=10) == 0
    assert all(place.tracking for place in evening.places)
    assert evening.mount.commands.count("slew") == 10
    assert evening.motion.doing() is Doing.STANDING


def test_a_mount_that_tracks_rests_while_nothing_is_exposed():
    evening = Twilight(plan=PointingPlan(tracking=True))
    pointing = SkyPointing(evening.mount, evening.site, evening.clock, evening.plan)
    pointing.begin(MOONLESS + timedelta(minutes=40))
    pointing.before_frame()
    pointing.rest()
    assert evening.motion.doing() is Doing.STANDING
    evening.clock.sleep(900.0)
    assert pointing.before_frame().direction.alt_deg == pytest.approx(75.0, abs=0.1)
    assert evening.motion.doing() is Doing.TRACKING


def test_where_the_tracking_would_lead_low_it_is_not_pointed():
    plan = PointingPlan(position=(31.0, 300.0), tracking=True, repoint_s=3600.0)
    evening = Twilight(plan=plan)
    assert evening.run(frames=1) == ExitCode.UNSAFE
    assert "slew" not in evening.mount.commands
    assert Twilight(plan=replace(plan, tracking=False)).run(frames=1) == 0


def test_a_parked_mount_is_unparked_and_parked_again_where_that_is_asked_for():
    evening = Twilight(starts=Doing.PARKED, plan=PointingPlan(park_at_end=True))
    assert evening.run() == 0
    assert evening.motion.doing() is Doing.PARKED


TROUBLES: dict[str, tuple[dict[str, object], int]] = {
    "refuses to be unparked": ({"starts": Doing.PARKED, "refuses_unpark": True}, 4),
    "ignores that its tracking is switched off": ({"ignores_track_off": True}, 4),
    "a slew that never ends": ({"endless": True}, 4),
    "a dither that never ends": ({"endless_dither": True}, 4),
    "sinks": ({"sinks_deg_s": 0.3}, 6),
    "another site": ({"site_off_deg": 0.5}, 6),
    "lost in a slew": ({"dies_in_slew": 3}, 4),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_mount_in_trouble_ends_with_its_code_never_low_nor_near_the_sun(trouble):
    habits, code = TROUBLES[trouble]
    evening = Twilight(**habits)
    assert evening.run() == code
    assert evening.nearest_to_sun_deg > 40.0
    assert evening.lowest_deg > 28.0 or "refuses" in trouble


@pytest.mark.parametrize("trouble", [t for t in TROUBLES if "ignores" not in t])
def test_a_mount_in_trouble_is_left_with_its_tracking_off(trouble):
    evening = Twilight(**TROUBLES[trouble][0])
    evening.run()
    assert evening.motion.doing() in (Doing.STANDING, Doing.PARKED)


def test_a_mount_that_tracks_again_by_itself_is_switched_off_each_time():
    evening = Twilight(tracks_again_s=15.0)
    assert evening.run() == 0
    assert evening.mount.commands.count("track off") >= 30


def test_a_mount_that_can_not_be_kept_from_tracking_is_told_of_at_the_end():
    evening = Twilight(tracks_again_s=1.0)
    assert evening.run(frames=0) == 4
    (failure,) = evening.heard
    assert "switches its tracking on again" in str(failure)


@pytest.mark.parametrize(
    "elsewhere", [{"latitude_deg": 10.0}, {"longitude_deg": 100.0}, {"latitude_deg": -50.0}]
)
def test_a_configuration_of_another_place_moves_nothing(elsewhere):
    evening = Twilight(starts=Doing.PARKED)
    assert evening.run(site=replace(evening.site, **elsewhere)) == 6
    assert evening.mount.commands == []


@pytest.mark.parametrize(("off_s", "says"), [(3600.0, "60 min ahead"), (-3600.0, "60 min behind")])
def test_a_clock_that_is_an_hour_off_moves_nothing(off_s, says):
    evening = Twilight(starts=Doing.PARKED, clock_off_s=off_s)
    assert evening.run() == 6
    assert evening.mount.commands == []
    assert says in str(evening.heard[0])


def test_a_clock_that_is_nearly_right_is_no_matter():
    assert Twilight(clock_off_s=20.0).run(frames=2) == 0


def test_longitudes_on_both_sides_of_180_degrees_are_one_place():
    evening = Twilight()
    east, west = (replace(evening.site, longitude_deg=each) for each in (179.97, -179.98))
    assert refuse_other_site("Mount", east, west) is None


@pytest.mark.parametrize(
    "position", [(20.0, 180.0), (35.0, 240.0), (31.0, 235.0)], ids=["low", "Sun", "Sun, low"]
)
def test_a_position_that_is_not_permitted_moves_nothing(position):
    evening = Twilight(starts=Doing.PARKED, plan=PointingPlan(position=position))
    assert evening.run() == 6
    assert evening.mount.commands == []
    assert "choose another position" in str(evening.heard[0])


def test_a_mount_that_may_not_be_moved_is_used_as_it_stands():
    evening = Twilight(may_move=False)
    assert evening.run() == 0
    assert evening.mount.commands == []


@pytest.mark.parametrize("doing", [Doing.PARKED, Doing.TRACKING])
def test_one_that_may_not_be_moved_and_can_not_be_used_so_is_refused(doing):
    evening = Twilight(may_move=False, starts=doing)
    if doing is Doing.TRACKING:
        place = evening.motion.place()
        tracking = Stretch(-1e9, doing, place=(place.ra_deg, 40.0))
        evening.motion._course = [tracking]
    assert evening.run() == 6
    assert evening.mount.commands == []


def test_one_that_may_not_be_moved_and_points_low_is_refused():
    evening = Twilight(may_move=False)
    evening.put(Horizontal(10.0, 90.0))
    assert evening.run() == 6


def test_a_mount_that_stays_has_its_tracking_switched_off_where_it_may():
    evening = Twilight(plan=PointingPlan(position="stay"))
    evening.motion.track(True)
    assert evening.run(frames=5) == 0
    assert evening.mount.commands == ["track off", "track off"]


def says(evening: Twilight, monkeypatch, **changes: object) -> None:
    """Have the mount report something else than the truth."""
    report = evening.mount.report
    monkeypatch.setattr(evening.mount, "report", lambda s: replace(report(s), **changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"site": None}, 6), ({"at": None}, 4), ({"state": MountState.SLEWING}, 6)],
    ids=["no site", "no place", "moves by itself"],
)
def test_a_mount_that_does_not_say_what_is_needed_is_not_used(changes, code, monkeypatch):
    evening = Twilight()
    says(evening, monkeypatch, **changes)
    assert evening.run(frames=2) == code
    assert evening.places == []


def test_a_mount_that_says_it_is_unparked_and_is_not_is_found_out(monkeypatch):
    evening = Twilight(starts=Doing.PARKED)
    monkeypatch.setattr(evening.mount, "unpark", lambda _: None)
    assert evening.run() == 4
    assert "slew" not in evening.mount.commands


def test_a_mount_that_somebody_moves_away_meanwhile_spoils_no_frame():
    evening = Twilight(plan=PointingPlan(dither_arcsec=0.0))
    pointing = SkyPointing(evening.mount, evening.site, evening.clock, evening.plan)
    pointing.begin(evening.clock.now() + timedelta(minutes=10))
    pointing.before_frame()
    here = evening.motion.place()
    evening.motion.slew(replace(here, ra_deg=(here.ra_deg + 5.0) % 360.0))
    with pytest.raises(UnsafeError, match="slewing"):
        pointing.check()
    evening.clock.sleep(10.0)
    with pytest.raises(UnsafeError, match="from where it was sent"):
        pointing.check()


def test_a_mount_that_flips_is_led_near_the_pole(monkeypatch):
    evening = Twilight()
    evening.put(Horizontal(60.0, 250.0))
    says(evening, monkeypatch, flips=True)
    assert evening.run(frames=2) == 0
    highest = max(to_axes(at, evening.site).dec_deg for _, at in evening.way)
    assert highest == pytest.approx(85.0, abs=1.0)


STARTS = [Horizontal(alt, az) for alt in (0.0, 20.0, 45.0, 80.0) for az in range(0, 360, 30)]


@pytest.mark.parametrize("start", STARTS, ids=lambda at: f"{at.alt_deg:.0f} {at.az_deg:.0f}")
def test_wherever_it_stands_it_gets_there_far_from_the_sun_or_is_not_moved(start):
    evening = Twilight()
    evening.put(start)
    code = evening.run(frames=2)
    if separation_deg(start, sun_at(MOONLESS, evening.site)) < 40:
        assert code == 6
        assert "slew" not in evening.mount.commands
    else:
        assert code == 0
        assert evening.nearest_to_sun_deg > 40.0
        assert evening.lowest_deg > min(start.alt_deg, 29.0) - 0.5


def test_a_mount_that_leaves_its_way_is_stopped(monkeypatch):
    evening = Twilight()
    truth: Callable = evening.motion.slew
    evening.put(Horizontal(70.0, 90.0))
    sun = sun_at(MOONLESS, evening.site)

    def astray(to):
        monkeypatch.setattr(evening.motion, "slew", truth)
        axes = to_axes(Horizontal(5.0, sun.az_deg), evening.site)
        truth(replace(to, ra_deg=(to.ra_deg - axes.hour_angle_deg) % 360.0, dec_deg=axes.dec_deg))

    monkeypatch.setattr(evening.motion, "slew", astray)
    assert evening.run(frames=2) == 6
    assert isinstance(evening.heard[0], UnsafeError)
    assert evening.nearest_to_sun_deg > 35.0
    assert evening.motion.doing() is Doing.STANDING


def test_where_it_points_is_told_with_sun_and_moon():
    evening = Twilight()
    evening.run(frames=3)
    last = evening.places[-1]
    assert last.sun_distance_deg == pytest.approx(105.0, abs=3.0)
    assert last.dithers == 3
    assert -90.0 < last.moon_alt_deg < 90.0
