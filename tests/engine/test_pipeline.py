"""The camera exposes while the frame before is dealt with, and nothing gets lost on the way."""

import gc
import os
import weakref
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from astropy.io import fits
from bench import Bench
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from flatctl import events
from flatctl.engine import shot
from flatctl.errors import Fault, Stopped
from flatctl.storage import writer
from flatctl.storage.writer import write_frame

MILLISECOND = timedelta(milliseconds=1)
DARK = 0.3  # what is left of a frame's light when something gets in its way


class Disturbed:
    """A bench whose camera fails or darkens at chosen calls, and stamps every frame it gives."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.did: list[str] = []
        self.failing_starts: set[int] = set()
        self.failing_reads: set[int] = set()
        self.dark: set[int] = set()
        self.given = 0
        camera, wheel = bench.fake.camera, bench.fake.wheel
        self._start, self._read, self._turn = camera.start, camera.read, wheel.start
        camera.start, camera.read, wheel.start = self.start, self.read, self.turn

    def start(self, exposure_s, kind):
        self.did.append("start")
        if self.did.count("start") in self.failing_starts:
            raise Fault("Fake Camera", "does not begin")
        self._start(exposure_s, kind)

    def read(self, timeout_s):
        self.did.append("read")
        frame = self._read(timeout_s)
        if self.did.count("read") in self.failing_reads:
            raise Fault("Fake Camera", "loses a frame")
        self.given += 1
        if self.given in self.dark:
            frame = replace(frame, pixels=(frame.pixels * DARK).astype("uint16"))
        frame.pixels[0, 0] = self.given
        return frame

    def turn(self, filter_name, timeout_s):
        self.did.append("turn")
        self._turn(filter_name, timeout_s)


@pytest.fixture
def disturbed(tmp_path, monkeypatch) -> Disturbed:
    made = Disturbed(Bench(tmp_path, count=4))
    measure = shot.measure_channels

    def measured(pixels, full_scale_adu, pattern):
        made.did.append("measure")
        return measure(pixels, full_scale_adu, pattern)

    monkeypatch.setattr(shot, "measure_channels", measured)
    return made


def stamps(bench: Bench) -> list[int]:
    """Which frames of the camera lie on disk, in the order of their names' numbers."""
    told = bench.all(events.Flat)
    return [int(fits.getdata(event.path)[0, 0]) for event in told]


def test_the_next_exposure_is_under_way_before_a_flat_is_measured(disturbed):
    disturbed.bench.run()
    searched = len([e for e in disturbed.bench.all(events.Trial) if e.filter == "L"])
    captured = disturbed.did[3 * searched :]
    assert captured[:9] == ["start", "read"] + ["start", "measure", "read"] * 2 + ["turn"]


def test_no_exposure_is_begun_beyond_the_count(disturbed):
    bench = disturbed.bench
    bench.run()
    assert disturbed.did.count("start") == len(bench.all(events.Trial)) + 2 * (4 - 1)


def test_the_next_probe_is_under_way_before_the_last_one_is_told_of(tmp_path):
    bench = Bench(tmp_path, filters=("L",), brightness_start=0.01)
    begun = []
    bench.hear = lambda e: (
        begun.append(len(bench.fake.camera.exposures)) if isinstance(e, events.Trial) else None
    )
    bench.run()
    assert begun == list(range(2, 2 + len(bench.all(events.Trial))))


def test_behind_a_light_that_can_not_be_dimmed_a_filter_starts_where_the_last_one_ended(tmp_path):
    bench = Bench(tmp_path, filters=("R", "G"), brightness_min=1.0, brightness_start=1.0)
    bench.run()
    starts = {e.filter: e.start_exposure_s for e in bench.all(events.FilterStarted)}
    (last, *_) = [e for e in bench.all(events.Flat) if e.filter == "R"]
    assert starts == {"R": bench.plans[0].exposure_start_s, "G": last.exposure_s}


def test_no_more_frames_are_in_memory_than_are_on_their_way(disturbed):
    camera, given, alive = disturbed.bench.fake.camera, [], []
    read = camera.read

    def read_and_count(timeout_s):
        gc.collect()
        alive.append(sum(each() is not None for each in given))
        frame = read(timeout_s)
        given.append(weakref.ref(frame))
        return frame

    camera.read = read_and_count
    gc.freeze()  # what is there already is no frame, and would be searched for each
    try:
        disturbed.bench.run()
    finally:
        gc.unfreeze()
    # Of those that wait for the disk; the one being read out comes on top of them.
    assert max(alive) <= writer.IN_FLIGHT


def test_a_bad_frame_is_replaced_at_the_end_of_the_set(disturbed):
    bench = disturbed.bench
    bench.plans = bench.plans[:1]
    bench.run()
    second = Disturbed(bench.again(resume=False))
    second.dark = {2}
    second.bench.run()
    assert stamps(second.bench) == [1, 3, 4, 5]
    assert [e.index for e in second.bench.all(events.Flat)] == [1, 2, 3, 4]


def test_the_wheel_comes_back_when_the_last_frame_was_bad(disturbed):
    bench = disturbed.bench
    bench.run()
    second = Disturbed(bench.again(resume=False))
    second.dark = {4}
    assert second.bench.run() == 0
    filters = [fits.getheader(e.path)["FILTER"] for e in second.bench.all(events.Flat)]
    assert filters == ["L"] * 4 + ["R"] * 4
    assert all(0.46 <= e.level <= 0.56 for e in second.bench.all(events.Flat))
    assert second.bench.fake.wheel.selected == ["L", "L", "R"]


def test_the_frame_in_hand_is_kept_when_the_next_can_not_be_begun(disturbed):
    bench = disturbed.bench
    bench.run()
    second = Disturbed(bench.again(resume=False))
    second.failing_starts = set(range(3, 99))
    assert second.bench.run() == 5
    assert stamps(second.bench) == [1, 2]


def test_a_changed_setting_is_told_with_the_frame_it_was_used_for(disturbed):
    bench = disturbed.bench
    bench.run()
    second = Disturbed(bench.again(resume=False))
    second.dark = {2}
    second.bench.run()
    for event in second.bench.all(events.Flat):
        assert fits.getheader(event.path)["EXPTIME"] == pytest.approx(event.exposure_s)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@example(starts=set(), reads=set(), dark={10, 11, 16}, pauses=[0], stop_at=None)
@given(
    starts=st.sets(st.integers(1, 25), max_size=3),
    reads=st.sets(st.integers(1, 25), max_size=3),
    dark=st.sets(st.integers(1, 20), max_size=4),
    pauses=st.lists(st.integers(0, 2000), min_size=1, max_size=5),
    stop_at=st.none() | st.integers(1, 60),
)
def test_no_frame_is_lost_doubled_or_out_of_order(
    tmp_path_factory, monkeypatch, starts, reads, dark, pauses, stop_at
):
    """Faults, bad frames, slow writing and a wish to stop, at any moment and together."""
    bench = Bench(tmp_path_factory.mktemp("run"), count=5, exposure_start_s=0.2)
    disturbed = Disturbed(bench)
    disturbed.failing_starts, disturbed.failing_reads, disturbed.dark = starts, reads, dark

    def write_slowly(*arguments):
        for _ in range(pauses[len(bench.frames) % len(pauses)]):
            os.sched_yield()
        return write_frame(*arguments)

    def stop(event: events.Event) -> None:
        if len(bench.told) == stop_at:
            raise Stopped(15)

    monkeypatch.setattr(writer, "write_frame", write_slowly)
    bench.hear = stop
    stopped = False
    try:
        bench.run()
    except Stopped:
        stopped = True

    flats = bench.all(events.Flat)
    told = [(e.filter, e.index) for e in flats]
    assert told == sorted(set(told))
    for name in ("L", "R"):
        assert [i for f, i in told if f == name] == list(
            range(1, 1 + sum(f == name for f, _ in told))
        )
    assert sorted(e.path for e in flats) == bench.frames
    assert stamps(bench) == sorted(set(stamps(bench)))
    assert all(0.46 <= e.level <= 0.56 for e in flats)
    for each in bench.all(events.FilterFinished):
        before = bench.told[: bench.told.index(each)]
        assert each.flats == sum(f == each.filter for f, _ in told)
        assert each.flats == sum(
            isinstance(e, events.Flat) and e.filter == each.filter for e in before
        )
    assert all(e.frames == len(flats) for e in bench.all(events.RunFinished))
    if not stopped:
        trials = bench.all(events.Trial)
        # The accepted frame of each search is told of twice, as a trial and as a frame of the set.
        twice = sum(e.verdict == "accepted" for e in trials)
        told_of = len(trials) + len(flats) + len(bench.all(events.Rejected)) - twice
        assert disturbed.given == told_of


def test_a_flat_is_told_with_the_begin_of_its_own_exposure(tmp_path):
    bench = Bench(tmp_path, count=4)
    bench.run()
    told = bench.all(events.Flat)
    stored = [datetime.fromisoformat(fits.getheader(e.path)["DATE-OBS"] + "Z") for e in told]
    assert all(abs(e.exposed_at - t) <= MILLISECOND for e, t in zip(told, stored, strict=True))
    assert all(
        a.filter != b.filter or (b.exposed_at - a.exposed_at).total_seconds() >= a.exposure_s
        for a, b in pairwise(told)
    )
