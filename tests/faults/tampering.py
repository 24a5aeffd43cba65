"""A wire between an INDI client and its server on which anything may happen to what passes."""

import base64
import re
import select
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress

Change = Callable[[bytes], bytes | None]

_NAME = re.compile(rb"<([A-Za-z]+)[\s/>]")
_RESET_WHEN_CLOSED = struct.pack("ii", 1, 0)


class TamperedWire:
    """Listens on `port`, passes everything on to the server, and changes what it is told to.

    A change gets an element that the server sent and returns what the client gets instead, or
    `None` where it is not concerned. The client's next connection is in order again.
    """

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lines: list[socket.socket] = []
        self._changes: list[tuple[int, Change]] = []
        self._silenced = 0  # lines up to this one carry nothing any more
        self._accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def change(self, change: Change) -> None:
        """Change what passes on the present line, or on the next one where there is none."""
        self._changes.append((self._present, change))

    def change_next(self, change: Change) -> None:
        """Change what passes on the line after the present one."""
        self._changes.append((self._present + 1, change))

    def reset(self) -> None:
        """Reset the present line, as a router that forgot it does."""
        for line in self._lines:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_WHEN_CLOSED)
            line.close()

    def fall_silent(self) -> None:
        """Lose everything on the present line, both ways, for ever."""
        self._silenced = self._accepted

    def mend(self) -> None:
        """Forget all changes."""
        self._changes.clear()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in self._lines:
            _hang_up(line)

    @property
    def _present(self) -> int:
        return self._accepted if self._lines else self._accepted + 1

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._server_port), 5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accepted += 1
            self._lines.append(client)
            for pump in (self._up, self._down):
                threading.Thread(
                    target=pump, args=(client, server, self._accepted), daemon=True
                ).start()

    def _up(self, client: socket.socket, server: socket.socket, number: int) -> None:
        with suppress(OSError, ValueError):
            while content := _received(client):
                if number > self._silenced:
                    server.sendall(content)
        self._lines.remove(client)
        _hang_up(client)
        _hang_up(server)

    def _down(self, client: socket.socket, server: socket.socket, number: int) -> None:
        unread = b""
        with suppress(OSError):
            while content := server.recv(1 << 20):
                elements, unread = _cut(unread + content)
                for element in elements:
                    if number > self._silenced:
                        client.sendall(self._changed(element, number))
        _hang_up(client)
        _hang_up(server)

    def _changed(self, element: bytes, number: int) -> bytes:
        for line, change in list(self._changes):
            changed = change(element) if line == number else None
            if changed is not None:
                return changed
        return element


def once(change: Change) -> Change:
    """Let a change happen to the first element only that it is concerned with."""
    happened = False

    def changed(element: bytes) -> bytes | None:
        nonlocal happened
        found = None if happened else change(element)
        happened = happened or found is not None
        return found

    return changed


def is_about(element: bytes, name: str, state: str = "") -> bool:
    """Tell whether a driver reports this property, in this state."""
    head = element[: element.find(b">")]
    return (
        head.startswith(b"<set")
        and re.search(rb"name=['\"]%s['\"]" % name.encode(), head) is not None
        and (not state or re.search(rb"state=['\"]%s['\"]" % state.encode(), head) is not None)
    )


def with_state(element: bytes, state: str) -> bytes:
    """Return a report with another state."""
    return re.sub(rb"state=(['\"])\w+", rb"state=\1" + state.encode(), element, count=1)


def with_number(element: bytes, number: float) -> bytes:
    """Return a report of one number with another number."""
    return re.sub(rb">\s*[-+.\d]+\s*<", b">%g<" % number, element, count=1)


def frame_of(element: bytes) -> bytes:
    """Return the file that a report carries."""
    start = element.index(b">", element.index(b"<oneBLOB")) + 1
    return base64.b64decode(element[start : element.index(b"</oneBLOB")])


def with_frame(element: bytes, content: bytes) -> bytes:
    """Return a report that carries another file."""
    head = element[: element.index(b">") + 1]
    one = b'<oneBLOB name="CCD1" size="%d" format=".fits">' % len(content)
    return head + one + base64.b64encode(content) + b"</oneBLOB></setBLOBVector>"


def _cut(stream: bytes) -> tuple[list[bytes], bytes]:
    """Cut a stream into its elements; return them, and what is not complete yet."""
    elements, start = [], 0
    while (begin := stream.find(b"<", start)) >= 0 and (name := _NAME.match(stream, begin)):
        end = stream.find(b">", begin) + 1
        if end and stream[end - 2 : end] != b"/>":
            closing = b"</" + name[1] + b">"
            found = stream.find(closing, end)
            end = found + len(closing) if found >= 0 else 0
        if not end:
            break
        elements.append(stream[begin:end])
        start = end
    return elements, stream[start:]


def _received(line: socket.socket) -> bytes:
    # A line that somebody reads from is only reset once nobody does.
    while not select.select([line], [], [], 0.05)[0]:
        pass
    return line.recv(65536)


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
    line.close()
