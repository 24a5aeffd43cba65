"""A camera rotator behind INDI."""

from __future__ import annotations

from flatctl.devices.indi.axis import Axis
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.transports import Role


class IndiRotator:
    """A camera rotator behind INDI, by its device name."""

    def __init__(self, client: IndiClient, device: str) -> None:
        self._device = device
        self._angle = Axis(
            client,
            device,
            Role.ROTATOR,
            "ABS_ROTATOR_ANGLE",
            "ANGLE",
            unit="°",
            near=0.25,
            turn=360.0,
        )

    @property
    def name(self) -> str:
        """The device name on the server."""
        return self._device

    def open(self, timeout_s: float) -> float:
        """Reach the rotator, connect it if it is not connected; return its angle in degrees."""
        return self._angle.open(timeout_s)

    def turn(self, angle_deg: float, timeout_s: float) -> float:
        """Turn to an angle and return the one that is reported, within 0.25° of it."""
        return self._angle.drive(angle_deg % 360.0, timeout_s)

    def close(self) -> None:
        """Let go of the rotator; it stays connected and where it is."""
