"""One number that a device drives to where it is asked: a rotator's angle, a focuser's position."""

from __future__ import annotations

from typing import ClassVar

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.session import DeviceSession, IndiDevice
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Property
from flatctl.devices.transports import Role
from flatctl.errors import Fault


class Axis(IndiDevice):
    """Where a device has that number, and how near to the wanted value it has to come.

    Values that begin anew after a `CIRCLE` are compared on it; 0 for a straight axis.
    """

    ROLE: ClassVar[Role]
    PROPERTY: ClassVar[str]
    ELEMENT: ClassVar[str]
    UNIT: ClassVar[str]
    NEAR: ClassVar[float]
    CIRCLE: ClassVar[float] = 0.0

    def __init__(self, client: IndiClient, device: str) -> None:
        super().__init__(client, device)
        self._session = DeviceSession(client, device, self.PROPERTY)

    def close(self) -> None:
        """Let go of it; it stays connected and where it is."""

    def _open(self, timeout_s: float) -> float:
        """Reach the device, connect it if it is not connected; return where it stands."""
        connect(self._client, self._device, self.ROLE, (self.PROPERTY,), timeout_s)
        self._session.take()
        return self._value(self._client.find(self._device, self.PROPERTY))

    def _drive(self, wanted: float, timeout_s: float) -> float:
        """Drive there and return where it reports to stand once it is at rest near to it.

        Nothing is sent where it stands there already. Raises `Fault` where the driver refuses,
        comes to rest elsewhere, or was restarted or reached anew since `open`, `NoReply` where it
        says nothing.
        """
        client, device = self._client, self._device
        deadline = Deadline(timeout_s)
        self._session.check(timeout_s)
        before = client.need(device, self.PROPERTY, timeout_s)
        if before.state != "Busy" and self._is_near(before, wanted):
            return self._value(before)
        since = client.send(device, self.PROPERTY, {self.ELEMENT: wanted}, timeout_s)
        asked = f"{wanted:g}{self.UNIT}"
        reached = client.await_change(
            device,
            self.PROPERTY,
            since,
            lambda now: self._is_near(now, wanted),
            deadline.left_s,
            doing="while it moved",
        )
        if reached is not None and reached.alerted > since:
            raise client.refusal(device, since, f"refuses to go to {asked}")
        if reached is not None:
            return self._value(reached)
        now = client.find(device, self.PROPERTY)
        if now is None or now.serial <= since:
            what = f"said nothing for {timeout_s:g} s after it was sent to {asked}"
            raise client.silent(device, what, "does it hang? Restart its driver")
        at = f"{self._value(now):g}{self.UNIT}"
        what = f"is at {at} {timeout_s:g} s after it was sent to {asked}"
        raise Fault(device, what, "is it blocked? Look, or grant it more time with timeout_s")

    def _is_near(self, now: Property, wanted: float) -> bool:
        value = now.number(self.ELEMENT)
        if value is None:
            return False
        apart = abs(value - wanted)
        if self.CIRCLE:
            apart = min(apart % self.CIRCLE, -apart % self.CIRCLE)
        return apart <= self.NEAR

    def _value(self, now: Property | None) -> float:
        value = now.number(self.ELEMENT) if now else None
        if value is None:
            said = now.said(self.ELEMENT) if now else ""
            what = f"has no {self.ELEMENT} in {self.PROPERTY}"
            if said:
                what = f"says that it stands at {said}{self.UNIT}"
            raise Fault(self._device, what, "is it the right one? Restart its driver")
        return value


class IndiRotator(Axis):
    """A camera rotator."""

    ROLE = Role.ROTATOR
    PROPERTY = "ABS_ROTATOR_ANGLE"
    ELEMENT = "ANGLE"
    UNIT = "°"
    NEAR = 0.25
    CIRCLE = 360.0

    def open(self, timeout_s: float) -> float:
        """Reach the rotator, connect it if it is not connected; return its angle in degrees."""
        return self._open(timeout_s)

    def turn(self, angle_deg: float, timeout_s: float) -> float:
        """Turn to an angle and return the one that is reported, within 0.25° of it."""
        return self._drive(angle_deg % 360.0, timeout_s)


class IndiFocuser(Axis):
    """A focuser with absolute positions."""

    ROLE = Role.FOCUSER
    PROPERTY = "ABS_FOCUS_POSITION"
    ELEMENT = "FOCUS_ABSOLUTE_POSITION"
    UNIT = " steps"
    NEAR = 5.0

    def open(self, timeout_s: float) -> int:
        """Reach the focuser, connect it if it is not connected; return its position in steps."""
        return round(self._open(timeout_s))

    def move(self, steps: int, timeout_s: float) -> int:
        """Move to a position and return the one that is reported, within 5 steps of it."""
        return round(self._drive(float(steps), timeout_s))
