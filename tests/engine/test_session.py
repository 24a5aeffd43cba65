"""A run, told by what it leaves behind: frames on disk, events, and a dark lamp."""

import math

import numpy as np
import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events
from flatctl.core.types import CameraSetup, FrameKind, Light
from flatctl.devices.manual import ManualPanel
from flatctl.errors import (
    BadReply,
    ConfigError,
    Fault,
    LightUnknown,
    NoReply,
    Stopped,
    StorageError,
    Unreachable,
    UnsafeError,
)
from flatctl.storage.verify import verify_file

LOST = Unreachable("Fake Camera", "gone", "look for it")


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path)


def levels(bench: Bench) -> list[float]:
    """Medians as fractions of full scale, measured again from the files."""
    return [float(np.median(fits.getdata(path))) / 65535 for path in bench.frames]


def test_every_filter_gets_its_flats(bench):
    assert bench.run() == 0
    assert bench.outcomes == {"L": "complete", "R": "complete"}
    assert len(bench.frames) == 6


def test_every_flat_on_disk_is_in_the_band(bench):
    bench.run()
    assert all(0.46 <= level <= 0.56 for level in levels(bench))


def test_the_lamp_is_off_after_a_run(bench):
    bench.run()
    assert not bench.fake.world.light.lit


def test_the_accepted_frame_of_the_search_is_flat_number_one(bench):
    bench.run()
    exposed = len(bench.fake.camera.exposures)
    trials = len(bench.all(events.Trial))
    assert exposed == trials + 2 * (3 - 1)


def test_numbers_of_a_set_run_from_one_to_count(bench):
    bench.run()
    told = [(e.filter, e.index) for e in bench.all(events.Flat)]
    assert told == [("L", 1), ("L", 2), ("L", 3), ("R", 1), ("R", 2), ("R", 3)]


def test_a_second_run_starts_with_what_the_first_one_learned(bench):
    bench.run()
    later = bench.again(resume=False)
    later.run()
    assert [e.trained for e in later.all(events.FilterStarted)] == [True, True]
    assert len(later.all(events.Trial)) == 2


def test_a_second_run_has_nothing_left_to_take(bench):
    bench.run()
    later = bench.again()
    assert later.run() == 0
    assert later.fake.camera.exposures == []
    assert len(later.frames) == 6


def test_a_half_finished_set_is_completed_not_repeated(tmp_path):
    first = Bench(tmp_path, filters=("L",), count=5)
    first.run()
    for path in first.frames[3:]:
        path.unlink()
    later = first.again()
    later.run()
    assert len(later.frames) == 5
    assert len(later.fake.camera.exposures) == 2


def test_without_resume_a_whole_set_is_taken_anew(bench):
    bench.run()
    later = bench.again(resume=False)
    later.run()
    assert len(later.frames) == 12


def test_a_filter_that_can_not_be_done_does_not_stop_the_others(tmp_path):
    bench = Bench(tmp_path, "dead-filter", filters=("Ha", "L"))
    assert bench.run() == 5
    assert bench.outcomes == {"Ha": "too_dim", "L": "complete"}


def test_a_filter_that_can_not_be_done_says_why(tmp_path):
    bench = Bench(tmp_path, "dead-filter", filters=("Ha",))
    bench.run()
    assert bench.all(events.FilterFinished)[0].why


def test_a_fault_of_the_camera_is_survived_and_told(bench):
    bench.fake.camera.faults.add(1, Fault("Fake Camera", "failed"))
    assert bench.run() == 0
    assert [(e.device, e.recovered) for e in bench.all(events.FaultSeen)] == [("Fake Camera", True)]


def test_a_camera_that_hangs_is_survived(bench):
    bench.fake.camera.faults.add(1, None)
    assert bench.run() == 0
    assert len(bench.frames) == 6


def test_a_filter_gives_up_after_too_many_faults_and_the_next_one_goes_on(bench):
    bench.fake.camera.faults.add(4, Fault("Fake Camera", "failed"))
    assert bench.run() == 5
    assert bench.outcomes == {"L": "device", "R": "complete"}


def test_a_panel_that_stays_away_ends_the_run_with_its_own_error(bench):
    def pull_cable(event: events.Event) -> None:
        if isinstance(event, events.Trial):
            bench.fake.panel.faults.add(99, LOST)

    bench.hear = pull_cable
    with pytest.raises(LightUnknown, match=str(LOST)):
        bench.run()
    (finished,) = bench.all(events.RunFinished)
    assert (finished.exit_code, finished.light) == (8, Light.UNKNOWN)


def test_a_wish_to_stop_puts_the_lamp_out_and_keeps_what_is_finished(bench):
    def stop_at_second_flat(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2:
            raise Stopped(15)

    bench.hear = stop_at_second_flat
    with pytest.raises(Stopped):
        bench.run()
    assert not bench.fake.world.light.lit
    assert len(bench.frames) >= 2
    assert bench.all(events.RunFinished)[0].exit_code == 143
    assert bench.all(events.RunFinished)[0].filters == {"L": "stopped", "R": "stopped"}


def stop_and_cut(bench, error: BaseException) -> None:
    """End the run by `error` at the second flat, with a panel that answers nothing any more."""

    def strike(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2:
            bench.fake.panel.faults.add(99, LOST)
            raise error

    bench.hear = strike


@pytest.mark.parametrize(
    "ending",
    [Stopped(15), Stopped(2), UnsafeError("rain"), KeyError("a bug"), StorageError("full")],
)
def test_a_light_that_may_be_on_stands_for_whatever_ended_the_run(bench, ending):
    stop_and_cut(bench, ending)
    with pytest.raises(LightUnknown) as raised:
        bench.run()
    (finished,) = bench.all(events.RunFinished)
    assert (finished.exit_code, finished.light) == (8, Light.UNKNOWN)
    assert str(ending) in finished.reason
    assert finished.reason == str(raised.value)
    assert bench.fake.world.light.lit


def test_a_light_that_may_be_on_stands_for_frames_that_could_not_be_stored(bench, monkeypatch):
    def fail(*_: object) -> None:
        raise StorageError("no space left")

    stop_and_cut(bench, Stopped(15))
    monkeypatch.setattr("flatctl.storage.writer.FrameWriter.__exit__", fail)
    with pytest.raises(LightUnknown, match="no space left"):
        bench.run()
    assert bench.all(events.RunFinished)[0].exit_code == 8


@pytest.mark.parametrize(("mute", "light"), [(False, Light.OFF), (True, Light.COMMANDED_OFF)])
def test_the_end_of_a_run_tells_what_is_known_of_the_light(bench, mute, light):
    bench.fake.panel.mute = mute
    assert bench.run() == 0
    assert bench.all(events.RunFinished)[0].light is light


def test_a_stop_carries_what_is_known_of_the_light(bench):
    def stop(event: events.Event) -> None:
        if isinstance(event, events.Flat) and event.index == 2:
            raise Stopped(2)

    bench.hear = stop
    with pytest.raises(Stopped) as stopped:
        bench.run()
    assert stopped.value.light == "off"


def test_a_filter_that_is_stopped_is_told_of_once_and_after_its_last_flat(bench):
    def stop_with_one_on_its_way(event: events.Event) -> None:
        if isinstance(event, events.Exposing) and (event.kind, event.n) == ("flat", 3):
            raise Stopped(2)

    bench.hear = stop_with_one_on_its_way
    with pytest.raises(Stopped):
        bench.run()
    assert isinstance(bench.told[-2], events.FilterFinished)
    assert [(e.filter, e.outcome, e.flats) for e in bench.all(events.FilterFinished)] == [
        ("L", "stopped", len(bench.frames))
    ]


def test_the_end_of_a_run_counts_every_frame_put_on_disk(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=3)

    def stop_at_third_dark(event: events.Event) -> None:
        if isinstance(event, events.Exposing) and (event.kind, event.n) == ("dark_flat", 3):
            raise Stopped(2)

    bench.hear = stop_at_third_dark
    with pytest.raises(Stopped):
        bench.run()
    assert bench.all(events.RunFinished)[0].frames == len(bench.frames) == 5


def test_a_bug_puts_the_lamp_out_too(bench):
    def break_down(event: events.Event) -> None:
        if isinstance(event, events.Trial):
            raise ZeroDivisionError

    bench.hear = break_down
    with pytest.raises(ZeroDivisionError):
        bench.run()
    assert not bench.fake.world.light.lit


def test_a_panel_that_can_not_be_switched_off_is_reported(bench):
    def jam(event: events.Event) -> None:
        if isinstance(event, events.FilterFinished) and event.filter == "R":
            bench.fake.panel.faults.add(99, NoReply("Fake Panel", "silent"))

    bench.hear = jam
    with pytest.raises(LightUnknown, match=r"silent.*light unknown, it MAY STILL BE ON"):
        bench.run()
    assert bench.all(events.FaultSeen)[-1].recovered is False


def test_a_disk_that_goes_away_ends_the_run_and_puts_the_lamp_out(bench):
    def take_away(event: events.Event) -> None:
        if isinstance(event, events.FilterStarted):
            (bench.folder / "flats").rename(bench.folder / "elsewhere")

    bench.hear = take_away
    with pytest.raises(StorageError):
        bench.run()
    assert not bench.fake.world.light.lit
    assert bench.all(events.RunFinished)[0].exit_code == 7


def refuse_flats_and_ends(event):
    if isinstance(event, events.Flat | events.FilterFinished):
        raise StorageError("run.json: no space left on device")


def test_the_end_is_told_though_the_disk_takes_no_more_events(bench):
    bench.hear = refuse_flats_and_ends
    with pytest.raises(StorageError):
        bench.run()
    assert bench.all(events.RunFinished)[0].exit_code == 7


def test_a_full_disk_does_not_stand_for_what_ended_the_run(bench):
    def stop(event):
        if isinstance(event, events.Trial):
            raise Stopped(15)
        refuse_flats_and_ends(event)

    bench.hear = stop
    with pytest.raises(Stopped):
        bench.run()
    assert bench.all(events.RunFinished)[0].exit_code == 143


def test_a_lamp_that_stays_lit_is_heard_of_though_the_disk_is_full(bench):
    def refuse(event):
        if isinstance(event, events.FaultSeen):
            raise StorageError("run.json: no space left on device")

    def stays_lit(timeout_s):
        raise Fault("panel", "it stays lit")

    def at_the_end(event):
        if isinstance(event, events.FilterFinished) and event.filter == "R":
            bench.fake.panel.light_off = stays_lit
        refuse(event)

    bench.hear = at_the_end
    with pytest.raises(LightUnknown, match=r"stays lit.*light on;"):
        bench.run()
    assert [e.recovered for e in bench.all(events.FaultSeen)] == [False]


def test_a_plan_that_does_not_fit_the_wheel_moves_nothing(tmp_path):
    def refuse(slots):
        raise ConfigError("no such filter")

    bench = Bench(tmp_path, job={"plan": refuse})
    with pytest.raises(ConfigError):
        bench.run()
    assert bench.fake.camera.exposures == []
    assert bench.told == []


def by_hand(bench: Bench) -> list[str]:
    """Give the rig a light that a person switches, as told; return what that person is told."""
    told: list[str] = []

    def obey(wish: str) -> bool:
        told.append(wish)
        bench.fake.world.light.set(lit="on" in wish, brightness=26)
        return True

    bench.fake.panel = ManualPanel(obey)
    return told


def test_a_person_switches_the_light_on_once_and_off_once_for_all_dark_flats(tmp_path):
    bench = Bench(tmp_path, dark_flats=2)
    told = by_hand(bench)
    assert bench.run() == 0
    assert ["off" in wish for wish in told] == [False, True]
    (finished,) = bench.all(events.RunFinished)
    assert finished.light is Light.COMMANDED_OFF


def test_nobody_is_waited_for_at_the_end_to_switch_the_light_off(bench):
    told = by_hand(bench)
    assert bench.run() == 0
    assert ["off" in wish for wish in told] == [False]
    assert bench.all(events.RunFinished)[0].light is Light.ON


def test_a_light_that_nobody_can_be_asked_to_switch_on_is_taken_to_be_on(bench):
    bench.fake.panel = ManualPanel()
    bench.fake.world.light.set(lit=True, brightness=26)
    assert bench.run() == 0
    assert bench.all(events.RunFinished)[0].light is Light.UNKNOWN


def test_a_light_that_nobody_put_out_makes_no_dark_flats(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=2)
    told = []
    bench.fake.panel = ManualPanel(lambda wish: told.append(wish) or True)
    bench.fake.world.light.set(lit=True, brightness=26)
    with pytest.raises(BadReply, match="ask for no dark flats"):
        bench.run()
    assert ["off" in wish for wish in told] == [False, True, True]
    assert bench.outcomes == {"L": "complete"}
    assert not [path for path in bench.frames if path.name.startswith("DARKFLAT")]


def test_dark_flats_are_called_what_the_configuration_says_and_found_again_by_either_name(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=2, job={"dark_flat_type": "DARKFLAT"})
    bench.run()
    darks = [event.path for event in bench.all(events.DarkFlat)]
    assert [fits.getheader(path)["IMAGETYP"] for path in darks] == ["DARKFLAT"] * 2
    assert [verdict.problems for verdict in map(verify_file, darks)] == [(), ()]
    assert bench.again().run() == 0
    assert len(bench.frames) == 3 + 2


def test_dark_flats_are_taken_of_each_exposure_with_the_lamp_off(tmp_path):
    bench = Bench(tmp_path, dark_flats=2)
    bench.run()
    exposures_s = {e.exposure_s for e in bench.all(events.Flat)}
    darks = [s for s, kind in bench.fake.camera.exposures if kind is FrameKind.DARK_FLAT]
    assert darks == sorted([*exposures_s] * 2, reverse=True)
    assert all(np.median(fits.getdata(p)) < 2000 for p in bench.folder.rglob("DARKFLAT*.fits"))


def test_the_camera_is_prepared_as_the_plan_wants_it(tmp_path):
    setup = CameraSetup(binning=2, gain=120, offset=20, temperature_c=-10.0)
    bench = Bench(tmp_path, setup=setup, filters=("L",))
    bench.run()
    header = fits.getheader(bench.frames[0])
    assert (header["XBINNING"], header["GAIN"], header["OFFSET"]) == (2, 120, 20)
    assert math.isclose(header["SET-TEMP"], -10.0)


def test_the_lamp_stays_on_between_filters(bench):
    states = []
    bench.hear = lambda event: states.append(bench.fake.world.light.lit)
    bench.run()
    first, last = states.index(True), len(states) - 2
    assert all(states[first:last])


def test_a_set_may_wait_until_the_light_stands_still(tmp_path):
    bench = Bench(tmp_path, "warmup", filters=("L",), count=5, settle_frames=60)
    assert bench.run() == 0
    trials = [trial.verdict for trial in bench.all(events.Trial)]
    waited = [trial.level for trial in bench.all(events.Trial) if trial.verdict == "settling"]
    assert max(waited[-3:]) - min(waited[-3:]) <= 0.005 * waited[-1]
    assert max(waited[-4:]) - min(waited[-4:]) > 0.005 * waited[-1]
    assert trials[-1] == "accepted"
    taken = levels(bench)
    assert max(taken) / min(taken) < 1.015
    assert not bench.all(events.Rejected)


def test_the_wait_for_a_steady_light_is_limited(tmp_path):
    bench = Bench(tmp_path, "warmup", filters=("L",), count=5, settle_frames=3)
    assert bench.run() == 0
    assert [trial.verdict for trial in bench.all(events.Trial)].count("settling") == 3


def test_a_light_that_stood_still_from_the_start_costs_four_frames(tmp_path):
    bench = Bench(tmp_path, settle_frames=20)
    assert bench.run() == 0
    assert [trial.verdict for trial in bench.all(events.Trial)].count("settling") == 2 * 3
    assert len(bench.frames) == 6


def test_what_the_environment_sets_is_told_when_a_run_starts(tmp_path):
    bench = Bench(tmp_path, job={"overrides": ("FLATCTL_OUTPUT__DIRECTORY",)})
    bench.run()
    (started,) = bench.all(events.RunStarted)
    assert started.overrides == ("FLATCTL_OUTPUT__DIRECTORY",)
