"""Listen to what passes over serial lines, without the drivers knowing of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from flatctl.devices.log import HEARD, SENT, current_log
from flatctl.devices.serial.diagnosis import printable

Tap = Callable[[str, bytes], None]
"""Gets the direction (`SENT` or `HEARD`) and the bytes; called in the thread that moves them."""

_tap: ContextVar[Tap | None] = ContextVar("tap", default=None)


@contextmanager
def tapping(tap: Tap) -> Iterator[None]:
    """Tap every link that is made inside the block, for as long as the link lives."""
    token = _tap.set(tap)
    try:
        yield
    finally:
        _tap.reset(token)


def current_tap(device: str) -> Tap | None:
    """Return who listens to a link to `device` that is made now: a recorder, the log, or both."""
    recorder, log = _tap.get(), current_log()
    if log is None:
        return recorder

    def tap(way: str, content: bytes) -> None:
        log.note(device, way, printable(content))
        if recorder is not None:
            recorder(way, content)

    return tap


class TappedPort:
    """A pyserial port whose bytes are shown to a tap as they pass."""

    def __init__(self, port: Any, tap: Tap) -> None:
        self._port = port
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)

    def write(self, content: bytes) -> Any:
        """Send, and show what was sent."""
        self._tap(SENT, content)
        return self._port.write(content)

    def read(self, size: int = 1) -> bytes:
        """Read up to `size` bytes, and show what was heard."""
        content = bytes(self._port.read(size))
        if content:
            self._tap(HEARD, content)
        return content
