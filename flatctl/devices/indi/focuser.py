"""A focuser behind INDI."""

from __future__ import annotations

from flatctl.devices.indi.axis import Axis
from flatctl.devices.indi.client import IndiClient
from flatctl.devices.transports import Role


class IndiFocuser:
    """A focuser with absolute positions behind INDI, by its device name."""

    def __init__(self, client: IndiClient, device: str) -> None:
        self._device = device
        self._position = Axis(
            client,
            device,
            Role.FOCUSER,
            "ABS_FOCUS_POSITION",
            "FOCUS_ABSOLUTE_POSITION",
            unit=" steps",
            near=5.0,
        )

    @property
    def name(self) -> str:
        """The device name on the server."""
        return self._device

    def open(self, timeout_s: float) -> int:
        """Reach the focuser, connect it if it is not connected; return its position in steps."""
        return round(self._position.open(timeout_s))

    def move(self, steps: int, timeout_s: float) -> int:
        """Move to a position and return the one that is reported, within 5 steps of it."""
        return round(self._position.drive(float(steps), timeout_s))

    def close(self) -> None:
        """Let go of the focuser; it stays connected and where it is."""
