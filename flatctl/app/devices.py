"""`flatctl devices`: what is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.discovery import Listing, list_devices
from flatctl.devices.serial.link import serial_ports
from flatctl.errors import DeviceError

SEARCH_S = 10.0


@dataclass(frozen=True)
class DeviceListing:
    """INDI devices as (name, roles, connected), serial ports as (port, what it is).

    `problem` says why the INDI devices could not be listed, or is empty.
    """

    indi: Sequence[tuple[str, tuple[str, ...], bool]]
    serial_ports: Sequence[tuple[str, str]]
    problem: str


def devices(host: str, port: int) -> DeviceListing:
    """List the INDI devices with their roles, and the serial ports."""
    found, problem = indi_devices(host, port)
    return DeviceListing(
        indi=[(d.name, tuple(role.value for role in d.roles), d.connected) for d in found],
        serial_ports=[(p.path, p.description) for p in serial_ports()],
        problem=problem,
    )


def indi_devices(host: str, port: int) -> tuple[list[Listing], str]:
    """Return the devices of an INDI server, and why there are none or an empty string."""
    with IndiClient(host, port) as client:
        try:
            client.open(SEARCH_S)
            return list_devices(client, SEARCH_S), ""
        except DeviceError as error:
            return [], str(error)
