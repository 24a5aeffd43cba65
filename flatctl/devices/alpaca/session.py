"""What the devices of a rig behind Alpaca share, which is little: each has a client of its own."""

from __future__ import annotations

from contextlib import ExitStack, closing

from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.settings.alpaca import parse


class AlpacaSession:
    """Make the clients of devices, and close them all in the end.

    A lamp never waits for a camera: no two devices share a connection, a lock or a deadline.
    `timeout_s` is granted to a device to answer and connect.
    """

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._clients = ExitStack()

    def client(self, device: str, *, connects: bool = True) -> AlpacaClient:
        """Return a new client of a device; touches nothing.

        One that does not `connect` never connects the device, whatever it answers.
        """
        made = AlpacaClient(parse(device), connects=connects)
        return self._clients.enter_context(closing(made))

    def close(self) -> None:
        """Close every client; the devices stay connected, as they may be others' as well."""
        self._clients.close()
