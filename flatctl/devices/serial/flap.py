"""What a light panel in a motorised cover on a serial line promises: that it shines closed only.

A family adds how a move starts; it is followed to its end and tried twice.
"""

from abc import abstractmethod
from collections.abc import Callable
from contextlib import suppress
from typing import ClassVar, TypeVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import CoverState
from flatctl.devices.serial.panel import SerialPanel
from flatctl.errors import BadReply, NoReply

T = TypeVar("T")

_RUNS = 2
# The rest of the time that the caller grants is for asking where the cover is.
_SHARE_FOR_MOVING = 0.9
# So much of it may a run take that is answered when it is over, for there may have to be another.
_SHARE_OF_FIRST_RUN = 0.7


class SerialFlap(SerialPanel):
    """A light panel in a motorised cover on a serial line.

    `set_brightness` closes it first, since lit means lit before the telescope, and `open_cover`
    puts the light out first; their time-outs have to allow for two runs of `move_limit_s`.
    A moving cover is asked every `poll_s` where it is.
    """

    move_limit_s: ClassVar[float] = 30.0
    poll_s: float = 0.2
    motor_start_s: ClassVar[float] = 2.0
    _has_cover = True

    def set_brightness(self, brightness: int, timeout_s: float) -> None:
        """Close the cover, light it at `brightness`, and read back what can be read back.

        Raises `ValueError` outside its steps.
        """
        self._check(brightness)
        deadline = self._link.deadline(timeout_s)
        with self._dark_on_failure():
            if self.has_cover:
                self._move(CoverState.CLOSED, deadline)
            self._shine(brightness, deadline)

    def open_cover(self, timeout_s: float) -> None:
        """Put the light out, open the cover and follow it to the end."""
        deadline = self._link.deadline(timeout_s)
        with self._dark_on_failure():
            self._need_cover("open it by hand")
            self._put_out(deadline)
            self._move(CoverState.OPEN, deadline)

    def close_cover(self, timeout_s: float) -> None:
        """Close the cover and follow it to the end."""
        with self._dark_on_failure():
            self._need_cover("close it by hand")
            self._move(CoverState.CLOSED, self._link.deadline(timeout_s))

    def cover_state(self, timeout_s: float) -> CoverState:
        """Ask where the cover is; `UNKNOWN` where there is none."""
        return self._read_cover(self._link.deadline(timeout_s))

    @abstractmethod
    def _start_move(self, goal: CoverState, deadline: Deadline) -> None:
        """Start the motor towards `OPEN` or `CLOSED`."""

    @abstractmethod
    def _read_cover(self, deadline: Deadline) -> CoverState:
        """Ask where the cover is."""

    def _ask_until_moved(
        self,
        command: bytes,
        parse: Callable[[bytes], T],
        deadline: Deadline,
        ends: bytes | None = None,
    ) -> T | None:
        """Start a move that is answered when it is over; return the answer, `None` without one."""
        limit_s = min(self.move_limit_s, _SHARE_OF_FIRST_RUN * deadline.left_s)
        # Where the cover is then is asked for anyway.
        with suppress(NoReply, BadReply):
            limit = self._link.deadline(limit_s)
            return self._link.ask(command, parse, limit, ends=ends, reply_s=limit_s, tries=1)
        return None

    def _why_not_there(self, state: CoverState) -> str:
        """Say how a move ended that did not reach its goal."""
        return _COVER_ENDED[state]

    def _move(self, goal: CoverState, deadline: Deadline) -> None:
        state = self._read_cover(deadline)
        for _ in range(_RUNS):
            if state is goal:
                return
            state = self._run_cover(goal, deadline)
            if deadline.over:
                break
        if state is not goal:
            raise self._fault(
                f"the cover is asked to be {goal.value}, but {self._why_not_there(state)}",
                "look for something in its way and at its power supply",
            )

    def _run_cover(self, goal: CoverState, deadline: Deadline) -> CoverState:
        """Start one move, follow it to its end, and return where the cover is then."""
        self._start_move(goal, deadline)
        limit = self._link.deadline(min(self.move_limit_s, _SHARE_FOR_MOVING * deadline.left_s))
        starting = self._link.deadline(self.motor_start_s)
        has_moved = False
        while True:
            self._link.clock.sleep(min(self.poll_s, limit.left_s))
            state = self._read_cover(deadline)
            if state is goal or limit.over:
                return state
            if state is CoverState.MOVING:
                has_moved = True
            elif has_moved or starting.over:
                # At rest elsewhere. Before the motor starts that is where it comes from.
                return state

    def _need_cover(self, remedy: str) -> None:
        if not self.has_cover:
            raise self._fault("this unit has no cover", remedy)


_COVER_ENDED = {
    CoverState.CLOSED: "it stays closed",
    CoverState.OPEN: "it stays open",
    CoverState.MOVING: "it is still moving",
    CoverState.UNKNOWN: "it stopped half-way",
    CoverState.FAILED: "it says that its move timed out",
}
