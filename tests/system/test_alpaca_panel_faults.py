"""What goes wrong between an Alpaca panel and us: it goes dark, or is said not to be."""

import time

import pytest
from alpaca_served import alpaca_served

from flatctl.devices.alpaca import panel as panel_module
from flatctl.devices.alpaca.panel import AlpacaPanel
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.errors import DeviceError, NoReply
from hardware_sims.alpaca.faults import FAULTS

LIMIT_S = 3.0
KIND = "covercalibrator"
MEMBERS = ("calibratorstate", "brightness", "calibratorchanging", "calibratoroff")
# Of an answer nothing counts but that it is none; that an order has no value is as it should be.
HARMLESS = ("late", "null", "valueless", "text", "misshapen", "image-error")


@pytest.fixture
def rig():
    with alpaca_served() as served:
        yield served


@pytest.fixture
def panel(rig, monkeypatch):
    monkeypatch.setattr(panel_module, "_LINGERS_S", 0.2)
    monkeypatch.setattr(panel_module, "_ORDER_S", 0.5)
    session = AlpacaSession(LIMIT_S)
    panel = AlpacaPanel(session, rig.url(KIND))
    panel.open(LIMIT_S)
    panel.set_brightness(100, LIMIT_S)
    yield panel
    panel.close()
    session.close()


@pytest.mark.parametrize("fault", [name for name in FAULTS if name != "late"])
def test_an_order_to_go_out_that_goes_wrong_once_is_made_good(rig, panel, fault):
    rig.order(KIND, "calibratoroff", fault)
    panel.light_off(LIMIT_S)
    assert not rig.world.light.lit


@pytest.mark.parametrize("fault", [name for name in FAULTS if name not in HARMLESS])
def test_orders_that_go_wrong_for_good_end_dark_or_in_a_named_error(rig, panel, fault):
    rig.order(KIND, "calibratoroff", fault, times=None)
    began_s = time.monotonic()
    if FAULTS[fault].carried_out:
        panel.light_off(LIMIT_S)
        assert not rig.world.light.lit
    else:
        with pytest.raises(DeviceError):
            panel.light_off(LIMIT_S)
    assert time.monotonic() - began_s < 5 * LIMIT_S


@pytest.mark.parametrize("fault", ["hang", "endless", "not-json", "text", "packed", "elsewhere"])
@pytest.mark.parametrize("member", MEMBERS[:3])
def test_a_light_that_can_not_be_read_is_never_called_off(rig, panel, member, fault):
    rig.order(KIND, member, fault, times=None)
    with pytest.raises(DeviceError):
        panel.status(0.5)
    with pytest.raises(DeviceError):
        panel.light_off(1.0)
    assert not rig.world.light.lit  # the order came through


def test_a_panel_whose_server_is_gone_is_silent_and_comes_back(rig, panel):
    rig.stop_listening()
    with pytest.raises(NoReply):
        panel.light_off(1.0)
    rig.listen()
    panel.light_off(LIMIT_S)
    assert not rig.world.light.lit


def test_a_panel_whose_server_was_started_anew_shines_again_as_asked(rig, panel):
    rig.restart()
    panel.set_brightness(50, LIMIT_S)
    assert (rig.world.light.lit, rig.world.light.brightness) == (True, 50)
