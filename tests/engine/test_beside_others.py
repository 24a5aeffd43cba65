"""A camera with which another program begins to expose: nothing is turned or lit before it."""

import pytest
from bench import TIMEOUTS, Bench

from flatctl import events
from flatctl.devices.protocols import CoverState
from flatctl.engine.guard import guard_of
from flatctl.engine.rig import Rig
from flatctl.engine.stop import StopSignals
from flatctl.errors import Fault, InUse

USED = InUse("Fake Camera", "is exposing for another program (54 s left)", "wait", 54.0)


def share(camera, used: InUse | None) -> None:
    """Let it be a camera that other programs may use, and that one uses."""
    camera.in_use = lambda timeout_s: used
    camera.take_over = lambda: None


@pytest.fixture
def bench(tmp_path) -> Bench:
    made = Bench(tmp_path, count=3, dark_flats=3)
    share(made.fake.camera, None)
    return made


MOMENTS = {
    "the run starts": lambda e: isinstance(e, events.RunStarted),
    "a filter starts": lambda e: isinstance(e, events.FilterStarted),
    "a trial is exposed": lambda e: isinstance(e, events.Exposing) and e.kind == "trial",
    "a flat is exposed": lambda e: isinstance(e, events.Exposing) and e.kind == "flat",
    "a flat is told": lambda e: isinstance(e, events.Flat),
    "a filter is done": lambda e: isinstance(e, events.FilterFinished),
    "a dark flat is exposed": lambda e: isinstance(e, events.Exposing) and e.kind == "dark_flat",
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_whenever_another_begins_to_expose_the_wheel_stays_and_nothing_is_lit(bench, moment):
    world = bench.fake.world
    stood: list[tuple[int, int]] = []

    def hear(event: events.Event) -> None:
        if MOMENTS[moment](event) and not stood:
            stood.append((len(world.light.changes()), world.turret.slot))
            share(bench.fake.camera, USED)

    bench.hear = hear
    with pytest.raises(InUse):
        bench.run()
    ((changes, slot),) = stood
    assert world.turret.slot == slot
    assert [change.lit for change in world.light.changes()[changes:]] in ([], [False])
    assert not world.light.lit


def end(bench: Bench, cover_at_end: CoverState) -> None:
    """Light the panel behind its closed cover, and end."""
    fake = bench.fake
    rig = Rig(
        fake.camera,
        fake.wheel,
        fake.panel,
        setup=bench.setup,
        timeouts=TIMEOUTS,
        clock=fake.clock,
        cover_at_end=cover_at_end,
    )
    with guard_of(rig, StopSignals()):
        fake.panel.set_brightness(100, 10.0)


def test_the_cover_is_not_moved_before_anothers_exposure_and_the_light_goes_out(bench):
    share(bench.fake.camera, USED)
    with pytest.raises(Fault, match=r"the cover is left as it is.*for another program \(54 s"):
        end(bench, CoverState.OPEN)
    assert (bench.fake.world.light.lit, bench.fake.world.light.closed) == (False, True)


def test_a_cover_that_is_where_it_belongs_is_no_matter(bench):
    share(bench.fake.camera, USED)
    end(bench, CoverState.CLOSED)
    assert not bench.fake.world.light.lit
