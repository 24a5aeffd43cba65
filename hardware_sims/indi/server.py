"""indipyserver with the cures it needs to serve many clients one after the other."""

import asyncio
import xml.etree.ElementTree as ET
from typing import Any

from indipyserver import IPyServer
from indipyserver.ipyserver import _ClientConnection

from hardware_sims.indi.driver import SimDriver

MOST_CLIENTS = 50


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


class Utf8Connection(_ClientConnection):  # type: ignore[misc]  # because indipyserver has no types
    """A connection that sends letters as drivers do: UTF-8, no references by their number."""

    async def _client_tx(self, con_id: int, xmldata: ET.Element) -> None:
        own = self.con_id == con_id
        if own or not self.connected or not self.sendchecker.allowed(xmldata):
            return
        try:
            self.writer.write(ET.tostring(xmldata, encoding="unicode").encode())
            await self.writer.drain()
        except ConnectionError:
            self.shutdown()


class SimServer(IPyServer):  # type: ignore[misc]  # because indipyserver has no types
    """Serves simulated drivers over TCP on this machine; port 0 takes any free one."""

    def __init__(self, *drivers: SimDriver, port: int = 0) -> None:
        super().__init__(*drivers, host="127.0.0.1", port=port)
        self.connectionpool: list[Any] = []

    async def serve(self) -> None:
        """Serve until cancelled; raises `OSError` when the port is taken."""
        try:
            async with asyncio.TaskGroup() as group:
                self._tg = group
                for driver in self.drivers:
                    group.create_task(driver.asyncrun())
                group.create_task(self._runserver())
                group.create_task(self._broadcast())
        except ExceptionGroup as errors:
            # What `except*` raises comes out in a group again, which nobody here expects.
            for error in errors.exceptions:
                if isinstance(error, OSError):
                    raise error from None
            raise

    async def handle_data(self, reader: asyncio.StreamReader, writer: Any) -> None:
        """Serve a client until it leaves; turn it away when too many are there already.

        Every client gets a connection of its own: one of those that the server keeps may still
        be ending for its last client, and then ends for the next one too.
        """
        if len(self.connectionpool) >= MOST_CLIENTS:
            writer.close()
            return
        self.con_id += 1
        connection = Utf8Connection(self.con_id, self.xml_data_que)
        self.connectionpool.append(connection)
        try:
            await connection.handle_data(EndingReader(reader), writer)
        finally:
            self.connectionpool.remove(connection)

    def stop(self) -> None:
        """Let go of all clients at once and end serving."""
        for connection in self.connectionpool:
            connection.writer.transport.abort()
        self.shutdown()

    async def listening(self) -> int:
        """Wait until clients can connect; return the port."""
        while self.server is None or not self.server.sockets:
            await asyncio.sleep(0.005)
        return int(self.server.sockets[0].getsockname()[1])
