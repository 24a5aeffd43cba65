"""Drivers that say what can't be true: it is told, and ends in no internal error."""

import time

import pytest
from scripted_indi import CAMERA, DEVICE, WHEEL, message, number, scripted_server

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.panel import IndiPanel
from flatctl.devices.indi.wheel import IndiFilterWheel
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.protocols import Progress
from flatctl.errors import Fault, NoReply, Unfit


def changed(definitions, name: str, before: str, after: str) -> list[str]:
    """Return the definitions with one of them changed."""
    there = [text for text in definitions if f'name="{name}"' in text]
    assert any(before in text for text in there)
    return [text.replace(before, after) if text in there else text for text in definitions]


@pytest.mark.parametrize(
    ("before", "after", "fact", "remark"),
    [
        ("64</", "nan</", "width_px", "says it has nan pixels across"),
        ("64</", "-64</", "width_px", "says it has -64 pixels across"),
        ("64</", "1e9</", "width_px", "says it has 1e+09 pixels across"),
        ("48</", "inf</", "height_px", "says it has inf pixels down"),
        (">16</", ">inf</", "bits", "says it has inf bits per pixel"),
        (">16</", ">5000</", "bits", "says it has 5000 bits per pixel"),
        (">16</", ">-16</", "bits", "says it has -16 bits per pixel"),
    ],
)
def test_a_figure_of_a_camera_that_can_not_be_is_unknown_and_told(before, after, fact, remark):
    told: list[str] = []
    definitions = changed(CAMERA, "CCD_INFO", before, after)
    with (
        scripted_server(definitions) as server,
        IndiClient("127.0.0.1", server.port, socket="off", tell=told.append) as client,
    ):
        camera = IndiCamera(client, DEVICE)

        assert getattr(camera.open(20), fact) is None
        camera.prepare(CameraSetup(), 20)
        camera.start(0.1, FrameKind.FLAT)
        assert camera.read(20).pixels.shape == (48, 64)
    assert told == [f"{DEVICE}: {remark}: taken as unknown"]


@pytest.mark.parametrize("most", ["inf", "nan", "2e7", "-3"])
def test_a_wheel_of_countless_slots_has_those_that_it_names(most):
    definitions = changed(WHEEL, "FILTER_SLOT", 'max="2"', f'max="{most}"')
    with scripted_server(definitions) as server, IndiClient("127.0.0.1", server.port) as client:
        assert IndiFilterWheel(client, DEVICE).open(20) == ("L", "Ha")


def test_a_wheel_without_names_that_does_not_count_its_slots_is_a_fault():
    definitions = changed(WHEEL[:2], "FILTER_SLOT", 'max="2"', 'max="inf"')
    with (
        scripted_server(definitions) as server,
        IndiClient("127.0.0.1", server.port) as client,
        pytest.raises(Fault, match="does not say how many slots it has"),
    ):
        IndiFilterWheel(client, DEVICE).open(20)


def test_a_wheel_at_no_slot_ends_at_once():
    with scripted_server(WHEEL) as server, IndiClient("127.0.0.1", server.port) as client:
        wheel = IndiFilterWheel(client, DEVICE)
        wheel.open(20)
        server.answers["FILTER_SLOT"] = lambda name, values: [
            number(name, "Ok", FILTER_SLOT_VALUE=float("nan"))
        ]
        began_s = time.monotonic()
        with pytest.raises(Unfit, match="says that it stands at slot nan"):
            wheel.select("Ha", 60)
        assert time.monotonic() - began_s < 5


BOX = (
    WHEEL[0],
    '<defSwitchVector device="Scripted Device" name="FLAT_LIGHT_CONTROL" label="" group="" '
    'state="Idle" perm="rw" rule="OneOfMany" timeout="60"><defSwitch name="FLAT_LIGHT_ON">Off'
    '</defSwitch><defSwitch name="FLAT_LIGHT_OFF">On</defSwitch></defSwitchVector>',
    '<defNumberVector device="Scripted Device" name="FLAT_LIGHT_INTENSITY" label="" group="" '
    'state="Idle" perm="rw" timeout="60"><defNumber name="FLAT_LIGHT_INTENSITY_VALUE" label="" '
    'format="%g" min="0" max="255" step="1">0</defNumber></defNumberVector>',
)


@pytest.mark.parametrize("most", ["inf", "nan", "1e12"])
def test_a_panel_of_endless_brightness_is_named(most):
    definitions = changed(BOX, "FLAT_LIGHT_INTENSITY", 'max="255"', f'max="{most}"')
    with (
        scripted_server(definitions) as server,
        IndiClient("127.0.0.1", server.port) as client,
        pytest.raises(Unfit, match="says that its brightness goes from 0"),
    ):
        IndiPanel(client, DEVICE).open(20)


def test_a_hand_that_changes_filters_is_told_once_and_its_drivers_words_are_told():
    by_hand = WHEEL[0].replace("CONNECTION", "CONFIRM_FILTER_SET").replace("CONNECT", "CONFIRM")
    busy = number("FILTER_SLOT", "Busy", FILTER_SLOT_VALUE=1)
    told: list[Progress] = []
    definitions = [*WHEEL, by_hand]
    with scripted_server(definitions) as server, IndiClient("127.0.0.1", server.port) as client:
        wheel = IndiFilterWheel(client, DEVICE)
        wheel.tell = told.append
        wheel.open(20)
        server.answers["FILTER_SLOT"] = lambda name, values: (message("please put Ha in"), busy)
        with pytest.raises(NoReply, match="its driver says: please put Ha in"):
            wheel.select("Ha", 1)
        server.redefine(changed(definitions, "FILTER_SLOT", 'state="Idle"', 'state="Busy"'))
        wheel.open(20)
        with pytest.raises(NoReply, match=r"please put Ha in.*; change the filter"):
            wheel.select("Ha", 1)

    assert told[0] == Progress(words="please put Ha in")
    assert server.asked == [("FILTER_SLOT", {"FILTER_SLOT_VALUE": "2"})]
