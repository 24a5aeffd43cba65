"""As plain a client as Alpaca allows: what is on the wire, and nothing thought about it."""

import http.client
import json
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from numpy.typing import NDArray

_HEADER = "<11i"
_FORMS = {1: "<i2", 2: "<i4", 3: "<f8", 4: "<f4", 5: "<u8", 6: "u1", 7: "<i8", 8: "<u2", 9: "<u4"}


@dataclass(frozen=True)
class Said:
    """An answer: its HTTP status, and its JSON or its text."""

    status: int
    body: object

    @property
    def value(self) -> object:
        assert self.status == 200, self.body
        assert not self.error, self.body
        return self.body["Value"]

    @property
    def error(self) -> int:
        return self.body.get("ErrorNumber", 0)


class PlainAlpaca:
    """A client with an id on one kept connection."""

    def __init__(self, port: int, client: int = 7, timeout_s: float = 20.0) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
        self._ids = {"ClientID": client, "ClientTransactionID": 41}

    def raw(
        self, method: str, path: str, body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()

    def get(self, member: str, device: str = "camera") -> Said:
        path = f"/api/v1/{device}/0/{member}?{urlencode(self._ids)}"
        return _said(*self.raw("GET", path))

    def put(self, member: str, device: str = "camera", **values: object) -> Said:
        form = urlencode(values | self._ids)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return _said(*self.raw("PUT", f"/api/v1/{device}/0/{member}", form, **kind))

    def connect(self, *devices: str) -> "PlainAlpaca":
        for device in devices or ("camera",):
            assert not self.put("connected", device, Connected=True).error
        return self

    def image(self) -> NDArray[np.generic]:
        """Return the frame as (rows, cols)."""
        header, pixels = self.image_bytes()
        _, error, _, _, start, _, form, rank, cols, rows, planes = struct.unpack(_HEADER, header)
        assert (error, start) == (0, 44), pixels
        shape = (cols, rows, planes)[:rank]
        return np.frombuffer(pixels, _FORMS[form]).reshape(shape).swapaxes(0, 1)

    def image_bytes(self) -> tuple[bytes, bytes]:
        path = f"/api/v1/camera/0/imagearray?{urlencode(self._ids)}"
        status, headers, body = self.raw("GET", path, Accept="application/imagebytes")
        assert (status, headers["Content-Type"]) == (200, "application/imagebytes"), body
        return body[:44], body[44:]

    def expose(self, exposure_s: float = 0.01) -> None:
        """Take a frame and wait until it is ready."""
        assert not self.put("startexposure", Duration=exposure_s, Light=True).error
        until(lambda: self.get("imageready").value, "the frame is ready")

    def close(self) -> None:
        self._connection.close()


def _said(status: int, headers: dict[str, str], body: bytes) -> Said:
    is_json = headers["Content-Type"].startswith("application/json")
    return Said(status, json.loads(body) if is_json else body.decode())


def until(true: Callable[[], object], what: str, timeout_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline_s, what
        time.sleep(0.002)
