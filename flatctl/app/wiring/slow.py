"""A word every few seconds where a user would otherwise stare at nothing."""

import sys
import threading
from collections.abc import Callable
from typing import Self

EVERY_S = 5.0
# In a log the pauses double, up to this.
_LONGEST_S = 60.0


class SlowWords:
    """While it is entered, say again and again what is still being done, until told to `stop`.

    That is every few seconds on a terminal, ever less often in a log.

    `what` is that, or gives all that is to be said.
    """

    def __init__(
        self, say: Callable[[str], None], what: str | Callable[[], str], every_s: float = EVERY_S
    ) -> None:
        self._say = say
        self._what = what
        self._every_s = self._pause_s = every_s
        self._spent_s = 0.0
        self._over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._speak, name="slow-words", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def tell(self, words: str) -> None:
        """Say what is being done now, and again as long as it is."""
        self._say(words)
        self._what, self._spent_s = (lambda: f"still: {words}"), 0.0
        self._pause_s = self._every_s

    def stop(self, *_: object) -> None:
        """Fall silent: it is done, or others have begun to tell."""
        self._over.set()

    def _speak(self) -> None:
        while not self._over.wait(self._pause_s):
            self._spent_s += self._pause_s
            if not sys.stderr.isatty():
                self._pause_s = min(2 * self._pause_s, _LONGEST_S)
            words = f"still {self._what}" if isinstance(self._what, str) else self._what()
            self._say(f"{words}, {self._spent_s:g} s")
