"""An Alpaca server on loopback that answers as a test has it, byte by byte."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from flatctl.settings.alpaca import AlpacaUrl

HANG_UP = b""


@dataclass(frozen=True)
class Asked:
    """A request: its values from the query or from the form, and which connection it came by."""

    method: str
    path: str
    values: dict[str, str]
    connection: int
    header: str

    @property
    def member(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        """Return method, member and values, but for those of every request."""
        own = (f"{k}={v}" for k, v in self.values.items() if not k.startswith("Client"))
        return " ".join([self.method, self.member, *own])


# The bytes of an answer, at once or piece by piece; what is empty ends the connection.
Sent = bytes | Iterable[bytes]


def http(body: bytes, kind: str = "application/json", status: str = "200 OK", *more: str) -> bytes:
    """Return an answer of HTTP."""
    head = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def said(value: object = None, number: int = 0, text: str = "", **more: object) -> bytes:
    """Return an answer of Alpaca, with what it says besides."""
    content = {"Value": value, "ErrorNumber": number, "ErrorMessage": text, **more}
    return http(json.dumps(content).encode())


class ScriptedServer:
    """Listens on a free port; `answer` says what is sent to each request, in its own thread."""

    def __init__(self, answer: Callable[[Asked], Sent]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, kind: str = "camera") -> AlpacaUrl:
        """Return where its device of a type is."""
        return AlpacaUrl("127.0.0.1", self.port, kind, 0)

    @property
    def lines(self) -> list[str]:
        """What it was asked so far, each in short."""
        return [str(one) for one in self.asked]

    def close(self) -> None:
        """End it, with all its connections."""
        self.closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        for n in range(10_000):
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(accepted)
            thread = threading.Thread(target=self._serve, args=(accepted, n))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, n: int) -> None:
        with connection, contextlib.suppress(OSError), connection.makefile("rb") as source:
            while (asked := _request(source, n)) is not None:
                self.asked.append(asked)
                answer = self.answer(asked)
                for piece in [answer] if isinstance(answer, bytes) else answer:
                    if not piece:
                        connection.shutdown(socket.SHUT_RDWR)
                        return
                    connection.sendall(piece)


def _request(source: io.BufferedReader, n: int) -> Asked | None:
    lines = []
    for line in source:
        if not line.strip():
            break
        lines.append(line.decode().rstrip())
    if not lines:
        return None
    method, target, _ = lines[0].split()
    sizes = [int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length")]
    form = source.read(sizes[0]).decode() if sizes else urlsplit(target).query
    return Asked(method, urlsplit(target).path, dict(parse_qsl(form)), n, "\n".join(lines))


@contextlib.contextmanager
def serving(answer: Callable[[Asked], Sent]) -> Iterator[ScriptedServer]:
    """Serve what `answer` says while the block lasts."""
    server = ScriptedServer(answer)
    try:
        yield server
    finally:
        server.close()


class Device:
    """The members of a device as a table: a value, a function of the request, or an answer."""

    def __init__(self, **members: object) -> None:
        self.members: dict[str, object] = {"connected": True, "interfaceversion": 4, **members}

    def __call__(self, asked: Asked) -> Sent:
        """Answer a request."""
        known = self.members.get(f"{asked.method} {asked.member}".removeprefix("GET "))
        if callable(known):
            known = known(asked)
        if isinstance(known, bytes) or hasattr(known, "__next__"):
            return known  # type: ignore[return-value]
        if known is None and asked.method == "GET":
            return said(None, 0x400, f"{asked.member} is not implemented")
        return said(known, ClientTransactionID=int(asked.values["ClientTransactionID"]))
