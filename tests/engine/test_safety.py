"""Conditions around the rig: looked at before a run and between frames, in virtual time."""

import pytest
from bench import Bench

from flatctl import events
from flatctl.core.types import FrameKind
from flatctl.devices.protocols import ConditionStatus
from flatctl.engine.safety import Rule
from flatctl.errors import NoReply, UnsafeError


class FakeWeather:
    """Says what `says` returns for the time of day."""

    name = "Cloudy"

    def __init__(self, clock, says) -> None:
        self._clock = clock
        self._says = says

    def status(self, timeout_s: float) -> ConditionStatus:
        return self._says(self._clock.monotonic())


class FakeMount:
    name = "Mount"

    def __init__(self) -> None:
        self.parked = False

    def status(self, timeout_s: float) -> ConditionStatus:
        return ConditionStatus(self.parked, "parked" if self.parked else "not parked")

    def park(self, timeout_s: float) -> None:
        self.parked = True


RAIN = ConditionStatus(False, "unsafe: Rain")
SAFE = ConditionStatus(True, "safe")


@pytest.fixture
def bench(tmp_path) -> Bench:
    return Bench(tmp_path)


def rained(bench: Bench, policy: str, says, wait_s: float = 600) -> Bench:
    bench.rules = (Rule(FakeWeather(bench.fake.clock, says), policy, wait_s),)
    return bench


def said(bench: Bench, word: str) -> list[events.Waiting]:
    return [event for event in bench.all(events.Waiting) if word in str(event.what)]


def test_unsafe_from_the_start_ends_the_run_before_anything_is_exposed(bench):
    with pytest.raises(UnsafeError, match="Cloudy: unsafe: Rain"):
        rained(bench, "stop", lambda _: RAIN).run()
    assert bench.fake.camera.exposures == []


def test_the_end_of_an_unsafe_run_is_told_with_its_exit_code(bench):
    with pytest.raises(UnsafeError):
        rained(bench, "stop", lambda _: RAIN).run()
    assert bench.all(events.RunFinished)[0].exit_code == 6


def test_rain_in_the_middle_keeps_what_is_finished_and_puts_the_lamp_out(bench):
    rained(bench, "stop", lambda _: RAIN if bench.all(events.Flat) else SAFE)
    with pytest.raises(UnsafeError):
        bench.run()
    assert not bench.fake.world.light.lit
    assert len(bench.frames) >= 1


def test_a_run_that_waits_goes_on_when_the_rain_is_over(bench):
    assert rained(bench, "wait", lambda s: RAIN if s < 300 else SAFE).run() == 0
    assert (bench.fake.clock.monotonic() >= 300, len(bench.frames)) == (True, 6)


def test_what_it_waits_for_is_told_once(bench):
    rained(bench, "wait", lambda s: RAIN if s < 300 else SAFE).run()
    assert [event.what for event in said(bench, "Rain")] == ["Cloudy: unsafe: Rain"]


def test_the_lamp_is_dark_while_it_waits(bench):
    lit_in_rain = []

    def says(_s: float) -> ConditionStatus:
        flats = len(bench.all(events.Flat))
        if not flats or bench.fake.clock.monotonic() > bench.rain_s + 100:
            return SAFE
        if not bench.raining:
            bench.raining, bench.rain_s = True, bench.fake.clock.monotonic()
            return RAIN
        lit_in_rain.append(bench.fake.world.light.lit)
        return RAIN

    bench.raining, bench.rain_s = False, float("inf")
    assert rained(bench, "wait", says).run() == 0
    assert lit_in_rain
    assert not any(lit_in_rain)


def test_waiting_has_an_end(bench):
    with pytest.raises(UnsafeError, match="Rain after 600 s"):
        rained(bench, "wait", lambda _: RAIN).run()
    assert bench.fake.clock.monotonic() < 700


def test_a_condition_that_is_ignored_is_not_even_asked(bench):
    def never(_s: float) -> ConditionStatus:
        raise AssertionError("asked")

    assert rained(bench, "ignore", never).run() == 0


def test_a_mount_is_parked_when_the_configuration_says_so(bench):
    mount = FakeMount()
    bench.rules = (Rule(mount, "stop", 60, park_first=True),)
    assert bench.run() == 0
    assert mount.parked


def test_a_mount_is_left_alone_otherwise(bench):
    mount = FakeMount()
    bench.rules = (Rule(mount, "wait", 60),)
    with pytest.raises(UnsafeError, match="Mount: not parked"):
        bench.run()
    assert not mount.parked


def test_a_lost_connection_is_a_fault_to_survive_and_not_danger(bench):
    answers = [SAFE, SAFE, NoReply("server", "lost")]

    def says(_s: float) -> ConditionStatus:
        answer = answers.pop(0) if answers else SAFE
        if isinstance(answer, NoReply):
            raise answer
        return answer

    assert rained(bench, "stop", says).run() == 0
    assert [e.recovered for e in bench.all(events.FaultSeen)] == [True]


def test_dark_flats_are_guarded_too(tmp_path):
    bench = Bench(tmp_path, filters=("L",), dark_flats=2)

    def darks() -> int:
        return sum(kind is FrameKind.DARK_FLAT for _, kind in bench.fake.camera.exposures)

    rained(bench, "stop", lambda _: RAIN if darks() else SAFE)
    with pytest.raises(UnsafeError):
        bench.run()
    assert darks() == 1
