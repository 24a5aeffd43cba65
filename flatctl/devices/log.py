"""The log of a rig: what was said to each device and heard from it, with times.

Links and clients take the log that is current when they are made. Nothing that befalls its file
ever reaches a run: lines are written by a thread of the log's own, and are left out where its disk
hangs; where it can't be written it falls silent. Either is said once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

SENT, HEARD, REMARK = ">", "<", "!"

LARGEST_BYTES = 5_000_000
WAITING_MAX = 4000  # lines that the disk has not taken yet: 8 MB at worst
_LONGEST_CHARS = 2000
_PLACE_S = 1.0
_LAST_LINES_S = 2.0
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


@dataclass(eq=False)
class _Line:
    """A line on its way; `place` is where it stands once it was `written`, if it could be."""

    content: bytes
    place: str = ""
    written: threading.Event = field(default_factory=threading.Event)


class DeviceLog:
    """A file with a line for each thing said; it continues one that is there.

    At `LARGEST_BYTES` it becomes `FILE.1`, in place of an older one. `say` hears, once each, that
    it can't be written any more, and that lines are left out. Made without touching the file; used
    from any thread, of which none ever waits for the disk.
    """

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        self._file = _File(path.expanduser().absolute())
        self._say = say
        self._secrets: list[str] = []
        self._change = threading.Condition()
        self._waiting: deque[_Line] = deque()
        self._writer: threading.Thread | None = None
        self._over = False
        self._left_out = 0
        self._told_of_gaps = False
        self._patience_s = _PLACE_S

    def hide(self, secret: str) -> None:
        """Keep a secret out of all lines to come."""
        self._secrets.append(secret)

    def note(self, device: str, way: str, text: str) -> None:
        """Add a line; `way` is `SENT`, `HEARD`, or `REMARK` for what is said about the device."""
        self._add(self._line(device, way, text))

    def remark(self, device: str, text: str) -> str:
        """Add a remark and wait a moment for its place, `FILE:line`; empty where it has none."""
        line = self._add(self._line(device, REMARK, text))
        if line is None:
            return ""
        if not line.written.wait(self._patience_s):
            self._patience_s = 0.0
        return line.place

    def close(self) -> None:
        """Write what is left, if the disk takes it soon; what is said later goes nowhere."""
        with self._change:
            self._over = True
            self._change.notify_all()
        if self._writer is not None:
            self._writer.join(_LAST_LINES_S)
            if self._writer.is_alive():
                self._tell_of_gaps()

    def _line(self, device: str, way: str, text: str) -> _Line:
        line = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + f"Z {device} {way} {text}"
        for secret in self._secrets:
            line = line.replace(secret, _HIDDEN)
        # Whatever devices say, one line stays one line.
        line = _CREDENTIALS.sub(_HIDDEN, line)[:_LONGEST_CHARS]
        content = (line if line.isprintable() else ascii(line)[1:-1]) + "\n"
        return _Line(content.encode(errors="replace"))

    def _add(self, line: _Line) -> _Line | None:
        with self._change:
            if self._over:
                return None
            # Once lines are left out there is room for many before there is room for one.
            room = WAITING_MAX // 2 if self._left_out else WAITING_MAX
            if len(self._waiting) < room:
                if self._left_out:
                    gap = f"{self._left_out} lines are left out here: the disk was too slow"
                    self._waiting.append(self._line("log", REMARK, gap))
                    self._left_out = 0
                self._waiting.append(line)
                self._start()
                self._change.notify_all()
                return line
            self._left_out += 1
        self._tell_of_gaps()
        return None

    def _start(self) -> None:
        if self._writer is None:
            # A daemon, for a disk that hangs must not hold the end of the program up.
            self._writer = threading.Thread(target=self._write, name="log", daemon=True)
            self._writer.start()

    def _write(self) -> None:
        while (line := self._next()) is not None:
            try:
                line.place = self._file.write(line.content)
            except (OSError, ValueError) as error:
                self._fall_silent(error)
            line.written.set()
        self._file.let_go()

    def _next(self) -> _Line | None:
        with self._change:
            while not (self._waiting or self._over):
                self._change.wait()
            return self._waiting.popleft() if self._waiting else None

    def _fall_silent(self, error: Exception) -> None:
        with self._change:
            self._over = True
            for line in self._waiting:
                line.written.set()
            self._waiting.clear()
        why = getattr(error, "strerror", None) or error
        self._tell(f"the log {self._file.path} can't be written ({why}); going on without it")

    def _tell_of_gaps(self) -> None:
        told, self._told_of_gaps = self._told_of_gaps, True
        if not told:
            self._tell(f"the log {self._file.path} lacks lines: its disk is too slow, or hangs")

    def _tell(self, words: str) -> None:
        # Not even a closed stderr may end the run.
        with contextlib.suppress(OSError, ValueError):
            self._say(words)


class _File:
    """The file itself, of one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None
        self._size = self._lines = 0

    def write(self, content: bytes) -> str:
        """Add a line and return its place."""
        if self._fd is not None and not os.fstat(self._fd).st_nlink:
            self.let_go()  # somebody has deleted it
        if self._fd is None:
            self._open()
        if self._size and self._size + len(content) > LARGEST_BYTES:
            self.path.replace(f"{self.path}.1")
            self.let_go()
            self._open()
        if self._fd is not None and os.write(self._fd, content) < len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._size += len(content)
        self._lines += 1
        return f"{self.path}:{self._lines}"

    def let_go(self) -> None:
        """Close it; the next line opens it again."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                os.close(fd)

    def _open(self) -> None:
        # Not to wait: a pipe that nobody reads must not hold anything up.
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
        self._fd = os.open(self.path, flags, 0o644)
        self._size = os.fstat(self._fd).st_size
        self._lines = 0
        if 0 < self._size <= LARGEST_BYTES:
            self._lines = self.path.read_bytes().count(b"\n")
