"""Which devices a server has, and what they are good for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import atan, degrees

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Device, Property, Registry
from flatctl.devices.transports import PLAIN, FoundDevice, Role, guides_by_name

QUIET_S = 0.3
SIDE_PX = range(1, 200_000)
_FOCAL_LENGTHS = (("SCOPE_INFO", "FOCAL_LENGTH"), ("TELESCOPE_INFO", "TELESCOPE_FOCAL_LENGTH"))

# The bit of DRIVER_INTERFACE, and the property that a connected device of that role has: drivers
# are known that forget their bits.
SIGNS = {
    Role.CAMERA: (1 << 1, "CCD_EXPOSURE"),
    Role.WHEEL: (1 << 4, "FILTER_SLOT"),
    Role.PANEL: (1 << 10, "FLAT_LIGHT_CONTROL"),
    Role.COVER: (1 << 9, "CAP_PARK"),
    Role.ROTATOR: (1 << 12, "ABS_ROTATOR_ANGLE"),
    Role.FOCUSER: (1 << 3, "ABS_FOCUS_POSITION"),
    Role.MOUNT: (1 << 0, "TELESCOPE_PARK"),
    Role.DOME: (1 << 5, "DOME_MOTION"),
    Role.WEATHER: (1 << 7, "WEATHER_STATUS"),
}


def describe(device: Device) -> FoundDevice:
    """Describe a device by what its driver says of it."""
    info = device.properties.get("DRIVER_INFO")
    interface = interface_of(info)
    connection = device.properties.get("CONNECTION")
    program = (info.text("DRIVER_EXEC") if info else None) or ""
    sensor = device.properties.get("CCD_INFO")
    across, down = (sensor.count(f"CCD_MAX_{a}", SIDE_PX) if sensor else None for a in "XY")
    return FoundDevice(
        transport=PLAIN,
        name=device.name,
        connected=connection is None or connection.on("CONNECT"),
        roles=tuple(
            role
            for role, (bit, name) in SIGNS.items()
            if interface & bit or name in device.properties
        ),
        guides=guides_by_name(device.name) or guides_by_name(program),
        cooled="CCD_TEMPERATURE" in device.properties and "CCD_COOLER" in device.properties,
        sensor_px=(across, down) if across and down else None,
        pixel_um=_pixel_um(sensor) if sensor else None,
        focal_mm=_focal_mm(device),
    )


def _pixel_um(sensor: Property) -> tuple[float, float] | None:
    """Return the size of a pixel; some drivers tell it by one number."""
    one = sensor.number("CCD_PIXEL_SIZE")
    across, down = (sensor.number(f"CCD_PIXEL_SIZE_{a}") or one for a in "XY")
    known = across is not None and down is not None and across > 0 and down > 0
    return (across, down) if known and across and down else None


def _focal_mm(device: Device) -> float | None:
    """Return a focal length; cameras tell it, or, of an older INDI, mounts."""
    for name, element in _FOCAL_LENGTHS:
        told = device.properties.get(name)
        length = told.number(element) if told else None
        if length is not None and length > 0:
            return length
    return None


def field_deg(camera: FoundDevice, found: Sequence[FoundDevice]) -> tuple[float, float] | None:
    """Return how much of the sky a camera sees, by its own focal length or that of the mounts.

    `None` where that is not known, or there are several.
    """
    others = {one.focal_mm for one in found if Role.MOUNT in one.roles and one.focal_mm}
    focal_mm = camera.focal_mm or (others.pop() if len(others) == 1 else None)
    if focal_mm is None or camera.sensor_px is None or camera.pixel_um is None:
        return None
    sides_mm = (px * um / 1000 for px, um in zip(camera.sensor_px, camera.pixel_um, strict=True))
    across, down = (degrees(2 * atan(side_mm / 2 / focal_mm)) for side_mm in sides_mm)
    return across, down


def interface_of(info: Property | None) -> int:
    """Return the roles' bits of a DRIVER_INFO, 0 where there are none."""
    bits = (info.text("DRIVER_INTERFACE") if info else None) or "0"
    return int(bits) if bits.isdecimal() else 0


def settle(
    client: IndiClient,
    device: str | None,
    quiet_s: float,
    timeout_s: float,
    until: Callable[[Registry], bool] = lambda _: False,
) -> bool:
    """Wait until nothing new was defined for `quiet_s`, by one device or by all.

    INDI never says that a list of definitions is complete. Ends early when `until` holds; false
    when `timeout_s` was too short.
    """
    seen, quiet = -1, Deadline(quiet_s)

    def look(registry: Registry) -> bool | None:
        nonlocal seen, quiet
        one = registry.devices.get(device) if device else None
        newest = one.defined if one else registry.defined
        if newest != seen:
            seen, quiet = newest, Deadline(quiet_s)
        return True if until(registry) or quiet.over else None

    return client.wait_for(look, timeout_s) is not None


def known_devices(client: IndiClient) -> list[FoundDevice]:
    """Return all devices that the server has told of so far, by name."""
    found = client.look(lambda registry: [describe(one) for one in registry.devices.values()])
    return sorted(found, key=lambda one: one.name)


def list_devices(client: IndiClient, timeout_s: float) -> list[FoundDevice]:
    """Return all devices of the server, by name."""
    client.open(timeout_s)
    settle(client, None, 2 * QUIET_S, timeout_s)
    return known_devices(client)
