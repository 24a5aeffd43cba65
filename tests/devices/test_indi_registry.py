"""What the parent makes of the child's events."""

import math
import os

from hypothesis import given
from hypothesis import strategies as st

from flatctl.devices.indi.discovery import describe
from flatctl.devices.indi.wire.registry import Registry
from flatctl.devices.transports import Role


def gain(serial: int, value: float, state: str = "Ok", **changes: object) -> dict[str, object]:
    element = {"name": "GAIN", "label": "Gain", "value": value, "min": 0.0, "max": 100.0}
    return {
        "at": "property",
        "serial": serial,
        "device": "Cam",
        "name": "CCD_GAIN",
        "kind": "number",
        "state": state,
        "writable": True,
        "elements": [element],
    } | changes


def frame(serial: int) -> tuple[dict[str, object], int]:
    event = {"at": "frame", "serial": serial, "device": "Cam", "name": "CCD1"}
    fd = os.memfd_create("registry-test")
    return event | {"format": ".fits", "size": 0, "what": ""}, fd


def frames_in_memory() -> int:
    links = [entry.path for entry in os.scandir("/proc/self/fd")]
    return sum(os.path.islink(link) and "memfd:registry-test" in target(link) for link in links)


def target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:
        return ""


def heard(*events: dict[str, object]) -> Registry:
    registry = Registry()
    for event in events:
        registry.apply(event)
    return registry


def test_an_alert_is_remembered_when_an_ok_follows_at_once():
    found = heard(gain(1, 50), gain(2, 50, "Alert"), gain(3, 50)).find("Cam", "CCD_GAIN")

    assert found is not None
    assert (found.state, found.alerted, found.serial) == ("Ok", 2, 3)


def test_a_number_is_the_wanted_one_within_rounding():
    found = heard(gain(1, 50.0000001)).find("Cam", "CCD_GAIN")

    assert found is not None
    assert found.holds({"GAIN": 50})
    assert not found.holds({"GAIN": 51})
    assert not found.holds({"OFFSET": 50})


def test_a_dead_driver_takes_its_properties_along():
    registry = heard(gain(1, 50), {"at": "device_gone", "serial": 2, "device": "Cam"})

    assert registry.find("Cam", "CCD_GAIN") is None


def test_a_restarted_driver_is_another_device():
    registry = heard(
        {"at": "device", "serial": 1, "device": "Cam"},
        {"at": "device_gone", "serial": 2, "device": "Cam"},
        {"at": "device", "serial": 3, "device": "Cam"},
    )

    assert registry.devices["Cam"].born == 3


def test_a_frame_from_before_the_exposure_is_thrown_away():
    registry = Registry()
    registry.apply(*frame(1))
    registry.apply(*frame(5))

    taken = registry.take_frame("Cam", "CCD1", since=3)

    assert taken is not None
    assert taken.serial == 5
    assert frames_in_memory() == 1
    taken.close()


def test_frames_that_nobody_takes_do_not_pile_up():
    registry = Registry()
    for serial in range(1, 10):
        registry.apply(*frame(serial))

    assert frames_in_memory() == 3
    registry.close()
    assert frames_in_memory() == 0


def test_the_last_error_counts_more_than_later_talk():
    said = ["2026-11-22T10:28:45: [ERROR] Gain too high ", "2026-11-22T10:28:46: [INFO] ready"]
    registry = heard(
        *(
            {"at": "message", "serial": n, "device": "Cam", "text": text}
            for n, text in enumerate(said, 5)
        )
    )

    assert registry.message_since("Cam", 4) == "Gain too high"
    assert registry.message_since("Cam", 5) == "ready"
    assert registry.message_since("Cam", 6) == ""


def test_roles_come_from_the_driver_interface_or_the_properties():
    info = gain(1, 0, name="DRIVER_INFO", kind="text")
    info["elements"] = [{"name": "DRIVER_INTERFACE", "label": "", "value": "22"}]
    light = gain(2, 0, name="FLAT_LIGHT_CONTROL", kind="switch")
    device = heard(info, light).devices["Cam"]

    assert describe(device).roles == (Role.CAMERA, Role.WHEEL, Role.PANEL)


ODD = st.sampled_from([math.nan, math.inf, -math.inf])


@given(ODD)
def test_a_number_that_is_none_is_unknown_and_what_was_said_is_kept(odd):
    found = heard(gain(1, odd)).find("Cam", "CCD_GAIN")

    assert found is not None
    assert found.number("GAIN") is None
    assert found.said("GAIN") == f"{odd:g}"
    assert not found.holds({"GAIN": 0.0})


@given(ODD, ODD, st.floats(-1e300, 1e300))
def test_bounds_that_are_none_bound_nothing(low, high, value):
    element = {"name": "GAIN", "label": "Gain", "value": 1.0, "min": low, "max": high}
    found = heard(gain(1, 1.0, elements=[element])).find("Cam", "CCD_GAIN")

    assert found is not None
    assert found.elements["GAIN"].allows(value)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_a_count_is_one_of_those_that_can_be_or_unknown(value):
    found = heard(gain(1, value)).find("Cam", "CCD_GAIN")

    assert found is not None
    count = found.count("GAIN", range(8, 33))
    assert count is None or 8 <= count <= 32


def test_equal_bounds_mean_none():
    element = {"name": "GAIN", "label": "Gain", "value": 1.0, "min": 0.0, "max": 0.0}
    found = heard(gain(1, 1.0, elements=[element])).find("Cam", "CCD_GAIN")

    assert found is not None
    assert found.elements["GAIN"].allows(1e6)


def test_what_could_not_be_taken_in_is_kept():
    registry = heard(gain(1, 1.0), {"at": "trouble", "serial": 2, "what": "too long"})

    assert registry.trouble == (2, "too long")
