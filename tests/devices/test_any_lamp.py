"""Whatever an INDI driver does with its switch, a light is off only where that is known."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from virtual_lamp import LAMP, Driver, Said, Step, VirtualClient, clock_moved_by_tests

from flatctl.core.types import Light
from flatctl.devices.indi.panel import IndiPanel
from flatctl.engine.guard import LampGuard
from flatctl.engine.rig import PANEL_TIMEOUT_S
from flatctl.engine.stop import StopSignals
from flatctl.errors import LightUnknown


def safe(*reactions, said: Said | None = None) -> tuple[Driver, Light, int]:
    """Put the light of such a driver out as `flatctl safe` does; say what it ends with."""
    with clock_moved_by_tests() as clock:
        driver = Driver(clock, reactions or ((),))
        if said is not None:
            driver.said[:] = [said]
        panel = IndiPanel(VirtualClient(driver), LAMP)
        guard = LampGuard(panel, clock=clock, signals=StopSignals(), timeout_s=PANEL_TIMEOUT_S)
        guard.end()
        try:
            guard.conclude()
        except LightUnknown as lost:
            return driver, guard.light, lost.exit_code
        return driver, guard.light, 0


def says(state: str, on: bool | None, off: bool | None, after_s: float = 0.0, **more) -> Step:
    return Step(after_s, state=state, on=on, off=off, **more)


OBEYS = says("Ok", False, True, lamp=False)
HABITS = {
    "obeys": ((OBEYS,), Light.OFF),
    "obeys late": ((says("Ok", False, True, 60.0, lamp=False),), Light.OFF),
    "obeys too late": ((says("Ok", False, True, 1000.0, lamp=False),), Light.UNKNOWN),
    "is busy, then obeys": ((says("Busy", True, False), OBEYS), Light.OFF),
    "refuses": ((says("Alert", True, False),), Light.ON),
    "refuses what it shows": ((says("Alert", False, True),), Light.UNKNOWN),
    "ends a refusal in Ok": ((says("Alert", True, False), says("Ok", True, False)), Light.ON),
    "takes it back": ((OBEYS, says("Ok", True, False, 0.3, lamp=True)), Light.ON),
    "stays busy with it": ((says("Busy", False, True),), Light.UNKNOWN),
    "has both on": ((says("Ok", True, True),), Light.UNKNOWN),
    "has neither on": ((says("Ok", False, False),), Light.UNKNOWN),
    "reports half of it": ((says("Ok", None, True),), Light.UNKNOWN),
    "is silent": ((), Light.UNKNOWN),
    "goes each time": ((Step(goes="device"),), Light.UNKNOWN),
    "hangs up each time": ((Step(goes="connection"),), Light.UNKNOWN),
}


@pytest.mark.parametrize("habit", HABITS)
def test_what_is_known_of_a_light_that_was_lit(habit):
    reaction, expected = HABITS[habit]
    _, light, ended = safe(reaction)
    assert (light, ended) == (expected, 0 if expected is Light.OFF else 8)


DELAYS_S = st.sampled_from((0.0, 0.01, 0.3, 0.6, 5.0, 100.0))
STATES = st.sampled_from(("Ok", "Idle", "Busy", "Alert"))
MEMBERS = st.sampled_from((True, False, None))
STEPS = st.one_of(
    st.builds(
        Step, DELAYS_S, lamp=MEMBERS, state=STATES, on=MEMBERS, off=MEMBERS, goes=st.just("")
    ),
    st.builds(Step, DELAYS_S, goes=st.sampled_from(("device", "connection"))),
)
REACTIONS = st.lists(st.lists(STEPS, max_size=4).map(tuple), min_size=1, max_size=4)
REPORTS = st.builds(Said, STATES, on=st.booleans(), off=st.booleans())


@given(reactions=REACTIONS, said=REPORTS)
@example([(says("Ok", False, True), says("Alert", None, None, 0.3))], Said("Ok", True, False))
@example([(OBEYS, says("Alert", True, True, 0.01), OBEYS)], Said("Ok", False, False))
def test_safe_ends_well_only_where_the_last_word_of_the_driver_is_that_it_is_off(reactions, said):
    driver, light, ended = safe(*reactions, said=said)
    assert (ended == 0) is (light is Light.OFF)
    if ended == 0:
        *_, last = driver.said
        before, since = driver.said[: driver.commanded[-1]], driver.said[driver.commanded[-1] :]
        assert last.is_off
        assert last.state != "Busy"
        # What was off before may be refused, or passed over without a word.
        assert before[-1].is_off or (since and "Alert" not in [each.state for each in since])


NOT_YET = st.builds(
    Step,
    DELAYS_S.filter(lambda seconds: seconds < 10),
    state=st.sampled_from(("Ok", "Idle", "Busy")),
    on=st.just(True),
    off=st.booleans(),
)


@given(meanwhile=st.lists(NOT_YET, max_size=4), after_s=st.sampled_from((0.0, 0.3, 40.0)))
def test_a_driver_that_puts_it_out_and_says_so_in_time_is_believed_whatever_it_said_meanwhile(
    meanwhile, after_s
):
    driver, light, ended = safe((*meanwhile, says("Ok", False, True, after_s, lamp=False)))
    assert (driver.lit, light, ended) == (False, Light.OFF, 0)
