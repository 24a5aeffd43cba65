"""An INDI client of a page, which shares no code with the product or the simulators."""

import base64
import io
import socket
import struct
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from astropy.io import fits


@dataclass(frozen=True)
class Update:
    """A message from a device, `values` by member name."""

    tag: str
    device: str | None
    name: str | None
    state: str | None
    values: dict[str, str]
    element: ET.Element

    @property
    def blob(self) -> bytes:
        return base64.b64decode(self.element[0].text or "")


class Client:
    """Connects, sends, and waits for what it needs to see."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._parser = ET.XMLPullParser(("start", "end"))
        self._parser.feed("<stream>")
        self._depth = 0
        self._updates = self._receive()
        self.seen: list[Update] = []
        self._deadline = 0.0

    def close(self) -> None:
        self._socket.close()

    def vanish(self) -> None:
        """Break the connection, as a client that crashes does."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def send(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def connect(self, device: str) -> None:
        """Connect a device with BLOBs; everything it has is defined afterwards."""
        self.send(f'<getProperties version="1.7" device="{device}"/>')
        self.wait(lambda u: u.device == device and u.name == "CONNECTION", 30.0)
        self.send(f'<enableBLOB device="{device}">Also</enableBLOB>')
        self.switch(device, "CONNECTION", "CONNECT")
        last = {"Sim CCD": "CCD1", "Sim Wheel": "FILTER_NAME", "Sim Light Box": "CAP_PARK"}[device]
        self.wait(lambda u: u.tag.startswith("def") and (u.device, u.name) == (device, last))

    def number(self, device: str, name: str, **values: float | str) -> None:
        inner = "".join(f'<oneNumber name="{n}">{v}</oneNumber>' for n, v in values.items())
        self.send(f'<newNumberVector device="{device}" name="{name}">{inner}</newNumberVector>')

    def switch(self, device: str, name: str, member: str) -> None:
        inner = f'<oneSwitch name="{member}">On</oneSwitch>'
        self.send(f'<newSwitchVector device="{device}" name="{name}">{inner}</newSwitchVector>')

    def text(self, device: str, name: str, **values: str) -> None:
        inner = "".join(f'<oneText name="{n}">{v}</oneText>' for n, v in values.items())
        self.send(f'<newTextVector device="{device}" name="{name}">{inner}</newTextVector>')

    def wait(self, wanted: Callable[[Update], object], timeout_s: float = 20.0) -> Update:
        """Return the next update that is wanted; all that passed are in `seen`."""
        self._deadline = time.monotonic() + timeout_s
        for update in self._updates:
            self.seen.append(update)
            if wanted(update):
                return update
        raise AssertionError("unreachable")

    def answer(self, name: str, *states: str) -> Update:
        """Return the next `set` of that property, in one of these states if any are given."""
        return self.wait(
            lambda u: (
                u.tag.startswith("set") and u.name == name and (not states or u.state in states)
            )
        )

    def expose(self, seconds: float) -> Update:
        """Take a frame and return its BLOB."""
        self.number("Sim CCD", "CCD_EXPOSURE", CCD_EXPOSURE_VALUE=seconds)
        blob = self.answer("CCD1")
        self.answer("CCD_EXPOSURE", "Ok")
        return blob

    def frame(self, seconds: float) -> tuple[fits.Header, Any]:
        """Take a frame and return its header and its pixels, read strictly."""
        with fits.open(io.BytesIO(self.expose(seconds).blob)) as hdus:
            hdus.verify("exception")
            return hdus[0].header, hdus[0].data.copy()

    def _receive(self) -> Iterator[Update]:
        stream: ET.Element | None = None
        while True:
            for event, element in self._parser.read_events():
                if event == "start":
                    self._depth += 1
                    stream = stream if stream is not None else element
                    continue
                self._depth -= 1
                if self._depth == 1:
                    assert stream is not None
                    stream.remove(element)
                    values = {c.get("name", ""): (c.text or "").strip() for c in element}
                    if element.tag == "setBLOBVector":
                        values = {}
                    get = element.get
                    yield Update(
                        element.tag, get("device"), get("name"), get("state"), values, element
                    )
            self._socket.settimeout(max(0.001, self._deadline - time.monotonic()))
            received = self._socket.recv(1 << 20)
            assert received, "the server closed the connection"
            self._parser.feed(received)
