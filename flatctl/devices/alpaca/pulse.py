"""A sign of life to a device while a long exposure keeps us from asking it anything."""

from __future__ import annotations

import threading
from contextlib import suppress

from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.errors import DeviceError

# Some devices take whoever was silent for 120 s for gone, and may put out their light.
_EVERY_S = 30.0
_ASK_S = 2.0


class Pulse:
    """Ask a device now and then whether it is connected, from `begin` to `end`.

    `client` is for this alone, so that nothing ever waits for it.
    """

    def __init__(self, client: AlpacaClient) -> None:
        self._client = client
        self._over: threading.Event | None = None

    def begin(self) -> None:
        """Ask from now on; nothing changes where that was begun."""
        if self._over is None:
            self._over = over = threading.Event()
            threading.Thread(target=self._beat, args=(over,), name="pulse", daemon=True).start()

    def end(self) -> None:
        """Ask no more; nobody waits for a question that is under way."""
        if self._over is not None:
            self._over.set()
            self._over = None

    def _beat(self, over: threading.Event) -> None:
        while not over.wait(_EVERY_S):
            with suppress(DeviceError):
                self._client.truth("connected", _ASK_S)
