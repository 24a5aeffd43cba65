"""`flatctl devices`: what is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from flatctl.devices.catalog import TRANSPORTS
from flatctl.devices.serial.ports import serial_ports
from flatctl.devices.transports import FoundDevice, Where
from flatctl.errors import DeviceError

SEARCH_S = 10.0


@dataclass(frozen=True)
class DeviceListing:
    """Devices by the title of their transport, and serial ports as (port, what it is).

    `problems` say of a transport why nobody could be asked.
    """

    found: dict[str, Sequence[FoundDevice]]
    serial_ports: Sequence[tuple[str, str]]
    problems: dict[str, str]


def devices(host: str, port: int) -> DeviceListing:
    """List the devices of every transport with their roles, and the serial ports."""
    found: dict[str, Sequence[FoundDevice]] = {}
    problems: dict[str, str] = {}
    for transport in TRANSPORTS:
        try:
            found[transport.title] = transport.discover(Where(host, port), SEARCH_S)
        except DeviceError as error:
            problems[transport.title] = str(error)
    ports = [(one.path, one.description) for one in serial_ports()]
    return DeviceListing(found, ports, problems)
