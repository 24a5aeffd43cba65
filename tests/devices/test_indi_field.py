"""How much of the sky a camera sees, by what INDI drivers tell of sensor and telescope."""

import pytest

from flatctl.devices.indi.discovery import describe, field_deg
from flatctl.devices.indi.wire.registry import Registry
from flatctl.devices.transports import FoundDevice

APS_C = {"CCD_MAX_X": 6248.0, "CCD_MAX_Y": 4176.0, "CCD_PIXEL_SIZE": 3.76}
IS_CAMERA, IS_MOUNT = str(1 << 1), str(1 << 0)


def found(name: str, interface: str, **properties: dict[str, float]) -> FoundDevice:
    registry = Registry()
    info = [{"name": "DRIVER_INTERFACE", "label": "", "value": interface}]
    event = {"at": "property", "device": name, "state": "Ok", "writable": False}
    registry.apply(event | {"serial": 1, "name": "DRIVER_INFO", "kind": "text", "elements": info})
    for serial, (told, numbers) in enumerate(properties.items(), 2):
        elements = [
            {"name": key, "label": "", "value": value, "min": 0.0, "max": 1e6}
            for key, value in numbers.items()
        ]
        registry.apply(
            event | {"serial": serial, "name": told, "kind": "number", "elements": elements}
        )
    return describe(registry.devices[name])


def camera(**properties: dict[str, float]) -> FoundDevice:
    return found("CCD", IS_CAMERA, **({"CCD_INFO": APS_C} | properties))


def mount(focal_mm: float, name: str = "Mount") -> FoundDevice:
    return found(name, IS_MOUNT, TELESCOPE_INFO={"TELESCOPE_FOCAL_LENGTH": focal_mm})


def test_a_camera_that_knows_its_telescope_tells_its_field() -> None:
    seen = field_deg(camera(SCOPE_INFO={"FOCAL_LENGTH": 530.0}), [])
    assert seen == pytest.approx((2.539, 1.697), abs=0.01)


def test_of_an_older_indi_it_is_the_mount_that_knows() -> None:
    assert field_deg(camera(), [mount(530.0)]) == pytest.approx((2.539, 1.697), abs=0.01)


def test_of_two_telescopes_nobody_knows_which() -> None:
    assert field_deg(camera(), [mount(530.0), mount(200.0, "Other")]) is None


def test_two_mounts_with_one_telescope_are_no_riddle() -> None:
    assert field_deg(camera(), [mount(530.0), mount(530.0, "Other")]) is not None


@pytest.mark.parametrize(
    "properties",
    [
        {},
        {"SCOPE_INFO": {"FOCAL_LENGTH": 0.0}},
        {"SCOPE_INFO": {"FOCAL_LENGTH": 500.0}, "CCD_INFO": {"CCD_MAX_X": 100.0}},
        {"SCOPE_INFO": {"FOCAL_LENGTH": 500.0}, "CCD_INFO": APS_C | {"CCD_PIXEL_SIZE": 0.0}},
    ],
)
def test_without_all_figures_the_field_is_not_known(properties) -> None:
    assert field_deg(camera(**properties), []) is None


def test_pixels_that_are_not_square_are_told_by_side() -> None:
    sides = {"CCD_MAX_X": 100.0, "CCD_MAX_Y": 100.0, "CCD_PIXEL_SIZE": 3.0}
    both = sides | {"CCD_PIXEL_SIZE_X": 2.0, "CCD_PIXEL_SIZE_Y": 4.0}
    seen = camera(CCD_INFO=both, SCOPE_INFO={"FOCAL_LENGTH": 500.0})
    across, down = field_deg(seen, []) or (0.0, 0.0)
    assert down == pytest.approx(2 * across, rel=1e-3)
