"""The INDI devices against a driver that does what drivers do on bad days."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pytest
from scripted_indi import (
    COOLED_CAMERA,
    DEVICE,
    ODD_CAMERA,
    STREAMING_CAMERA,
    STREAMING_ONCE_CONNECTED,
    TWINS,
    WHEEL,
    ScriptedServer,
    blob,
    fits,
    message,
    number,
    obedient,
    scripted_server,
    switch,
)

from flatctl.core.types import CameraSetup, FilterPlan, FrameKind
from flatctl.devices.indi.camera import IndiCamera
from flatctl.devices.indi.imaging import arrival as arrival_module
from flatctl.devices.indi.wheel import IndiFilterWheel
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.errors import BadReply, ConfigError, Fault, InUse, NoReply, Unfit


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running


@pytest.fixture
def client(server: ScriptedServer) -> Iterator[IndiClient]:
    with IndiClient("127.0.0.1", server.port) as connected:
        yield connected


@pytest.fixture
def camera(client: IndiClient) -> Iterator[IndiCamera]:
    camera = IndiCamera(client, DEVICE)
    camera.open(20)
    camera.prepare(CameraSetup(), 20)
    yield camera
    camera.close()


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrival_module, "_GRACE_S", 0.3)


def exposing(*texts: str):
    def answer(name, values):
        yield number(name, "Busy", CCD_EXPOSURE_VALUE=1)
        for text in texts:
            if text == "pause":
                time.sleep(0.6)  # the exposure's own time
            else:
                yield text

    return answer


DONE = number("CCD_EXPOSURE", "Ok", CCD_EXPOSURE_VALUE=0)


def test_a_frame_arrives_whole(camera: IndiCamera):
    camera.start(0.5, FrameKind.FLAT)
    frame = camera.read(20)

    assert frame.pixels.shape == (48, 64)
    assert np.unique(frame.pixels).tolist() == [1000]
    assert frame.exposure_s == 0.5


def test_the_ok_may_come_before_the_frame(server: ScriptedServer, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(DONE, blob(fits(0.5)))

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels.shape == (48, 64)


def test_a_forgotten_ok_is_forgiven(server, camera: IndiCamera, short_grace: None):
    server.answers["CCD_EXPOSURE"] = exposing("pause", blob(fits(0.5)))

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels.shape == (48, 64)


def test_a_late_frame_of_an_earlier_exposure_is_passed_over(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(
        blob(fits(3.0, level=9)), blob(fits(0.5, level=7)), DONE
    )

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels[0, 0] == 7


def test_a_report_without_data_is_not_the_last_frame_again(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(blob(fits(0.5, level=9)), DONE)
    camera.start(0.5, FrameKind.FLAT)
    camera.read(20)
    empty = f'<setBLOBVector device="{DEVICE}" name="CCD1" state="Busy"></setBLOBVector>'
    server.answers["CCD_EXPOSURE"] = exposing(empty, blob(fits(0.5, level=7)), DONE)

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels[0, 0] == 7


@pytest.mark.parametrize(
    "odd",
    [
        {"EXPTIME": ""},
        {"EXPTIME": "/ [s] not known"},
        {"EXPTIME": "''"},
        {"EXPTIME": "'0.5'"},
        {"EXPTIME": "5.0d-1"},
        {"BZERO": "'32768'", "BSCALE": "'1.0'"},
        {"BZERO": "3.2768e4", "BSCALE": "1."},
    ],
    ids=str,
)
def test_an_odd_header_costs_no_frame(server, camera: IndiCamera, odd: dict[str, object]):
    server.answers["CCD_EXPOSURE"] = exposing(blob(fits(0.5, level=7, more=odd)), DONE)

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels[0, 0] == 7


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (blob(fits(3.0)), "exposed 3 s instead of 0.5 s"),
        (blob(fits(0.5, cols=32)), "32×48"),
        (blob(fits(0.5, cut=100)), "cut off"),
        (blob(fits(0.5, more={"EXPTIME": "'half'"})), "EXPTIME is 'half', not a number"),
        (blob(fits(0.5, more={"EXPTIME": "nan"})), "EXPTIME is unreadable, not a number"),
        (blob(fits(0.5, more={"EXPTIME": "'3.0'"})), "exposed 3 s instead of 0.5 s"),
        (blob(fits(0.5, more={"NAXIS1": 10**12})), "no sense"),
        (blob(fits(0.5, more={"NAXIS1": 10**6, "NAXIS2": 10**6})), "cut off"),
        (blob(fits(0.5, more={"NAXIS2": "many"})), "not a whole number"),
        (blob(b"x" * 4000), "not a FITS file"),
        (blob(fits(0.5), size=10_000_000), "10000000 bytes"),
    ],
)
def test_a_wrong_frame_is_a_bad_reply(
    server, camera: IndiCamera, short_grace: None, wrong: str, complaint: str
):
    server.answers["CCD_EXPOSURE"] = exposing(wrong, DONE)

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(BadReply, match=complaint):
        camera.read(20)


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        (blob(fits(0.5, zero=7)), "BZERO 7"),
        (blob(fits(0.5, more={"NAXIS": 3, "NAXIS3": 3})), "3 axes"),
        (blob(fits(0.5, more={"BITPIX": 32})), "BITPIX 32"),
        (blob(b"\xff\xd8\xff\xe0" * 1000), "sends JPEG files"),
        (blob(b"\xff\xd8\xff\xe0" * 1000, form=".jpg"), r"sends \.jpg files"),
        (blob(b"II*\0" * 1000, form=".cr2"), r"sends \.cr2 files"),
        (blob(b"XISF0100" * 1000), "sends XISF files"),
        (blob(b"x" * 1000, form=".fits.fz"), r"sends \.fits\.fz files"),
    ],
)
def test_another_format_is_named_at_once(server, camera: IndiCamera, wrong: str, complaint: str):
    server.answers["CCD_EXPOSURE"] = exposing(wrong, DONE)
    began_s = time.monotonic()

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(Unfit, match=complaint):
        camera.read(20)

    assert time.monotonic() - began_s < 4


def test_a_frame_of_another_format_leaves_the_camera_ready(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(blob(b"", form=".jpg"), blob(b"x", form=".jpg"), DONE)
    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(Unfit):
        camera.read(20)
    del server.answers["CCD_EXPOSURE"]

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels.shape == (48, 64)


def test_a_camera_that_rounds_the_same_exposure_twice_is_told_what_it_can_make(
    server, camera: IndiCamera, short_grace: None
):
    server.answers["CCD_EXPOSURE"] = exposing(blob(fits(2)), DONE)
    camera.start(1, FrameKind.FLAT)
    with pytest.raises(BadReply, match="exposed 2 s instead of 1 s"):
        camera.read(20)
    camera.prepare(CameraSetup(), 20)
    camera.start(1, FrameKind.FLAT)
    with pytest.raises(Unfit, match=r"makes 2 s of 1 s; .*flats\.exposures_s"):
        camera.read(20)


@pytest.mark.parametrize(("asked_s", "said_s"), [(0.0125, 0.01), (1 / 60, 0.02), (0.004, 0.0)])
def test_an_exposure_in_two_digits_is_the_one_asked_for(server, camera, asked_s, said_s):
    server.answers["CCD_EXPOSURE"] = exposing(blob(fits(said_s)), DONE)

    camera.start(asked_s, FrameKind.FLAT)

    assert camera.read(20).exposure_s == asked_s


def test_a_failed_exposure_is_a_fault_with_the_drivers_words(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(
        number("CCD_EXPOSURE", "Alert", CCD_EXPOSURE_VALUE=0),
        message("[ERROR] USB transfer failed"),
    )

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(Fault, match="USB transfer failed"):
        camera.read(20)


def test_words_of_a_driver_that_are_no_utf_8_can_still_be_told(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(
        message("[ERROR] 18 \udcb0C"), number("CCD_EXPOSURE", "Alert", CCD_EXPOSURE_VALUE=0)
    )

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(Fault, match=r"18 \?C") as told:
        camera.read(20)
    assert str(told.value).encode()


def test_an_exposure_aborted_by_somebody_is_a_fault(server, camera, short_grace: None):
    server.answers["CCD_EXPOSURE"] = exposing(number("CCD_EXPOSURE", "Idle", CCD_EXPOSURE_VALUE=0))

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(Fault, match="without a frame"):
        camera.read(20)


def test_a_camera_that_is_disconnected_by_somebody_is_a_fault(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(
        f'<delProperty device="{DEVICE}" name="CCD_EXPOSURE"/>'
    )

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(Fault, match="disconnected"):
        camera.read(20)


def test_a_frame_that_never_comes_is_no_reply(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing()

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(NoReply, match=r"no frame of 0\.5 s"):
        camera.read(0.5)


def test_after_a_frame_that_never_came_the_camera_works_again(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing()
    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(NoReply):
        camera.read(0.5)
    server.answers["CCD_EXPOSURE"] = obedient

    camera.open(20)
    camera.prepare(CameraSetup(), 20)
    server.answers["CCD_EXPOSURE"] = exposing("pause", blob(fits(0.5)), DONE)
    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels.shape == (48, 64)


@pytest.mark.parametrize("pauses", [0, 1], ids=["at once", "after the exposure's own time"])
def test_a_frame_that_comes_twice_is_taken_once(server, camera: IndiCamera, pauses: int):
    first = blob(fits(0.5, picture=1))
    server.answers["CCD_EXPOSURE"] = exposing(first, DONE)
    camera.start(0.5, FrameKind.FLAT)
    camera.read(20)
    server.answers["CCD_EXPOSURE"] = exposing(
        *["pause"] * pauses, first, "pause", blob(fits(0.5, picture=2)), DONE
    )

    camera.start(0.5, FrameKind.FLAT)

    frame = camera.read(20)
    assert frame.pixels[0, 0] == 2
    assert ["the same picture as an earlier one" in str(fault) for fault in frame.refused] == [True]


def test_a_picture_that_stays_in_the_buffer_is_a_bad_reply(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing(blob(fits(0.5, picture=1)), DONE)
    camera.start(0.5, FrameKind.FLAT)
    camera.read(20)

    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(BadReply, match="the same picture as an earlier one"):
        camera.read(1.5)


def test_an_early_frame_after_one_that_never_came_is_the_late_one_and_is_passed_over(
    server, camera: IndiCamera
):
    lose_a_frame(server, camera)
    server.answers["CCD_EXPOSURE"] = exposing(
        blob(fits(0.5, level=9)), "pause", blob(fits(0.5, level=7)), DONE
    )

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels[0, 0] == 7


def test_a_late_frame_is_known_by_its_time_whatever_the_drivers_clock_says(
    server, camera: IndiCamera
):
    dated = partial(fits, 0.05)
    skewed = datetime.now(UTC) - timedelta(hours=3)
    server.answers["CCD_EXPOSURE"] = exposing(blob(dated(more=date_obs(skewed))), DONE)
    camera.start(0.05, FrameKind.FLAT)
    camera.read(20)
    lost = datetime.now(UTC) - timedelta(hours=3)
    lose_a_frame(server, camera)
    present = datetime.now(UTC) - timedelta(hours=3)
    server.answers["CCD_EXPOSURE"] = exposing(
        "pause",
        blob(dated(level=9, more=date_obs(lost))),
        blob(dated(level=7, more=date_obs(present))),
        DONE,
    )

    camera.start(0.05, FrameKind.FLAT)

    assert camera.read(20).pixels[0, 0] == 7


def lose_a_frame(server: ScriptedServer, camera: IndiCamera) -> None:
    """Let an exposure bring nothing, and give it up as a run does."""
    server.answers["CCD_EXPOSURE"] = exposing()
    camera.start(0.5, FrameKind.FLAT)
    with pytest.raises(NoReply):
        camera.read(1.5)
    camera.close()
    server.answers["CCD_EXPOSURE"] = obedient
    camera.open(20)
    camera.prepare(CameraSetup(), 20)


def date_obs(when: datetime) -> dict[str, object]:
    return {"DATE-OBS": f"'{when.replace(tzinfo=None).isoformat(timespec='milliseconds')}'"}


def test_an_exposure_under_way_is_stopped_before_the_next(server, camera: IndiCamera):
    server.answers["CCD_EXPOSURE"] = exposing()
    camera.start(3.0, FrameKind.FLAT)
    deadline = time.monotonic() + 10
    while camera._client.find(DEVICE, "CCD_EXPOSURE").state != "Busy":
        assert time.monotonic() < deadline
    server.answers["CCD_EXPOSURE"] = obedient

    camera.start(0.5, FrameKind.FLAT)

    assert ("CCD_ABORT_EXPOSURE", {"ABORT": "On"}) in server.asked
    assert camera.read(20).exposure_s == 0.5


def test_an_alert_followed_by_an_ok_is_a_refusal(server, client: IndiClient, camera: IndiCamera):
    server.answers["CCD_GAIN"] = lambda name, values: (
        message("Error: Invalid range for value (GAIN)"),
        number(name, "Alert", GAIN=50),
        number(name, "Ok", GAIN=50),
    )

    with pytest.raises(Fault, match="Invalid range"):
        client.set(DEVICE, "CCD_GAIN", {"GAIN": 120}, 10)


def test_an_ok_with_another_value_is_a_fault(server, client: IndiClient, camera: IndiCamera):
    server.answers["CCD_GAIN"] = lambda name, values: (number(name, "Ok", GAIN=49),)

    with pytest.raises(Fault, match="reports CCD_GAIN GAIN=49"):
        client.set(DEVICE, "CCD_GAIN", {"GAIN": 50.5}, 1)


def test_an_ok_without_a_value_does_not_pass_for_obedience(server, client, camera: IndiCamera):
    server.answers["CCD_GAIN"] = lambda name, values: (number(name, "Ok"),)

    with pytest.raises(Fault, match=r"reports CCD_GAIN GAIN=50\.0"):
        client.set(DEVICE, "CCD_GAIN", {"GAIN": 77}, 1)


def test_a_driver_that_says_nothing_is_no_reply(server, client: IndiClient, camera: IndiCamera):
    server.answers["CCD_GAIN"] = lambda name, values: ()

    with pytest.raises(NoReply, match="did not answer"):
        client.set(DEVICE, "CCD_GAIN", {"GAIN": 77}, 1)


def test_silence_is_fine_where_the_value_is_already_there(server, client, camera: IndiCamera):
    server.answers["CCD_GAIN"] = lambda name, values: ()

    assert client.set(DEVICE, "CCD_GAIN", {"GAIN": 50}, 1).number("GAIN") == 50


def test_a_frame_of_a_sensor_that_got_warm_is_a_fault():
    with scripted_server(COOLED_CAMERA) as server, IndiClient("127.0.0.1", server.port) as client:
        camera = IndiCamera(client, DEVICE)
        camera.open(20)
        camera.prepare(CameraSetup(temperature_c=-10.0), 20)
        warm = number("CCD_TEMPERATURE", "Ok", CCD_TEMPERATURE_VALUE=5)
        server.answers["CCD_EXPOSURE"] = exposing(warm, blob(fits(0.5)), DONE)
        camera.start(0.5, FrameKind.FLAT)

        with pytest.raises(Fault, match=r"is at 5\.0 °C, and -10 °C is wanted"):
            camera.read(20)


def test_a_cooler_that_is_busy_as_long_as_it_cools_is_on():
    with scripted_server(COOLED_CAMERA) as server, IndiClient("127.0.0.1", server.port) as client:
        server.answers["CCD_COOLER"] = lambda name, values: [
            switch(name, "Busy", COOLER_ON=True, COOLER_OFF=False)
        ]
        camera = IndiCamera(client, DEVICE)
        camera.open(20)
        began_s = time.monotonic()
        camera.prepare(CameraSetup(temperature_c=-10.0), 20)
        assert time.monotonic() - began_s < 8


def stream_changes(server: ScriptedServer) -> list[dict[str, str]]:
    return [values for name, values in server.asked if name == "CCD_VIDEO_STREAM"]


ENDED = {"STREAM_OFF": "On", "STREAM_ON": "Off"}


def let_stream(server: ScriptedServer, client: IndiClient) -> None:
    """Let somebody begin a live view."""
    server.say(switch("CCD_VIDEO_STREAM", "Busy", STREAM_ON=True, STREAM_OFF=False))
    on = partial(client.find, DEVICE, "CCD_VIDEO_STREAM")
    client.wait_for(lambda _: True if (now := on()) and now.on("STREAM_ON") else None, 5)


def test_a_live_view_of_another_program_is_left_alone():
    with (
        scripted_server(STREAMING_CAMERA) as server,
        IndiClient("127.0.0.1", server.port) as client,
    ):
        camera = IndiCamera(client, DEVICE)
        camera.open(20)
        with pytest.raises(InUse, match=r"is streaming video to another program.*--force"):
            camera.prepare(CameraSetup(), 20)
        assert stream_changes(server) == []


def test_a_camera_that_streams_once_it_is_connected_streams_for_nobody_and_is_ended():
    with (
        scripted_server(STREAMING_ONCE_CONNECTED) as server,
        IndiClient("127.0.0.1", server.port) as client,
    ):
        camera = IndiCamera(client, DEVICE)
        camera.open(20)
        camera.prepare(CameraSetup(), 20)
        assert stream_changes(server) == [ENDED]

        let_stream(server, client)
        with pytest.raises(InUse, match="is streaming video to another program"):
            camera.start(0.5, FrameKind.FLAT)


def test_the_live_view_of_a_camera_that_is_taken_is_ended_whenever_it_is_on_and_only_then():
    with (
        scripted_server(STREAMING_CAMERA) as server,
        IndiClient("127.0.0.1", server.port) as client,
    ):
        camera = IndiCamera(client, DEVICE)
        camera.take_over()
        camera.open(20)
        camera.prepare(CameraSetup(), 20)
        camera.start(0.5, FrameKind.FLAT)
        camera.read(20)
        let_stream(server, client)
        camera.start(0.5, FrameKind.FLAT)

        assert stream_changes(server) == [ENDED] * 2


def test_a_live_view_that_does_not_end_is_named():
    with (
        scripted_server(STREAMING_CAMERA) as server,
        IndiClient("127.0.0.1", server.port) as client,
    ):
        server.answers["CCD_VIDEO_STREAM"] = lambda name, values: [
            switch(name, "Alert", STREAM_ON=True, STREAM_OFF=False)
        ]
        camera = IndiCamera(client, DEVICE)
        camera.take_over()
        camera.open(20)
        with pytest.raises(Fault, match=r"goes on streaming video.*stop its live view"):
            camera.prepare(CameraSetup(), 20)


def test_a_cooler_that_is_refused_is_a_fault():
    with scripted_server(COOLED_CAMERA) as server, IndiClient("127.0.0.1", server.port) as client:
        server.answers["CCD_COOLER"] = lambda name, values: [
            switch(name, "Alert", COOLER_ON=False, COOLER_OFF=True),
            message("[ERROR] no 12 V"),
        ]
        camera = IndiCamera(client, DEVICE)
        camera.open(20)
        with pytest.raises(Fault, match="no 12 V"):
            camera.prepare(CameraSetup(temperature_c=-10.0), 20)


def test_a_setting_that_is_refused_again_once_it_was_reached_anew_is_not_asked_for_a_third_time(
    server, camera: IndiCamera
):
    server.answers["CCD_GAIN"] = lambda name, values: [number(name, "Alert", GAIN=50)]
    with pytest.raises(Fault, match="refuses CCD_GAIN") as once:
        camera.prepare(CameraSetup(gain=70), 20)
    assert not isinstance(once.value, Unfit)
    camera.open(20)
    with pytest.raises(Unfit, match="refuses CCD_GAIN"):
        camera.prepare(CameraSetup(gain=70), 20)


def test_how_a_camera_stands_and_will_stand_is_known_before_anything_is_set(server, camera):
    asked = len(server.asked)
    now, then = camera.standing(CameraSetup(gain=70, readout_mode="LOW_NOISE", temperature_c=-5))

    assert (now.gain, now.readout_mode) == (50, "FAST")
    assert (then.gain, then.readout_mode, then.temperature_c) == (70, "LOW_NOISE", -5)
    assert len(server.asked) == asked


def test_of_a_camera_that_is_not_connected_nothing_is_known(client: IndiClient):
    nobody = IndiCamera(client, "Nobody")
    assert nobody.standing(CameraSetup()) is None
    assert nobody.unfit(CameraSetup(gain=9000), FilterPlan("L")) == ()


def test_a_readout_mode_is_found_by_its_label(camera: IndiCamera):
    assert camera.prepare(CameraSetup(readout_mode="low_noise"), 20).readout_mode == "LOW_NOISE"


def test_an_unknown_readout_mode_names_those_there_are(camera: IndiCamera):
    with pytest.raises(Fault, match="FAST, LOW_NOISE"):
        camera.prepare(CameraSetup(readout_mode="slow"), 20)


def test_gain_iso_and_numbered_modes_are_found_where_other_drivers_have_them():
    with scripted_server(ODD_CAMERA) as server, IndiClient("127.0.0.1", server.port) as client:
        camera = IndiCamera(client, DEVICE)
        camera.open(20)

        state = camera.prepare(CameraSetup(gain=139, offset=21, iso=800, readout_mode="2"), 20)

        assert (state.gain, state.offset, state.iso, state.readout_mode) == (139, 21, 800, "2")


def test_garbage_in_the_stream_does_not_end_the_run(server, camera: IndiCamera):
    server.say(
        '<setNumberVector device="Scripted Device" name="CCD_GAIN" state="Bogus">'
        '<oneNumber name="GAIN">abc</oneNumber></setNumberVector>',
        '<setNumberVector device="nobody" name="nothing" state="Ok"/>',
        switch("SENSOR_MODE", "Ok", NOT_THERE=True),
    )

    camera.start(0.5, FrameKind.FLAT)

    assert camera.read(20).pixels.shape == (48, 64)


def test_a_wheel_that_stays_busy_is_no_reply_and_may_be_told_again():
    busy = number("FILTER_SLOT", "Busy", FILTER_SLOT_VALUE=1)
    with scripted_server(WHEEL) as server, IndiClient("127.0.0.1", server.port) as client:
        wheel = IndiFilterWheel(client, DEVICE)
        assert wheel.open(20) == ("L", "Ha")

        def stuck_once(name, values):
            del server.answers["FILTER_SLOT"]
            return (busy,)

        server.answers["FILTER_SLOT"] = stuck_once
        with pytest.raises(NoReply, match="did not report slot 2"):
            wheel.select("Ha", 2)
        with pytest.raises(Fault, match="lost and is renewed; open it again"):
            wheel.select("Ha", 10)
        wheel.open(20)
        wheel.select("Ha", 10)

    assert server.asked == [("FILTER_SLOT", {"FILTER_SLOT_VALUE": "2"})] * 2


def test_a_wheel_that_refuses_a_slot_is_a_fault():
    with scripted_server(WHEEL) as server, IndiClient("127.0.0.1", server.port) as client:
        wheel = IndiFilterWheel(client, DEVICE)
        wheel.open(20)
        server.answers["FILTER_SLOT"] = lambda name, values: (
            message("[ERROR] Wheel is jammed"),
            number(name, "Alert", FILTER_SLOT_VALUE=1),
        )

        with pytest.raises(Fault, match="jammed"):
            wheel.select("Ha", 20)


def test_two_filters_of_one_name_can_not_be_told_apart():
    with scripted_server(TWINS) as server, IndiClient("127.0.0.1", server.port) as client:
        wheel = IndiFilterWheel(client, DEVICE)
        wheel.open(20)

        with pytest.raises(ConfigError, match="more than one filter 'L'"):
            wheel.select("L", 20)
