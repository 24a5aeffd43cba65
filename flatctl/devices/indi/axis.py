"""One number that a device drives to where it is asked: a rotator's angle, a focuser's position."""

from __future__ import annotations

from dataclasses import dataclass, field

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.registry import Property
from flatctl.devices.indi.session import DeviceSession
from flatctl.devices.transports import Role
from flatctl.errors import Fault


@dataclass
class Axis:
    """Where a device has that number, and how near to the wanted value it has to come.

    Values that begin anew after a `turn` are compared on the circle; 0 for a straight axis.
    """

    client: IndiClient
    device: str
    role: Role
    property: str
    element: str
    unit: str
    near: float
    turn: float = 0.0
    session: DeviceSession = field(init=False)

    def __post_init__(self) -> None:
        self.session = DeviceSession(self.client, self.device, self.property)

    def open(self, timeout_s: float) -> float:
        """Reach the device, connect it if it is not connected; return where it stands."""
        connect(self.client, self.device, self.role, (self.property,), timeout_s)
        self.session.take()
        return self._value(self.client.find(self.device, self.property))

    def drive(self, wanted: float, timeout_s: float) -> float:
        """Drive there and return where it reports to stand once it is at rest near to it.

        Nothing is sent where it stands there already. Raises `Fault` where the driver refuses,
        comes to rest elsewhere, or was restarted or reached anew since `open`, `NoReply` where it
        says nothing.
        """
        client, device = self.client, self.device
        deadline = Deadline(timeout_s)
        self.session.check(timeout_s)
        before = client.need(device, self.property, timeout_s)
        if before.state != "Busy" and self._is_near(before, wanted):
            return self._value(before)
        since = client.send(device, self.property, {self.element: wanted}, timeout_s)
        asked = f"{wanted:g}{self.unit}"
        reached = client.await_change(
            device,
            self.property,
            since,
            lambda now: self._is_near(now, wanted),
            deadline.left_s,
            doing="while it moved",
        )
        if reached is not None and reached.alerted > since:
            raise client.refusal(device, since, f"refuses to go to {asked}")
        if reached is not None:
            return self._value(reached)
        now = client.find(device, self.property)
        if now is None or now.serial <= since:
            what = f"said nothing for {timeout_s:g} s after it was sent to {asked}"
            raise client.silent(device, what, "does it hang? Restart its driver")
        at = f"{self._value(now):g}{self.unit}"
        what = f"is at {at} {timeout_s:g} s after it was sent to {asked}"
        raise Fault(device, what, "is it blocked? Look, or grant it more time with timeout_s")

    def _is_near(self, now: Property, wanted: float) -> bool:
        value = now.number(self.element)
        if value is None:
            return False
        apart = abs(value - wanted)
        if self.turn:
            apart = min(apart % self.turn, -apart % self.turn)
        return apart <= self.near

    def _value(self, now: Property | None) -> float:
        value = now.number(self.element) if now else None
        if value is None:
            what = f"has no {self.element} in {self.property}"
            raise Fault(self.device, what, "is it the right one?")
        return value
