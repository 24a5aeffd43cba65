"""What the engine relies on in every camera."""

import re

import numpy as np
import pytest
from camera_benches import BENCHES, RIGS

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.log import logging_to
from flatctl.errors import DeviceError

EXPOSURE_S = 0.2


@pytest.fixture(params=RIGS)
def rig(request):
    with RIGS[request.param]() as made:
        yield made
        made.camera.close()


@pytest.fixture
def ready(rig):
    rig.camera.open(rig.limit_s)
    rig.camera.prepare(CameraSetup(gain=100, offset=10), rig.limit_s)
    return rig


def frame_of(rig, exposure_s=EXPOSURE_S, kind=FrameKind.FLAT):
    rig.camera.start(exposure_s, kind)
    return rig.camera.read(exposure_s + rig.limit_s)


def test_its_name_is_known_before_it_is_opened(rig):
    assert rig.camera.name


def test_it_says_how_large_it_is(rig):
    info = rig.camera.open(rig.limit_s)
    assert (info.width_px, info.height_px) == (1280, 1024)


def test_opening_twice_says_the_same(rig):
    assert rig.camera.open(rig.limit_s) == rig.camera.open(rig.limit_s)


def test_closing_before_opening_and_twice_is_no_error(rig):
    rig.camera.close()
    rig.camera.open(rig.limit_s)
    rig.camera.close()
    rig.camera.close()


def test_it_stands_as_asked(rig):
    rig.camera.open(rig.limit_s)
    state = rig.camera.prepare(CameraSetup(binning=2, gain=50, offset=20), rig.limit_s)
    assert (state.binning, state.gain, state.offset) == (2, 50, 20)


def test_it_reaches_the_temperature_asked_for(rig):
    rig.camera.open(rig.limit_s)
    state = rig.camera.prepare(CameraSetup(temperature_c=16.0), rig.limit_s)
    assert state.temperature_c == pytest.approx(16.0, abs=0.5)


def test_what_it_can_not_do_is_a_device_error(rig):
    rig.camera.open(rig.limit_s)
    with pytest.raises(DeviceError):
        rig.camera.prepare(CameraSetup(gain=10**6), rig.limit_s)


def test_a_frame_is_whole_and_16_bit_in_native_order(ready):
    pixels = frame_of(ready).pixels
    assert pixels.shape == (1024, 1280)
    assert pixels.dtype == np.dtype(np.uint16)
    assert pixels.dtype.isnative


def test_a_binned_frame_is_smaller(ready):
    ready.camera.prepare(CameraSetup(binning=2), ready.limit_s)
    assert frame_of(ready).pixels.shape == (512, 640)


def test_a_frame_knows_its_exposure_and_its_cards(ready):
    frame = frame_of(ready)
    assert frame.exposure_s == EXPOSURE_S
    assert frame.started.utcoffset() is not None
    assert len(frame.header.cards) % 80 == 0


def test_every_frame_is_a_new_one(ready):
    assert not np.array_equal(frame_of(ready).pixels, frame_of(ready).pixels)


def test_more_light_is_a_higher_level(ready):
    dark = np.median(frame_of(ready).pixels)
    ready.world.light.set(lit=True, brightness=128)
    assert np.median(frame_of(ready).pixels) > dark


def test_a_longer_exposure_is_a_higher_level(ready):
    ready.world.light.set(lit=True, brightness=20)
    assert np.median(frame_of(ready, 0.4).pixels) > np.median(frame_of(ready, 0.1).pixels)


def test_a_dark_flat_can_be_taken(ready):
    assert frame_of(ready, kind=FrameKind.DARK_FLAT).pixels.shape == (1024, 1280)


def test_an_exposure_can_follow_one_that_was_given_up(ready):
    ready.camera.start(30.0, FrameKind.FLAT)
    ready.camera.close()
    ready.camera.open(ready.limit_s)
    ready.camera.prepare(CameraSetup(), ready.limit_s)
    assert frame_of(ready).exposure_s == EXPOSURE_S


def log_of_a_frame(path, bench):
    with logging_to(path, print), BENCHES[bench]() as rig:
        rig.camera.open(rig.limit_s)
        rig.camera.prepare(CameraSetup(), rig.limit_s)
        frame_of(rig)
        rig.camera.close()
    return rig, path.read_text()


def test_what_passes_to_and_from_an_alpaca_camera_is_logged(tmp_path):
    rig, log = log_of_a_frame(tmp_path / "rig.log", "alpaca")
    assert f"{rig.camera.name} > PUT startexposure Duration=0.2 Light=True\n" in log
    assert f"{rig.camera.name} < imageready True\n" in log
    assert f"{rig.camera.name} < imagearray 'application/imagebytes'" in log


def test_what_passes_to_and_from_an_indi_camera_is_logged(tmp_path):
    rig, log = log_of_a_frame(tmp_path / "rig.log", "indi")
    assert f"{rig.camera.name} > set CCD_EXPOSURE CCD_EXPOSURE_VALUE=0.2\n" in log
    assert f"{rig.camera.name} < CCD_EXPOSURE Busy CCD_EXPOSURE_VALUE=" in log
    assert re.search(rf"{rig.camera.name} < CCD1 \.fits, \d+ bytes\n", log)
