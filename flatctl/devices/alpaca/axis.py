"""Rotators and focusers behind Alpaca: one number that a device drives to where it is asked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import Linger, granted_s, optional, poll
from flatctl.devices.deadline import Deadline
from flatctl.errors import Fault, NoReply, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession

_LINGERS_S = 3.0
_BLOCKED = "is it blocked? Look, or grant it more time with timeout_s"
_NEAR_DEG, _NEAR_STEPS = 0.25, 5
_MOVES_WITH_TEMPCOMP = 3  # the interface from which on a focuser does


class _Axis:
    """What both have in common."""

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device)

    @property
    def name(self) -> str:
        """Its address."""
        return self._client.name

    def close(self) -> None:
        """Let go of it; it stays connected and where it is."""
        self._client.close()

    def _drive(
        self,
        order: Callable[[float], None],
        where: Callable[[Deadline], float],
        is_near: Callable[[float], bool],
        asked: str,
        deadline: Deadline,
    ) -> float:
        """Drive there and return where it reports to stand once it is at rest near to it.

        Nothing is sent where it stands there already. Raises `Fault` where it refuses or comes to
        rest elsewhere, `NoReply` where it takes too long.
        """
        if not self._moves(deadline) and is_near(now := where(deadline)):
            return now
        with suppress(NoReply):  # one that answers late may move all the same
            order(deadline.left_s)
        lingers = Linger(_LINGERS_S)

        def look() -> float | None:
            if self._moves(deadline):
                lingers.again()
                return None
            now = where(deadline)
            return now if is_near(now) or lingers.over else None

        stands = poll(look, deadline)
        if stands is None:
            raise NoReply(self.name, f"has not come to rest at {asked} in time", _BLOCKED)
        if not is_near(stands):
            raise Fault(self.name, f"was sent to {asked} and stands at {stands:g}", _BLOCKED)
        return stands

    def _moves(self, deadline: Deadline) -> bool:
        return self._client.truth("ismoving", granted_s(deadline))


class AlpacaRotator(_Axis):
    """A camera rotator, by its address.

    What dust depends on is the angle of its mechanics, not that of the sky which other programs
    set; older ones have only one angle.
    """

    def __init__(self, session: AlpacaSession, device: str) -> None:
        super().__init__(session, device)
        self._members = ("mechanicalposition", "movemechanical")

    def open(self, timeout_s: float) -> float:
        """Reach the rotator, connect it if it is not connected; return its angle in degrees."""
        deadline = Deadline(timeout_s)
        self._client.connect(deadline.left_s)
        self._members = ("mechanicalposition", "movemechanical")
        if (angle_deg := optional(self._client.number, self._members[0], deadline.left_s)) is None:
            self._members = ("position", "moveabsolute")
            angle_deg = self._where(deadline)
        return angle_deg

    def turn(self, angle_deg: float, timeout_s: float) -> float:
        """Turn to an angle and return the one that is reported, within 0.25° of it."""
        wanted = angle_deg % 360.0

        def is_near(now: float) -> bool:
            return min((now - wanted) % 360.0, (wanted - now) % 360.0) <= _NEAR_DEG

        def order(left_s: float) -> None:
            self._client.put(self._members[1], left_s, Position=wanted)

        return self._drive(order, self._where, is_near, f"{wanted:g}°", Deadline(timeout_s))

    def _where(self, deadline: Deadline) -> float:
        return self._client.number(self._members[0], granted_s(deadline))


class AlpacaFocuser(_Axis):
    """A focuser with absolute positions, by its address."""

    def __init__(self, session: AlpacaSession, device: str) -> None:
        super().__init__(session, device)
        self._most = 0
        self._most_at_once = 0

    def open(self, timeout_s: float) -> int:
        """Reach the focuser, connect it if it is not connected; return its position in steps.

        Raises `Unfit` for one that knows no positions.
        """
        deadline = Deadline(timeout_s)
        self._client.connect(deadline.left_s)
        if not self._client.truth("absolute", deadline.left_s):
            raise Unfit(self.name, "has no positions, it only moves in and out", "leave it out")
        self._most = self._client.whole("maxstep", deadline.left_s)
        at_once = optional(self._client.whole, "maxincrement", deadline.left_s)
        self._most_at_once = at_once if at_once is not None and at_once > 0 else self._most
        return round(self._where(deadline))

    def move(self, steps: int, timeout_s: float) -> int:
        """Move to a position and return the one that is reported, within 5 steps of it.

        Some would take a position that they can't reach, so that is refused here.
        """
        if not 0 <= steps <= self._most:
            what = f"can't go to {steps}: its positions are 0 to {self._most}"
            raise Unfit(self.name, what, "correct focuser_steps, or its driver's settings")
        deadline = Deadline(timeout_s)
        if self._client.interface(deadline.left_s) < _MOVES_WITH_TEMPCOMP and optional(
            self._client.truth, "tempcomp", deadline.left_s
        ):
            self._client.put("tempcomp", deadline.left_s, TempComp=False)
        now = round(self._where(deadline))
        while abs(steps - now) > self._most_at_once:
            way = self._most_at_once if steps > now else -self._most_at_once
            now = self._go(now + way, deadline)
        return self._go(steps, deadline)

    def _go(self, steps: int, deadline: Deadline) -> int:
        def order(left_s: float) -> None:
            self._client.put("move", left_s, Position=steps)

        def is_near(now: float) -> bool:
            return abs(now - steps) <= _NEAR_STEPS

        return round(self._drive(order, self._where, is_near, f"{steps} steps", deadline))

    def _where(self, deadline: Deadline) -> float:
        return self._client.whole("position", granted_s(deadline))
