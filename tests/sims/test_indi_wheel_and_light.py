import os
import tty

import numpy as np
import pytest
from until import until

CCD, WHEEL, BOX = "Sim CCD", "Sim Wheel", "Sim Light Box"


@pytest.fixture
def wheel(connected):
    client = connected(WHEEL)
    client.number(WHEEL, "FILTER_SLOT", FILTER_SLOT_VALUE=1)
    client.answer("FILTER_SLOT", "Ok")
    return client


@pytest.fixture
def box(connected):
    client = connected(BOX)
    client.switch(BOX, "CAP_PARK", "PARK")
    client.answer("CAP_PARK", "Ok")
    client.switch(BOX, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF")
    client.answer("FLAT_LIGHT_CONTROL", "Ok")
    return client


def test_the_wheel_is_busy_with_the_old_slot_and_then_ok_with_the_new(wheel):
    wheel.number(WHEEL, "FILTER_SLOT", FILTER_SLOT_VALUE=3)
    busy = wheel.answer("FILTER_SLOT")
    assert (busy.state, float(busy.values["FILTER_SLOT_VALUE"])) == ("Busy", 1)
    there = wheel.answer("FILTER_SLOT")
    assert (there.state, float(there.values["FILTER_SLOT_VALUE"])) == ("Ok", 3)


@pytest.mark.parametrize("slot", [0, 6])
def test_a_slot_that_is_not_there_is_refused_with_the_present_one(wheel, slot: int):
    wheel.number(WHEEL, "FILTER_SLOT", FILTER_SLOT_VALUE=slot)
    answer = wheel.answer("FILTER_SLOT")
    assert (answer.state, float(answer.values["FILTER_SLOT_VALUE"])) == ("Alert", 1)


def test_the_slots_have_the_names_of_the_filters(wheel):
    names = [u for u in wheel.seen if u.name == "FILTER_NAME"][-1]
    assert list(names.values.values()) == ["L", "R", "G", "B", "Ha"]


def test_the_camera_sees_the_filter_and_the_light(wheel, box, connected):
    camera = connected(CCD)
    box.number(BOX, "FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=200)
    box.answer("FLAT_LIGHT_INTENSITY", "Ok")
    dark = np.median(camera.frame(0.02)[1])
    box.switch(BOX, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON")
    box.answer("FLAT_LIGHT_CONTROL", "Ok")
    header, bright = camera.frame(0.02)
    wheel.number(WHEEL, "FILTER_SLOT", FILTER_SLOT_VALUE=2)
    wheel.answer("FILTER_SLOT", "Ok")
    red_header, red = camera.frame(0.02)
    assert (header["FILTER"], red_header["FILTER"]) == ("L", "R")
    assert dark < 1100 < np.median(red) < np.median(bright)


def test_brightness_out_of_range_is_an_alert_and_then_ok_with_the_old_value(box):
    box.number(BOX, "FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=40)
    box.answer("FLAT_LIGHT_INTENSITY", "Ok")
    box.number(BOX, "FLAT_LIGHT_INTENSITY", FLAT_LIGHT_INTENSITY_VALUE=256)
    answers = [box.answer("FLAT_LIGHT_INTENSITY") for _ in range(2)]
    assert [a.state for a in answers] == ["Alert", "Ok"]
    assert {float(a.values["FLAT_LIGHT_INTENSITY_VALUE"]) for a in answers} == {40.0}


def test_unparking_the_cap_puts_the_light_out_and_keeps_it_out(box, rig):
    box.switch(BOX, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON")
    box.answer("FLAT_LIGHT_CONTROL", "Ok")
    box.switch(BOX, "CAP_PARK", "UNPARK")
    box.answer("CAP_PARK", "Ok")
    assert rig.light()["lit"] is False
    box.switch(BOX, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON")
    assert box.answer("FLAT_LIGHT_CONTROL").state == "Alert"


def test_the_serial_panel_and_the_light_box_switch_the_same_light(box, rig):
    port = os.open(rig.panel, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(port)
        answers = b""
        os.write(port, b">B099\r>L000\r")
        while answers.count(b"\n") < 2:
            answers += os.read(port, 100)
    finally:
        os.close(port)
    assert answers == b"*B19099\n*L19000\n"
    until(lambda: rig.light()["lit"] is True, "the light's log says that it is on")
    assert rig.light()["brightness"] == 99
    box.switch(BOX, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF")
    box.answer("FLAT_LIGHT_CONTROL", "Ok")
    assert rig.light()["lit"] is False
