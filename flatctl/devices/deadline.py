"""A moment by which something has to be done."""

import time
from collections.abc import Callable


class Deadline:
    """The moment that lies `seconds` after now, on a clock that never goes back."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end_s = clock() + seconds

    @property
    def left_s(self) -> float:
        """Seconds left, never below 0."""
        return max(0.0, self._end_s - self._clock())

    @property
    def over(self) -> bool:
        """Whether it has passed."""
        return self.left_s == 0.0
