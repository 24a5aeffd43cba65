import zlib
from pathlib import Path

import numpy as np
import pytest

CCD = "Sim CCD"


@pytest.fixture
def camera(connected):
    client = connected(CCD)
    client.switch(CCD, "CCD_FRAME_RESET", "RESET")
    client.number(CCD, "CCD_BINNING", HOR_BIN=1, VER_BIN=1)
    client.number(CCD, "CCD_OFFSET", OFFSET=10)
    client.switch(CCD, "UPLOAD_MODE", "UPLOAD_CLIENT")
    client.switch(CCD, "CCD_COMPRESSION", "INDI_DISABLED")
    client.switch(CCD, "CCD_TRANSFER_FORMAT", "FORMAT_FITS")
    client.switch(CCD, "CCD_FRAME_TYPE", "FRAME_FLAT")
    client.answer("CCD_FRAME_TYPE")
    return client


def test_an_exposure_counts_down_delivers_the_frame_and_then_is_ok(camera):
    first = len(camera.seen)
    camera.expose(1.2)
    steps = [
        (u.name, u.state, u.values.get("CCD_EXPOSURE_VALUE"))
        for u in camera.seen[first:]
        if u.name in ("CCD_EXPOSURE", "CCD1")
    ]
    assert steps == [
        ("CCD_EXPOSURE", "Busy", "1.2"),
        ("CCD_EXPOSURE", "Busy", "1.0"),
        ("CCD_EXPOSURE", "Busy", "0"),
        ("CCD1", "Ok", None),
        ("CCD_EXPOSURE", "Ok", "0"),
    ]


def test_a_frame_is_strict_fits_with_the_cards_of_an_indi_driver(camera):
    header, pixels = camera.frame(0.05)
    assert pixels.shape == (1024, 1280)
    assert pixels.dtype == np.uint16
    assert (header["BITPIX"], header["IMAGETYP"], header["FRAME"]) == (16, "Flat Frame", "Flat")
    assert (header["EXPTIME"], header["INSTRUME"], header["XBINNING"]) == (0.05, CCD, 1)
    assert header["XPIXSZ"] == pytest.approx(3.76)
    assert header["ROWORDER"] == "TOP-DOWN"
    assert "DATE-OBS" in header


def test_binning_and_window_change_the_frame_and_each_frame_arrives_whole(camera):
    camera.number(CCD, "CCD_BINNING", HOR_BIN=2, VER_BIN=2)
    header, pixels = camera.frame(0.01)
    assert pixels.shape == (512, 640)
    assert (header["XBINNING"], header["XPIXSZ"]) == (2, pytest.approx(7.52))
    camera.number(CCD, "CCD_BINNING", HOR_BIN=1, VER_BIN=1)
    assert camera.frame(0.01)[1].shape == (1024, 1280)
    camera.number(CCD, "CCD_FRAME", X=100, Y=50, WIDTH=300, HEIGHT=200)
    assert camera.frame(0.01)[1].shape == (200, 300)
    camera.switch(CCD, "CCD_FRAME_RESET", "RESET")
    assert camera.frame(0.01)[1].shape == (1024, 1280)


def test_the_size_of_every_blob_is_its_length(camera):
    for binning in (4, 1, 2):
        camera.number(CCD, "CCD_BINNING", HOR_BIN=binning, VER_BIN=binning)
        blob = camera.expose(0.01)
        assert int(blob.element[0].get("size")) == len(blob.blob)


def test_the_offset_lifts_the_pedestal(camera):
    camera.number(CCD, "CCD_OFFSET", OFFSET=25)
    camera.switch("Sim CCD", "CCD_FRAME_TYPE", "FRAME_DARK")
    header, pixels = camera.frame(0.001)
    assert header["IMAGETYP"] == "Dark Frame"
    assert np.median(pixels) >= 2500 - 2


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("CCD_EXPOSURE", {"CCD_EXPOSURE_VALUE": 100000}),
        ("CCD_EXPOSURE", {"CCD_EXPOSURE_VALUE": "nan"}),
        ("CCD_EXPOSURE", {"CCD_EXPOSURE_VALUE": "soon"}),
        ("CCD_BINNING", {"HOR_BIN": 9}),
        ("CCD_GAIN", {"GAIN": -1}),
        ("CCD_FRAME", {"X": 1000, "WIDTH": 1000}),
        ("CCD_TEMPERATURE", {"CCD_TEMPERATURE_VALUE": -273}),
    ],
)
def test_what_is_out_of_range_is_refused_with_an_alert_and_a_reason(camera, name, values):
    camera.number(CCD, name, **values)
    answer = camera.answer(name)
    assert answer.state == "Alert"
    assert all(answer.values[member] != str(value) for member, value in values.items())
    reasons = [u.element.get("message", "") for u in camera.seen if u.tag == "message"]
    assert any(name in reason for reason in reasons)


def test_an_aborted_exposure_ends_idle_without_a_frame(camera):
    camera.number(CCD, "CCD_EXPOSURE", CCD_EXPOSURE_VALUE=30)
    camera.answer("CCD_EXPOSURE", "Busy")
    first = len(camera.seen)
    camera.switch(CCD, "CCD_ABORT_EXPOSURE", "ABORT")
    assert camera.answer("CCD_EXPOSURE", "Idle", "Ok").state == "Idle"
    assert not any(u.name == "CCD1" for u in camera.seen[first:])


def test_a_new_exposure_replaces_the_one_under_way(camera):
    camera.number(CCD, "CCD_EXPOSURE", CCD_EXPOSURE_VALUE=30)
    camera.answer("CCD_EXPOSURE", "Busy")
    header, _ = camera.frame(0.02)
    assert header["EXPTIME"] == 0.02


def test_cooling_is_busy_until_the_temperature_is_reached(camera):
    for goal_c in (5.0, 12.5):
        camera.number(CCD, "CCD_TEMPERATURE", CCD_TEMPERATURE_VALUE=goal_c)
        camera.answer("CCD_TEMPERATURE", "Busy")
        reached = camera.answer("CCD_TEMPERATURE", "Ok")
        assert float(reached.values["CCD_TEMPERATURE_VALUE"]) == goal_c
    assert camera.frame(0.01)[0]["CCD-TEMP"] == 12.5


def test_compressed_frames_are_marked_and_their_size_is_that_before(camera):
    camera.switch(CCD, "CCD_COMPRESSION", "INDI_ENABLED")
    blob = camera.expose(0.01)
    assert blob.element[0].get("format") == ".fits.z"
    assert len(zlib.decompress(blob.blob)) == int(blob.element[0].get("size"))


def test_local_upload_keeps_the_file_and_sends_no_blob(camera, tmp_path: Path):
    camera.text(CCD, "UPLOAD_SETTINGS", UPLOAD_DIR=str(tmp_path), UPLOAD_PREFIX="F_XXX")
    camera.switch(CCD, "UPLOAD_MODE", "UPLOAD_LOCAL")
    camera.number(CCD, "CCD_EXPOSURE", CCD_EXPOSURE_VALUE=0.01)
    where = camera.answer("CCD_FILE_PATH")
    camera.answer("CCD_EXPOSURE", "Ok")
    assert where.values["FILE_PATH"] == str(tmp_path / "F_001.fits")
    assert (tmp_path / "F_001.fits").stat().st_size % 2880 == 0


def test_native_frames_are_plain_pixels(camera):
    camera.switch(CCD, "CCD_TRANSFER_FORMAT", "FORMAT_NATIVE")
    blob = camera.expose(0.01)
    assert blob.element[0].get("format") == ".bin"
    assert len(blob.blob) == 2 * 1280 * 1024


def test_the_properties_go_when_the_camera_is_disconnected(camera):
    camera.switch(CCD, "CONNECTION", "DISCONNECT")
    camera.wait(lambda u: u.tag == "delProperty" and u.name == "CCD1")
    gone = {u.name for u in camera.seen if u.tag == "delProperty"}
    assert {"CCD_EXPOSURE", "CCD_GAIN", "CCD_TEMPERATURE"} <= gone
    assert "CONNECTION" not in gone


def test_the_driver_says_that_it_is_a_camera(camera):
    info = next(u for u in camera.seen if u.name == "DRIVER_INFO")
    assert int(info.values["DRIVER_INTERFACE"]) == 2
