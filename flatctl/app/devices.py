"""`flatctl devices`: what is there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flatctl.devices.catalog import TRANSPORTS
from flatctl.devices.serial.ports import serial_ports
from flatctl.devices.transports import FoundDevice, Where
from flatctl.errors import DeviceError

SEARCH_S = 10.0


@dataclass(frozen=True)
class DeviceListing:
    """Devices by the title of their transport, and serial ports as (port, what it is).

    `problems` say of a transport who could not be asked, and why.
    """

    found: Mapping[str, Sequence[FoundDevice]]
    serial_ports: Sequence[tuple[str, str]]
    problems: Mapping[str, str]


def devices(host: str, port: int, alpaca: Sequence[tuple[str, int]] = ()) -> DeviceListing:
    """List the devices of every transport with their roles, and the serial ports.

    `host` and `port` are an INDI server's, `alpaca` those of servers that may not be found.
    """
    where = Where(host, port, tuple(alpaca))
    problems: dict[str, str] = {}

    found: dict[str, Sequence[FoundDevice]] = {}
    for transport in TRANSPORTS:
        told: list[DeviceError] = []
        found[transport.title] = transport.discover(where, SEARCH_S, told.append)
        if told:
            problems[transport.title] = "; ".join(map(str, told))
    ports = [(one.path, one.description) for one in serial_ports()]
    return DeviceListing(found, ports, problems)
