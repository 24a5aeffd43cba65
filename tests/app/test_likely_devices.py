"""Which of several cameras and wheels is meant, and that all of them are told."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.app import init as app
from flatctl.app.devices import DeviceListing
from flatctl.devices.serial.ports import stable_names
from flatctl.devices.transports import FoundDevice, Role, by_likelihood


def camera(name: str, *roles: Role, **facts) -> FoundDevice:
    return FoundDevice("indi", name, connected=True, roles=(Role.CAMERA, *roles), **facts)


LARGE = camera("ZWO CCD ASI2600MM Pro", cooled=True, sensor_px=(6248, 4176))
SMALL = camera("ZWO CCD ASI120MM Mini", sensor_px=(1280, 960))
GUIDE = camera("Guide Simulator", guides=True, sensor_px=(9000, 9000))
WITH_WHEEL = camera("QHY 268M", Role.WHEEL, cooled=True, sensor_px=(6280, 4210))
WHEEL = FoundDevice("indi", "EFW", connected=True, roles=(Role.WHEEL,))


@pytest.mark.parametrize(
    ("found", "first"),
    [
        ([GUIDE, camera("CCD Simulator", Role.WHEEL)], "CCD Simulator"),
        ([SMALL, LARGE], LARGE.name),
        ([SMALL, WITH_WHEEL], WITH_WHEEL.name),
        ([camera("B", sensor_px=(100, 100)), camera("A", sensor_px=(200, 100))], "A"),
        ([camera("known", sensor_px=(100, 100)), camera("unknown")], "known"),
        ([GUIDE], GUIDE.name),
    ],
)
def test_the_imaging_camera_goes_first(found, first):
    assert by_likelihood(found, Role.CAMERA)[0].name == first


def test_a_wheel_of_its_own_goes_before_one_in_a_camera():
    assert by_likelihood([WITH_WHEEL, WHEEL], Role.WHEEL) == [WHEEL, WITH_WHEEL]


@given(st.lists(st.sampled_from([LARGE, SMALL, GUIDE, WITH_WHEEL, WHEEL])))
def test_nobody_of_the_role_is_left_out(found):
    listed = by_likelihood(found, Role.CAMERA)
    assert sorted(one.name for one in listed) == sorted(
        one.name for one in found if Role.CAMERA in one.roles
    )


@pytest.fixture
def written(tmp_path: Path, monkeypatch):
    """Return what `init` says and writes where it finds these devices and ports."""

    def write(*found: FoundDevice, ports=()) -> tuple[str, str]:
        listing = DeviceListing({"INDI": found}, ports, {})
        monkeypatch.setattr(app, "devices", lambda *_: listing)
        said = app.init(tmp_path / "rig.toml", "localhost", 7624)
        return said, (tmp_path / "rig.toml").read_text()

    return write


def test_a_second_camera_is_told_and_stands_in_the_file_as_a_comment(written):
    said, text = written(GUIDE, camera("CCD Simulator", Role.WHEEL))
    assert (
        "camera: CCD Simulator, Guide Simulator (guides): is the first the imaging camera?" in said
    )
    assert tomllib.loads(text)["camera"]["device"] == "CCD Simulator"
    comment = '# device = "Guide Simulator"   # also there: by its name it guides; is this the'
    assert comment in text


def test_without_a_camera_no_device_is_named(written):
    said, text = written(ports=[("/dev/ttyS0", "n/a")])
    assert "camera: none found" in said
    assert "device" not in tomllib.loads(text)["camera"]
    assert tomllib.loads(text)["panel"] == {}


def test_a_port_on_usb_is_taken_for_the_panels_and_one_on_the_board_is_not(written):
    by_id = "/dev/serial/by-id/usb-FTDI_FT232R-if00-port0"
    _, text = written(LARGE, ports=[("/dev/ttyS0", "n/a"), (by_id, "FT232R, /dev/ttyUSB0")])
    assert tomllib.loads(text)["panel"]["port"] == by_id


def test_a_port_is_called_by_the_name_that_stays(tmp_path):
    port, folder = tmp_path / "ttyUSB0", tmp_path / "by-id"
    port.touch()
    folder.mkdir()
    (folder / "usb-FTDI").symlink_to("../ttyUSB0")
    assert stable_names(folder) == {str(port.resolve()): str(folder / "usb-FTDI")}


def test_a_computer_without_such_names_has_none(tmp_path):
    assert stable_names(tmp_path / "nothing") == {}
