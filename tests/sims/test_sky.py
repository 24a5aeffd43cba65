"""The simulated sky: how its light fades, what is seen of stars, and how the mount moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from twilight import small, taken

from flatctl.core.nights.sun import sun_altitude_deg
from flatctl.core.pointing.bodies import sun_at
from flatctl.core.pointing.directions import Equatorial, Horizontal, around, separation_deg
from flatctl.core.types import FrameKind
from flatctl.errors import DeviceError, Fault, NoReply
from hardware_sims.fakes import FakeRig
from hardware_sims.optics import Optics
from hardware_sims.scenarios import scenario
from hardware_sims.sky.motion import Doing, MountHabits
from hardware_sims.sky.scenarios import SKY_SCENARIOS
from hardware_sims.sky.scene import RoofHabits
from hardware_sims.sky.twilight import Clouds, Sky, Twilight

START = datetime(2026, 11, 22, 17, 0, tzinfo=UTC)
L, HA = (550.0, 300.0), (656.0, 5.0)
B, R = (450.0, 100.0), (640.0, 90.0)


def twilight(**changes: object) -> Twilight:
    return Twilight(Sky(**changes), START, 0.0, seed=1)


def rig(size_px: tuple[int, int] = (128, 128), **changes: object) -> FakeRig:
    return FakeRig(small(replace(scenario("dusk-clear"), **changes), size_px))


def frame(fake: FakeRig, exposure_s: float) -> np.ndarray:
    fake.camera.open(5.0)
    fake.camera.start(exposure_s, FrameKind.FLAT)
    return fake.camera.read(60.0).pixels.astype(float)


@pytest.mark.parametrize("name", SKY_SCENARIOS)
def test_every_sky_begins_with_the_sun_where_it_says_and_on_its_way(name):
    sky = SKY_SCENARIOS[name].sky
    site = sky.site(START)
    before, after = (
        sun_altitude_deg(START + timedelta(minutes=minutes), site) for minutes in (0, 1)
    )
    assert before == pytest.approx(sky.starts_deg, abs=0.01)
    assert (after > before) == sky.dawn


def test_an_exposure_gathers_the_light_of_all_of_it():
    sky = twilight(clouds=Clouds(0.2))
    whole = sky.electrons(L, 3.76, 100.0, 130.0)
    parts = sum(sky.electrons(L, 3.76, 100.0 + i, 101.0 + i) for i in range(30))
    assert whole == pytest.approx(parts, rel=1e-6)
    assert whole != pytest.approx(30 * sky.electrons(L, 3.76, 100.0, 101.0), rel=0.02)


def test_the_light_is_that_of_the_formula_within_half_a_magnitude():
    sky = twilight(starts_deg=-5.0)
    assert 3500 < sky.electrons(L, 3.76, 0.0, 1.0) < 9000
    assert sky.electrons(HA, 3.76, 0.0, 1.0) < 200


def test_blue_light_outlasts_red():
    sky = twilight(starts_deg=-3.0)
    early, late = (
        sky.electrons(B, 3.76, at_s, at_s + 1) / sky.electrons(R, 3.76, at_s, at_s + 1)
        for at_s in (0.0, 1800.0)
    )
    assert late > 1.2 * early


def test_the_same_seed_is_the_same_sky_and_another_is_another():
    skies = [Twilight(Sky(clouds=Clouds(0.1)), START, 0.0, seed) for seed in (1, 1, 2)]
    one, again, other = (sky.electrons(L, 3.76, 50.0, 60.0) for sky in skies)
    assert one == again != other


def test_the_sky_is_evenest_high_up_away_from_the_sun():
    sky = twilight()
    away_az_deg = sun_at(START, sky.site).az_deg + 180.0
    even, low, towards = (
        sky.evenness(Horizontal(alt_deg, az_deg % 360.0), 0.0)
        for alt_deg, az_deg in ((75.0, away_az_deg), (40.0, away_az_deg), (60.0, away_az_deg + 180))
    )
    assert even[1:] == pytest.approx((0.0, 0.0), abs=1e-4)
    assert low[2] < -0.01
    assert towards[0] > 1.3


def test_no_light_comes_through_a_closed_roof():
    shut, open_ = (rig(roof=RoofHabits(starts_open=is_open)) for is_open in (False, True))
    assert np.median(frame(open_, 0.02)) > np.median(frame(shut, 0.02)) + 500
    shut.roof.roof.move(is_open=True)
    shut.clock.sleep(10.0)
    assert np.median(frame(shut, 0.02)) > 1500


def test_a_roof_may_close_by_itself():
    fake = rig(roof=RoofHabits(closes_after_s=60.0))
    assert fake.roof.open_status(1.0).met
    fake.clock.sleep(61.0)
    assert not fake.roof.open_status(1.0).met


def stars(fake: FakeRig, exposure_s: float) -> np.ndarray:
    """Return which pixels of a frame of an even field have stars in them."""
    pixels = frame(fake, exposure_s)
    level = np.median(pixels)
    return pixels > level + 6 * np.sqrt(level - 1000)


EVEN = Optics(vignetting_frac=0.0, motes=0, prnu_frac=0.0)
LATE = Sky(starts_deg=-8.5, stars=4.0)


def tracking(on: bool) -> FakeRig:
    fake = rig((256, 256), optics=EVEN, sky=LATE)
    fake.mount.may_move = True
    fake.mount.slew(fake.mount.report(1.0).at, 60.0, tracking=on)
    return fake


def test_stars_stand_still_while_the_mount_tracks():
    fake = tracking(on=True)
    one, other = stars(fake, 5.0), stars(fake, 5.0)
    assert one.sum() > 20
    assert (one & other).sum() > 0.35 * one.sum()


def test_stars_trail_and_go_on_while_it_stands():
    fake = tracking(on=False)
    one, other = stars(fake, 5.0), stars(fake, 5.0)
    assert one.sum() > 20
    assert (one & other).sum() < 0.15 * one.sum()


def test_a_mount_goes_where_it_is_sent_in_the_time_that_takes_and_tracks():
    motion = rig().mount.motion
    here = motion.place()
    motion.slew(Equatorial((here.ra_deg + 60.0) % 360.0, here.dec_deg + 10.0))
    now_s = motion._now()
    assert motion.doing() is Doing.SLEWING
    assert motion.doing(now_s + 12.0) is Doing.TRACKING
    there = motion.place(now_s + 12.0)
    assert around(there.ra_deg - here.ra_deg) == pytest.approx(60.0)
    assert there.dec_deg - here.dec_deg == pytest.approx(10.0)


def test_the_sky_goes_on_over_a_mount_that_stands():
    motion = rig().mount.motion
    now_s = motion._now()
    first, later = motion.place(now_s), motion.place(now_s + 240.0)
    assert around(later.ra_deg - first.ra_deg) == pytest.approx(1.003, abs=0.01)
    assert separation_deg(motion.direction(now_s), motion.direction(now_s + 240.0)) < 1e-6


def troubled(**habits: object) -> FakeRig:
    fake = rig(mount=MountHabits(**habits))
    fake.mount.may_move = True
    return fake


@pytest.mark.parametrize(
    ("habits", "error"),
    [
        ({"starts": Doing.PARKED}, Fault),
        ({"endless": True}, NoReply),
        ({"ignores_track_off": True}, Fault),
        ({"dies_in_slew": 1}, Fault),
    ],
)
def test_a_slew_that_can_not_be_ends_with_an_error(habits, error):
    fake = troubled(**habits)
    here = fake.mount.report(1.0).at
    with pytest.raises(error):
        fake.mount.slew(Equatorial(here.ra_deg, here.dec_deg - 20.0), 30.0, tracking=False)


def test_a_mount_that_refuses_to_be_unparked_says_so():
    fake = troubled(starts=Doing.PARKED, refuses_unpark=True)
    with pytest.raises(Fault, match="unparked"):
        fake.mount.unpark(30.0)


def test_a_small_move_may_never_end_and_can_be_stopped():
    fake = troubled(endless_dither=True)
    here = fake.mount.report(1.0).at
    fake.mount.slew(Equatorial(here.ra_deg, here.dec_deg - 20.0), 30.0, tracking=False)
    here = fake.mount.report(1.0).at
    with pytest.raises(NoReply):
        fake.mount.slew(Equatorial(here.ra_deg, here.dec_deg + 0.02), 30.0, tracking=False)
    assert fake.mount.motion.doing() is Doing.TRACKING


def test_a_mount_may_track_again_after_a_while_or_sink():
    again, sinking = troubled(tracks_again_s=2.0), troubled(sinks_deg_s=0.1)
    for fake in (again, sinking):
        fake.mount.slew(fake.mount.report(1.0).at, 30.0, tracking=False)
    height = sinking.mount.motion.direction().alt_deg
    for fake in (again, sinking):
        fake.clock.sleep(10.0)
    assert again.mount.motion.doing() is Doing.TRACKING
    assert sinking.mount.motion.direction().alt_deg == pytest.approx(height - 1.0, abs=0.01)


def test_a_mount_may_believe_to_stand_elsewhere():
    fake = troubled(site_off_deg=0.5)
    site = fake.world.scene.twilight.site
    assert fake.mount.report(1.0).site.latitude_deg - site.latitude_deg == pytest.approx(0.5)


def test_a_mount_that_may_not_be_moved_is_not():
    fake = rig()
    here = fake.mount.report(1.0).at
    for move in (
        lambda: fake.mount.slew(here, 30.0, tracking=False),
        lambda: fake.mount.track(False, 30.0),
        lambda: fake.mount.unpark(30.0),
        lambda: fake.mount.abort(30.0),
    ):
        with pytest.raises(DeviceError, match="may not be moved"):
            move()
    assert fake.mount.commands == []


NIGHTLY = [name for name in SKY_SCENARIOS if name not in ("dusk-clear", "dawn-clouds")]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.nightly] if name in NIGHTLY else [])
        for name in SKY_SCENARIOS
        if name not in ("roof-closed", "mount-parked")
    ],
)
def test_a_twilight_completes_every_set(name):
    found = taken(small(scenario(name)), count=10)
    assert set(found.search.outcomes.values()) == {"complete"}
