"""The one place for a screen: who sits in it, what it was asked last, what it answered."""

import threading
import time

from flatctl.devices.deadline import Deadline
from flatctl.devices.log import HEARD, SENT, DeviceLog
from flatctl.devices.screen.wire import Color, Report, order, question

NAME = "Screen"
# The page answers a question every BEAT_S; one that was silent for so long is gone.
BEAT_S = 2.0
STALE_S = 3 * BEAT_S


class PageConnection:
    """Shared by the panel's thread, which asks, and the server's threads, which carry.

    The first page that comes has the seat until it is gone; any other is turned away. A page that
    comes back, or the next one, is told the last order again, so that a reload heals itself.
    """

    def __init__(self, log: DeviceLog | None = None) -> None:
        self._log = log
        self._changed = threading.Condition()
        self._page = ""
        self._stream = 0
        self._heard_s = 0.0
        self._greeted = False
        self._n = 0
        self._order = b""
        self._line = b""
        self._line_n = 0
        self._answer: Report | None = None
        self._visible = True
        self._closed = False

    # The panel's side

    @property
    def taken(self) -> bool:
        """Whether a page is connected and answers."""
        with self._changed:
            return self._is_taken()

    @property
    def visible(self) -> bool:
        """Whether the page was in front when it was heard last."""
        return self._visible

    def await_page(self, timeout_s: float) -> bool:
        """Wait until a page is connected and has answered; return whether it is so."""
        with self._changed:
            return self._changed.wait_for(self._is_taken, timeout_s)

    def post(self, *, lit: bool, color: Color) -> int:
        """Order a light, now or when the next page comes; return the order's number."""
        with self._changed:
            self._n += 1
            self._order = order(self._n, lit=lit, color=color)
            self._say(self._order)
            return self._n

    def ask(self) -> int:
        """Ask the page how it stands; return the question's number."""
        with self._changed:
            self._n += 1
            self._say(question(self._n))
            return self._n

    def await_answer(self, n: int, timeout_s: float, grace_s: float) -> Report | None:
        """Wait for the answer to line `n`; `None` when it is late or no page came for `grace_s`."""
        deadline, grace = Deadline(timeout_s), Deadline(grace_s)
        with self._changed:
            while True:
                if self._answer is not None and self._answer.n == n:
                    return self._answer
                if self._is_taken():
                    grace = Deadline(grace_s)
                if deadline.over or grace.over:
                    return None
                self._changed.wait(min(deadline.left_s, 0.1))

    def close(self) -> None:
        """Let every stream end."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    # The server's side

    def take(self, page: str) -> int | None:
        """Give the seat to a page and return the number of its stream, `None` if it is taken."""
        with self._changed:
            if self._closed or (self._page not in ("", page) and not self._is_stale()):
                return None
            self._page = page
            self._stream += 1
            self._heard_s = time.monotonic()
            self._greeted = False
            self._changed.notify_all()
            return self._stream

    def leave(self, stream: int) -> None:
        """Free the seat, unless another stream has it by now."""
        with self._changed:
            if stream == self._stream:
                self._page = ""
                self._greeted = False
                self._changed.notify_all()

    def next_line(self, stream: int, after_n: int, timeout_s: float) -> tuple[int, bytes] | None:
        """Wait for a line newer than `after_n` and return it, or nothing (n stays) in time.

        `None` when this stream is to end: the panel lets go, the page has a newer one, or nothing
        was heard of it for too long.
        A new stream (`after_n` 0) is told the last order first.
        """
        with self._changed:

            def due() -> bool:
                return self._closed or stream != self._stream or self._line_n > after_n

            self._changed.wait_for(due, timeout_s)
            if self._closed or stream != self._stream or self._is_stale():
                return None
            if self._line_n <= after_n:
                return after_n, b""
            repeated = self._order if not after_n and self._order != self._line else b""
            return self._line_n, repeated + self._line

    def hear(self, report: Report) -> bool:
        """Take a report in; return whether it came from the page that has the seat."""
        with self._changed:
            if report.page != self._page:
                return False
            if report.n and self._log is not None:
                color = "off" if not report.lit else "on {} {} {}".format(*report.color)
                self._log.note(NAME, HEARD, f"{report.n}: {color}, visible {report.visible}")
            self._heard_s = time.monotonic()
            self._greeted = True
            self._visible = report.visible
            if report.n == self._n:
                self._answer = report
            self._changed.notify_all()
            return True

    @property
    def closed(self) -> bool:
        """Whether the panel has let go."""
        return self._closed

    def _say(self, line: bytes) -> None:
        if self._log is not None:
            self._log.note(NAME, SENT, line.decode().rstrip())
        self._line, self._line_n, self._answer = line, self._n, None
        self._changed.notify_all()

    def _is_taken(self) -> bool:
        return bool(self._page) and self._greeted and not self._is_stale()

    def _is_stale(self) -> bool:
        return time.monotonic() - self._heard_s > STALE_S
