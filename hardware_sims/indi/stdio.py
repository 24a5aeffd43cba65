"""Standard input and output as indiserver uses them: one socket for both, frames by descriptor.

indiserver 1.9.7 and later gives a driver a single socket pair; big frames go as the descriptor
of a memory file beside an `attached` element, which spares everybody the base64. Older servers
and shells give two pipes. The end of the input means that the server is gone.
"""

import array
import asyncio
import os
import socket
import stat
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Any, Protocol
from xml.sax.saxutils import quoteattr

READ_BYTES = 1 << 16


class Wire(Protocol):
    """Bytes in and out."""

    async def read(self) -> bytes:
        """Return what has come, or nothing at the end."""
        ...

    async def write(self, content: bytes) -> None:
        """Send all of it."""
        ...


class SocketWire:
    """Input and output are the same socket."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._socket.setblocking(False)

    async def read(self) -> bytes:
        """Return what has come, or nothing at the end."""
        return await asyncio.get_running_loop().sock_recv(self._socket, READ_BYTES)

    async def write(self, content: bytes) -> None:
        """Send all of it."""
        await asyncio.get_running_loop().sock_sendall(self._socket, content)

    async def write_with_descriptor(self, content: bytes, descriptor: int) -> None:
        """Send all of it, the open file `descriptor` with its first byte."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        while True:
            try:
                sent = self._socket.sendmsg([content], rights)
                break
            except BlockingIOError:
                await self._until_writable()
        await self.write(content[sent:])

    async def _until_writable(self) -> None:
        loop = asyncio.get_running_loop()
        writable = loop.create_future()
        loop.add_writer(self._socket, writable.set_result, None)
        try:
            await writable
        finally:
            loop.remove_writer(self._socket)


class PipeWire:
    """Input and output are two pipes."""

    def __init__(self) -> None:
        self._reader: asyncio.StreamReader | None = None

    async def read(self) -> bytes:
        """Return what has come, or nothing at the end."""
        if self._reader is None:
            self._reader = asyncio.StreamReader()
            reader = self._reader
            await asyncio.get_running_loop().connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(os.dup(0), "rb")
            )
        return await self._reader.read(READ_BYTES)

    async def write(self, content: bytes) -> None:
        """Send all of it."""
        await asyncio.to_thread(self._write, content)

    @staticmethod
    def _write(content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(1, rest) :]


class StdioLink:
    """Carries INDI's XML between a driver of indipydriver and the server that started it."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._lock = asyncio.Lock()
        is_socket = stat.S_ISSOCK(os.fstat(0).st_mode)
        self._wire: SocketWire | PipeWire = SocketWire(0) if is_socket else PipeWire()

    @property
    def passes_files(self) -> bool:
        """Whether open files can be handed to the server."""
        return isinstance(self._wire, SocketWire)

    def shutdown(self) -> None:
        """Do nothing: the driver calls this at its end."""

    async def run_rx(self) -> None:
        """Read and deal with what comes until the server is gone, then end the driver."""
        parser = Elements()
        while content := await self._wire.read():
            for element in parser.feed(content):
                await self._driver._readdata(element)
        self._driver.shutdown()

    async def run_tx(self, element: ET.Element) -> None:
        """Send an element."""
        async with self._lock:
            await self._wire.write(ET.tostring(element, encoding="unicode").encode() + b"\n")

    async def send_file(self, device: str, name: str, content: bytes, form: str) -> None:
        """Send `content` as a BLOB with one member, by descriptor."""
        assert isinstance(self._wire, SocketWire), "asked to pass a file through a pipe"
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
        text = (
            f"<setBLOBVector device={quoteattr(device)} name={quoteattr(name)} state='Ok' "
            f"timeout='0' timestamp='{stamp}'>\n<oneBLOB name={quoteattr(name)} "
            f"size='{len(content)}' format={quoteattr(form)} enclen='0' attached='true'>"
            "</oneBLOB>\n</setBLOBVector>\n"
        )
        descriptor = os.memfd_create("indi-blob")
        try:
            await asyncio.to_thread(_fill, descriptor, content)
            async with self._lock:
                await self._wire.write_with_descriptor(text.encode("ascii"), descriptor)
        finally:
            os.close(descriptor)


def _fill(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


class Elements:
    """Cuts a stream that has no document element into its top-level elements."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._parser: Any = ET.XMLPullParser(events=("start", "end"))
        self._open: list[ET.Element] = []
        self._parser.feed(b"<stream>")

    def feed(self, content: bytes) -> list[ET.Element]:
        """Return the elements that are complete by now; after nonsense, begin anew."""
        complete: list[ET.Element] = []
        try:
            self._parser.feed(content)
            for event, element in self._parser.read_events():
                if event == "start":
                    self._open.append(element)
                    continue
                self._open.pop()
                if len(self._open) == 1:
                    self._open[0].clear()
                    complete.append(element)
        except ET.ParseError:
            self._begin()
        return complete
