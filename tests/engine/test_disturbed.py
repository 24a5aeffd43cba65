"""A wheel turned, or a light changed, by somebody else while frames are taken."""

from dataclasses import replace

import pytest
from astropy.io import fits
from bench import Bench

from flatctl import events
from flatctl.core.quality.findings import Kind
from flatctl.core.types import Outcome
from flatctl.storage.verify import read_values, verify_directory


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path, filters=("L",), count=6, dark_flats=2)


def turn(bench: Bench) -> None:
    bench.fake.world.turret.slot = 3


def dim(bench: Bench) -> None:
    light = bench.fake.world.light
    light.set(lit=True, brightness=max(1, light.brightness - 1))


def put_out(bench: Bench) -> None:
    bench.fake.world.light.set(lit=False)


def light(bench: Bench) -> None:
    bench.fake.world.light.set(lit=True, brightness=200)


def strike(bench: Bench, happening, kind: str, n: int, times: int = 1) -> None:
    """Let somebody interfere while the `n`-th frame of a kind is exposed."""
    left = [None] * times

    def hear(event: events.Event) -> None:
        if left and isinstance(event, events.Exposing) and event.kind == kind and event.n >= n:
            left.pop()
            happening(bench)

    bench.hear = hear


HAPPENINGS = {
    "turned": (turn, Kind.WHEEL_TURNED),
    "dimmed": (dim, Kind.LIGHT_CHANGED),
    "put out": (put_out, Kind.LIGHT_CHANGED),
}


@pytest.mark.parametrize("name", HAPPENINGS)
@pytest.mark.parametrize(("kind", "n"), [("trial", 2), ("flat", 2), ("flat", 6)])
def test_the_frame_is_refused_and_told_and_all_is_set_again(bench, name, kind, n):
    happening, finding = HAPPENINGS[name]
    strike(bench, happening, kind, n)
    assert bench.run() == 0
    told = [each.kind for event in bench.all(events.Rejected) for each in event.why]
    assert finding in told
    assert len(bench.all(events.Flat)) == 6
    assert bench.fake.world.filter.name == "L"


def test_what_was_taken_through_another_filter_is_not_on_disk(bench):
    strike(bench, turn, "flat", 3)
    bench.run()
    flats = [path for path in bench.frames if path.name.startswith("FLAT_")]
    assert {read_values(path)["FILTER"] for path in flats} == {"L"}
    levels = [event.level for event in bench.all(events.Flat)]
    assert max(levels) - min(levels) < 0.02


def test_a_light_that_is_switched_on_during_dark_flats_is_told_and_put_out(bench):
    strike(bench, light, "dark_flat", 2)
    assert bench.run() == 0
    assert "its light was on during a dark flat" in [e.what for e in bench.all(events.FaultSeen)]
    assert len(bench.all(events.DarkFlat)) == 2


def test_somebody_who_does_not_stop_costs_the_filter_and_not_the_night(tmp_path):
    bench = Bench(tmp_path, filters=("L", "R"), count=6)

    def hear(event: events.Event) -> None:
        if isinstance(event, events.Exposing) and event.filter == "L":
            turn(bench)

    bench.hear = hear
    assert bench.run() == 5
    assert bench.outcomes == {"L": Outcome.DEVICE, "R": Outcome.COMPLETE}


def test_a_panel_that_can_not_be_asked_is_asked_once(bench):
    bench.fake.panel.mute = True
    asked, status = [], bench.fake.panel.status

    def ask(timeout_s: float):
        asked.append(timeout_s)
        return status(timeout_s)

    bench.fake.panel.status = ask
    assert bench.run() == 0
    assert len(asked) == 2  # and once when it has been put out


def test_looking_after_each_frame_does_not_make_a_set_longer(tmp_path):
    """The panel takes 0.05 s to answer, and is asked while the next frame is exposed."""

    def took_s(mute: bool) -> float:
        bench = Bench(tmp_path / str(mute), filters=("L",), count=40)
        bench.fake.panel.mute = mute
        bench.run()
        first, *_, last = bench.all(events.Flat)
        return (last.time - first.time).total_seconds()

    assert took_s(mute=False) <= took_s(mute=True) + 0.1


def repeated(bench: Bench, times: int) -> None:
    """Let the camera give its second flat again, in the place of the flats after it."""
    camera, given = bench.fake.camera, []
    read = camera.read

    def read_again(timeout_s: float):
        frame = read(timeout_s)
        given.append(frame)
        trials = len(bench.all(events.Trial))
        is_next = trials + 2 < len(given) <= trials + 2 + times
        return replace(frame, pixels=given[trials + 1].pixels) if is_next else frame

    camera.read = read_again


def test_a_picture_that_comes_twice_is_one_flat(bench):
    repeated(bench, times=1)
    assert bench.run() == 0
    (refused,) = bench.all(events.Rejected)
    assert [finding.kind for finding in refused.why] == [Kind.TWIN]
    assert len(bench.all(events.Flat)) == 6
    assert not any(found.problems for found in verify_directory(bench.folder))


def test_a_camera_that_gives_one_picture_for_ever_costs_the_filter(tmp_path):
    bench = Bench(tmp_path, filters=("L",), count=6)
    repeated(bench, times=999)
    assert bench.run() == 5
    assert bench.outcomes == {"L": Outcome.DEVICE}


def test_a_picture_of_an_earlier_run_of_the_night_is_no_flat_of_this_one(tmp_path):
    bench = Bench(tmp_path, filters=("L",), count=3)
    bench.run()
    later = bench.again(plans=[replace(bench.plans[0], count=6)])
    old = fits.getdata(bench.frames[0])
    read, given = later.fake.camera.read, []

    def read_old(timeout_s: float):
        given.append(read(timeout_s))
        return replace(given[-1], pixels=old) if len(given) == 2 else given[-1]

    later.fake.camera.read = read_old
    assert later.run() == 0
    assert Kind.TWIN in [each.kind for event in later.all(events.Rejected) for each in event.why]
    assert len(later.frames) == 6
