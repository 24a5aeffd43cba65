"""Flats with a camera that no driver reaches: a person takes the pictures, in virtual time."""

import json
import shutil

import pytest
from by_hand_bench import NIGHT, ByHandBench

from flatctl import events
from flatctl.core.shutter import THIRDS, speed_of
from flatctl.core.types import Outcome, Verdict
from flatctl.errors import Stopped


@pytest.fixture
def bench(tmp_path):
    return ByHandBench(tmp_path)


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_person_is_led_to_a_set_by_the_shutter_alone(bench):
    assert bench.run() == 0
    assert len(bench.flats) == len(set(bench.flats)) == 4
    last = bench.all(events.Trial)[-1]
    assert last.verdict is Verdict.ACCEPTED
    assert speed_of(last.exposure_s, THIRDS).real_s == last.exposure_s


def test_the_first_picture_is_the_first_trial_and_no_other_is_asked_for(bench):
    bench.run()
    first = bench.all(events.Trial)[0]
    assert first.exposure_s == 1 / 64
    assert len(bench.person.taken) == len(bench.all(events.Trial)) + 3


def test_nothing_is_copied_changed_or_deleted(bench):
    seen = {}
    bench.person.spoil = lambda path, _n: seen.__setitem__(path, path.read_bytes())
    bench.run()
    assert contents(bench.card) == seen
    assert {path.name for path in (bench.folder / "flats" / NIGHT).rglob("*")} == {"run.json"}
    assert all(path in seen for path in bench.flats)


def test_the_raw_file_says_what_is_full_and_what_is_dark(bench):
    bench.run()
    assert bench.all(events.RunStarted)[0].full_scale_adu == 16383
    assert bench.all(events.RunStarted)[0].camera == "6D"
    assert bench.all(events.PanelCurve)[0].pedestal_adu == 2048


def test_a_panel_is_dimmed_before_the_shutter_is_touched(tmp_path):
    bench = ByHandBench(tmp_path, panel="fake")
    bench.person.shutter_s = 1 / 4
    assert bench.run(by_hand=False) == 0
    exposures = {event.exposure_s for event in bench.all(events.Trial)}
    assert exposures == {1 / 4}
    assert len({event.brightness for event in bench.all(events.Trial)}) > 1


def test_the_panel_is_off_at_the_end_and_when_the_person_gives_up(tmp_path):
    bench = ByHandBench(tmp_path, panel="fake")

    def give_up(event):
        if isinstance(event, events.Flat):
            raise Stopped(2)

    bench.hear = give_up
    with pytest.raises(Stopped):
        bench.run(by_hand=False)
    assert not bench.fake.world.light.lit


def test_a_picture_with_another_shutter_speed_is_named_and_taken_again(bench):
    bench.person.mistakes = {2: {"shutter_s": 1 / 500}}
    assert bench.run() == 0
    told = bench.person.told[0]
    assert told.startswith("IMG_0002.DNG has 1/500 s instead of 1/")
    assert bench.card / "100CANON" / "IMG_0002.DNG" not in bench.flats


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ({"iso": 1600}, "IMG_0003.DNG has ISO 1600 instead of 400: set it back"),
        ({"model": "R6"}, "IMG_0003.DNG is of another camera (R6, not 6D)"),
    ],
)
def test_what_differs_from_the_first_picture_is_said(bench, mistake, words):
    bench.person.mistakes = {3: mistake}
    assert bench.run() == 0
    assert words in bench.person.told
    assert len(bench.flats) == 4


def test_a_jpeg_beside_each_raw_file_does_not_matter(bench):
    bench.person.jpegs = True
    assert bench.run() == 0
    assert bench.person.told == []


def test_a_picture_that_is_still_being_written_is_waited_for(bench):
    whole = {}

    def begin(path, n):
        if n == 3:
            whole[path] = path.read_bytes()
            path.write_bytes(whole[path][: len(whole[path]) // 2])
            began.append(bench.fake.clock.monotonic())
            bench.fake.clock.live = finish

    def finish():
        bench.person.live()
        if began and bench.fake.clock.monotonic() > began[0] + 10 and whole:
            path, content = whole.popitem()
            path.write_bytes(content)

    began = []
    bench.person.spoil = begin
    assert bench.run() == 0
    assert bench.person.told == []
    assert len(bench.flats) == 4


def test_a_damaged_picture_is_named_and_the_next_one_taken(bench):
    bench.person.spoil = lambda path, n: path.write_bytes(b"II*\0rubbish") if n == 3 else None
    bench.hear = lambda event: _another(bench, event)
    assert bench.run() == 0
    assert any("IMG_0003.DNG is not counted: " in told for told in bench.person.told)
    assert len(bench.flats) == 4


def _another(bench, event):
    """Nobody is asked for another picture while one may still be on its way."""
    waiting = isinstance(event, events.Waiting) and "not counted" in event.says
    if waiting and bench.person.taken[-1].name == "IMG_0003.DNG":
        bench.person.shoot()


def test_a_copy_and_a_renamed_picture_are_no_second_ones(bench):
    def copy(path, n):
        if n == 3:
            shutil.copy(path, path.with_name("COPY.DNG"))
            path.rename(path.with_name("RENAMED.DNG"))

    bench.person.spoil = copy
    assert bench.run() == 0
    assert len(bench.flats) == 4
    assert len({path.read_bytes() for path in bench.flats}) == 4


def test_a_program_that_overwrites_one_file_is_told_to_number_them(bench):
    bench.person.mistakes = {n: {"name": "capt0000.dng"} for n in range(1, 4)}
    assert bench.run() == 0
    assert any("has replaced the picture before it" in told for told in bench.person.told)
    assert len(set(bench.flats)) == 4
    assert all(path.exists() for path in bench.flats)


def test_the_card_may_be_taken_out_between_the_pictures(bench):
    away = bench.folder / "away"

    def pull_and_put(path, n):
        if n == 2:
            bench.card.rename(away)
            pulled.append(bench.fake.clock.monotonic())
            bench.fake.clock.live = put_back

    def put_back():
        if away.exists() and bench.fake.clock.monotonic() > pulled[0] + 20:
            away.rename(bench.card)
            bench.fake.clock.live = bench.person.live
        elif not away.exists():
            bench.person.live()

    pulled = []
    bench.person.spoil = pull_and_put
    assert bench.run() == 0
    assert len(bench.flats) == 4


def test_pictures_that_were_there_before_do_not_count(bench):
    for _ in range(3):
        bench.person.shoot()
    old = list(bench.person.taken)
    assert bench.run() == 0
    assert not set(old) & set(bench.flats)


def test_filters_are_put_in_by_hand_and_counted_each(tmp_path):
    bench = ByHandBench(tmp_path, filters=("L", "R"), count=3)
    assert bench.run() == 0
    assert bench.asked[1:] == ["Put in the filter L", "Put in the filter R"]
    # The first picture was taken before any filter was in, so it is no trial.
    assert len(bench.person.taken) == 1 + len(bench.all(events.Trial)) + 2 * 2
    assert [event.filter for event in bench.all(events.Flat)] == ["L"] * 3 + ["R"] * 3


def test_files_already_counted_stay_counted(bench):
    def stop(event):
        if isinstance(event, events.Flat) and event.index == 2:
            raise Stopped(2)

    bench.hear = stop
    with pytest.raises(Stopped):
        bench.run()
    later = ByHandBench(bench.folder, night=1)
    later.person.taken = list(bench.person.taken)
    later.fake.clock.sleep(1000.0)
    assert later.run() == 0
    assert [event.index for event in later.all(events.Flat)] == [3, 4]
    assert later.all(events.FilterStarted)[0].present == 2


def test_a_counted_file_that_is_gone_counts_no_more(bench):
    assert bench.run() == 0
    bench.flats[0].unlink()
    later = ByHandBench(bench.folder, night=1)
    later.person.taken = list(bench.person.taken)
    later.fake.clock.sleep(1000.0)
    assert later.run() == 0
    assert later.all(events.FilterStarted)[0].present == 3
    gone = later.all(events.Skipped)[0]
    assert (gone.path, "gone" in gone.reason) == (bench.flats[0], True)


def test_a_counted_file_that_is_damaged_tells_no_camera_and_a_first_picture_is_asked_for(bench):
    assert bench.run() == 0
    for path in bench.flats:
        path.write_bytes(b"rubbish")
    later = ByHandBench(bench.folder, night=1)
    later.person.taken = list(bench.person.taken)
    later.fake.clock.sleep(1000.0)
    assert later.run() == 0
    assert later.asked[0].startswith("Take a first picture")
    assert later.all(events.FilterStarted)[0].present == 0


def test_a_camera_without_a_dial_of_speeds_takes_any_exposure(bench):
    bench.person.fits = True
    bench.person.shutter_s = 0.0137
    assert bench.run() == 0
    exposures = [event.exposure_s for event in bench.all(events.Trial)]
    assert exposures[0] == 0.0137
    assert speed_of(exposures[-1], THIRDS) is None
    assert bench.all(events.RunStarted)[0].camera == "ASI"


def test_dark_flats_are_asked_for_with_the_exposure_of_the_flats(tmp_path):
    bench = ByHandBench(tmp_path, count=2, dark_flats=2)
    assert bench.run() == 0
    assert len(bench.all(events.DarkFlat)) == 2
    assert "Switch the light off" in bench.asked
    assert bench.person.asked[-1].endswith("without light: cover the telescope")
    flat_s = bench.all(events.Flat)[0].exposure_s
    assert {event.exposure_s for event in bench.all(events.DarkFlat)} == {flat_s}


def test_too_little_light_for_any_speed_is_an_ending_not_a_wait(tmp_path):
    bench = ByHandBench(tmp_path, flux=1e-5)
    assert bench.run() == 5
    assert bench.all(events.FilterFinished)[0].outcome is Outcome.TOO_DIM


def test_nobody_is_waited_for_longer_than_an_hour(bench):
    bench.person._due = []
    with pytest.raises(Exception, match="nobody has taken a picture for 60 min"):
        bench.run()
    assert bench.fake.clock.monotonic() < 3700


def test_its_record_is_that_of_any_run(bench):
    bench.run()
    stored = json.loads(bench.file.path.read_text())
    assert (stored["rig"], stored["exit_code"], stored["camera"]) == ("by-hand", 0, "6D")
    kinds = {event["event"] for event in stored["events"]}
    assert {"run_started", "filter_started", "trial", "flat", "run_finished"} <= kinds
