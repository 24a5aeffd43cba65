"""The quality of a set while a run takes it: bad frames are replaced, and the set is judged."""

from dataclasses import replace

import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events
from flatctl.core.quality.findings import Kind, QualityLimits
from flatctl.core.types import CameraSetup
from flatctl.errors import Unreachable
from flatctl.storage.history import History
from hardware_sims.scenarios import SHUTTER_S, scenario

ROWS, COLS = 120, 160


def judged(
    folder, name: str = "mono", *, limits: QualityLimits | None = None, filters=("R",), **bench
) -> Bench:
    """Return a bench that judges its flats, with frames large enough for that."""
    job = {"quality": limits or QualityLimits(), **bench.pop("job", {})}
    rig = scenario(name, rows=ROWS, cols=COLS)
    return Bench(folder, rig=rig, filters=filters, job=job, **bench)


def later(bench: Bench, **optics) -> Bench:
    """Return the same rig another night, with other optics."""
    rig = bench.fake.world.scenario
    return bench.again(rig=replace(rig, optics=replace(rig.optics, **optics)), after_s=90_000)


def kinds(bench: Bench) -> list[str]:
    return [f.kind for event in bench.all(events.SetQuality) for f in event.findings]


def test_a_good_set_is_judged_without_a_finding(tmp_path):
    bench = judged(tmp_path, count=4)
    assert bench.run() == 0
    (quality,) = bench.all(events.SetQuality)
    assert (quality.filter, quality.flats, quality.findings) == ("R", 4, ())
    assert quality.photons_e == pytest.approx(4 * 7700, rel=0.2)
    assert quality.master_noise_frac == pytest.approx(quality.noise_frac / 2)
    assert not quality.compared


def test_the_judgement_comes_after_the_flats_and_before_the_end_of_the_filter(tmp_path):
    bench = judged(tmp_path)
    bench.run()
    order = [type(event) for event in bench.told]
    assert order.index(events.SetQuality) > max(
        place for place, kind in enumerate(order) if kind is events.Flat
    )
    assert order.index(events.SetQuality) < order.index(events.FilterFinished)


def test_flats_tell_the_level_without_light_that_was_measured_before_them(tmp_path):
    bench = judged(tmp_path, count=2, dark_flats=1, job={"leak_check": True})
    bench.run()
    told = {path.parent.name: fits.getheader(path).get("FLATPED") for path in bench.frames}
    assert told == {"FLAT": pytest.approx(1000, abs=2), "DARKFLAT": None}


def test_the_flats_of_a_later_set_tell_the_gain_that_the_noise_told(tmp_path):
    bench = judged(tmp_path, count=4, job={"leak_check": True})
    bench.run()
    later = bench.again(resume=False)
    later.run()
    first, second = (
        [fits.getheader(e.path).get("EGAIN") for e in b.all(events.Flat)] for b in (bench, later)
    )
    sensor = bench.fake.world.scenario.sensor
    assert set(first) == {None}
    assert second == [pytest.approx(sensor.e_per_adu(sensor.gain), rel=0.05)] * len(second)


def test_flats_of_a_rig_whose_pedestal_nobody_measured_do_not_tell_one(tmp_path):
    bench = judged(tmp_path, count=2)
    bench.run()
    assert ["FLATPED" in fits.getheader(path) for path in bench.frames] == [False, False]


def test_without_limits_nothing_is_judged(tmp_path):
    bench = Bench(tmp_path)
    bench.run()
    assert bench.all(events.SetQuality) == []


def test_a_frame_with_a_torch_in_it_is_taken_again(tmp_path):
    bench = judged(tmp_path, count=5)
    camera = bench.fake.camera
    read = camera.read

    def spoilt(timeout_s: float):
        frame = read(timeout_s)
        if [event.kind for event in bench.all(events.Exposing)].count("flat") == 3:
            frame.pixels[:, COLS // 2 :] //= 10
            frame.pixels[:, COLS // 2 :] *= 11
        return frame

    camera.read = spoilt
    assert bench.run() == 0
    (rejected,) = bench.all(events.Rejected)
    assert Kind.GRADIENT in [each.kind for each in rejected.why]
    assert len(bench.frames) == 5


def test_banding_that_no_exposure_cures_ends_the_filter_with_what_to_do(tmp_path):
    bench = judged(tmp_path, "pwm", exposure_start_s=0.2, exposure_max_s=0.25)
    assert bench.run() == 5
    (finished,) = bench.all(events.FilterFinished)
    assert finished.outcome == "unstable"
    assert [each.kind for each in finished.why] == [Kind.BANDING]


def test_a_filter_that_moved_since_the_last_night_is_told(tmp_path):
    first = judged(tmp_path, count=3)
    first.run()
    second = later(first, shift_px=(6.0, 8.0))
    assert second.run() == 0
    assert kinds(second) == ["moved"]


def test_a_night_like_the_last_one_has_no_finding(tmp_path):
    first = judged(tmp_path, count=3)
    first.run()
    second = later(first)
    second.run()
    assert kinds(second) == []
    assert second.all(events.SetQuality)[0].compared


def test_a_last_set_that_cannot_be_read_is_as_good_as_none(tmp_path):
    from flatctl.storage.history import History

    first = judged(tmp_path, count=3)
    first.run()
    with History(tmp_path / "history.sqlite") as history:
        history.rows("UPDATE sets SET record = '{}'")
    second = later(first)
    assert second.run() == 0
    assert not second.all(events.SetQuality)[0].compared


def test_as_many_flats_are_taken_as_the_noise_asks_for(tmp_path):
    bench = judged(tmp_path, count=30, flat_noise=0.004)
    assert bench.run() == 0
    # 7700 electrons a pixel make 1.14 % of noise: eight or nine of them 0.4 %.
    assert len(bench.frames) in (8, 9, 10)
    (quality,) = bench.all(events.SetQuality)
    assert quality.master_noise_frac < 0.0042


def test_a_second_night_knows_from_the_first_how_many(tmp_path):
    first = judged(tmp_path, count=30, flat_noise=0.004)
    first.run()
    second = later(first)
    second.run()
    counts = {event.count for event in second.all(events.Flat)}
    assert max(counts) <= 11


def test_the_brightest_colour_is_brought_to_the_target(tmp_path):
    bench = judged(tmp_path, "osc", filters=("L",), count=2)
    assert bench.run() == 0
    flat = bench.all(events.Flat)[0]
    assert flat.level == pytest.approx(0.51, abs=0.05)
    assert max(flat.channels, key=flat.channels.__getitem__) == "G"
    assert flat.median_adu == flat.channels["G"]


def test_the_mean_of_the_colours_may_be_brought_there_instead(tmp_path):
    bench = judged(tmp_path, "osc", filters=("L",), count=2, channel="mean")
    assert bench.run() == 0
    flat = bench.all(events.Flat)[0]
    assert sum(flat.channels.values()) / 3 / 65535 == pytest.approx(0.51, abs=0.05)


def test_a_colour_with_little_light_is_told_once(tmp_path):
    bench = judged(tmp_path, "osc", filters=("L",), count=3)
    bench.run()
    assert kinds(bench) == ["channels"]
    (finding,) = bench.all(events.SetQuality)[0].findings
    assert (finding.kind, finding.figures["weak"]) == (Kind.CHANNELS, "R")


def test_colour_flats_on_disk_say_which_level_counted_and_are_found_again(tmp_path):
    bench = judged(tmp_path, "osc", filters=("L",), count=2)
    bench.run()
    header = fits.getheader(bench.frames[0])
    assert (header["BAYERPAT"], header["FLATCHAN"]) == ("RGGB", "brightest")
    assert header["FLATLEV"] > header["FLATMED"]
    again = bench.again()
    again.run()
    assert again.fake.camera.exposures == []


def test_light_behind_the_panel_is_found_with_the_panel_off(tmp_path):
    bench = judged(tmp_path, "leak", count=2, job={"leak_check": True})
    assert bench.run() == 0
    (leak,) = bench.all(events.LightLeak)
    assert [f.kind for f in leak.findings] == ["leak"]
    assert len(bench.frames) == 2


def test_an_offset_that_changed_unknown_to_the_driver_is_found(tmp_path):
    first = judged(tmp_path, count=2, job={"leak_check": True})
    first.run()
    assert first.all(events.LightLeak)[0].findings == ()
    rig = first.fake.world.scenario
    rig = replace(rig, sensor=replace(rig.sensor, pedestal_error_adu=800.0))
    second = first.again(rig=rig, after_s=90_000)
    assert second.run() == 0
    (leak,) = second.all(events.LightLeak)
    assert [f.kind for f in leak.findings] == ["offset"]


def test_the_pedestal_is_no_light_from_the_first_run_on(tmp_path):
    bench = judged(
        tmp_path,
        "dslr",
        count=4,
        setup=CameraSetup(iso=100),
        exposures_s=SHUTTER_S,
        job={"full_scale_adu": 16383.0, "leak_check": True},
    )
    assert bench.run() == 0
    (quality,) = bench.all(events.SetQuality)
    # 0.75 electrons per 16-bit ADU at ISO 100, and a 14-bit one is four of them.
    assert quality.e_per_adu == pytest.approx(3.0, rel=0.03)


def test_what_the_panel_off_told_is_the_pedestal_of_search_set_and_flats(tmp_path):
    bench = judged(tmp_path, count=2, job={"leak_check": True})
    assert bench.run() == 0
    (told,) = {fits.getheader(path)["FLATPED"] for path in bench.frames}
    with History(tmp_path / "history.sqlite") as history:
        ((key, _),) = history.all_trained()
        assert history.response(key).pedestal_adu == told
        assert history.pedestal(key).adu == pytest.approx(told, abs=1)


def test_every_set_is_searched_drawn_kept_and_judged_by_one_pedestal(tmp_path):
    bench = judged(tmp_path, filters=("L", "R"), count=2, job={"leak_check": True})
    assert bench.run() == 0
    curves = {event.filter: event.pedestal_adu for event in bench.all(events.PanelCurve)}
    flats = {event.filter: event.path for event in bench.all(events.Flat)}
    with History(tmp_path / "history.sqlite") as history:
        judgements = {
            key.filter: history.last_set(key).pedestal_adu for key, _ in history.all_trained()
        }
    headers = {name: fits.getheader(path)["FLATPED"] for name, path in flats.items()}
    assert curves == headers == judgements
    assert curves == {name: pytest.approx(1000, abs=2) for name in ("L", "R")}


def test_dark_flats_teach_the_next_run_the_pedestal(tmp_path):
    bench = judged(
        tmp_path,
        "dslr",
        count=4,
        setup=CameraSetup(iso=100),
        exposures_s=SHUTTER_S,
        dark_flats=1,
        job={"full_scale_adu": 16383.0},
    )
    assert bench.run() == 0
    second = bench.again(after_s=90_000)
    assert second.run() == 0
    (quality,) = second.all(events.SetQuality)
    assert quality.e_per_adu == pytest.approx(3.0, rel=0.03)
    assert quality.findings == ()


def test_a_camera_that_fails_before_the_first_filter_is_left_to_the_filters(tmp_path):
    bench = judged(tmp_path, count=2, job={"leak_check": True})
    bench.fake.camera.faults.add(4, Unreachable("Fake Camera", "gone", "look for it"))
    assert bench.run() == 0
    assert len(bench.frames) == 2


def test_a_leak_check_that_fails_changes_nothing_about_the_run(tmp_path):
    bench = judged(tmp_path, count=2, job={"leak_check": True})

    def fail_at_the_end(event: events.Event) -> None:
        if isinstance(event, events.SetQuality):
            bench.fake.camera.faults.add(10, Unreachable("Fake Camera", "gone", "look for it"))

    bench.hear = fail_at_the_end
    assert bench.run() == 0
    assert bench.all(events.LightLeak) == []


def test_a_dslr_takes_its_flats_with_speeds_of_its_own(tmp_path):
    bench = judged(
        tmp_path,
        "dslr",
        filters=("L", "Ha"),
        count=3,
        setup=CameraSetup(iso=200),
        exposures_s=SHUTTER_S,
        exposure_min_s=min(SHUTTER_S),
        exposure_max_s=max(SHUTTER_S),
        exposure_start_s=0.1,
        job={"full_scale_adu": 16383.0, "leak_check": True},
    )
    assert bench.run() == 0
    assert {e.exposure_s for e in bench.all(events.Flat)} <= set(SHUTTER_S)
    assert all(0.46 <= e.level <= 0.56 for e in bench.all(events.Flat))
    assert {fits.getheader(path)["ISOSPEED"] for path in bench.frames} == {200}
    assert "lossy" not in kinds(bench)
