"""A real headless Chromium, driven over its DevTools pipe (JSON messages ended by NUL)."""

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ANSWER_S = 20.0


class Chromium:
    """One browser with one page."""

    def __init__(self, to: int, fro: int) -> None:
        self._to, self._fro = to, fro
        self._heard = b""
        self._n = 0
        self._session: str | None = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")

    def call(self, method: str, **parameters: object) -> dict:
        """Call a method of the DevTools protocol and return its result."""
        self._n += 1
        message = {"id": self._n, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + ANSWER_S
        while True:
            answer = json.loads(self._message(deadline))
            if answer.get("id") == self._n:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def show(self, address: str) -> None:
        """Open an address in the page."""
        self.call("Page.navigate", url=address)

    def value(self, expression: str) -> object:
        """Evaluate JavaScript in the page."""
        return self.call("Runtime.evaluate", expression=expression)["result"].get("value")

    def offline(self, *, offline: bool) -> None:
        """Cut the page off from the network, or let it back."""
        self.call("Network.enable")
        self.call(
            "Network.emulateNetworkConditions",
            offline=offline,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )

    def painted(self) -> set[tuple[int, int, int]]:
        """Return the colours of all pixels of the page as it is painted."""
        shot = self.call("Page.captureScreenshot", format="png", optimizeForSpeed=True)
        return colours(base64.b64decode(shot["data"]))

    def _message(self, deadline: float) -> bytes:
        while b"\0" not in self._heard:
            ready, _, _ = select.select([self._fro], [], [], max(0, deadline - time.monotonic()))
            assert ready, "Chromium does not answer"
            self._heard += os.read(self._fro, 1 << 16)
        message, _, self._heard = self._heard.partition(b"\0")
        return message


@contextmanager
def chromium(folder: Path, *, width: int = 320, height: int = 200) -> Iterator[Chromium]:
    """Start the browser with a profile of its own."""
    from_us, to_browser = os.pipe()
    from_browser, to_us = os.pipe()
    binary = shutil.which("chromium")
    assert binary, "chromium is not installed"
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--hide-scrollbars",
        "--force-color-profile=srgb",
        f"--window-size={width},{height}",
        f"--user-data-dir={folder / 'profile'}",
        "--remote-debugging-pipe",
    ]
    # The browser reads from descriptor 3 and writes to descriptor 4.
    script = f'exec "$0" "$@" 3<&{from_us} 4>&{to_us}'
    command = ["bash", "-c", script, binary, *options]
    with subprocess.Popen(
        command,
        pass_fds=(from_us, to_us),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        os.close(from_us)
        os.close(to_us)
        try:
            yield Chromium(to_browser, from_browser)
        finally:
            # Its pipe closed, the browser ends with all its processes.
            os.close(to_browser)
            os.close(from_browser)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def colours(png: bytes) -> set[tuple[int, int, int]]:
    """Return the colours in an 8-bit RGB or RGBA PNG (its specification, second edition)."""
    at, packed, header = 8, b"", b""
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        body = png[at + 8 : at + 8 + length]
        header = body if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height, depth, colour = struct.unpack_from(">IIBB", header)
    assert depth == 8
    channels = {2: 3, 6: 4}[colour]
    rows = _unfiltered(zlib.decompress(packed), width * channels, height, channels)
    return {tuple(row[i : i + 3]) for row in rows for i in range(0, len(row), channels)}


def _unfiltered(content: bytes, stride: int, height: int, channels: int) -> Iterator[bytes]:
    above = bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        kind, row = content[start], bytearray(content[start + 1 : start + 1 + stride])
        for x in range(stride):
            left = row[x - channels] if x >= channels else 0
            corner = above[x - channels] if x >= channels else 0
            row[x] = (row[x] + _predicted(kind, left, above[x], corner)) & 0xFF
        yield bytes(row)
        above = row


def _predicted(kind: int, left: int, up: int, corner: int) -> int:
    if kind < 4:
        return (0, left, up, (left + up) // 2)[kind]
    guess = left + up - corner
    return min((left, up, corner), key=lambda value: abs(guess - value))
