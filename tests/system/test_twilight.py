"""Flats of the sky over INDI: a whole twilight, and what goes wrong with mount, roof and clock.

What is longer than a few seconds goes to the night; in virtual time all of it is in tests/engine.
"""

import json
import signal
import subprocess

import indiserver
import pytest
import rigs
from twilight_served import SUN_DEG, Twilight, twilight

from flatctl.errors import ExitCode, Stopped
from flatctl.storage.verify import verify_file
from hardware_sims.sky.motion import Doing
from hardware_sims.sky.scene import RoofHabits

pytestmark = pytest.mark.timeout(180)

ALL = ("L", "R", "G", "B", "Ha", "OIII", "SII")
ORDERS = {
    "EQUATORIAL_EOD_COORD",
    "ON_COORD_SET",
    "TELESCOPE_TRACK_STATE",
    "TELESCOPE_PARK",
    "TELESCOPE_ABORT_MOTION",
    "CONNECTION",
}
nightly = pytest.mark.nightly


def kept_clear_of_sun_and_ground(rig: Twilight) -> bool:
    nearest_deg, lowest_deg = rig.nearest_and_lowest_deg()
    return nearest_deg > SUN_DEG and lowest_deg > 0


def follows_its_plan(told: list[dict]) -> bool:
    """Tell whether each filter was begun when it was the first of the plan."""
    planned, under_way = "", ""
    for each in told:
        if each["event"] == "sky_plan":
            planned = each["filters"][0]["filter"]
        elif each["event"] == "exposing" and each["filter"] != under_way:
            under_way = each["filter"]
            if under_way != planned:
                return False
    return bool(planned)


@pytest.mark.indi_bin
@pytest.mark.parametrize("name", ["dusk-short", pytest.param("dawn-short", marks=nightly)])
def test_a_twilight_of_seven_filters_under_indiserver_ends_well(name, tmp_path):
    drivers = [str(rigs.BIN / f"flatctl_sim_{each}") for each in ("ccd", "wheel", "mount", "roof")]
    state = tmp_path / "state"
    state.mkdir()
    with (
        rigs.environment(
            FLATCTL_SIM_STATE=str(state), FLATCTL_SIM_SCENARIO=name, FLATCTL_SIM_SIZE="64x64"
        ),
        indiserver.indiserver(*drivers) as server,
        twilight(tmp_path, name) as served,
    ):
        for each in ("Sim Mount", "Sim Roof"):
            rigs.await_property(server.port, f"{each}.CONNECTION.CONNECT")
        config = served.config.read_text()
        told_port = next(line for line in config.splitlines() if line.startswith("port = "))
        served.config.write_text(config.replace(told_port, f"port = {server.port}"))
        found = rigs.flatctl("run", served.config, "--count", 1, "--json")
        told = rigs.events(found)
        assert found.returncode == 0, found.stderr
        assert {e["filter"] for e in told if e["event"] == "flat"} == set(ALL)
        assert follows_its_plan(told)
        assert [p for p in (tmp_path / "flats").rglob("*.fits") if verify_file(p).problems] == []
        mount = subprocess.run(
            ["indi_getprop", "-p", str(server.port), "Sim Mount.TELESCOPE_TRACK_STATE.TRACK_OFF"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert mount.stdout.strip().endswith("=On")


@nightly
@pytest.mark.indi_bin
def test_the_mount_of_indi_itself_serves_as_well_as_ours(tmp_path):
    drivers = [str(rigs.BIN / f"flatctl_sim_{each}") for each in ("ccd", "wheel", "mount", "roof")]
    stock, state = "Telescope Simulator", tmp_path / "state"
    state.mkdir()
    with (
        rigs.environment(
            FLATCTL_SIM_STATE=str(state),
            FLATCTL_SIM_SCENARIO="dusk-clear",
            FLATCTL_SIM_SIZE="64x64",
        ),
        indiserver.indiserver(indiserver.TELESCOPE, *drivers) as server,
        twilight(tmp_path, "dusk-clear") as served,
    ):
        rigs.await_property(server.port, f"{stock}.CONNECTION.CONNECT")
        rigs.await_property(server.port, "Sim Roof.CONNECTION.CONNECT")
        setprop = ["indi_setprop", "-p", str(server.port)]
        site = served.world.scene.twilight.site
        subprocess.run([*setprop, f"{stock}.CONNECTION.CONNECT=On"], check=True)
        rigs.await_property(server.port, f"{stock}.GEOGRAPHIC_COORD.LAT")
        where = f"LAT={site.latitude_deg};LONG={site.longitude_deg % 360.0};ELEV=100"
        subprocess.run([*setprop, f"{stock}.GEOGRAPHIC_COORD.{where}"], check=True)
        config = served.config.read_text().replace("Sim Mount", stock)
        told_port = next(line for line in config.splitlines() if line.startswith("port = "))
        config = config.replace(told_port, f"port = {server.port}").replace("slew_s = 10", "")
        served.config.write_text(config)
        found = rigs.flatctl("run", served.config, "--count", 3, "--filter", "Ha", "--json")
        assert found.returncode == 0, found.stderr
        pointed = [each for each in rigs.events(found) if each["event"] == "pointing"]
        assert {each["tracking"] for each in pointed} == {False}
        told = ["indi_getprop", "-p", str(server.port), f"{stock}.TELESCOPE_TRACK_STATE.TRACK_OFF"]
        tracking = subprocess.run(told, capture_output=True, text=True, check=True)
        assert tracking.stdout.strip().endswith("=On")


TROUBLES = {
    "parked, and refuses to be unparked": (
        {"starts": Doing.PARKED, "refuses_unpark": True},
        ExitCode.DEVICE,
    ),
    "ignores that its tracking is switched off": ({"ignores_track_off": True}, ExitCode.DEVICE),
    "a dither that never ends": ({"endless_dither": True}, ExitCode.DEVICE),
    "a slew that never ends": ({"endless": True, "speed_deg_s": 3.0}, ExitCode.DEVICE),
    "sinks": ({"sinks_deg_s": 3.0}, ExitCode.UNSAFE),
    "believes to be elsewhere": ({"site_off_deg": 40.0}, ExitCode.UNSAFE),
    "has a clock that is an hour ahead": ({"clock_off_s": 3600.0}, ExitCode.UNSAFE),
    "lost in a slew": ({"dies_in_slew": 2}, ExitCode.DEVICE),
}


@nightly
@pytest.mark.parametrize("trouble", TROUBLES)
def test_a_mount_in_trouble_ends_the_run_with_its_code_and_never_points_low(trouble, tmp_path):
    habits, code = TROUBLES[trouble]
    with twilight(tmp_path, **habits) as rig:
        assert rig.run(count=4) == code, rig.error
        assert kept_clear_of_sun_and_ground(rig)
        assert rig.bad_frames == []
        assert rig.motion.doing() is not Doing.TRACKING or "ignores" in trouble


@nightly
@pytest.mark.parametrize(
    ("habits", "code"),
    [({"starts": Doing.PARKED}, ExitCode.COMPLETE), ({"tracks_again_s": 1.0}, ExitCode.DEVICE)],
)
def test_a_mount_that_is_parked_or_tracks_again_gives_its_flats_all_the_same(
    habits, code, tmp_path
):
    with twilight(tmp_path, **habits) as rig:
        assert rig.run(count=2) == code, rig.error
        assert kept_clear_of_sun_and_ground(rig)
        assert rig.motion.doing() is not Doing.TRACKING or "tracks_again_s" in habits


def test_a_mount_behind_alpaca_points_at_the_sky_as_one_behind_indi(tmp_path):
    with twilight(tmp_path, alpaca=True) as rig:
        assert rig.run(count=2) == ExitCode.COMPLETE, rig.error
        assert len(rig.frames) == 2
        assert rig.bad_frames == []
        assert kept_clear_of_sun_and_ground(rig)
        assert rig.motion.doing() is Doing.STANDING


def test_no_order_reaches_a_mount_that_may_not_be_moved(tmp_path):
    with twilight(tmp_path, move=False, sky='position = "stay"') as rig:
        assert rig.run() == ExitCode.COMPLETE, rig.error
        assert not ORDERS & set(rig.mount.received)


@nightly
@pytest.mark.parametrize("doing", [Doing.PARKED, Doing.TRACKING])
def test_nor_one_that_is_of_no_use_as_it_stands(doing, tmp_path):
    with twilight(tmp_path, move=False, sky='position = "stay"', starts=doing) as rig:
        assert rig.run() == ExitCode.UNSAFE
        assert not ORDERS & set(rig.mount.received)


@nightly
def test_a_roof_that_closes_ends_the_run_and_spoils_no_flat(tmp_path):
    with twilight(tmp_path, roof=RoofHabits(closes_after_s=12.0)) as rig:
        assert rig.run(count=200) == ExitCode.UNSAFE
        assert rig.frames
        assert rig.bad_frames == []
        assert rig.motion.doing() is Doing.STANDING


@pytest.mark.parametrize("during", ["exposure", pytest.param("slew", marks=nightly)])
def test_a_signal_aborts_what_goes_on_and_leaves_the_tracking_off(during, tmp_path):
    slow = {"speed_deg_s": 4.0} if during == "slew" else {}
    with twilight(tmp_path, **slow) as rig:
        run = rigs.started("run", rig.config, "--filter", "Ha", "--count", 50, "--json")
        with run:
            if during == "slew":
                while rig.motion.doing() is not Doing.SLEWING:
                    assert run.poll() is None
            else:
                told = (json.loads(line)["event"] for line in run.stdout)
                assert "exposing" in told
            run.send_signal(signal.SIGTERM)
            run.stdout.read()
            assert run.wait(timeout=60) == Stopped(signal.SIGTERM).exit_code, run.stderr.read()
        assert rig.motion.doing() is Doing.STANDING
        assert kept_clear_of_sun_and_ground(rig)
        assert camera_is_idle(rig)


@nightly
def test_what_a_killed_run_left_tracking_is_switched_off_by_safe_once(tmp_path):
    state = str(tmp_path / "state")
    with (
        rigs.environment(XDG_STATE_HOME=state),
        twilight(tmp_path, sky='tracking = "on"') as rig,
    ):
        with rigs.started("run", rig.config, "--filter", "Ha", "--count", 50, "--json") as run:
            assert "flat" in (json.loads(line)["event"] for line in run.stdout)
            run.kill()
        assert rig.motion.doing() is Doing.TRACKING
        safe = rigs.flatctl("safe", rig.config)
        assert (safe.returncode, "Sim Mount: tracking off" in safe.stdout) == (0, True), safe.stderr
        assert rig.motion.doing() is Doing.STANDING
        rig.motion.track(True)
        assert "Sim Mount" not in rigs.flatctl("safe", rig.config).stdout
        assert rig.motion.doing() is Doing.TRACKING


def camera_is_idle(rig: Twilight) -> bool:
    camera = next(each for each in rig.drivers if type(each).__name__ == "SimCamera")
    return camera.vector("CCD_EXPOSURE").state != "Busy"


@nightly
@pytest.mark.parametrize("name", ["dawn-clear", "tropics"])
def test_far_from_its_light_a_run_says_when_it_comes_and_moves_nothing(name, tmp_path):
    with twilight(tmp_path, name, away_deg=120.0) as rig:
        assert rig.run() == ExitCode.UNSAFE
        assert "waits for it" in str(rig.error)
        assert rig.mount.received == []
