"""Light panels behind INDI that have a cover, or other ideas of their own."""

import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from indi_tools import until
from indiserver import indiserver
from scripted_indi import (
    DEVICE,
    FLIP_FLAT,
    LAMP,
    ScriptedServer,
    message,
    number,
    obedient,
    scripted_server,
    switch,
)

from flatctl.devices.indi.panel import IndiPanel
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.protocols import CoverState
from flatctl.errors import Fault, InUse, NoReply, Stopped

ON, OFF = "FLAT_LIGHT_ON", "FLAT_LIGHT_OFF"
FLIP = "Flip Flat"


class FlipFlat:
    """A cover with a light inside that only shines while it is closed."""

    def __init__(self) -> None:
        self.closed = False

    def cap(self, name: str, values: Mapping[str, str]) -> Iterable[str]:
        yield switch(name, "Busy", PARK=self.closed, UNPARK=not self.closed)
        self.closed = values.get("PARK") == "On"
        yield switch(name, "Ok", PARK=self.closed, UNPARK=not self.closed)

    def light(self, name: str, values: Mapping[str, str]) -> Iterable[str]:
        if values.get(ON) == "On" and not self.closed:
            yield message("[ERROR] Cannot control light while cap is unparked.")
            yield switch(name, "Alert", FLAT_LIGHT_ON=False, FLAT_LIGHT_OFF=True)
        else:
            yield from obedient(name, values)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server(FLIP_FLAT) as running:
        unit = FlipFlat()
        running.answers |= {"CAP_PARK": unit.cap, "FLAT_LIGHT_CONTROL": unit.light}
        yield running


@pytest.fixture
def panel(server: ScriptedServer) -> Iterator[IndiPanel]:
    with IndiClient("127.0.0.1", server.port) as client:
        panel = IndiPanel(client, DEVICE)
        panel.open(20)
        yield panel
        panel.close()


def test_the_unit_says_that_it_has_a_cover(panel: IndiPanel):
    assert panel.has_cover
    assert panel.cover_state(5) is CoverState.OPEN


def test_the_cover_closes_before_the_light_goes_on(server: ScriptedServer, panel: IndiPanel):
    panel.set_brightness(99, 20)

    assert [name for name, _ in server.asked] == [
        "CAP_PARK",
        "FLAT_LIGHT_CONTROL",
        "FLAT_LIGHT_INTENSITY",
    ]
    assert panel.status(5).brightness == 99


def test_a_closed_cover_is_left_alone(server: ScriptedServer, panel: IndiPanel):
    panel.close_cover(20)
    server.asked.clear()
    panel.set_brightness(99, 20)

    assert "CAP_PARK" not in [name for name, _ in server.asked]


def test_the_light_goes_out_before_the_cover_opens(server: ScriptedServer, panel: IndiPanel):
    panel.set_brightness(99, 20)
    server.asked.clear()
    panel.open_cover(20)

    assert server.asked == [
        ("FLAT_LIGHT_CONTROL", {OFF: "On", ON: "Off"}),
        ("CAP_PARK", {"UNPARK": "On", "PARK": "Off"}),
    ]
    assert panel.cover_state(5) is CoverState.OPEN


def test_the_brightness_is_sent_even_where_it_is_the_reported_one(server, panel: IndiPanel):
    panel.set_brightness(99, 20)
    server.asked.clear()
    panel.set_brightness(99, 20)

    assert server.asked == [("FLAT_LIGHT_INTENSITY", {"FLAT_LIGHT_INTENSITY_VALUE": "99"})]


def test_a_cover_that_fails_is_a_fault_with_the_drivers_words(server, panel: IndiPanel):
    server.answers["CAP_PARK"] = lambda name, values: (
        message("[ERROR] Motor stalled"),
        switch(name, "Alert", PARK=False, UNPARK=False),
    )

    with pytest.raises(Fault, match="Motor stalled"):
        panel.close_cover(20)
    assert panel.cover_state(5) is CoverState.FAILED


def test_a_cover_that_fails_once_gets_there_with_the_second_try(server, panel: IndiPanel):
    moves = FlipFlat().cap

    def stumble(name: str, values: Mapping[str, str]) -> Iterable[str]:
        server.answers["CAP_PARK"] = moves
        yield switch(name, "Alert", PARK=False, UNPARK=False)

    server.answers["CAP_PARK"] = stumble
    panel.close_cover(20)
    assert panel.cover_state(5) is CoverState.CLOSED


def test_a_cover_that_goes_on_failing_is_tried_twice_and_the_light_sent_off_last(server, panel):
    server.answers["CAP_PARK"] = lambda name, values: (
        switch(name, "Alert", PARK=False, UNPARK=False),
    )
    server.asked.clear()
    with pytest.raises(Fault, match="did not move"):
        panel.set_brightness(99, 20)
    until(lambda: len(server.asked) > 2)
    assert server.asked == [
        ("CAP_PARK", {"PARK": "On", "UNPARK": "Off"}),
        ("CAP_PARK", {"PARK": "On", "UNPARK": "Off"}),
        ("FLAT_LIGHT_CONTROL", {OFF: "On", ON: "Off"}),
    ]


def test_after_a_refused_brightness_the_light_is_sent_off_last(server, panel: IndiPanel):
    server.answers["FLAT_LIGHT_INTENSITY"] = lambda name, values: (
        number(name, "Alert", FLAT_LIGHT_INTENSITY_VALUE=1),
    )
    with pytest.raises(Fault):
        panel.set_brightness(99, 20)
    until(lambda: server.asked[-1] == ("FLAT_LIGHT_CONTROL", {OFF: "On", ON: "Off"}))


def test_a_cover_that_never_arrives_is_no_reply(server, panel: IndiPanel):
    server.answers["CAP_PARK"] = lambda name, values: (
        switch(name, "Busy", PARK=True, UNPARK=False),
    )

    with pytest.raises(NoReply, match="did not end its move"):
        panel.close_cover(0.5)


def test_a_cover_may_end_with_neither_switch_on(server, panel: IndiPanel):
    server.answers["CAP_PARK"] = lambda name, values: (
        switch(name, "Ok", PARK=False, UNPARK=False),
    )

    panel.close_cover(20)

    assert panel.cover_state(5) is CoverState.UNKNOWN


def test_a_light_that_turned_itself_off_is_switched_on_again(server, panel: IndiPanel):
    panel.close_cover(20)
    server.answers["FLAT_LIGHT_INTENSITY"] = lambda name, values: (
        switch("FLAT_LIGHT_CONTROL", "Ok", FLAT_LIGHT_ON=False, FLAT_LIGHT_OFF=True),
        number(name, "Ok", FLAT_LIGHT_INTENSITY_VALUE=5),
    )

    panel.set_brightness(5, 20)

    assert [values for name, values in server.asked if name == "FLAT_LIGHT_CONTROL"] == [
        {ON: "On", OFF: "Off"},
        {ON: "On", OFF: "Off"},
    ]
    assert panel.status(5).lit is True


def test_a_lamp_that_only_obeys_closed_stays_as_it_is_while_the_camera_exposes_for_another(
    server, panel: IndiPanel
):
    panel.disturbs = lambda: InUse("CCD", "is exposing for another program (54 s left)", "")
    server.say(switch("FLAT_LIGHT_CONTROL", "Ok", FLAT_LIGHT_ON=True, FLAT_LIGHT_OFF=False))
    server.answers["FLAT_LIGHT_CONTROL"] = lambda name, values: (
        message("[ERROR] Cannot control light while cap is unparked."),
        switch(name, "Alert", FLAT_LIGHT_ON=True, FLAT_LIGHT_OFF=False),
    )
    with pytest.raises(Fault, match=r"its cover is left open: CCD is exposing for another"):
        panel.light_off(5)
    assert "CAP_PARK" not in [name for name, _ in server.asked]


def echo(name: str, values: Mapping[str, str]) -> Iterable[str]:
    yield switch(name, "Ok", **{key: value == "On" for key, value in values.items()})


def test_a_driver_that_reports_just_what_it_was_sent_puts_the_light_out(server, panel: IndiPanel):
    panel.set_brightness(5, 20)
    server.answers["FLAT_LIGHT_CONTROL"] = echo
    panel.light_off(5)
    assert panel.status(5).lit is False


@pytest.mark.parametrize("state", ["Ok", "Alert"])
def test_a_light_is_not_off_while_it_is_also_reported_on(server, panel: IndiPanel, state):
    panel.set_brightness(5, 20)
    server.answers["FLAT_LIGHT_CONTROL"] = lambda name, values: (
        switch(name, state, FLAT_LIGHT_ON=True, FLAT_LIGHT_OFF=True),
    )
    with pytest.raises(Fault, match="FLAT_LIGHT_CONTROL"):
        panel.light_off(1)


def test_a_refused_light_is_a_fault(server, panel: IndiPanel):
    server.answers["FLAT_LIGHT_CONTROL"] = lambda name, values: (
        message("[ERROR] lamp broken"),
        switch(name, "Alert", FLAT_LIGHT_ON=False, FLAT_LIGHT_OFF=True),
    )

    with pytest.raises(Fault, match="lamp broken"):
        panel.set_brightness(5, 20)


def test_a_refusal_to_go_out_does_not_matter_where_it_is_dark(server, panel: IndiPanel):
    server.answers["FLAT_LIGHT_CONTROL"] = lambda name, values: (
        switch(name, "Alert", FLAT_LIGHT_ON=False, FLAT_LIGHT_OFF=True),
    )

    panel.light_off(20)


def test_a_light_without_a_dimmer_has_one_step():
    with scripted_server(LAMP) as server, IndiClient("127.0.0.1", server.port) as client:
        panel = IndiPanel(client, DEVICE)
        assert panel.open(20) == range(1, 2)
        assert not panel.has_cover

        panel.set_brightness(1, 20)

        assert panel.status(5).lit is True


def refused_uncovered(server: ScriptedServer) -> None:
    """Light the panel and open its cover, as by hand, under which it then refuses all."""
    unit, light = FlipFlat(), server.answers["FLAT_LIGHT_CONTROL"]

    def obey(name: str, values: Mapping[str, str]) -> Iterable[str]:
        if unit.closed:
            return light(name, values)
        refused = message("[ERROR] Cannot control light while cap is unparked.")
        return refused, switch(name, "Alert", FLAT_LIGHT_ON=True, FLAT_LIGHT_OFF=False)

    server.answers |= {"CAP_PARK": unit.cap, "FLAT_LIGHT_CONTROL": obey}
    server.say(switch("CAP_PARK", "Ok", PARK=False, UNPARK=True))


def test_a_light_that_is_refused_under_an_open_cover_goes_out_under_a_closed_one(server, panel):
    panel.set_brightness(5, 20)
    refused_uncovered(server)
    until(lambda: panel.cover_state(5) is CoverState.OPEN)

    panel.light_off(20)

    assert panel.status(5).lit is False
    assert panel.cover_state(5) is CoverState.CLOSED


def test_a_light_under_a_cover_that_sticks_names_what_to_do(server, panel: IndiPanel):
    panel.set_brightness(5, 20)
    refused_uncovered(server)
    until(lambda: panel.cover_state(5) is CoverState.OPEN)
    server.answers["CAP_PARK"] = lambda name, values: (
        switch(name, "Alert", PARK=False, UNPARK=True),
    )

    with pytest.raises(Fault, match=r"while cap is unparked.*close its cover by hand"):
        panel.light_off(5)


@pytest.mark.indi_bin
def test_the_lamp_of_a_real_flip_flat_goes_out_though_its_cover_is_open():
    with indiserver("indi_flipflat") as real, IndiClient("127.0.0.1", real.port) as client:
        for name, element in (("SIMULATION", "ENABLE"), ("CONNECTION", "CONNECT")):
            client.set_switch(FLIP, name, element, 20)
        panel = IndiPanel(client, FLIP)
        panel.open(20)
        panel.set_brightness(9, 20)
        client.set_switch(FLIP, "CAP_PARK", "UNPARK", 20)
        until(lambda: panel.cover_state(5) is CoverState.OPEN)

        panel.light_off(20)

        # The driver looks at its device once a second.
        until(lambda: client.find(FLIP, "Status").text("Light") == "Off")
        assert panel.status(5).lit is False


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Raise `Stopped` in the main thread, as the program's signal handlers do."""

    def stop(signum: int, _frame: object) -> None:
        raise Stopped(signum)

    main = threading.main_thread().ident
    assert main is not None
    before = signal.signal(signal.SIGUSR1, stop)
    timer = threading.Timer(seconds, signal.pthread_kill, (main, signal.SIGUSR1))
    timer.start()
    try:
        yield
        timer.join(10)
        time.sleep(0.1)
    except Stopped:
        pass
    finally:
        timer.join(10)
        signal.signal(signal.SIGUSR1, before)


# An exception that strikes between opening and closing a file, or while the pair of sockets to the
# child is made, leaves these to the collector.
@pytest.mark.filterwarnings("ignore:.*FileIO name='/proc/:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings(
    "ignore:.*<socket object, fd=[0-9]+, family=1, type=5:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("milliseconds", range(10, 410, 20))
def test_the_light_goes_out_wherever_the_run_was_interrupted(server, milliseconds: int):
    with IndiClient("127.0.0.1", server.port) as client:
        panel = IndiPanel(client, DEVICE)
        with interrupted_after(milliseconds / 1000):
            for brightness in range(1, 30):
                panel.open(20)
                panel.set_brightness(brightness, 20)
                panel.close()
                client.close()

        panel.light_off(20)

        panel.open(20)
        assert panel.status(5).lit is False
