"""A device in hand, and whether it is still the one that was taken."""

from __future__ import annotations

from collections.abc import Callable

from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.protocols import Progress
from flatctl.errors import Fault


def begin_anew(client: IndiClient) -> None:
    """Let go of the connection if a driver died over it.

    The library keeps the last frame of such a driver: 122 MB of a large camera.
    """
    if client.look(lambda registry: registry.lost):
        client.close()


class IndiDevice:
    """A device behind INDI, by its name on the server."""

    def __init__(self, client: IndiClient, device: str) -> None:
        self._client = client
        self._device = device
        self.tell: Callable[[Progress], None] = lambda _: None

    @property
    def name(self) -> str:
        """The device name on the server."""
        return self._device


class DeviceSession:
    """Says when a device is no longer the one that was taken.

    Nobody knows how a restarted driver stands, nor what happened while there was no connection.
    `needed` are properties that it has while it is connected, `remedy` is what helps.
    """

    def __init__(
        self, client: IndiClient, device: str, needed: str, remedy: str = "open it again"
    ) -> None:
        self._client = client
        self._device = device
        self._needed = needed
        self._remedy = remedy
        self.identity: tuple[int, int] | None = None  # as it was taken: connection, driver

    def take(self) -> None:
        """Take the device as it is now."""
        self.identity = self._present()

    def drop(self) -> None:
        """Take it no longer for the one it was."""
        self.identity = None

    def check(self, timeout_s: float) -> None:
        """Raise `Fault` where it is not the one that was taken; reach the server where lost."""
        if changed := self.change(timeout_s):
            raise changed

    def change(self, timeout_s: float) -> Fault | None:
        """Return what `check` raises."""
        self._client.open(timeout_s)
        then, now = self.identity, self._present()
        if then is None:
            what = "it is not ready"
        elif then[0] != self._client.generation:
            what = "the connection to it was lost and is renewed"
        elif then != now:
            what = "its driver was restarted since"
        elif self._client.find(self._device, self._needed) is None:
            what = "it was disconnected since"
        else:
            return None
        return Fault(self._device, what, self._remedy)

    def _present(self) -> tuple[int, int] | None:
        known = self._client.look(lambda registry: registry.devices.get(self._device))
        return None if known is None else (self._client.generation, known.born)
