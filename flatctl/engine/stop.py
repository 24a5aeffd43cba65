"""The wish to stop: every signal that would end the program becomes one exception, once.

The exception interrupts whatever the main thread waits for, as `KeyboardInterrupt` does. Regions
that have to be finished (the light going out) hold it back; a second signal changes nothing.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flatctl.errors import STOP_SIGNALS, Stopped


class StopSignals:
    """Turn the first signal into `Stopped`, and none after it."""

    def __init__(self) -> None:
        self._holds = 0
        self._waiting: int | None = None
        self._raised = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Catch the signals inside the block, but none that is ignored, as by `nohup`.

        Outside the main thread nothing can be caught.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        heard = [n for n in STOP_SIGNALS if signal.getsignal(n) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._caught) for number in heard}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the block end before a signal that arrives inside it is raised."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
        if self._waiting is not None and not self._holds:
            number, self._waiting = self._waiting, None
            self._raise(number)

    def _caught(self, number: int, _frame: FrameType | None) -> None:
        if self._holds:
            self._waiting = number
        else:
            self._raise(number)

    def _raise(self, number: int) -> None:
        if not self._raised:
            self._raised = True
            raise Stopped(number)
