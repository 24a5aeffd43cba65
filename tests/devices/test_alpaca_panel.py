"""Cover calibrators behind Alpaca, with the habits that real ones have."""

import threading
import time

import pytest
from odd_panels import CLOSED, ERROR, MOVING, NOT_READY, OFF, OPEN, READY, UNKNOWN, OddPanel
from scripted_alpaca import NOT_CONNECTED, NOT_IMPLEMENTED, Refusal, scripted_alpaca

from flatctl.devices.alpaca import cover as cover_module
from flatctl.devices.alpaca import panel as panel_module
from flatctl.devices.alpaca import pulse as pulse_module
from flatctl.devices.alpaca.panel import AlpacaPanel
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.devices.protocols import CoverState, PanelStatus
from flatctl.errors import BadReply, Fault, InUse, NoReply, Unfit

LIMIT_S = 10.0


@pytest.fixture
def odd() -> OddPanel:
    return OddPanel()


@pytest.fixture
def server(odd):
    with scripted_alpaca({"covercalibrator/0": odd.device}) as served:
        yield served


@pytest.fixture
def panel(server):
    session = AlpacaSession(LIMIT_S)
    panel = AlpacaPanel(session, server.url("covercalibrator/0"))
    yield panel
    panel.close()
    session.close()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """Let nobody linger for longer than a test needs."""
    monkeypatch.setattr(panel_module, "_LINGERS_S", 0.2)
    monkeypatch.setattr(cover_module, "_LINGERS_S", 0.2)


@pytest.mark.parametrize("most", [1, 100, 255, 4096])
def test_its_steps_are_one_to_what_it_says(panel, odd, most):
    odd.most = most
    assert panel.open(LIMIT_S) == range(1, most + 1)


@pytest.mark.parametrize("most", [0, -1, 2**40])
def test_a_range_that_can_not_be_is_a_bad_reply(panel, odd, most):
    odd.most = most
    with pytest.raises(BadReply, match=f"says that its brightness goes up to {most}"):
        panel.open(LIMIT_S)


def test_a_cover_without_a_light_is_no_panel(panel, odd):
    odd.state = 0
    odd.members.pop("maxbrightness")
    with pytest.raises(Unfit, match="has no light") as raised:
        panel.open(LIMIT_S)
    assert raised.value.light == "off"


def test_a_light_that_is_not_there_any_more_is_not_said_to_be_off(panel, odd):
    odd.state = 0
    with pytest.raises(Unfit, match="does not say what its light can do") as raised:
        panel.open(LIMIT_S)
    assert raised.value.light == ""


def test_opening_connects_it_and_leaves_its_light(panel, odd):
    odd.members["connected"], odd.state, odd.brightness = False, READY, 40
    panel.open(LIMIT_S)
    assert (odd.members["connected"], odd.state, odd.brightness) == (True, READY, 40)


def test_off_is_never_said_as_brightness_0(panel, odd, server):
    panel.open(LIMIT_S)
    panel.set_brightness(7, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert [form["Brightness"] for form in server.orders("calibratoron")] == ["7"]
    assert server.orders("calibratoroff")


def test_a_panel_that_stays_ready_at_brightness_0_is_dark(panel, odd):
    def off(_):
        odd.brightness = 0

    odd.orders["calibratoroff"] = off
    panel.open(LIMIT_S)
    panel.set_brightness(7, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert panel.status(LIMIT_S) == PanelStatus(lit=False, brightness=0, confirmed=True)


def test_a_panel_that_is_never_ready_at_brightness_0_is_dark(panel, odd):
    def off(_):
        odd.state, odd.brightness = NOT_READY, 0

    odd.orders["calibratoroff"] = off
    panel.open(LIMIT_S)
    panel.set_brightness(7, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert panel.status(LIMIT_S).lit is False


def test_a_light_that_fades_is_dark_at_the_end_of_that(panel, odd):
    def off(_):
        odd.changing = True
        threading.Timer(0.4, lambda: (odd.off(_), setattr(odd, "changing", False))).start()

    odd.orders["calibratoroff"] = off
    panel.open(LIMIT_S)
    panel.set_brightness(7, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert odd.state == OFF


def test_a_panel_that_is_off_with_a_brightness_left_over_is_dark(panel, odd):
    def off(_):
        odd.state = OFF

    odd.orders["calibratoroff"] = off
    panel.open(LIMIT_S)
    panel.set_brightness(21, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert panel.status(LIMIT_S).lit is False


def test_a_panel_that_shines_on_is_told_twice_and_is_a_fault(panel, odd, server):
    odd.orders["calibratoroff"] = lambda _: None
    panel.open(LIMIT_S)
    panel.set_brightness(21, LIMIT_S)
    with pytest.raises(Fault, match="the light does not go out; unplug its power"):
        panel.light_off(LIMIT_S)
    assert len(server.orders("calibratoroff")) == 2


def test_off_is_said_even_where_it_is_off(panel, server):
    panel.open(LIMIT_S)
    panel.light_off(LIMIT_S)
    assert server.orders("calibratoroff")


def test_a_refusal_to_put_out_what_is_dark_is_none(panel, odd):
    def off(_):
        raise Refusal(0x40B, "already off")

    odd.orders["calibratoroff"] = off
    panel.open(LIMIT_S)
    panel.light_off(LIMIT_S)


def test_a_refusal_to_put_out_what_shines_is_told(panel, odd):
    def off(_):
        raise Refusal(0x500, "the fuse is gone")

    odd.orders["calibratoroff"], odd.state, odd.brightness = off, READY, 9
    panel.open(LIMIT_S)
    with pytest.raises(Fault, match="the fuse is gone"):
        panel.light_off(LIMIT_S)


@pytest.mark.parametrize("state", [UNKNOWN, ERROR, 0, 17])
def test_a_state_that_says_nothing_is_neither_on_nor_off(panel, odd, state):
    panel.open(LIMIT_S)
    odd.state = state
    assert panel.status(LIMIT_S).lit is None


@pytest.mark.parametrize("state", [UNKNOWN, ERROR])
def test_a_light_that_can_not_be_told_to_be_off_is_a_fault(panel, odd, state):
    def off(_):
        odd.state = state

    panel.open(LIMIT_S)
    odd.orders["calibratoroff"] = off
    with pytest.raises(Fault, match="its light"):
        panel.light_off(LIMIT_S)


@pytest.mark.parametrize("interface", [1, 2])
def test_a_light_that_takes_its_time_is_waited_for(panel, odd, interface):
    def on(form):
        odd.state, odd.brightness = NOT_READY, 3  # on its way
        odd.changing = interface > 1

        def ready() -> None:
            odd.changing, odd.brightness, odd.state = False, int(form["Brightness"]), READY

        threading.Timer(0.5, ready).start()

    odd.interface, odd.orders["calibratoron"] = interface, on
    panel.open(LIMIT_S)
    panel.set_brightness(200, LIMIT_S)
    assert odd.state == READY


def test_ready_does_not_mean_that_the_order_was_taken_up(panel, odd):
    def on(form):
        threading.Timer(0.1, lambda: setattr(odd, "brightness", int(form["Brightness"]))).start()

    panel.open(LIMIT_S)
    panel.set_brightness(10, LIMIT_S)
    odd.orders["calibratoron"] = on
    panel.set_brightness(20, LIMIT_S)
    assert odd.brightness == 20


def test_a_panel_of_the_first_interface_is_not_asked_what_it_can_not_say(panel, odd, server):
    odd.interface, odd.cover = 1, OPEN
    panel.open(LIMIT_S)
    panel.set_brightness(20, LIMIT_S)
    panel.light_off(LIMIT_S)
    asked = {path.rpartition("/")[2] for _, path, _ in server.heard}
    assert not asked & {"calibratorchanging", "covermoving", "connecting", "connect"}


def test_another_brightness_than_asked_for_is_a_fault_and_the_light_is_off(panel, odd):
    def on(_):
        odd.state, odd.brightness = READY, 99

    odd.orders["calibratoron"] = on
    panel.open(LIMIT_S)
    with pytest.raises(Fault, match="is asked to shine at 200, and shines at 99"):
        panel.set_brightness(200, LIMIT_S)
    assert odd.state == OFF


def test_an_order_that_is_answered_too_late_is_read_back(panel, odd):
    def on(form):
        odd.on(form)
        time.sleep(1.5)

    odd.orders["calibratoron"] = on
    panel.open(LIMIT_S)
    panel.set_brightness(200, 1.0)
    assert odd.brightness == 200


def test_an_order_that_is_not_answered_nor_carried_out_is_no_reply(panel, odd, monkeypatch):
    monkeypatch.setattr(panel_module, "_ORDER_S", 0.2)
    monkeypatch.setattr(panel_module, "_READ_BACK_S", 0.2)
    odd.orders["calibratoron"] = lambda _: time.sleep(1.5)
    panel.open(LIMIT_S)
    with pytest.raises(NoReply):
        panel.set_brightness(200, LIMIT_S)


def test_an_off_that_is_not_answered_is_said_again(panel, odd, server, monkeypatch):
    monkeypatch.setattr(panel_module, "_ORDER_S", 0.2)

    def off(form):
        if len(server.orders("calibratoroff")) == 1:
            time.sleep(1.0)
        else:
            odd.off(form)

    odd.orders["calibratoroff"] = off
    panel.open(LIMIT_S)
    panel.set_brightness(200, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert (odd.state, len(server.orders("calibratoroff"))) == (OFF, 2)


def test_a_panel_that_has_dropped_us_is_connected_and_told_once_more(panel, odd):
    def on(form):
        if not odd.members["connected"]:
            raise Refusal(NOT_CONNECTED, "not connected")
        odd.on(form)

    odd.orders["calibratoron"] = on
    panel.open(LIMIT_S)
    odd.members["connected"] = False
    panel.set_brightness(200, LIMIT_S)
    assert odd.brightness == 200


def test_a_panel_that_does_not_tell_its_brightness_is_believed_to_shine(panel, odd):
    def unknown():
        raise Refusal(NOT_IMPLEMENTED)

    odd.most, odd.members["brightness"] = 1, unknown
    panel.open(LIMIT_S)
    panel.set_brightness(1, LIMIT_S)
    panel.light_off(LIMIT_S)
    assert panel.status(LIMIT_S) == PanelStatus(lit=False, brightness=None, confirmed=True)


def test_a_panel_that_shines_hears_of_us_now_and_then_until_it_is_out(panel, server, monkeypatch):
    monkeypatch.setattr(pulse_module, "_EVERY_S", 0.02)

    def heard() -> int:
        return sum(path.endswith("/connected") for _, path, _ in server.heard)

    panel.open(LIMIT_S)
    panel.set_brightness(9, LIMIT_S)
    before = heard()
    while heard() < before + 3:  # or the test takes too long
        time.sleep(0.01)
    beating = [each for each in threading.enumerate() if each.name == "pulse"]
    panel.light_off(LIMIT_S)
    for each in beating:
        each.join(LIMIT_S)
    assert not any(each.is_alive() for each in beating)


def test_nothing_is_lit_before_it_is_opened(panel, server):
    with pytest.raises(Fault, match="not ready"):
        panel.set_brightness(1, LIMIT_S)
    assert server.heard == []


def test_it_goes_out_without_having_been_opened(panel, odd):
    odd.state, odd.brightness = READY, 5
    panel.light_off(LIMIT_S)
    assert odd.state == OFF


class TestCover:
    """A cover calibrator with a cover."""

    @pytest.fixture(autouse=True)
    def covered(self, odd):
        odd.cover = OPEN

    def test_one_without_a_cover_has_none(self, panel, odd):
        odd.cover = 0
        panel.open(LIMIT_S)
        assert not panel.has_cover

    def test_the_cover_is_closed_before_the_light_is_told_to_shine(self, panel, server):
        panel.open(LIMIT_S)
        panel.set_brightness(20, LIMIT_S)
        told = [path.rpartition("/")[2] for way, path, _ in server.heard if way == "PUT"]
        assert [each for each in told if each != "connected"] == ["closecover", "calibratoron"]

    def test_a_cover_that_lighting_moves_by_itself_is_waited_for(self, panel, odd):
        def on(form):
            odd.on(form)
            odd.cover = MOVING
            threading.Timer(0.3, lambda: setattr(odd, "cover", CLOSED)).start()

        odd.orders["calibratoron"] = on
        panel.open(LIMIT_S)
        panel.set_brightness(20, LIMIT_S)
        assert odd.cover == CLOSED

    @pytest.mark.parametrize("interface", [1, 2])
    def test_a_move_is_followed_to_its_end(self, panel, odd, interface):
        def closing(_):
            odd.cover = MOVING
            threading.Timer(0.4, lambda: setattr(odd, "cover", CLOSED)).start()

        odd.interface, odd.orders["closecover"] = interface, closing
        panel.open(LIMIT_S)
        panel.close_cover(LIMIT_S)
        assert panel.cover_state(LIMIT_S) is CoverState.CLOSED

    def test_a_move_that_somebody_else_began_is_waited_for(self, panel, odd, server):
        panel.open(LIMIT_S)
        odd.cover = MOVING
        threading.Timer(0.3, lambda: setattr(odd, "cover", OPEN)).start()
        panel.open_cover(LIMIT_S)
        assert server.orders("opencover") == []

    def test_a_move_that_sticks_is_tried_once_more(self, panel, odd, server):
        odd.orders["closecover"] = lambda _: (
            setattr(odd, "cover", CLOSED) if len(server.orders("closecover")) > 1 else None
        )
        panel.open(LIMIT_S)
        panel.close_cover(LIMIT_S)
        assert odd.cover == CLOSED

    @pytest.mark.parametrize(
        ("ends", "word"), [(OPEN, "open"), (UNKNOWN, "unknown"), (5, "failed")]
    )
    def test_a_cover_that_stays_stuck_is_a_fault_and_nothing_shines(self, panel, odd, ends, word):
        odd.orders["closecover"] = lambda _: setattr(odd, "cover", ends)
        panel.open(LIMIT_S)
        with pytest.raises(Fault, match=f"the cover was told to close and is {word}"):
            panel.set_brightness(20, LIMIT_S)
        assert odd.state == OFF

    def test_the_light_is_put_out_before_the_cover_opens(self, panel, odd):
        panel.open(LIMIT_S)
        panel.set_brightness(20, LIMIT_S)
        panel.open_cover(LIMIT_S)
        assert (odd.state, odd.cover) == (OFF, OPEN)

    @pytest.fixture
    def stubborn(self, odd):
        """One whose lamp takes no order to go out while its cover is open."""

        def off(form):
            if odd.cover != CLOSED:
                raise Refusal(0x40B, "close the cover first")
            odd.off(form)

        odd.orders["calibratoroff"], odd.state, odd.brightness = off, READY, 9

    @pytest.mark.usefixtures("stubborn")
    def test_a_lamp_that_goes_out_under_its_cover_only_is_covered(self, panel, odd):
        panel.light_off(LIMIT_S)
        assert (odd.state, odd.cover) == (OFF, CLOSED)

    @pytest.mark.usefixtures("stubborn")
    def test_a_cover_that_would_disturb_somebody_is_left_open(self, panel, odd):
        panel.disturbs = lambda: InUse("CCD", "is exposed with by another program", "")
        with pytest.raises(Fault, match="close the cover first, and its cover is left open: CCD"):
            panel.light_off(LIMIT_S)
        assert odd.cover == OPEN

    @pytest.mark.usefixtures("stubborn")
    def test_a_cover_that_is_stuck_above_a_lit_lamp_is_told_with_what_to_do(self, panel, odd):
        odd.orders["closecover"] = lambda _: None
        with pytest.raises(Fault, match="close the cover first, and the cover was told to close"):
            panel.light_off(LIMIT_S)
