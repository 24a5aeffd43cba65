"""Asking until something is so: Alpaca tells nothing unasked."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from flatctl.devices.alpaca.wire.refusals import Lacking
from flatctl.devices.deadline import Deadline

T = TypeVar("T")

_SHORTEST_S, _LONGEST_S = 0.02, 0.25
_LAST_LOOK_S, _QUESTION_S = 1.0, 10.0


def granted_s(deadline: Deadline) -> float:
    """Return what a question is granted: the last one is asked when time is nearly over.

    Orders may take long, questions do not: who is silent for so long is gone.
    """
    return min(max(deadline.left_s, _LAST_LOOK_S), _QUESTION_S)


def optional(ask: Callable[[str, float], T], member: str, timeout_s: float) -> T | None:
    """Return what a device has for a member, None where it has no such thing."""
    try:
        return ask(member, timeout_s)
    except Lacking:
        return None


def poll(look: Callable[[], T | None], deadline: Deadline) -> T | None:
    """Call `look` until it returns something, ever less often; None where time is over first.

    It is called once at least, and what it raises comes out.
    """
    pause_s = _SHORTEST_S
    while (found := look()) is None and not deadline.over:
        time.sleep(min(pause_s, deadline.left_s))
        pause_s = min(1.5 * pause_s, _LONGEST_S)
    return found


class Linger:
    """How long a device may still report what it was, after an order, before that is its answer."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until = Deadline(seconds)

    @property
    def over(self) -> bool:
        """Whether it is its answer."""
        return self._until.over

    def again(self) -> None:
        """Grant it once more: it moves."""
        self._until = Deadline(self._seconds)
