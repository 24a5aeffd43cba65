"""INDI as a transport: one server, and one client that its devices share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flatctl.devices.hosts import places
from flatctl.devices.indi.wire.as_found import AsFound
from flatctl.devices.transports import PLAIN, FoundDevice, Presence, Role, Transport, Where
from flatctl.errors import DeviceError

if TYPE_CHECKING:
    from flatctl.devices.indi.wire.client import IndiClient
    from flatctl.settings.models import Settings

_GREET_S = 3.0


class IndiTransport(Transport["IndiClient"]):
    """Devices of an INDI server, by name. The client is loaded when it is needed."""

    name = PLAIN
    title = "INDI"
    form = "an INDI device name"
    server = "INDI server"

    def connect(self, settings: Settings, say: Callable[[str], None]) -> IndiClient:
        """Make the client; it starts its process once a device is opened."""
        from flatctl.devices.indi.wire.client import IndiClient

        indi = settings.indi
        return IndiClient(
            indi.host, indi.port, socket=indi.socket, tell=say, as_found=_as_found(settings)
        )

    def is_changed(self, settings: Settings, device: str) -> bool:
        """Look into the file of how it was found."""
        return _as_found(settings).knows(device)

    def addresses(self, settings: Settings, device: str) -> tuple[str, ...]:
        """Return server and device, by every address that the server's name has."""
        return tuple(
            f"indi {place} {device}" for place in places(settings.indi.host, settings.indi.port)
        )

    def open_s(self, settings: Settings) -> float:
        """Return `[indi] timeout_s`."""
        return settings.indi.timeout_s

    def greet(self, session: IndiClient, settings: Settings) -> None:
        """Connect to the server."""
        session.open(min(_GREET_S, settings.indi.timeout_s))

    def survey(self, session: IndiClient, settings: Settings) -> str:
        """Reach the server and say which devices it serves."""
        from flatctl.devices.indi.discovery import list_devices

        session.open(settings.indi.timeout_s)
        found = list_devices(session, settings.indi.timeout_s)
        names = ", ".join(one.name for one in found) or "no devices"
        return f"{settings.indi.host}:{settings.indi.port} serves {names}"

    def check(self, session: IndiClient, device: str, role: Role, table: str) -> Presence:
        """Look for the device on the server."""
        from flatctl.devices.indi.discovery import field_deg, known_devices

        found = known_devices(session)
        there = next((one for one in found if one.name == device), None)
        if there is None:
            fitting = ", ".join(one.name for one in found if role in one.roles) or "none"
            remedy = f"the server has {fitting}; fix [{table}] device"
            raise DeviceError(device, f"no such {role.value} on the server", remedy)
        names = session.find(device, "FILTER_NAME") if role is Role.WHEEL else None
        state = "connected" if there.connected else "there; a run will connect it"
        return Presence(
            f"{device} is {state}{_others(there, role, found)}",
            tuple(str(one.value) for one in names.elements.values()) if names else None,
            there.sensor_px if role is Role.CAMERA else None,
            field_deg(there, found) if role is Role.CAMERA else None,
            there.connected,
        )

    def discover(
        self, where: Where, timeout_s: float, tell: Callable[[DeviceError], None]
    ) -> list[FoundDevice]:
        """Return the devices of the server."""
        from flatctl.devices.indi.discovery import list_devices
        from flatctl.devices.indi.wire.client import IndiClient

        with IndiClient(where.host, where.port) as client:
            try:
                return list_devices(client, timeout_s)
            except DeviceError as error:
                tell(error)
                return []


def _as_found(settings: Settings) -> AsFound:
    folder = settings.output.history.expanduser().absolute().parent
    return AsFound(folder, f"{settings.indi.host}:{settings.indi.port}")


def _others(there: FoundDevice, role: Role, found: Sequence[FoundDevice]) -> str:
    """Return what to say of other cameras or wheels on the server: one of them may be meant."""
    if role not in (Role.CAMERA, Role.WHEEL):
        return ""
    fitting = [one for one in found if role in one.roles and one is not there]
    if role is Role.WHEEL:  # a camera with a wheel in it is told of as a camera
        fitting = [one for one in fitting if Role.CAMERA not in one.roles]
    if not fitting:
        return ""
    names = ", ".join(f"{one.name}{' (guides)' if one.guides else ''}" for one in fitting)
    also = f"; also there: {names}"
    if role is Role.WHEEL or there.guides or not all(one.guides for one in fitting):
        guides = " guides by its name:" if there.guides else ":"
        of = "imaging camera" if role is Role.CAMERA else "wheel of this rig"
        also += f"; {there.name}{guides} is it the {of}?"
    return also


INDI = IndiTransport()
