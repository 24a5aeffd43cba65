"""The ASCOM Initiative's own client drives the simulated rig: a second opinion on its server."""

from collections.abc import Iterator

import numpy as np
import pytest
from alpaca import management
from alpaca.camera import Camera, CameraStates, SensorType
from alpaca.covercalibrator import CalibratorStatus, CoverCalibrator, CoverStatus
from alpaca.dome import Dome, ShutterState
from alpaca.exceptions import InvalidValueException, NotImplementedException
from alpaca.filterwheel import FilterWheel
from alpaca.focuser import Focuser
from alpaca.rotator import Rotator
from alpaca.safetymonitor import SafetyMonitor
from alpaca.telescope import Telescope
from plain_alpaca import until

from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

QUICK = AlpacaHabits(slot_s=0.05, cover_s=0.1, axis_s=0.05)


@pytest.fixture
def rig() -> Iterator[AlpacaRig]:
    with AlpacaRig(World(scenario("osc", rows=31, cols=43)), QUICK) as served:
        yield served


def at(rig: AlpacaRig) -> str:
    return f"127.0.0.1:{rig.port}"


@pytest.mark.parametrize("brightness", [2, 120, 250])
def test_an_exposure_of_the_lit_panel_is_the_worlds_to_the_pixel(rig, brightness, monkeypatch):
    frames = []
    expose = rig.world.expose
    monkeypatch.setattr(
        rig.world, "expose", lambda *asked: frames.append(expose(*asked)) or frames[-1]
    )
    camera, panel = Camera(at(rig), 0), CoverCalibrator(at(rig), 0)
    for device in (camera, panel):
        device.Connect()
        until(lambda device=device: not device.Connecting and device.Connected, "it is connected")
    panel.CalibratorOn(brightness)
    camera.BinX = camera.BinY = 2
    camera.StartX = camera.StartY = 0
    camera.NumX, camera.NumY = camera.CameraXSize // 2, camera.CameraYSize // 2
    camera.Gain, camera.Offset = 60, 20
    camera.StartExposure(0.05, True)
    assert camera.CameraState is CameraStates.cameraExposing
    until(lambda: camera.ImageReady, "the frame is ready")
    of_columns = np.array(camera.ImageArray)
    assert of_columns.shape == (21, 15)
    np.testing.assert_array_equal(of_columns.T, frames[0])
    raw = np.array(camera.ImageArrayRaw).reshape(21, 15)
    np.testing.assert_array_equal(raw.T, frames[0])
    told = (camera.Gain, camera.Offset, camera.LastExposureDuration, camera.CameraState)
    assert told == (60, 20, 0.05, CameraStates.cameraIdle)


def test_it_reads_what_the_camera_is(rig):
    camera = Camera(at(rig), 0)
    camera.Connected = True
    assert camera.SensorType is SensorType.RGGB
    assert (camera.BayerOffsetX, camera.BayerOffsetY) == (0, 0)
    assert (camera.CameraXSize, camera.CameraYSize, camera.MaxADU) == (43, 31, 65535)
    assert camera.ReadoutModes == ["Normal"]
    with pytest.raises(NotImplementedException):
        assert camera.Gains


def test_a_panel_goes_on_and_off_in_its_range(rig):
    panel = CoverCalibrator(at(rig), 0)
    panel.Connected = True
    for brightness in (1, 128, panel.MaxBrightness):
        panel.CalibratorOn(brightness)
        until(lambda: panel.CalibratorState is CalibratorStatus.Ready, "it is lit")
        assert panel.Brightness == brightness == rig.world.light.brightness
    with pytest.raises(InvalidValueException):
        panel.CalibratorOn(panel.MaxBrightness + 1)
    panel.CalibratorOff()
    assert panel.CalibratorState is CalibratorStatus.Off
    assert not rig.world.light.lit


def test_a_cover_opens_and_closes(rig):
    panel = CoverCalibrator(at(rig), 0)
    panel.Connected = True
    for order, status in (
        (panel.OpenCover, CoverStatus.Open),
        (panel.CloseCover, CoverStatus.Closed),
    ):
        order()
        assert panel.CoverMoving
        until(lambda: not panel.CoverMoving, "it stands")
        assert panel.CoverState is status
    with pytest.raises(NotImplementedException):
        panel.HaltCover()


def test_a_wheel_goes_through_all_its_filters(rig):
    wheel = FilterWheel(at(rig), 0)
    wheel.Connected = True
    assert wheel.Names == ["L", "R", "G", "B", "Ha"]
    for slot in range(1, 5):
        wheel.Position = slot
        until(lambda slot=slot: wheel.Position == slot, "it is there")
        assert rig.world.turret.slot == slot


def test_axes_move_and_the_weather_is_safe(rig):
    rotator, focuser = Rotator(at(rig), 0), Focuser(at(rig), 0)
    for device in (rotator, focuser):
        device.Connected = True
    rotator.MoveMechanical(30.0)
    focuser.Move(12_345)
    until(lambda: not (rotator.IsMoving or focuser.IsMoving), "they stand")
    assert (rotator.MechanicalPosition, focuser.Position) == (30.0, 12_345)
    assert SafetyMonitor(at(rig), 0).IsSafe


def test_a_mount_parks_and_a_roof_closes():
    world = World(scenario("mount-parked", rows=31, cols=43))
    with AlpacaRig(world) as rig:
        mount, roof = Telescope(at(rig), 0), Dome(at(rig), 0)
        assert (mount.Connected, mount.AtPark, mount.CanPark) == (True, True, True)
        mount.Unpark()
        assert (mount.AtPark, mount.Slewing) == (False, False)
        assert mount.SiteLatitude == pytest.approx(world.scene.mount.site.latitude_deg)
        roof.CloseShutter()
        assert roof.ShutterStatus is ShutterState.shutterClosing


def test_it_finds_and_lists_the_devices():
    world = World(scenario(rows=31, cols=43))
    with AlpacaRig(world) as rig:
        listed = management.configureddevices(at(rig))
        described = management.description(at(rig))
    assert [each["DeviceType"] for each in listed][:3] == [
        "Camera",
        "FilterWheel",
        "CoverCalibrator",
    ]
    assert described["ServerName"] == "flatctl's simulated rig"
