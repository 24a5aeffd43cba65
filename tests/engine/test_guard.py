"""The lamp guard: dark at the end, and the cover where it is wanted."""

import pytest

from flatctl.devices.protocols import CoverState
from flatctl.engine.guard import ATTEMPTS, LampGuard
from flatctl.engine.stop import StopSignals
from flatctl.errors import Fault, NoReply, Stopped
from hardware_sims.fakes import FakePanel, FakeRig


@pytest.fixture
def rig():
    return FakeRig()


def guard(rig, cover_at_end=None, panel=None) -> LampGuard:
    return LampGuard(
        panel or rig.panel,
        clock=rig.clock,
        signals=StopSignals(),
        timeout_s=10.0,
        cover_at_end=cover_at_end,
    )


def shine(rig, watched) -> None:
    with watched:
        rig.panel.set_brightness(100, 10.0)


def test_a_stop_while_the_panel_opens_puts_out_what_somebody_left_lit(rig, monkeypatch):
    rig.world.light.set(lit=True, brightness=99)
    opened = rig.panel.open
    stops = [Stopped(2)]

    def open_slowly(timeout_s):
        if stops:
            raise stops.pop()
        return opened(timeout_s)

    monkeypatch.setattr(rig.panel, "open", open_slowly)
    with pytest.raises(Stopped), guard(rig):
        raise AssertionError("it never got here")
    assert not rig.world.light.lit
    assert not rig.panel.opened


def test_the_cover_stays_where_it_is_unless_asked(rig):
    shine(rig, guard(rig))
    assert rig.world.light.closed


def test_the_cover_is_open_after_the_run_where_that_is_wanted(rig):
    shine(rig, guard(rig, CoverState.OPEN))
    assert not rig.world.light.closed


def test_the_cover_is_closed_after_the_run_where_that_is_wanted(rig):
    with guard(rig, CoverState.CLOSED):
        rig.panel.open_cover(10.0)
    assert rig.world.light.closed


def test_the_light_is_out_before_the_cover_moves(rig):
    shine(rig, guard(rig, CoverState.OPEN))
    last, moved = rig.world.light.changes()[-2:]
    assert (last.lit, last.closed, moved.closed) == (False, True, False)


def test_the_cover_is_seen_to_after_an_error_too(rig):
    with pytest.raises(KeyError), guard(rig, CoverState.OPEN):
        raise KeyError("a bug")
    assert not rig.world.light.closed


def test_a_cover_that_does_not_move_is_the_failure_of_the_guard(rig, monkeypatch):
    stuck = Fault("Fake Panel", "the cover is stuck")

    def refuse(timeout_s):
        raise stuck

    monkeypatch.setattr(rig.panel, "open_cover", refuse)
    watched = guard(rig, CoverState.OPEN)
    shine(rig, watched)
    assert watched.failure is stuck


def test_the_cover_does_not_move_while_the_light_may_be_on(rig):
    watched = guard(rig, CoverState.OPEN)
    with watched:
        rig.panel.faults.add(2 * ATTEMPTS, NoReply("Fake Panel", "is silent"))
    assert isinstance(watched.failure, NoReply)
    assert rig.world.light.closed


def test_a_panel_without_a_cover_is_not_asked_to_move_it(rig):
    class Bare(FakePanel):
        has_cover = False

    watched = guard(rig, CoverState.OPEN, Bare(rig.world, rig.clock))
    with watched:
        pass
    assert watched.failure is None
    assert rig.world.light.closed
