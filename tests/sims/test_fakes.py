import io

import numpy as np
import pytest
from astropy.io import fits

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.protocols import Camera, Cover, FilterWheel, LightPanel
from flatctl.engine.clock import Clock
from flatctl.errors import BadReply, Fault, NoReply
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario


def opened(name: str = "mono") -> FakeRig:
    rig = FakeRig(scenario(name, rows=48, cols=64))
    rig.camera.open(5.0)
    rig.wheel.open(5.0)
    rig.panel.open(5.0)
    return rig


def test_the_fakes_are_what_the_engine_expects():
    # What this asserts is checked by mypy and by the calls below; the names bind the Protocols.
    rig = FakeRig()
    camera: Camera = rig.camera
    wheel: FilterWheel = rig.wheel
    panel: LightPanel = rig.panel
    clock: Clock = rig.clock
    assert isinstance(rig.panel, Cover)
    assert [camera.name, wheel.name, panel.name] == ["Fake Camera", "Fake Wheel", "Fake Panel"]
    assert clock.monotonic() == 0.0


def test_constructing_a_rig_touches_nothing():
    rig = FakeRig()
    with pytest.raises(Fault, match="before it was opened"):
        rig.camera.start(1.0, FrameKind.FLAT)


def test_the_camera_sees_the_light_of_the_panel_through_the_filter():
    rig = opened()
    rig.wheel.select("R", 10.0)
    rig.panel.set_brightness(64, 1.0)
    rig.camera.start(1.0, FrameKind.FLAT)
    frame = rig.camera.read(5.0)
    assert frame.pixels.shape == (48, 64)
    assert np.median(frame.pixels) > 10_000


def test_an_exposure_takes_its_time_and_the_readout_on_the_virtual_clock():
    rig = opened()
    before_s = rig.clock.monotonic()
    rig.camera.start(2.0, FrameKind.FLAT)
    assert rig.clock.monotonic() == before_s
    frame = rig.camera.read(5.0)
    assert rig.clock.monotonic() - before_s == pytest.approx(2.4)
    assert frame.exposure_s == 2.0
    assert frame.started.tzinfo is not None


def test_reading_with_too_little_time_is_no_reply_after_that_time():
    rig = opened()
    rig.camera.start(10.0, FrameKind.FLAT)
    with pytest.raises(NoReply):
        rig.camera.read(3.0)
    assert rig.clock.monotonic() == pytest.approx(3.0)


def test_the_header_is_that_of_an_indi_driver():
    rig = opened()
    rig.camera.start(0.5, FrameKind.DARK_FLAT)
    frame = rig.camera.read(5.0)
    cards = fits.Header.fromstring(frame.header.cards)
    assert len(frame.header.cards) % 80 == 0
    assert cards["IMAGETYP"] == "Dark Frame"
    assert cards["EXPTIME"] == 0.5
    assert cards["FILTER"] == "L"
    assert (cards["NAXIS1"], cards["NAXIS2"]) == (64, 48)


def test_prepare_sets_binning_gain_offset_and_cools():
    rig = opened()
    state = rig.camera.prepare(
        CameraSetup(binning=2, gain=0, offset=20, temperature_c=-10.0), timeout_s=60.0
    )
    assert (state.binning, state.gain, state.offset, state.temperature_c) == (2, 0, 20, -10.0)
    assert rig.clock.monotonic() == pytest.approx(15.0)
    rig.camera.start(0.1, FrameKind.FLAT)
    frame = rig.camera.read(5.0)
    assert frame.pixels.shape == (24, 32)
    assert np.median(frame.pixels) == pytest.approx(2000, abs=10)


@pytest.mark.parametrize(
    "setup", [CameraSetup(binning=9), CameraSetup(gain=999), CameraSetup(iso=800)]
)
def test_what_the_camera_cannot_do_is_a_fault(setup: CameraSetup):
    with pytest.raises(Fault):
        opened().camera.prepare(setup, timeout_s=60.0)


def test_an_exposure_out_of_range_is_a_fault():
    with pytest.raises(Fault, match=r"0\.001 to 3600"):
        opened().camera.start(4000.0, FrameKind.FLAT)


def test_faults_strike_as_often_as_ordered():
    rig = opened()
    rig.camera.faults.add(2, Fault("Fake Camera", "read-out failed"))
    for _ in range(2):
        rig.camera.start(0.1, FrameKind.FLAT)
        with pytest.raises(Fault, match="read-out failed"):
            rig.camera.read(5.0)
    rig.camera.start(0.1, FrameKind.FLAT)
    assert rig.camera.read(5.0).pixels.size


def test_a_hanging_camera_uses_up_the_time_out():
    rig = opened()
    rig.camera.faults.add(1, None)
    rig.camera.start(0.1, FrameKind.FLAT)
    with pytest.raises(NoReply):
        rig.camera.read(7.0)
    assert rig.clock.monotonic() == pytest.approx(7.0)


def test_the_wheel_knows_its_names_in_order():
    assert list(opened().wheel.open(1.0)) == ["L", "R", "G", "B", "Ha"]


def test_a_filter_that_is_not_there_is_a_fault():
    with pytest.raises(Fault, match="it has L, R, G, B, Ha"):
        opened().wheel.select("OIII", 5.0)


def test_a_wheel_that_refuses_stays_where_it_is():
    rig = opened()
    rig.wheel.faults.add(1, Fault("Fake Wheel", "jammed"))
    with pytest.raises(Fault):
        rig.wheel.select("Ha", 10.0)
    assert rig.world.filter.name == "L"


def test_a_slow_wheel_is_no_reply():
    with pytest.raises(NoReply):
        opened().wheel.select("Ha", 2.0)


def test_the_panel_switches_on_with_the_brightness_and_keeps_it_when_put_out():
    rig = opened()
    rig.panel.set_brightness(99, 1.0)
    status = rig.panel.status(1.0)
    assert (status.lit, status.brightness, status.confirmed) == (True, 99, True)
    rig.panel.light_off(1.0)
    assert rig.panel.status(1.0).lit is False


def test_brightness_outside_the_range_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="0 to 255"):
        opened().panel.set_brightness(256, 1.0)


def test_a_stubborn_panel_is_found_out_by_reading_back():
    rig = opened()
    rig.panel.stubborn = True
    with pytest.raises(BadReply):
        rig.panel.set_brightness(50, 1.0)
    assert not rig.world.light.lit


def test_a_mute_panel_cannot_be_found_out():
    rig = opened()
    rig.panel.stubborn = rig.panel.mute = True
    rig.panel.set_brightness(50, 1.0)
    assert rig.panel.status(1.0).confirmed is False


def test_opening_the_cover_puts_the_light_out():
    rig = opened()
    rig.panel.set_brightness(50, 1.0)
    rig.panel.open_cover(30.0)
    assert not rig.world.light.lit


def test_encoded_frames_open_strictly_and_give_back_every_pixel():
    from datetime import UTC, datetime

    from hardware_sims.fits import Exposed, encode

    pixels = np.array([[0, 1, 32767], [32768, 65534, 65535]], dtype=np.uint16)
    exposed = Exposed(
        "Sim CCD", "Flat", 1.25, datetime(2026, 1, 2, tzinfo=UTC), 1, 1, 3.76, 20, 100, "Ha"
    )
    blob = encode(exposed, pixels)
    assert len(blob) % 2880 == 0
    with fits.open(io.BytesIO(blob)) as hdus:
        hdus.verify("exception")
        assert np.array_equal(hdus[0].data, pixels)
        assert hdus[0].header["DATE-OBS"] == "2026-01-02T00:00:00.000"
        assert hdus[0].header["IMAGETYP"] == "Flat Frame"
