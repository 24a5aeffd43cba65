"""What stands around the rig: dome or roof, safety monitor.

They are only asked. Domes are never connected either, since merely connecting some of them moves
them. A device that nobody can ask is unknown, which is not the same as unsafe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import optional
from flatctl.devices.deadline import Deadline
from flatctl.devices.protocols import ConditionStatus
from flatctl.errors import DeviceError

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession
    from flatctl.devices.alpaca.wire.client import AlpacaClient

# ShutterState of the API.
_OPEN, _CLOSED, _OPENING, _CLOSING, _FAILED = range(5)


class AlpacaDome:
    """A dome or roof; with a panel it is as it must be once it is closed.

    A dome says so by its shutter. A roof that rolls off has none: it is closed when it is parked,
    and open when it is not. Whether the dome turns is not asked: some say so at rest.
    """

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device, connects=False)

    @property
    def name(self) -> str:
        """Its address, as it is configured."""
        return self._client.name

    def status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the dome reports to be closed and at rest."""
        return self._stands(_CLOSED, "closed", timeout_s)

    def open_status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the dome reports to be open and at rest."""
        return self._stands(_OPEN, "open", timeout_s)

    def _stands(self, wanted: int, how: str, timeout_s: float) -> ConditionStatus:
        deadline = Deadline(timeout_s)
        try:
            if absent := not_connected(self._client, deadline):
                return absent
            shutter = optional(self._client.whole, "shutterstatus", deadline.left_s)
            if shutter is None:
                parked = self._client.truth("atpark", deadline.left_s)
                shutter = _CLOSED if parked else _OPEN
        except DeviceError as error:
            return unknown(error)
        if shutter in (_OPENING, _CLOSING):
            return ConditionStatus(False, "on its way")
        if shutter not in (_OPEN, _CLOSED):
            return ConditionStatus(False, "reports a fault")
        return ConditionStatus(shutter == wanted, how if shutter == wanted else f"not {how}")


class AlpacaSafetyMonitor:
    """A safety monitor: one verdict, without a reason."""

    def __init__(self, session: AlpacaSession, device: str) -> None:
        self._client = session.client(device)

    @property
    def name(self) -> str:
        """Its address, as it is configured."""
        return self._client.name

    def status(self, timeout_s: float) -> ConditionStatus:
        """Return whether it says that all is well; connect it if it is not connected.

        What it says while it is not connected counts for nothing.
        """
        deadline = Deadline(timeout_s)
        try:
            self._client.connect(deadline.left_s)
            safe = self._client.truth("issafe", deadline.left_s)
        except DeviceError as error:
            return unknown(error)
        return ConditionStatus(safe, "safe" if safe else "unsafe: it does not say why")


def not_connected(client: AlpacaClient, deadline: Deadline) -> ConditionStatus | None:
    """Return how a device stands that is not connected and stays so; None where it is."""
    if client.truth("connected", deadline.left_s):
        return None
    return ConditionStatus(False, "is not connected, and flatctl does not connect it", known=False)


def unknown(error: DeviceError) -> ConditionStatus:
    """Return how a device stands that could not be asked."""
    return ConditionStatus(False, error.what, known=False)
