"""What stands around the rig: dome or roof, weather station.

They are only asked. Domes are never connected either, since merely connecting some of them moves
them.
"""

from __future__ import annotations

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.connecting import connect
from flatctl.devices.indi.discovery import settle
from flatctl.devices.indi.session import IndiDevice
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Property, Registry
from flatctl.devices.protocols import ConditionStatus
from flatctl.devices.transports import Role
from flatctl.errors import Fault

_DOME_PARK = "DOME_PARK"
_SHUTTER = "DOME_SHUTTER"
_WEATHER = "WEATHER_STATUS"
_UNKNOWN_S = 2.0


class IndiDome(IndiDevice):
    """A dome or roof behind INDI; with a panel it is as it must be once it is closed.

    A dome says so by its shutter. A roof that rolls off has none: it is closed when it is parked,
    and open when it is not (the convention of INDI's roll-off drivers).
    """

    def status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the dome reports to be closed and at rest."""
        return self._stands("closed", ("SHUTTER_CLOSE", "PARK"), timeout_s)

    def open_status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the dome reports to be open and at rest."""
        return self._stands("open", ("SHUTTER_OPEN", "UNPARK"), timeout_s)

    def _stands(self, how: str, elements: tuple[str, str], timeout_s: float) -> ConditionStatus:
        known = ask(self._client, self._device, (_SHUTTER, _DOME_PARK), timeout_s)
        if isinstance(known, ConditionStatus):
            return known
        # A shutter under way has its switches set already as they will be.
        if known.state == "Busy":
            return ConditionStatus(False, "on its way")
        if known.state == "Alert":
            return ConditionStatus(False, "reports a fault")
        met = known.chosen(elements[known.name == _DOME_PARK])
        return ConditionStatus(met, how if met else f"not {how}")


class IndiWeather(IndiDevice):
    """A weather station or safety monitor behind INDI; only its danger zone counts."""

    def status(self, timeout_s: float) -> ConditionStatus:
        """Return whether the station reports that all is well; connect it if it is not."""
        deadline = Deadline(timeout_s)
        known = self._report(timeout_s)
        if isinstance(known, ConditionStatus):
            return known

        def look(registry: Registry) -> Property | None:
            now = registry.find(self._device, _WEATHER)
            return now if now is None or now.state != "Idle" else None

        known = self._client.wait_for(look, deadline.left_s) or known
        match known.state:
            case "Ok":
                return ConditionStatus(True, "safe")
            case "Busy":
                return ConditionStatus(True, "near its limits, still safe")
            case "Alert":
                causes = [e.label or e.name for e in known.elements.values() if e.value == "Alert"]
                return ConditionStatus(
                    False, f"unsafe: {', '.join(causes) or 'it does not say why'}"
                )
            case _:
                return ConditionStatus(False, "has not reported yet", known=False)

    def _report(self, timeout_s: float) -> Property | ConditionStatus:
        if not _is_there(self._client, self._device, timeout_s):
            return _absent(self._client)
        connection = self._client.wait_for(
            lambda registry: registry.find(self._device, "CONNECTION"), timeout_s
        )
        if connection is not None and not connection.on("CONNECT"):
            try:
                connect(self._client, self._device, Role.WEATHER, (_WEATHER,), timeout_s)
            except Fault as fault:
                return ConditionStatus(False, fault.what, known=False)
        return ask(self._client, self._device, (_WEATHER,), timeout_s)


def ask(
    client: IndiClient, device: str, names: tuple[str, ...], timeout_s: float
) -> Property | ConditionStatus:
    """Return the first of these properties that a device has, or why there is none."""
    if not _is_there(client, device, timeout_s):
        return _absent(client)

    def look(registry: Registry) -> Property | None:
        connection = registry.find(device, "CONNECTION")
        # What a driver said before it was disconnected may still be around.
        if connection is not None and not connection.on("CONNECT"):
            return connection
        there = (registry.find(device, name) for name in names)
        return next((one for one in there if one is not None), None)

    known = client.wait_for(look, timeout_s)
    if known is not None and known.name == "CONNECTION":
        return ConditionStatus(
            False, "is not connected, and flatctl does not connect it", known=False
        )
    if known is not None:
        return known
    return ConditionStatus(False, f"has no {' or '.join(names)}", known=False)


def _is_there(client: IndiClient, device: str, timeout_s: float) -> bool:
    """Reach the server and say whether it has a device, once it has told of those it has."""

    def known(registry: Registry) -> bool:
        return device in registry.devices

    client.open(timeout_s)
    settle(client, None, min(_UNKNOWN_S, timeout_s), timeout_s, known)
    return client.look(known)


def _absent(client: IndiClient) -> ConditionStatus:
    return ConditionStatus(False, f"is not on the {client.name}", known=False)
