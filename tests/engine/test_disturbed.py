"""A wheel turned, or a light changed, by somebody else while frames are taken."""

import pytest
from bench import Bench

from flatctl import events
from flatctl.core.quality.findings import Kind
from flatctl.core.types import Outcome
from flatctl.storage.verify import read_values


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
    assert len(asked) == 1


def test_looking_after_each_frame_does_not_make_a_set_longer(tmp_path):
    """The panel takes 0.05 s to answer, and is asked while the next frame is exposed."""

    def took_s(mute: bool) -> float:
        bench = Bench(tmp_path / str(mute), filters=("L",), count=40)
        bench.fake.panel.mute = mute
        bench.run()
        first, *_, last = bench.all(events.Flat)
        return (last.time - first.time).total_seconds()

    assert took_s(mute=False) <= took_s(mute=True) + 0.1
