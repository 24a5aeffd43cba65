"""A word every few seconds where a user would otherwise stare at nothing."""

import threading
from collections.abc import Callable
from typing import Self

EVERY_S = 5.0


class SlowWords:
    """While it is entered, say every few seconds what is still being done, until told to `stop`."""

    def __init__(self, say: Callable[[str], None], what: str, every_s: float = EVERY_S) -> None:
        self._say = say
        self._what = what
        self._every_s = every_s
        self._over = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._speak, name="slow-words", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self, *_: object) -> None:
        """Fall silent: it is done, or others have begun to tell."""
        self._over.set()

    def _speak(self) -> None:
        spent_s = 0.0
        while not self._over.wait(self._every_s):
            spent_s += self._every_s
            self._say(f"still {self._what}, {spent_s:g} s")
