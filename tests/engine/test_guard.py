"""The lamp guard: dark at the end, and the cover where it is wanted."""

import pytest

from flatctl.core.types import Light
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.engine.guard import ATTEMPTS, LampGuard
from flatctl.engine.stop import StopSignals
from flatctl.errors import Fault, LightUnknown, NoReply, Stopped, Unfit, light_unknown_behind
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
    with pytest.raises(Fault, match="stuck") as raised:
        shine(rig, watched)
    assert (watched.failure, raised.value.light) == (stuck, Light.OFF)


def stop_in(rig, monkeypatch, second: int) -> None:
    """Let a signal come at the `second`-th pause."""
    pauses = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == second:
            raise Stopped(2)

    monkeypatch.setattr(rig.clock, "sleep", sleep)


def test_an_end_that_need_not_be_waited_for_is_broken_off_and_says_what_is_not_known(
    rig, monkeypatch
):
    rig.panel.faults.add(99, NoReply("Fake Panel", "is silent"))
    stop_in(rig, monkeypatch, 3)
    watched = guard(rig)
    with pytest.raises(Stopped) as raised:
        watched.end(to_the_end=False)
    with pytest.raises(LightUnknown, match=r"stopped by you \(Ctrl-C\)"):
        watched.conclude(raised.value)


def test_one_that_is_broken_off_once_the_light_is_out_says_that_it_is(rig, monkeypatch):
    def stop(timeout_s: float) -> None:
        raise Stopped(2)

    monkeypatch.setattr(rig.panel, "open_cover", stop)
    watched = guard(rig, CoverState.OPEN)
    with pytest.raises(Stopped) as raised:
        watched.end(to_the_end=False)
    watched.conclude(raised.value)
    assert (raised.value.light, rig.panel.opened) == (Light.OFF, False)


def test_the_cover_does_not_move_while_the_light_may_be_on(rig):
    watched = guard(rig, CoverState.OPEN)
    with pytest.raises(LightUnknown), watched:
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


# What is known of the light


class Liar(FakePanel):
    """A panel that takes every command, and says of its light what it is given to say."""

    says: PanelStatus

    def status(self, timeout_s: float) -> PanelStatus:
        return self.says


YES_NO_SILENT = (True, False, None)
WORDS = [PanelStatus(lit, None, confirmed) for lit in YES_NO_SILENT for confirmed in (True, False)]
KNOWN = {
    (False, True): Light.OFF,
    (False, False): Light.COMMANDED_OFF,
    (None, False): Light.COMMANDED_OFF,
}


@pytest.mark.parametrize("says", WORDS, ids=str)
def test_it_ends_well_only_where_the_light_is_known_to_be_off_or_the_panel_cannot_say(rig, says):
    panel = Liar(rig.world, rig.clock)
    panel.says = says
    watched = guard(rig, panel=panel)
    expected = KNOWN.get((says.lit, says.confirmed))
    if expected is None:
        with pytest.raises(LightUnknown), watched:
            pass
    else:
        with watched:
            pass
    assert watched.light is (expected or (Light.ON if says.lit else Light.UNKNOWN))


def test_a_panel_that_takes_its_obedience_back_is_not_off(rig, monkeypatch):
    # In the moment after the command.
    monkeypatch.setattr(rig.clock, "sleep", lambda _: rig.world.light.set(lit=True))
    with pytest.raises(LightUnknown, match="light on"):
        shine(rig, guard(rig))


def test_a_panel_that_is_silent_is_not_known_to_be_on_though_it_said_so(rig, monkeypatch):
    def refuse_then_vanish(timeout_s):
        rig.panel.faults.add(99, NoReply("Fake Panel", "is silent"))
        raise Fault("Fake Panel", "the light does not go out")

    monkeypatch.setattr(rig.panel, "light_off", refuse_then_vanish)
    watched = guard(rig)
    with pytest.raises(LightUnknown):
        shine(rig, watched)
    assert watched.light is Light.UNKNOWN


def test_a_panel_that_can_not_be_opened_may_be_lit(rig):
    rig.panel.faults.add(1, NoReply("Fake Panel", "is silent"))
    with pytest.raises(LightUnknown, match="is silent"), guard(rig):
        raise AssertionError("it never got here")


def test_a_panel_that_says_to_have_no_light_is_off_whoever_opens_it(rig, monkeypatch):
    def refuse(_timeout_s):
        failure = Unfit(rig.panel.name, "has no light")
        failure.light = Light.OFF
        raise failure

    monkeypatch.setattr(rig.panel, "open", refuse)
    with pytest.raises(Unfit), guard(rig):
        pass
    ended = guard(rig)
    ended.end()
    assert (ended.light, rig.clock.monotonic()) == (Light.OFF, 0.0)
    with pytest.raises(Unfit):
        ended.conclude()


def test_a_panel_that_was_never_opened_is_opened_to_be_put_out_and_waited_for(rig):
    rig.world.light.set(lit=True, brightness=99)
    rig.panel.faults.add(ATTEMPTS - 1, NoReply("Fake Panel", "is silent"))
    watched = guard(rig)
    watched.end()
    watched.conclude()
    assert (watched.light, rig.world.light.lit) == (Light.OFF, False)


def fail_on_the_way_out(lost: LightUnknown) -> None:
    try:
        raise lost
    finally:
        raise OSError("the disk is full")


def test_what_fails_on_the_way_out_does_not_hide_that_the_light_may_be_on():
    lost = LightUnknown("Fake Panel", Light.UNKNOWN)
    with pytest.raises(OSError, match="full") as raised:
        fail_on_the_way_out(lost)
    assert light_unknown_behind(raised.value) is lost
