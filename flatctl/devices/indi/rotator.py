"""A camera rotator behind INDI."""

from __future__ import annotations

from flatctl.devices.indi.axis import Axis
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.indi.presence import Role

_ANGLE = Axis(Role.ROTATOR, "ABS_ROTATOR_ANGLE", "ANGLE", unit="°", near=0.25, turn=360.0)


class IndiRotator:
    """A camera rotator behind INDI, by its device name."""

    def __init__(self, client: IndiClient, device: str) -> None:
        self._client = client
        self._device = device

    @property
    def name(self) -> str:
        """The device name on the server."""
        return self._device

    def open(self, timeout_s: float) -> float:
        """Reach the rotator, connect it if it is not connected; return its angle in degrees."""
        return _ANGLE.open(self._client, self._device, timeout_s)

    def turn(self, angle_deg: float, timeout_s: float) -> float:
        """Turn to an angle and return the one that is reported, within 0.25° of it."""
        return _ANGLE.drive(self._client, self._device, angle_deg % 360.0, timeout_s)

    def close(self) -> None:
        """Let go of the rotator; it stays connected and where it is."""
