"""Alpaca as a transport: every device by its own address, over a connection of its own."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from flatctl.devices.hosts import places
from flatctl.devices.transports import FoundDevice, Presence, Role, Transport, Where
from flatctl.errors import DeviceError, Unreachable
from flatctl.settings.alpaca import SCHEME, TYPES, AlpacaUrl, is_alpaca, parse

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession
    from flatctl.settings.models import Settings

_GREET_S = 3.0


class AlpacaTransport(Transport["AlpacaSession"]):
    """Devices behind Alpaca servers, wherever these are. Clients are loaded when they are needed.

    It has no one server: each device is reached by itself.
    """

    name = SCHEME
    title = "Alpaca"
    form = f"{SCHEME}://HOST[:PORT]/TYPE/0"

    def form_in(self, table: str) -> str:
        """Return it with the type that the table takes."""
        return self.form.replace("TYPE", TYPES[table])

    def connect(self, settings: Settings, say: Callable[[str], None]) -> AlpacaSession:  # noqa: ARG002 because others do
        """Make the session; connections are made once a device is opened."""
        from flatctl.devices.alpaca.session import AlpacaSession

        return AlpacaSession(settings.alpaca.timeout_s)

    def addresses(self, settings: Settings, device: str) -> tuple[str, ...]:  # noqa: ARG002 because others do
        """Return server, type and number, by every address that the server's name has."""
        url = parse(device)
        return tuple(
            f"{SCHEME} {place}/{url.type}/{url.number}" for place in places(url.host, url.port)
        )

    def named(self, device: str) -> str:
        """Return the address in full."""
        return str(parse(device))

    def open_s(self, settings: Settings) -> float:
        """Return `[alpaca] timeout_s`."""
        return settings.alpaca.timeout_s

    def greet(self, session: AlpacaSession, settings: Settings) -> None:  # noqa: ARG002 because others do
        """Reach each server that the rig names."""
        urls = {url.place: url for url in map(parse, configured(settings))}
        if dead := [place for place, url in urls.items() if not _listens(url)]:
            raise Unreachable(", ".join(dead), "no Alpaca server answers there", "is it running?")

    def survey(self, session: AlpacaSession, settings: Settings) -> str:
        """Say nothing: there is no one server, and nobody asks."""
        raise NotImplementedError

    def check(self, session: AlpacaSession, device: str, role: Role, table: str) -> Presence:  # noqa: ARG002 because others do
        """Look for the device on its server."""
        from flatctl.devices.alpaca.looking import look_at

        return look_at(session, device, role)

    def about(self, session: AlpacaSession, device: str) -> str:
        """Say what the device calls itself."""
        from flatctl.devices.alpaca.looking import about

        return about(session, device)

    def discover(
        self, where: Where, timeout_s: float, tell: Callable[[DeviceError], None]
    ) -> list[FoundDevice]:
        """Return the devices of the servers that answer in the network, and of those named."""
        from flatctl.devices.alpaca.discovery import discover

        return discover(where.alpaca, timeout_s, tell)


def configured(settings: Settings) -> list[str]:
    """Return each `device` of the configuration that is behind Alpaca."""
    tables = (getattr(settings, table) for table in TYPES)
    devices = (getattr(table, "device", "") for table in tables)
    return [device for device in devices if is_alpaca(device)]


def _listens(url: AlpacaUrl) -> bool:
    try:
        with socket.create_connection((url.host, url.port), _GREET_S):
            return True
    except OSError:
        return False


ALPACA = AlpacaTransport()
