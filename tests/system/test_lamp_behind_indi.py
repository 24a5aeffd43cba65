"""Over the wire: only a light that is known to be off is off."""

from collections.abc import Callable, Iterable, Mapping
from time import sleep

import pytest
from scripted_indi import DEVICE, LIT_LAMP, message, obedient, scripted_server, switch

from flatctl.core.types import Light
from flatctl.devices.indi.panel import IndiPanel
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.engine.guard import LampGuard
from flatctl.engine.stop import StopSignals
from flatctl.errors import LightUnknown
from hardware_sims.clock import VirtualClock

NAME = "FLAT_LIGHT_CONTROL"
TIMEOUT_S = 0.8
TWICE = (0.0, 0.0)

Habit = Callable[[str, Mapping[str, str]], Iterable[str]]


def says(*reports: tuple[str, bool, bool]) -> Habit:
    """Answer with these: state, and what the switches `on` and `off` are reported as."""
    return lambda name, _: [
        switch(name, state, FLAT_LIGHT_ON=on, FLAT_LIGHT_OFF=off) for state, on, off in reports
    ]


def late(name: str, values: Mapping[str, str]) -> Iterable[str]:
    sleep(0.4)
    yield from obedient(name, values)


def only_what_was_named(name: str, _: Mapping[str, str]) -> Iterable[str]:
    yield switch(name, "Ok", FLAT_LIGHT_OFF=True)


# Over the wire; the many others, in virtual time: tests/devices/test_any_lamp.py
HABITS: dict[str, tuple[Habit, Light]] = {
    "obeys late": (late, Light.OFF),
    "refuses": (says(("Alert", True, False)), Light.ON),
    "takes it back": (says(("Ok", False, True), ("Ok", True, False)), Light.ON),
    "reports half of it": (only_what_was_named, Light.UNKNOWN),
    "only talks": (lambda *_: [message("the light is off")], Light.UNKNOWN),
}


class Moment(VirtualClock):
    """Shortens waits, but leaves a driver the time to say what it says at once."""

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        sleep(min(seconds, 0.2))


@pytest.mark.parametrize("habit", HABITS)
def test_what_is_known_of_a_light_that_was_lit(habit):
    answer, expected = HABITS[habit]
    with scripted_server(LIT_LAMP) as server, IndiClient("127.0.0.1", server.port) as client:
        server.answers[NAME] = answer
        panel = IndiPanel(client, DEVICE)
        panel.open(20)
        guard = LampGuard(panel, clock=Moment(), signals=StopSignals(), timeout_s=TIMEOUT_S)
        guard.end(TWICE)
        try:
            guard.conclude()
        except LightUnknown as lost:
            ended = lost.exit_code
        else:
            ended = 0
        panel.close()
    assert (guard.light, ended) == (expected, 0 if expected is Light.OFF else 8)
