"""Listen to a panel that talks unasked: a thread reads, and keeps the newest of what it says."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.serial.link import SerialLink
from flatctl.errors import DeviceError

S = TypeVar("S")

_LINE_ENDS = b"\r\n"
_LONGEST_LINE = 512
_LONGEST_MEMORY = 4096


class StreamLink(SerialLink, Generic[S]):
    """A serial port from which lines come of their own accord; commands are not answered.

    `parse` takes a line apart and raises `ValueError` for one that is no status; `line` is what
    any link takes.
    """

    def __init__(
        self,
        url: str,
        *,
        parse: Callable[[bytes], S],
        **line: Any,
    ) -> None:
        super().__init__(url, **line)
        self._parse = parse
        self._news = threading.Condition()
        self._reader_ended: Callable[[], bool] = lambda: True
        self._listening = False
        self._begun = 0  # lines that have begun so far
        self._latest: tuple[int, S] | None = None  # the number of its line, and the status
        self._heard = bytearray()
        self._partial = b""  # what has come of the line under way
        self._broken: DeviceError | None = None

    @property
    def is_open(self) -> bool:
        """Whether the port is open and listened to; false again once the line broke."""
        return super().is_open and self._listening

    def listen(self, timeout_s: float) -> S:
        """Open the port, start to read, and return the first status.

        The boot delay is granted on top of `timeout_s`. Closes the port again if it fails.

        Raises `Unreachable` when nobody talks, `BadReply` when somebody else does.
        """
        if not self._listening:
            # What a reader that saw the line break has left behind.
            self.close()
            self.open()
            self._broken = self._latest = None
            self._partial = b""
            self._listening = True
            self._reader_ended = self.clock.keep_doing(self._read_on, self.name)
        with self._greeting("not a word comes of its own accord"):
            return self.until(lambda _status: True, self.deadline(timeout_s))

    def close(self) -> None:
        """Stop to read and close the port; never raises."""
        self._listening = False
        # The reader can't wait for itself; whoever comes next closes the port.
        if self._reader_ended():
            super().close()

    def until(self, wanted: Callable[[S], bool], deadline: Deadline) -> S:
        """Return the first status from now on that is as `wanted`, or the last one there was.

        Only a line that begins after this call counts. Raises `NoReply` when the panel has fallen
        silent, `BadReply` when it says something else, `Unreachable` when the line broke.
        """
        with self._news:
            begun, self._heard[:] = self._begun, b""
            newest: S | None = None
            while True:
                if self._latest is not None and self._latest[0] > begun:
                    begun, newest = self._latest
                    if wanted(newest):
                        return newest
                if self._broken is not None:
                    raise self._broken
                if deadline.over:
                    break
                if not self._listening:
                    self._opened()
                self.clock.wait(self._news, deadline.left_s)
            if newest is not None:
                return newest
            raise self._no_answer(bytes(self._heard), "it has fallen silent", "it says")

    def _read_on(self) -> bool:
        """Take in what has come; return whether there may be more."""
        if not self._listening:
            return False
        try:
            content = self._read()
        except DeviceError as error:
            with self._news:
                self._broken = error
                self._news.notify_all()
            return False
        if content:
            with self._news:
                self._take(content)
                self._news.notify_all()
        return True

    def _take(self, content: bytes) -> None:
        self._heard[:] = (self._heard + content)[:_LONGEST_MEMORY]
        for byte in content:
            if byte in _LINE_ENDS:
                self._understand(self._partial)
                self._partial = b""
                continue
            if not self._partial:
                self._begun += 1
            self._partial = (self._partial + bytes([byte]))[-_LONGEST_LINE:]

    def _understand(self, line: bytes) -> None:
        try:
            self._latest = self._begun, self._parse(line)
        except ValueError:
            # Not a status: a half line at the start, noise, or a word on the side.
            return
