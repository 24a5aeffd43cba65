"""Alpaca devices that answer as a test has them answer, whatever real ones would say."""

from __future__ import annotations

import json
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

NOT_IMPLEMENTED, NOT_CONNECTED = 0x400, 0x407


class Refusal(Exception):
    """An answer with an error: what a member's function raises."""

    def __init__(self, number: int, text: str = "") -> None:
        super().__init__(number, text)
        self.number, self.text = number, text


class HttpRefusal(Exception):
    """An answer that is no answer of a device."""

    def __init__(self, status: int, text: str = "") -> None:
        super().__init__(status, text)
        self.status, self.text = status, text


@dataclass
class Device:
    """A device: each member is a value, or a function of the parameters of a request.

    An order is answered where there is a function named after it in `orders`; it is carried out
    before it is answered. All others are not implemented.
    """

    members: dict[str, Any] = field(default_factory=dict)
    orders: dict[str, Callable[[dict[str, str]], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.members.setdefault("connected", True)
        self.members.setdefault("interfaceversion", 1)
        self.members.setdefault("name", "Scripted")
        self.orders.setdefault("connected", self._connect)

    def _connect(self, form: dict[str, str]) -> None:
        self.members["connected"] = form["Connected"] == "True"

    def get(self, member: str) -> object:
        """Return what a member is; raises `Refusal` where there is none."""
        if member not in self.members:
            raise Refusal(NOT_IMPLEMENTED, f"{member} is not implemented")
        value = self.members[member]
        return value() if callable(value) else value

    def put(self, member: str, form: dict[str, str]) -> None:
        """Carry an order out; raises `Refusal` where there is none."""
        if member not in self.orders:
            raise Refusal(NOT_IMPLEMENTED, f"{member} is not implemented")
        self.orders[member](form)


@dataclass
class ScriptedServer:
    """What is served, and what was heard: each request's method, path and form."""

    devices: dict[str, Device]
    lists: object = None
    port: int = 0
    heard: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str) -> str:
        """Return the address of a device, as a configuration has it."""
        return f"alpaca://127.0.0.1:{self.port}/{path}"

    def orders(self, member: str) -> list[dict[str, str]]:
        """Return the forms of each order of that name that was heard."""
        return [form for way, path, form in self.heard if way == "PUT" and path.endswith(member)]

    def answer(self, way: str, path: str, form: dict[str, str]) -> object:
        """Return the value of an answer."""
        self.heard.append((way, path, form))
        if path == "/management/v1/configureddevices" and self.lists is not None:
            return self.lists
        for name, device in self.devices.items():
            if path.startswith(f"/api/v1/{name}/"):
                member = path.removeprefix(f"/api/v1/{name}/")
                return device.get(member) if way == "GET" else device.put(member, form)
        raise HttpRefusal(400, "no such device")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        split = urllib.parse.urlsplit(self.path)
        self._answer("GET", split.path, split.query)

    def do_PUT(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self._answer("PUT", self.path, self.rfile.read(length).decode())

    def _answer(self, way: str, path: str, pairs: str) -> None:
        form = dict(urllib.parse.parse_qsl(pairs))
        body: dict[str, object] = {"ErrorNumber": 0, "ErrorMessage": ""}
        status = 200
        try:
            body["Value"] = self.server.scripted.answer(way, path, form)  # type: ignore[attr-defined]
            content = json.dumps(body).encode()
        except Refusal as refusal:
            body |= {"ErrorNumber": refusal.number, "ErrorMessage": refusal.text}
            content = json.dumps(body).encode()
        except HttpRefusal as refusal:
            status, content = refusal.status, refusal.text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def scripted_alpaca(devices: dict[str, Device], lists: object = None) -> Iterator[ScriptedServer]:
    """Serve devices, by type and number, on a port of their own; `lists` what it has of them."""
    scripted = ScriptedServer(devices, lists)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        server.scripted = scripted  # type: ignore[attr-defined]
        scripted.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield scripted
        finally:
            server.shutdown()
            thread.join()
