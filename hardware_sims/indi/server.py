"""indipyserver with the cures it needs to serve many clients one after the other."""

import asyncio
from typing import Any

from indipyserver import IPyServer

from hardware_sims.indi.driver import SimDriver

MOST_CLIENTS = 10


class EndingReader:
    """A stream that tells its end by an error, since the server takes no notice of an empty read.

    Without it a client that has left keeps its place and a processor busy.
    """

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def read(self, most: int) -> bytes:
        """Return what has come; raise `ConnectionResetError` at the end."""
        content = await self._reader.read(most)
        if not content:
            raise ConnectionResetError
        return content


class SimServer(IPyServer):  # type: ignore[misc]  # because indipyserver has no types
    """Serves simulated drivers over TCP on this machine; port 0 takes any free one."""

    def __init__(self, *drivers: SimDriver, port: int = 0) -> None:
        super().__init__(*drivers, host="127.0.0.1", port=port, maxconnections=MOST_CLIENTS)

    async def serve(self) -> None:
        """Serve until cancelled; raises `OSError` when the port is taken."""
        try:
            async with asyncio.TaskGroup() as group:
                self._tg = group
                for driver in self.drivers:
                    group.create_task(driver.asyncrun())
                group.create_task(self._runserver())
                group.create_task(self._broadcast())
        except* OSError as errors:
            raise errors.exceptions[0] from None

    async def handle_data(self, reader: asyncio.StreamReader, writer: Any) -> None:
        """Serve a client until it leaves."""
        await super().handle_data(EndingReader(reader), writer)

    async def listening(self) -> int:
        """Wait until clients can connect; return the port."""
        while self.server is None or not self.server.sockets:
            await asyncio.sleep(0.005)
        return int(self.server.sockets[0].getsockname()[1])
