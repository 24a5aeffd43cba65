"""Faults that a test orders in advance."""

from collections import deque

from flatctl.errors import DeviceError, NoReply
from hardware_sims.clock import VirtualClock


class FaultList:
    """Faults waiting for the calls of one method to come; the n-th call meets the n-th."""

    def __init__(self) -> None:
        self._waiting: deque[DeviceError | None] = deque()

    def add(self, count: int, error: DeviceError | None) -> None:
        """Let the next `count` calls raise `error`, or hang until their time-out if None."""
        self._waiting.extend([error] * count)

    def meet(self, device: str, timeout_s: float, clock: VirtualClock) -> None:
        """Suffer the next fault, if there is one."""
        if not self._waiting:
            return
        error = self._waiting.popleft()
        if error is not None:
            raise error
        clock.sleep(timeout_s)
        raise NoReply(device, f"no answer for {timeout_s:g} s", "see whether it still has power")
