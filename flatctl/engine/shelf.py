"""Frames on their way to the disk: written beside the next exposure, in order, a few in flight."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from types import TracebackType

IN_FLIGHT = 2


class Shelf:
    """Write frames in one background thread.

    At most `IN_FLIGHT` frames wait there, so memory is bounded by that many frames beside the one
    being read out. `placed` callbacks run in the caller's thread, in the order of `put`. An error
    of a write is raised by the next `put` or by `drain`; frames behind it are still written.
    Leaving the block drains.
    """

    def __init__(self) -> None:
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="shelf")
        self._pending: deque[tuple[Future[Path], Callable[[Path], None]]] = deque()

    def __enter__(self) -> "Shelf":
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish what is under way, whatever ended the block."""
        try:
            self.drain()
        finally:
            self._writer.shutdown()

    def put(self, write: Callable[[], Path], placed: Callable[[Path], None]) -> None:
        """Write a frame in the background; `placed` gets its path once it is safe on disk."""
        self._settle(IN_FLIGHT - 1)
        self._pending.append((self._writer.submit(write), placed))

    def drain(self) -> None:
        """Wait until every frame is on disk."""
        self._settle(0)

    def _settle(self, leave: int) -> None:
        while self._pending and (len(self._pending) > leave or self._pending[0][0].done()):
            # Waiting can be interrupted by the user's wish to stop; the frame stays in the queue then.
            wait([self._pending[0][0]])
            future, placed = self._pending.popleft()
            placed(future.result())
