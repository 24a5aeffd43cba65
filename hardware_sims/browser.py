"""A simulated screen: what flatctl's page does in a browser, done by a thread."""

import contextlib
import http.client
import json
import socket
import threading
import time
import urllib.parse
from types import TracebackType
from typing import Any

from hardware_sims.light import Light


class SimulatedPage:
    """A screen that has the page of `address` open, shows `light`, and comes back when cut off.

    `asleep`: it hears, but neither paints nor answers orders, as a page behind another window.
    `skew` is added to what it paints. `refusals` lists the HTTP status of every refused stream,
    `orders` counts the orders that came. Use as a context manager.
    """

    def __init__(self, address: str, light: Light, page: str = "simulated") -> None:
        parts = urllib.parse.urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        self._query = f"{parts.query}&page={page}"
        self._page = page
        self._light = light
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live, name="simulated-page")
        self._socket: socket.socket | None = None
        self.asleep = False
        self.away = False
        self.skew = 0
        self.refusals: list[int] = []
        self.orders = 0

    def __enter__(self) -> "SimulatedPage":
        """Open the page."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the page."""
        self.cut_off()
        self._stop.set()
        self._thread.join()

    def cut_off(self) -> None:
        """Lose the connection and stay away."""
        self.away = True
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def come_back(self) -> None:
        """Find the network again."""
        self.away = False

    def _live(self) -> None:
        while not self._stop.is_set():
            if not self.away:
                with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
                    self._follow()
            time.sleep(0.02)

    def _follow(self) -> None:
        stream = http.client.HTTPConnection(self._host, self._port, timeout=10)
        with contextlib.closing(stream):
            stream.request("GET", f"/orders?{self._query}")
            # http.client hands its socket over to the answer of HTTP/1.0.
            self._socket = stream.sock
            answer = stream.getresponse()
            if answer.status != 200:
                self.refusals.append(answer.status)
                return
            with answer:
                while not self.away and (line := answer.readline()):
                    self._obey(json.loads(line))

    def _obey(self, message: dict[str, Any]) -> None:
        if "n" not in message:
            return
        if "lit" in message:
            self.orders += 1
            if self.asleep:
                return
            brightness = min(message["color"][0] + self.skew, 255)
            if message["lit"]:
                self._light.set(lit=True, brightness=brightness)
            else:
                self._light.set(lit=False)
        self.post(
            json.dumps(
                {
                    "page": self._page,
                    "n": message["n"],
                    "lit": self._light.lit,
                    "color": [self._light.brightness if self._light.lit else 0] * 3,
                    "visible": not self.asleep,
                }
            )
        )

    def post(self, body: str) -> int:
        """Post a report and return the status of the answer."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=10)
        with contextlib.closing(connection):
            connection.request("POST", f"/painted?{self._query}", body)
            with connection.getresponse() as answer:
                return answer.status
