"""What the simulated drivers do otherwise than one would guess, seen by a client of a page."""

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from astropy.io import fits
from indi_served import indi_served
from PIL import Image
from xml_client import Client

from hardware_sims.camera import SimCamera
from hardware_sims.habits import (
    STREAM_S,
    BoxHabits,
    CameraHabits,
    Format,
    Link,
    Mode,
    ModeSwitch,
    Place,
    WheelHabits,
)
from hardware_sims.lightbox import SimLightBox
from hardware_sims.scenarios import MONO
from hardware_sims.wheel import SimWheel
from hardware_sims.world import Filter, Scenario, Turret, World

CCD, WHEEL, BOX = "Sim CCD", "Sim Wheel", "Sim Light Box"
SMALL = replace(MONO, sensor=replace(MONO.sensor, width_px=64, height_px=48))


@pytest.fixture
def client() -> Iterator[Callable[..., Client]]:
    """Return a function that serves a rig and gives a client of one of its devices."""
    served = []

    def connect(device: str, rig: Scenario) -> Client:
        world = World(rig)
        world.light.set(lit=True, brightness=20)
        made = {CCD: SimCamera, WHEEL: SimWheel, BOX: SimLightBox}[device]
        serving = indi_served(lambda: [made(world)])
        client = Client(serving.__enter__())
        served.append((client, serving))
        client.connect(device)
        return client

    yield connect
    for each, serving in served:
        each.close()
        serving.__exit__(None, None, None)


@pytest.fixture
def camera(client) -> Callable[..., Client]:
    """Return a function that serves a camera with habits, and gives a client of it."""
    return lambda sensor=None, rig=SMALL, **habits: client(
        CCD,
        replace(
            rig,
            camera=CameraHabits(**habits),
            sensor=replace(SMALL.sensor, **(sensor or {})),
        ),
    )


def test_bits_are_claimed_whatever_the_converter_has(camera):
    seen = camera(bits_claimed=12).seen
    info = next(u for u in seen if u.name == "CCD_INFO")
    assert float(info.values["CCD_BITSPERPIXEL"]) == 12


@pytest.mark.parametrize(("told", "exptime_s"), [("made", 0.2), ("asked", 0.13)])
def test_exposures_are_rounded_and_the_header_says_so_or_not(camera, told, exptime_s):
    header, _ = camera({"exposure_step_s": 0.1}, exposure_told=told).frame(0.13)
    assert header["EXPTIME"] == pytest.approx(exptime_s)


def test_nothing_is_shorter_than_the_floor(camera):
    header, _ = camera({"exposure_floor_s": 0.1}).frame(0.01)
    assert header["EXPTIME"] == 0.1


@pytest.mark.parametrize("name", ["红", "Зелёный", "Grün"])
def test_a_filters_name_goes_over_the_wire_and_into_the_header_as_it_is(client, name):
    rig = replace(SMALL, filters=(Filter(name, 1.0),))
    named = next(u for u in client(WHEEL, rig).seen if u.name == "FILTER_NAME")
    assert list(named.values.values()) == [name]
    assert f"FILTER  = '{name}".encode() in client(CCD, rig).expose(0.01).blob


def test_odd_cards_stand_in_the_header_as_they_are(camera):
    content = camera(cards=("AIRMASS =                  NaN", "FOCUSTEM= -10,02")).expose(0.01).blob
    assert b"FOCUSTEM= -10,02".ljust(80) in content
    assert len(content) % 2880 == 0


def test_a_file_may_end_with_its_last_pixel(camera):
    assert len(camera(unpadded=True).expose(0.01).blob) == 2880 + 2 * 64 * 48


def test_every_frame_may_be_called_a_light_by_a_clock_that_is_ahead(camera):
    header, _ = camera(kind_told="Light", clock_off_s=7200.0).frame(0.01)
    ahead = datetime.fromisoformat(header["DATE-OBS"]).replace(tzinfo=UTC) - datetime.now(UTC)
    assert header["IMAGETYP"] == "Light Frame"
    assert ahead.total_seconds() == pytest.approx(7200, abs=30)


FORMATS = (
    Format("RGB24", "RGB 24", "rgb24"),
    Format("RAW8", "Raw 8 bit", "raw8"),
    Format("RAW16", "Raw 16 bit", "raw16"),
    Format("JPG", "JPEG", "jpeg"),
)


def test_the_capture_format_is_that_which_was_left_until_another_is_chosen(camera):
    client = camera(formats=FORMATS)
    shapes = {}
    for each in FORMATS:
        client.switch(CCD, "CCD_CAPTURE_FORMAT", each.element)
        blob = client.expose(0.01)
        if blob.element[0].get("format") == ".jpg":
            shapes[each.element] = np.asarray(Image.open(io.BytesIO(blob.blob))).shape
            continue
        with fits.open(io.BytesIO(blob.blob)) as file:
            shapes[each.element] = (*file[0].shape, str(file[0].data.dtype))
    assert next(u for u in client.seen if u.name == "CCD_CAPTURE_FORMAT").values["RGB24"] == "On"
    assert shapes == {
        "RGB24": (3, 48, 64, "uint8"),
        "RAW8": (48, 64, "uint8"),
        "RAW16": (48, 64, "uint16"),
        "JPG": (48, 64),
    }


def test_gain_and_offset_may_share_a_property_under_the_vendors_names(camera):
    places = {
        "gain": Place("CCD_CONTROLS", "TC_GAIN", "Gain"),
        "offset": Place("CCD_CONTROLS", "TC_OFFSET", "Offset"),
    }
    client = camera(**places)
    client.number(CCD, "CCD_CONTROLS", TC_OFFSET=30, TC_GAIN=50)
    header, _ = client.frame(0.01)
    assert header["GAIN"] == 50
    assert {u.name for u in client.seen}.isdisjoint({"CCD_GAIN", "CCD_OFFSET"})


MODES = (Mode("GAIN_LOW", "Low"), Mode("GAIN_HIGH", "High", conversion=3.0, read_noise=0.4))
CONVERSION = ModeSwitch("TC_CONVERSION_GAIN", "Conversion gain", MODES, card="CONVGAIN")


def test_high_conversion_gain_makes_more_of_the_same_light_and_headers_say_so(camera):
    client = camera(modes=(CONVERSION,))
    low_header, low = client.frame(0.05)
    client.switch(CCD, "TC_CONVERSION_GAIN", "GAIN_HIGH")
    high_header, high = client.frame(0.05)
    assert (low_header["CONVGAIN"], high_header["CONVGAIN"]) == ("Low", "High")
    assert (high.mean() - 1000) / (low.mean() - 1000) == pytest.approx(3.0, rel=0.01)


def test_a_live_view_that_was_left_on_takes_the_light_and_sends_its_own_frames(camera):
    client = camera(streaming=True)
    client.wait(lambda u: u.name == "CCD1" and u.element[0].get("format") == ".stream")
    header, _ = client.frame(0.5)
    assert header["EXPTIME"] == pytest.approx(STREAM_S)
    client.switch(CCD, "CCD_VIDEO_STREAM", "STREAM_OFF")
    assert client.frame(0.1)[0]["EXPTIME"] == 0.1


@pytest.mark.parametrize(("cooler", "present_c"), [("unpowered", 18.0), ("blind", -300.0)])
def test_a_cooler_without_power_takes_the_order_and_nothing_happens(camera, cooler, present_c):
    client = camera(cooler=cooler)
    client.number(CCD, "CCD_TEMPERATURE", CCD_TEMPERATURE_VALUE=-10)
    answer = client.answer("CCD_TEMPERATURE")
    assert (answer.state, float(answer.values["CCD_TEMPERATURE_VALUE"])) == ("Ok", present_c)


def test_a_link_gets_slow_after_some_frames_or_once_or_with_the_size():
    slow = Link(readout_s=10.0, fast_frames=2)
    assert [slow.delay_s(n, 1.0) for n in (1, 2, 3, 4)] == [0, 0, 10, 10]
    assert [replace(slow, once=True).delay_s(n, 1.0) for n in (2, 3, 4)] == [0, 10, 0]
    assert Link(readout_s=16.0, by_size=True).delay_s(1, 1 / 16) == 1.0


def test_a_frame_on_a_slow_link_comes_that_much_later(camera):
    client = camera(link=Link(readout_s=0.4))
    begun_s = time.monotonic()
    client.expose(0.01)
    assert time.monotonic() - begun_s >= 0.4


def test_a_frame_may_come_twice(camera):
    client = camera(link=Link(repeats_after_s=0.05))
    assert client.expose(0.01).blob == client.answer("CCD1").blob


def test_what_was_aborted_may_come_all_the_same(camera):
    client = camera(link=Link(readout_s=0.2, delivers_aborted=True))
    client.number(CCD, "CCD_EXPOSURE", CCD_EXPOSURE_VALUE=0.01)
    client.answer("CCD_EXPOSURE", "Busy")
    client.switch(CCD, "CCD_ABORT_EXPOSURE", "ABORT")
    client.answer("CCD_EXPOSURE", "Idle")
    assert client.answer("CCD1").blob


def test_an_echoing_driver_has_two_members_of_a_choice_on(client):
    lit = client(BOX, replace(SMALL, echoing=True))
    lit.switch(BOX, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF")
    answer = lit.answer("FLAT_LIGHT_CONTROL")
    assert answer.values == {"FLAT_LIGHT_ON": "On", "FLAT_LIGHT_OFF": "On"}


def refused(box: Client, name: str, member: str) -> bool:
    box.switch(BOX, name, member)
    return box.answer(name, "Alert", "Ok").state == "Alert"


def test_a_light_may_be_refused_altogether_but_goes_off(client):
    box = client(BOX, replace(SMALL, box=BoxHabits(light="refused")))
    assert refused(box, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_ON")
    assert not refused(box, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF")


def test_a_light_may_take_no_order_while_its_cover_is_open_and_stay_on(client):
    box = client(BOX, replace(SMALL, box=BoxHabits(light="needs_cover")))
    assert not refused(box, "CAP_PARK", "UNPARK")
    assert refused(box, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF")
    assert not refused(box, "CAP_PARK", "PARK")
    assert not refused(box, "FLAT_LIGHT_CONTROL", "FLAT_LIGHT_OFF")


@pytest.mark.parametrize(
    ("cover", "states", "member"),
    [("refuses", ["Alert"], "PARK"), ("alerts", ["Busy", "Alert"], "UNPARK")],
)
def test_a_cover_may_refuse_or_complain_though_it_has_moved(client, cover, states, member):
    box = client(BOX, replace(SMALL, box=BoxHabits(cover=cover)))
    box.switch(BOX, "CAP_PARK", "UNPARK")
    answers = [box.answer("CAP_PARK") for _ in states]
    assert [answer.state for answer in answers] == states
    assert answers[-1].values[member] == "On"


def test_a_wheel_is_elsewhere_than_it_says_until_it_is_turned(client):
    world = World(replace(SMALL, wheel=WheelHabits(slots_off=2)))
    names = [world.filter.name]
    for slot in (0, 3, 0):
        world.turret.slot = slot
        names.append(world.filter.name)
    assert names == ["G", "G", "B", "L"]


def test_a_wheel_may_never_be_where_it_says():
    turret = Turret(habits=WheelHabits(slots_off=-1, stays_off=True))
    turret.slot = 3
    assert (turret.slot, turret.beam(5)) == (3, 2)


def test_wheels_in_two_processes_agree_on_where_they_are(tmp_path):
    one, two = (Turret(tmp_path / "wheel.json", WheelHabits(slots_off=1)) for _ in range(2))
    one.slot = 0
    assert two.beam(5) == 1
    one.slot = 2
    assert two.beam(5) == 2
