"""Flats of a twilight on the simulated rig, in virtual time: roofs close, mounts disobey."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from astropy.io import fits
from twilight_bench import ALL, MOONLESS, Twilight

from flatctl import events
from flatctl.core.types import CameraSetup
from flatctl.devices.protocols import MountState
from flatctl.errors import ExitCode, Stopped
from hardware_sims.sky.motion import MountHabits
from hardware_sims.sky.scene import RoofHabits


@pytest.mark.parametrize(("name", "starts_deg"), [("dusk-clear", 0.5), ("dawn-clear", -9.0)])
def test_a_clear_twilight_gives_every_filter_its_flats(tmp_path, name, starts_deg) -> None:
    twilight = Twilight(tmp_path, name, filters=ALL, starts_deg=starts_deg)
    assert twilight.run() == ExitCode.COMPLETE
    assert len(twilight.frames) == len(ALL) * twilight.count
    twilight.ends_well()


def test_each_set_is_told_how_good_it_is(tmp_path) -> None:
    twilight = Twilight(tmp_path)
    twilight.run()
    assert {event.filter for event in twilight.all(events.SetQuality)} == {"L", "R", "Ha"}
    assert twilight.all(events.Rejected) == []


def test_filters_of_different_targets_each_get_their_own_level(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("Ha", "R"), count=2)
    twilight.plans[1] = replace(twilight.plans[1], target=0.3)
    assert twilight.run() == ExitCode.COMPLETE
    levels = {event.filter: event.level for event in twilight.all(events.Flat)}
    assert levels == pytest.approx({"Ha": 0.51, "R": 0.3}, abs=0.05)


def test_filters_of_different_targets_share_one_twilight(tmp_path) -> None:
    """The one whose light comes first is first, wherever it stands in the plan."""
    twilight = Twilight(tmp_path, filters=("L", "Ha"), count=3, starts_deg=-1.0)
    twilight.plans[1] = replace(twilight.plans[1], target=0.3)
    assert twilight.run() == ExitCode.COMPLETE
    assert [event.filter for event in twilight.all(events.Flat)] == ["Ha"] * 3 + ["L"] * 3
    assert all(0.25 <= e.level <= 0.35 for e in twilight.all(events.Flat) if e.filter == "Ha")


@pytest.mark.parametrize(
    ("name", "starts_deg", "order"),
    [("dusk-clear", -1.0, ["Ha", "L", "R"]), ("dawn-clear", -9.0, ["L", "R", "Ha"])],
)
def test_filters_of_another_gain_come_when_their_light_does(
    tmp_path, name, starts_deg, order
) -> None:
    twilight = Twilight(tmp_path, name, filters=("L", "Ha", "R"), count=2, starts_deg=starts_deg)
    twilight.plans[1] = replace(twilight.plans[1], setup=CameraSetup(gain=200.0))
    assert twilight.run() == ExitCode.COMPLETE
    came = list(dict.fromkeys(event.filter for event in twilight.all(events.Flat)))
    assert (came.index("Ha") == 0) == (order[0] == "Ha")
    assert {fits.getheader(p)["GAIN"] for p in twilight.frames if "Ha" in p.name} == {200}


def test_a_full_scale_that_a_clipped_frame_proves_is_that_of_the_flats(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("Ha",), count=2, bits=14, shifted=False)
    assert twilight.run() == ExitCode.COMPLETE
    for path in twilight.frames:
        header = fits.getheader(path)
        assert header["FLATTGT"] == pytest.approx(0.51 * 16383, rel=0.01)
        assert header["FLATLEV"] == pytest.approx(header["FLATTGT"], rel=0.1)
    twilight.ends_well()


def test_the_filters_follow_the_light_not_the_wish(tmp_path) -> None:
    twilight = Twilight(tmp_path, "dusk-clear", filters=("L", "Ha"))
    twilight.run()
    first = twilight.all(events.Flat)[0]
    assert first.filter == "Ha"


def test_a_flat_of_the_sky_says_so_in_its_header(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=2)
    twilight.run()
    header = fits.getheader(twilight.frames[0])
    assert (header["FLATSRC"], header["SKYDIR"], header["TRACKING"]) == ("SKY", "DUSK", False)
    assert -12 <= header["SUNALT"] <= 0
    assert header["SUNDIST"] > 40
    assert header["SKYRATE"] > 0
    assert not {"PANELBRT", "PANELNAM", "PANELMAX"} & set(header)


def test_no_exposure_is_begun_while_the_mount_moves(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=4)
    begun = []
    start = twilight.fake.camera.start

    def watched(exposure_s, kind) -> None:
        begun.append(twilight.fake.mount.report(1.0).state)
        start(exposure_s, kind)

    twilight.fake.camera.start = watched
    twilight.run()
    assert set(begun) == {MountState.STANDING}


def test_frames_are_dithered(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=4)
    twilight.run()
    numbers = [fits.getheader(path)["DITHERN"] for path in twilight.frames]
    assert len(set(numbers)) == len(numbers)


def test_without_a_mount_the_telescope_stays(tmp_path) -> None:
    twilight = Twilight(tmp_path, "no-mount")
    assert twilight.run() == ExitCode.COMPLETE
    assert "CENTALT" not in fits.getheader(twilight.frames[0])


def test_a_panel_that_is_there_stays_off(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=2, panel=True)
    assert twilight.run() == ExitCode.COMPLETE
    assert not any(change.lit for change in twilight.fake.world.light.changes())


def test_a_mount_that_may_not_be_moved_is_only_asked(tmp_path) -> None:
    twilight = Twilight(tmp_path, may_move=False, filters=("L",), count=2)
    twilight.run()
    assert twilight.fake.mount.commands == []


def test_a_closed_roof_ends_it_before_a_frame_is_taken(tmp_path) -> None:
    twilight = Twilight(tmp_path, "roof-closed")
    assert twilight.run() == ExitCode.UNSAFE
    assert twilight.fake.camera.exposures == []


@pytest.mark.parametrize("open_s", [25.0, 26.0, 400.0])
def test_a_roof_that_closes_spoils_no_frame_that_is_kept(tmp_path, open_s) -> None:
    twilight = Twilight(tmp_path, roof=RoofHabits(closes_after_s=open_s))
    assert twilight.run() == ExitCode.UNSAFE
    assert twilight.frames
    for path in twilight.frames:
        header = fits.getheader(path)
        end = datetime.fromisoformat(header["DATE-OBS"]).replace(tzinfo=UTC) + timedelta(
            seconds=header["EXPTIME"]
        )
        assert (end - MOONLESS).total_seconds() <= open_s
    twilight.ends_well()


def test_a_stop_keeps_what_was_taken_and_switches_the_tracking_off(tmp_path) -> None:
    twilight = Twilight(tmp_path)

    def stop(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2:
            raise Stopped(15)

    twilight.hear = stop
    assert twilight.run() == Stopped(15).exit_code
    assert "stopped" in twilight.outcomes.values()
    twilight.ends_well()


def test_at_a_stop_the_exposure_ends_before_the_mount_is_told_anything(tmp_path) -> None:
    twilight, told = Twilight(tmp_path), []
    camera, mount = twilight.fake.camera, twilight.fake.mount

    def noting(device: object, name: str) -> None:
        do = getattr(device, name)
        setattr(device, name, lambda *given: (told.append(name), do(*given)))

    def stop(event: events.Event) -> None:
        if isinstance(event, events.Exposing) and event.kind == "flat":
            noting(camera, "close")
            noting(mount, "abort")
            noting(mount, "track")
            raise Stopped(15)

    twilight.hear = stop
    assert twilight.run() == Stopped(15).exit_code
    assert told[:3] == ["close", "abort", "track"]


def test_a_site_of_another_continent_is_refused_unmoved(tmp_path) -> None:
    twilight = Twilight(tmp_path, mount=MountHabits(site_off_deg=40.0))
    assert twilight.run() == ExitCode.UNSAFE
    assert "slew" not in twilight.fake.mount.commands
    assert twilight.frames == []


def test_a_driver_that_dies_in_a_slew_ends_it_with_what_was_kept(tmp_path) -> None:
    twilight = Twilight(tmp_path, mount=MountHabits(dies_in_slew=5))
    assert twilight.run() == ExitCode.DEVICE
    assert len(twilight.frames) > 0
    twilight.ends_well()


def test_what_the_window_left_undone_is_told_with_its_figures(tmp_path) -> None:
    twilight = Twilight(tmp_path, filters=("L", "Ha"), count=120, starts_deg=-6.0)
    assert twilight.run() == ExitCode.INCOMPLETE
    for event in twilight.all(events.FilterFinished):
        assert event.outcome in ("too_dim", "out_of_time")
        assert (event.why.figures["filter"], event.why.figures["kept"]) == (
            event.filter,
            event.flats,
        )
    twilight.ends_well()


def test_flats_of_the_sky_that_are_there_are_not_taken_again(tmp_path) -> None:
    Twilight(tmp_path, filters=("L",), count=3).run()
    again = Twilight(tmp_path, filters=("L",), count=5)
    assert again.run() == ExitCode.COMPLETE
    assert len(again.all(events.Flat)) == 2


def test_a_sky_that_scatters_more_than_is_wanted_ends_its_sets(tmp_path) -> None:
    sky = {"max_wobble": 0.01}
    twilight = Twilight(tmp_path, "dawn-clouds", filters=("L", "R"), starts_deg=-9.0, sky=sky)
    twilight.count = 20
    twilight.plans = [replace(plan, count=20) for plan in twilight.plans]
    assert twilight.run() == ExitCode.INCOMPLETE
    assert "unstable" in twilight.outcomes.values()
    twilight.ends_well()


@pytest.mark.parametrize(("least", "told"), [(6, ["too_few"]), (5, []), (0, [])])
def test_fewer_flats_than_a_master_needs_are_told_to_be_too_few(tmp_path, least, told) -> None:
    twilight = Twilight(tmp_path, filters=("L",), sky={"min_frames": least})
    twilight.run()
    (quality,) = twilight.all(events.SetQuality)
    assert [str(each.kind) for each in quality.findings] == told


def test_flats_of_an_earlier_twilight_count_among_those_that_a_master_needs(tmp_path) -> None:
    Twilight(tmp_path, filters=("L",), count=4).run()
    later = Twilight(tmp_path, filters=("L",), count=7, days=1, sky={"min_frames": 7})
    later.run()
    (quality,) = later.all(events.SetQuality)
    assert "too_few" not in [str(each.kind) for each in quality.findings]


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ({}, "standing"),
        ({"may_move": False}, "standing"),
        ({"mount": MountHabits(ignores_track_off=True)}, "unknown"),
        ({"name": "no-mount"}, None),
    ],
)
def test_the_end_tells_how_the_mount_was_left(tmp_path, options, left) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=2, **options)
    twilight.run()
    assert [event.mount for event in twilight.all(events.RunFinished)] == [left]
    if twilight.error is not None:
        assert twilight.error.mount == left


@pytest.mark.parametrize("guess", [3, 20])
def test_as_many_flats_are_taken_as_bring_the_noise_under_its_limit(tmp_path, guess) -> None:
    twilight = Twilight(tmp_path, filters=("L",), count=guess, starts_deg=-4.5)
    twilight.plans = [replace(plan, flat_noise=0.002) for plan in twilight.plans]
    assert twilight.run() == ExitCode.COMPLETE
    (quality,) = twilight.all(events.SetQuality)
    assert len(twilight.frames) == pytest.approx(quality.flats_needed, abs=1)
    assert len(twilight.frames) != guess
