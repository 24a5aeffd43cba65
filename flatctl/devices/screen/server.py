"""The page on the local network: three addresses, one token, and nothing else.

`GET /` is the page, `GET /orders` the lines for it, `POST /painted` its answers. Whoever lacks the
token gets none of them, and keeps nobody else away: a request has to be said within `_HEAD_S`, and
where places run short those go first that have not shown the token, the oldest of one address
before any other's.
"""

import contextlib
import hmac
import select
import socket
import threading
import time
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from socketserver import ThreadingTCPServer
from typing import Any

from flatctl.core.webrules import COMMON_HEADERS, is_host_known, own_names
from flatctl.devices.deadline import Deadline
from flatctl.devices.log import HEARD, DeviceLog
from flatctl.devices.screen.connection import BEAT_S, NAME, PageConnection
from flatctl.devices.screen.wire import REPORT_MAX_BYTES, bye, parse_report, question

CONNECTIONS_MAX = 16
STRANGERS_MAX = 4
"""Connections of one address that have not shown the token yet."""
_SLOW_CLIENT_S = 5.0
_HEAD_S, _HEAD_MAX = 2.0, 1 << 14
_AGAIN_S = 0.02
_GOODBYE_S = 1.0
_LOOK_S = 0.25
_PAGE_MAX = 64
_BEAT_N = 0
_NAMES = own_names(socket.gethostname())

_HEADERS = {
    **COMMON_HEADERS,
    "Content-Security-Policy": "default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
}
_WRONG_HOST = "This address is not one of this computer: open the one that flatctl shows.\n"
_WRONG_TOKEN = "This address is not valid (any more): open the one that flatctl shows now.\n"
_TAKEN = "Another screen is in use: close the page there first.\n"


class ScreenServer(ThreadingTCPServer):
    """Serve `seat` on `place` (host, port; port 0 for a free one) from threads of its own.

    Raises `OSError` where the place can't be had.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        place: tuple[str, int],
        token: str,
        seat: PageConnection,
        log: DeviceLog | None = None,
    ) -> None:
        self.log = log
        self.token = token
        self.seat = seat
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self._places = _Places()
        super().__init__(place, _Connection)
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="screen-server", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it really listens on."""
        return int(self.server_address[1])

    def stop(self) -> None:
        """Say goodbye to the page, stop serving and free the port."""
        self.seat.close()
        self.shutdown()
        self._thread.join()
        self.server_close()
        # The threads may die with the program; the goodbye is worth a moment.
        self._places.await_empty(_GOODBYE_S)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection in a thread, unless there are too many of them."""
        if self._places.take(request, str(client_address[0])):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve it, and count it out."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.leave(request)

    def trust(self, request: Any) -> None:
        """Keep the place of a connection that has shown the token."""
        self._places.trust(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that leave in the middle of a word."""


class _Places:
    """The connections that are served, by the order in which they came."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._strangers: dict[Any, str] = {}
        self._trusted: set[Any] = set()

    def take(self, request: Any, address: str) -> bool:
        """Give a connection a place, if need be that of a stranger; False where there is none."""
        with self._changed:
            kin = [each for each, where in self._strangers.items() if where == address]
            if len(kin) >= STRANGERS_MAX:
                self._turn_out(kin[0])
            elif len(self._strangers) + len(self._trusted) >= CONNECTIONS_MAX:
                if not self._strangers:
                    return False
                self._turn_out(next(iter(self._strangers)))
            self._strangers[request] = address
            return True

    def trust(self, request: Any) -> None:
        with self._changed:
            if self._strangers.pop(request, None) is not None:
                self._trusted.add(request)

    def leave(self, request: Any) -> None:
        with self._changed:
            self._strangers.pop(request, None)
            self._trusted.discard(request)
            self._changed.notify_all()

    def await_empty(self, timeout_s: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: not self._strangers and not self._trusted, timeout_s)

    def _turn_out(self, request: Any) -> None:
        del self._strangers[request]
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)


class _Connection(BaseHTTPRequestHandler):
    server: ScreenServer
    timeout = _SLOW_CLIENT_S
    server_version = "flatctl"
    sys_version = ""

    def handle(self) -> None:
        """Serve a request whose head is all there in time; drop any other without a word."""
        deadline = Deadline(_HEAD_S)
        while not deadline.over:
            readable, _, _ = select.select([self.connection], [], [], deadline.left_s)
            head = self.connection.recv(_HEAD_MAX, socket.MSG_PEEK) if readable else b""
            if not head:
                return
            if b"\r\n\r\n" in head or len(head) >= _HEAD_MAX:
                super().handle()
                return
            time.sleep(_AGAIN_S)

    def do_GET(self) -> None:
        """Serve the page or its orders."""
        self._route({"/": self._page, "/orders": self._orders})

    def do_POST(self) -> None:
        """Take what the page answers."""
        self._route({"/painted": self._painted})

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 because http.server calls it so
        """Log what was asked for, without the token."""
        if self.server.log is not None:
            path, status = self.path.partition("?")[0], int(code)
            if path != "/painted" or status != HTTPStatus.NO_CONTENT:
                words = f"{self.command} {path} from {self.address_string()}: {status}"
                self.server.log.note(NAME, HEARD, words)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 because http.server calls it so
        """Keep quiet: stderr belongs to the run."""

    def _route(self, routes: dict[str, Callable[[], None]]) -> None:
        url = urllib.parse.urlsplit(self.path)
        self._query = dict(urllib.parse.parse_qsl(url.query))
        if not is_host_known(self.headers.get("Host", ""), _NAMES, self._reached_at()):
            # A page of somebody else, whose name was made to lead here.
            self._say(HTTPStatus.BAD_REQUEST, _WRONG_HOST)
        elif url.path not in routes:
            self._say(HTTPStatus.NOT_FOUND, "There is nothing here.\n")
        elif not hmac.compare_digest(
            self._query.get("token", "").encode(), self.server.token.encode()
        ):
            self._say(HTTPStatus.FORBIDDEN, _WRONG_TOKEN)
        else:
            self.server.trust(self.connection)
            routes[url.path]()

    def _reached_at(self) -> str:
        return str(self.connection.getsockname()[0])

    def _page(self) -> None:
        page = files("flatctl.devices.screen").joinpath("page.html").read_bytes()
        self._begin(HTTPStatus.OK, "text/html; charset=utf-8", len(page))
        self.wfile.write(page)

    def _orders(self) -> None:
        seat, page = self.server.seat, self._query.get("page", "")
        if not 0 < len(page) <= _PAGE_MAX:
            self._say(HTTPStatus.BAD_REQUEST, "Which page is this?\n")
            return
        stream = seat.take(page)
        if stream is None:
            self._say(HTTPStatus.CONFLICT, _TAKEN)
            return
        try:
            self._begin(HTTPStatus.OK, "application/x-ndjson")
            self._carry(seat, stream)
        finally:
            seat.leave(stream)

    def _carry(self, seat: PageConnection, stream: int) -> None:
        """Send lines as they come and a question now and then, until one side leaves."""
        n, silent_s = 0, BEAT_S
        while (found := seat.next_line(stream, n, _LOOK_S)) is not None:
            n, lines = found
            silent_s += _LOOK_S
            if not lines and silent_s >= BEAT_S:
                lines = question(_BEAT_N)
            if lines:
                self.wfile.write(lines)
                silent_s = 0.0
            if self._has_left():
                return
        if seat.closed:
            self.wfile.write(bye())

    def _has_left(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)

    def _painted(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or not 0 < int(length) <= REPORT_MAX_BYTES:
            self._say(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is no report.\n")
            return
        try:
            report = parse_report(self.rfile.read(int(length)))
        except ValueError:
            self._say(HTTPStatus.BAD_REQUEST, "This is no report.\n")
            return
        if self.server.seat.hear(report):
            self._begin(HTTPStatus.NO_CONTENT, "text/plain")
        else:
            self._say(HTTPStatus.CONFLICT, _TAKEN)

    def _say(self, status: HTTPStatus, text: str) -> None:
        content = text.encode()
        self._begin(status, "text/plain; charset=utf-8", len(content))
        self.wfile.write(content)

    def _begin(self, status: HTTPStatus, kind: str, length: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


def address_of(host: str, port: int, token: str) -> str:
    """Return what to open on the screen; for a host of all interfaces, one of this computer."""
    if host in ("0.0.0.0", "::", ""):
        host = _own_address()
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{port}/?token={token}"


def _own_address() -> str:
    """Return the address by which this computer goes out; nothing is sent to find it."""
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
    ):
        # TEST-NET-1 (RFC 5737): belongs to nobody, so that the default route answers.
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return socket.gethostname()
