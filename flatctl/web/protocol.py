"""HTTP with bounds: who says half a request keeps nobody else away.

uvicorn waits for the rest of a request as long as its sender likes. Here a head has `HEAD_S`, and
where connections run short those go first that have not said one yet, the oldest first.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 5.0
CONNECTIONS_MAX = 64


class BoundedProtocol(H11Protocol):
    """One connection; `_silent` are those that owe the rest of a request, in order of coming."""

    _silent: "dict[BoundedProtocol, None]" = {}  # noqa: RUF012 because it is shared on purpose

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, in place of a silent one if need be."""
        super().connection_made(transport)
        self._timer: asyncio.TimerHandle | None = None
        if len(self.connections) > CONNECTIONS_MAX:
            oldest = next(iter(self._silent), None)
            if oldest is None:
                transport.abort()
                return
            oldest.turn_out()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._heard_out()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Take what was read; a whole head ends the wait for it."""
        before = self.cycle
        super().handle_events()
        if self.cycle is not before:
            self._heard_out()

    def on_response_complete(self) -> None:
        """Wait for the next request of this connection."""
        before = self.cycle
        super().on_response_complete()
        if self.cycle is before and not self.transport.is_closing():
            self._await_head()

    def turn_out(self) -> None:
        """End it without a word."""
        self._heard_out()
        self.transport.abort()

    def _await_head(self) -> None:
        self._heard_out()
        self._silent[self] = None
        self._timer = self.loop.call_later(HEAD_S, self.turn_out)

    def _heard_out(self) -> None:
        self._silent.pop(self, None)
        timer: Any = getattr(self, "_timer", None)
        if timer is not None:
            timer.cancel()
            self._timer = None
