"""A panel that knows one recorded dialogue by heart."""

import threading
import time
from collections.abc import Callable, Sequence

_REPEAT_S = 0.1


class RecordedPanel:
    """Answers each recorded command with its reply, and nothing else.

    `left` is what was not asked for yet, `complaint` the first command that was not expected. A
    panel that spoke before it was asked anything goes on saying its last line, as such panels do.
    May be served on several ports at once, for a panel that has them.
    """

    def __init__(
        self,
        pairs: Sequence[tuple[bytes, bytes]],
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.left = list(pairs)
        self.complaint = ""
        self._streams = bool(pairs) and not pairs[0][0]
        self._heard = b""
        self._last = b""
        self._said_s = 0.0
        self._now = now
        self._lock = threading.Lock()

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel says by now."""
        with self._lock:
            return self._answer(received)

    def _answer(self, received: bytes) -> bytes:
        self._heard += received
        said = b""
        while self.left and not self.complaint and self._heard.startswith(self.left[0][0]):
            command, answer = self.left.pop(0)
            self._heard = self._heard[len(command) :]
            said += answer
        expected = self.left[0][0] if self.left else b""
        if self._heard and not expected.startswith(self._heard) and not self.complaint:
            self.complaint = f"expected {expected!r}, heard {self._heard!r}"
        if said:
            # What was heard last may have been cut off in the middle.
            whole = [line for line in said.splitlines(keepends=True) if line.endswith(b"\n")]
            self._last = whole[-1] if whole else self._last
        elif self._streams and self._now() - self._said_s >= _REPEAT_S:
            said = self._last
        if said:
            self._said_s = self._now()
        return said
