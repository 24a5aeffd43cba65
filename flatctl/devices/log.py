"""The log of a rig: what was said to each device and heard from it, with times.

Links and clients take the log that is current when they are made. Nothing that befalls its file
ever reaches a run: it falls silent, and says so once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path

SENT, HEARD, REMARK = ">", "<", "!"

LARGEST_BYTES = 5_000_000
_LONGEST_CHARS = 2000
_HIDDEN = "***"
# In addresses: who is let in, and by which word.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+(?=@)|(?<=token=)[^&\s'\"]+", re.IGNORECASE)

_current: ContextVar[DeviceLog | None] = ContextVar("log", default=None)


def current_log() -> DeviceLog | None:
    """Return the log that devices made now write to, `None` where nobody wants one."""
    return _current.get()


@contextmanager
def logging_to(path: Path | None, say: Callable[[str], None]) -> Iterator[None]:
    """Log what devices that are made inside the block say and hear.

    Without a `path` nothing changes, and a log that is current already goes before.
    """
    if path is None or current_log() is not None:
        yield
        return
    log = DeviceLog(path, say)
    token = _current.set(log)
    try:
        yield
    finally:
        _current.reset(token)
        log.close()


class DeviceLog:
    """A file with a line for each thing said; it continues one that is there.

    At `LARGEST_BYTES` it becomes `FILE.1`, in place of an older one. `say` hears, once, that it
    can't be written any more. Made without touching the file; used from any thread.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._path = path.expanduser().absolute()
        self._say = say
        self._secrets: list[str] = []
        self._lock = threading.Lock()
        self._fd: int | None = None
        self._silent = False
        self._size = self._lines = 0

    def hide(self, secret: str) -> None:
        """Keep a secret out of all lines to come."""
        self._secrets.append(secret)

    def note(self, device: str, way: str, text: str) -> str:
        """Write a line; return its place as `FILE:line`, empty where it could not be written.

        `way` is `SENT`, `HEARD`, or `REMARK` for what is said about the device.
        """
        line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {device} {way} {text}"
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        # Whatever devices say, one line stays one line.
        line = _CREDENTIALS.sub(_HIDDEN, line)[:_LONGEST_CHARS]
        content = (line if line.isprintable() else ascii(line)[1:-1]) + "\n"
        with self._lock:
            if self._silent:
                return ""
            try:
                self._write(content.encode(errors="replace"))
            except (OSError, ValueError) as error:
                self._fall_silent(error)
                return ""
            return f"{self._path}:{self._lines}"

    def close(self) -> None:
        """Close the file; what is said later goes nowhere."""
        with self._lock:
            self._silent = True
            self._let_go()

    def _fall_silent(self, error: Exception) -> None:
        self._silent = True
        self._let_go()
        why = getattr(error, "strerror", None) or error
        # Not even a closed stderr may end the run.
        with contextlib.suppress(OSError, ValueError):
            self._say(f"the log {self._path} can't be written ({why}); going on without it")

    def _open(self) -> None:
        # Not to wait: a pipe that nobody reads must not hold anything up.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        self._fd = os.open(self._path, flags, 0o644)
        self._size = os.fstat(self._fd).st_size
        self._lines = 0
        if self._size:
            self._lines = self._path.read_bytes().count(b"\n")

    def _let_go(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                os.close(fd)

    def _write(self, content: bytes) -> None:
        if self._size and self._size + len(content) > LARGEST_BYTES:
            self._path.replace(f"{self._path}.1")
            self._let_go()
        elif self._fd is not None and not os.fstat(self._fd).st_nlink:
            self._let_go()  # somebody has deleted it
        if self._fd is None:
            self._open()
        if self._fd is not None and os.write(self._fd, content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += len(content)
        self._lines += 1
