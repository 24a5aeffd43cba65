"""An Alpaca server on plain HTTP, as strict as the API allows: a thread per connection.

Paths are lower case, names of PUT parameters count in every letter; what isn't understood ends with
400 and plain text. An answer is one write, and not held back for others to join it.
"""

import contextlib
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from itertools import count
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hardware_sims.alpaca.images import MIME
from hardware_sims.alpaca.replies import Asked, Reply, plain

# Far more than any order of the API takes.
MOST_BYTES = 1 << 16
_BACKLOG = 64

Answering = Callable[[Asked], Reply]


class AlpacaServer(ThreadingMixIn, TCPServer):
    """Answers requests by `answer` until `stop`; connections are closed after `keeps_s` of rest."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = _BACKLOG

    def __init__(
        self, answer: Answering, host: str, port: int, keeps_s: float | None = None
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.answer = answer
        self.keeps_s = keeps_s
        self.transactions = count(1)
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, port), _Conversation)
        serving = threading.Thread(target=self.serve_forever, args=[0.02], daemon=True)
        serving.start()

    @property
    def port(self) -> int:
        """The port on which it listens."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Stop listening and end all connections, whatever is under way."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        with self._lock:
            for each in self._open:
                _end(each)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  # because the library calls it so
        """Say what went wrong, unless it is only that the client went away."""
        went = isinstance(sys.exc_info()[1], OSError)
        # A file object that was closed under a thread's hands raises ValueError.
        if not went and not self.closing.is_set():
            traceback.print_exc()


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may have ended already
        connection.shutdown(socket.SHUT_RDWR)


class _Conversation(BaseHTTPRequestHandler):
    """The requests of one connection."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "flatctl-sim", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    server: AlpacaServer

    def setup(self) -> None:
        super().setup()
        self.connection.settimeout(self.server.keeps_s)

    def do_GET(self) -> None:
        query = urlsplit(self.path).query
        self._answer("GET", parse_qsl(query, keep_blank_values=True))

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit() and int(length) <= MOST_BYTES):
            self.close_connection = True
            self._send(plain(413, "the body is too large, or of unknown length"))
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        self._answer("PUT", parse_qsl(body, keep_blank_values=True))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # because the library calls it so
        pass

    def _answer(self, method: str, values: list[tuple[str, str]]) -> None:
        given = dict(values)
        ids = given if method == "PUT" else {key.lower(): value for key, value in given.items()}
        names = ("ClientID", "ClientTransactionID")
        keys = names if method == "PUT" else tuple(name.lower() for name in names)
        client, transaction = (_unsigned(ids.get(key, "0")) for key in keys)
        asked = Asked(
            method=method,
            path=urlsplit(self.path).path,
            values=given,
            client=client,
            client_transaction=transaction,
            transaction=next(self.server.transactions),
            image_bytes=MIME in self.headers.get("Accept", ""),
        )
        try:
            reply = self.server.answer(asked)
        except Exception:  # noqa: BLE001  # because whatever it is, the client is told
            traceback.print_exc()
            reply = plain(500, "the simulated server has a mistake")
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        if reply.wait_s:
            self.server.closing.wait(reply.wait_s)
        if reply.sends_frac:
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.content)
            length = reply.size if reply.length is None else reply.length
            self.send_header("Content-Length", str(length))
            for name, value in reply.headers:
                self.send_header(name, value)
            self.end_headers()
            self._write(reply)
        self.close_connection |= reply.then != "keep"
        while reply.then == "repeat" and not self.server.closing.is_set():
            self._write(reply)
        if reply.then == "hang":
            self.server.closing.wait()

    def _write(self, reply: Reply) -> None:
        left = int(reply.size * reply.sends_frac)
        for part in reply.parts:
            self.wfile.write(part[:left])
            left -= len(part[:left])
        self.wfile.flush()

    def flush_headers(self) -> None:
        # They wait for the body, which goes with them.
        self.wfile.write(b"".join(self._headers_buffer))
        self._headers_buffer: list[bytes] = []


def _unsigned(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0
