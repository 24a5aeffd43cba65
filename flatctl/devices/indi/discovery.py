"""Which devices a server has, what they are good for, and getting hold of one of them."""

from __future__ import annotations

import difflib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flatctl.devices.indi.registry import Device, Property, Registry
from flatctl.errors import Fault, Unreachable

if TYPE_CHECKING:
    from flatctl.devices.indi.client import IndiClient

_QUIET_S = 0.3
_UNKNOWN_S = 2.0


class Role(StrEnum):
    """What a device can be in a rig."""

    CAMERA = "camera"
    WHEEL = "filter wheel"
    PANEL = "light panel"
    COVER = "dust cover"
    ROTATOR = "rotator"
    FOCUSER = "focuser"
    MOUNT = "mount"
    DOME = "dome"
    WEATHER = "weather station"


# The bit of DRIVER_INTERFACE, and the property that a connected device of that role has: drivers
# are known that forget their bits.
_SIGNS = {
    Role.CAMERA: (1 << 1, "CCD_EXPOSURE"),
    Role.WHEEL: (1 << 4, "FILTER_SLOT"),
    Role.PANEL: (1 << 10, "FLAT_LIGHT_CONTROL"),
    Role.COVER: (1 << 9, "CAP_PARK"),
    Role.ROTATOR: (1 << 12, "ABS_ROTATOR_ANGLE"),
    Role.FOCUSER: (1 << 3, "ABS_FOCUS_POSITION"),
    Role.MOUNT: (1 << 0, "TELESCOPE_PARK"),
    Role.DOME: (1 << 5, "DOME_MOTION"),
    Role.WEATHER: (1 << 7, "WEATHER_STATUS"),
}


# Merely connecting a mount or a dome may move it.
_MOVES = 1 << 0 | 1 << 5


@dataclass(frozen=True)
class Listing:
    """A device on the server: its name, its driver's executable, what it is good for."""

    name: str
    driver: str
    connected: bool
    roles: tuple[Role, ...]


def listing(device: Device) -> Listing:
    """Describe a device by what its driver says of it."""
    info = device.properties.get("DRIVER_INFO")
    interface = _interface(info)
    connection = device.properties.get("CONNECTION")
    return Listing(
        name=device.name,
        driver=(info.text("DRIVER_EXEC") if info else None) or "",
        connected=connection is None or connection.on("CONNECT"),
        roles=tuple(
            role
            for role, (bit, name) in _SIGNS.items()
            if interface & bit or name in device.properties
        ),
    )


def _interface(info: Property | None) -> int:
    bits = (info.text("DRIVER_INTERFACE") if info else None) or "0"
    return int(bits) if bits.isdecimal() else 0


def settle(
    client: IndiClient,
    device: str | None,
    quiet_s: float,
    timeout_s: float,
    until: Callable[[Registry], bool] = lambda _: False,
) -> bool:
    """Wait until nothing new was defined for `quiet_s`, by one device or by all.

    INDI never says that a list of definitions is complete. Ends early when `until` holds; false
    when `timeout_s` was too short.
    """
    seen, since_s = -1, time.monotonic()

    def look(registry: Registry) -> bool | None:
        nonlocal seen, since_s
        one = registry.devices.get(device) if device else None
        newest = one.defined if one else registry.defined
        if newest != seen:
            seen, since_s = newest, time.monotonic()
        return True if until(registry) or time.monotonic() - since_s >= quiet_s else None

    return client.wait_for(look, timeout_s) is not None


def list_devices(client: IndiClient, timeout_s: float) -> list[Listing]:
    """Return all devices of the server, by name."""
    client.open(timeout_s)
    settle(client, None, 2 * _QUIET_S, timeout_s)
    found = client.look(lambda registry: [listing(one) for one in registry.devices.values()])
    return sorted(found, key=lambda one: one.name)


def connect(
    client: IndiClient, device: str, role: Role, needed: Sequence[str], timeout_s: float
) -> None:
    """Find a device, connect it if it is not connected, and wait for what it `needed` has.

    Raises `Unreachable` where the server has no such device, `Fault` where it refuses to connect
    or turns out to be something else.
    """
    deadline = time.monotonic() + timeout_s
    client.open(timeout_s)
    _find(client, device, deadline - time.monotonic())
    settle(client, device, _QUIET_S, deadline - time.monotonic(), _introduced(device))
    interface = _interface(client.find(device, "DRIVER_INFO"))
    if interface & _MOVES and not interface & _SIGNS[role][0]:
        raise Fault(device, f"is a mount or a dome, no {role}", _others(client, role))
    connection = client.find(device, "CONNECTION")
    if connection is not None and not connection.on("CONNECT"):
        try:
            client.set_switch(device, "CONNECTION", "CONNECT", deadline - time.monotonic())
        except Fault as fault:
            mend = fault.mend or "is it plugged in and switched on?"
            raise Fault(device, "does not connect", mend) from fault
    _await(client, device, role, needed, deadline - time.monotonic())
    _await_rest(client, device, deadline - time.monotonic())


def begin_anew(client: IndiClient) -> None:
    """Let go of the connection if a driver died over it.

    The library keeps the last frame of such a driver: 122 MB of a large camera.
    """
    if client.look(lambda registry: registry.lost):
        client.close()


class Held:
    """A device in hand: says so when it is not the one any more that was taken.

    Nobody knows how a restarted driver stands, nor what happened while there was no connection.
    `needed` are properties that it has while it is connected, `mend` is what helps.
    """

    def __init__(
        self, client: IndiClient, device: str, needed: str, mend: str = "open it again"
    ) -> None:
        self._client = client
        self._device = device
        self._needed = needed
        self._mend = mend
        self.identity: tuple[int, int] | None = None  # as it was taken: connection, driver

    def take(self) -> None:
        """Take the device as it is now."""
        self.identity = self._present()

    def drop(self) -> None:
        """Take it no longer for the one it was."""
        self.identity = None

    def check(self, timeout_s: float) -> None:
        """Raise `Fault` where it is not the one that was taken; reach the server where lost."""
        if changed := self.change(timeout_s):
            raise changed

    def change(self, timeout_s: float) -> Fault | None:
        """Return what `check` raises."""
        self._client.open(timeout_s)
        then, now = self.identity, self._present()
        if then is None:
            what = "it is not ready"
        elif then[0] != self._client.generation:
            what = "the connection to it was lost and is renewed"
        elif then != now:
            what = "its driver was restarted since"
        elif self._client.find(self._device, self._needed) is None:
            what = "it was disconnected since"
        else:
            return None
        return Fault(self._device, what, self._mend)

    def _present(self) -> tuple[int, int] | None:
        known = self._client.look(lambda registry: registry.devices.get(self._device))
        return None if known is None else (self._client.generation, known.born)


def _find(client: IndiClient, device: str, timeout_s: float) -> None:
    def known(registry: Registry) -> bool:
        return device in registry.devices

    deadline = time.monotonic() + timeout_s
    while not client.look(known):
        left_s = deadline - time.monotonic()
        quiet = settle(client, None, min(_UNKNOWN_S, 0.9 * timeout_s), left_s, known)
        names = sorted(client.look(lambda registry: list(registry.devices)))
        if device in names:
            return
        if names and (quiet or left_s <= 0):
            raise Unreachable(device, f"is not on the {client.name}", _suggestion(device, names))
        if left_s <= 0:
            what = f"said nothing for {timeout_s:g} s after the connection"
            raise client.silent(client.name, what, "does it hang, or has it no drivers?")


def _await(
    client: IndiClient, device: str, role: Role, needed: Sequence[str], timeout_s: float
) -> None:
    def complete(registry: Registry) -> bool:
        return all(registry.find(device, name) for name in needed)

    settle(client, device, min(_UNKNOWN_S, 0.9 * timeout_s), timeout_s, complete)
    missing = [name for name in needed if client.find(device, name) is None]
    if missing:
        what = f"is connected and has no {', '.join(missing)}: it is no {role}"
        raise Fault(device, what, _others(client, role))


def _await_rest(client: IndiClient, device: str, timeout_s: float) -> None:
    """Wait until the last definition is a while ago: at once where that was long before."""

    def look(registry: Registry) -> bool | None:
        one = registry.devices.get(device)
        return True if one is None or time.monotonic() - one.defined_s >= _QUIET_S else None

    client.wait_for(look, timeout_s)


def _introduced(device: str) -> Callable[[Registry], bool]:
    def look(registry: Registry) -> bool:
        return all(registry.find(device, name) for name in ("CONNECTION", "DRIVER_INFO"))

    return look


def _others(client: IndiClient, role: Role) -> str:
    names = [one.name for one in list_devices(client, 1.0) if role in one.roles]
    return f"of this kind there: {', '.join(names) or 'none'}"


def _suggestion(device: str, names: Sequence[str]) -> str:
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(device.casefold(), folded, n=1)
    there = f"there: {', '.join(names)}"
    return f"did you mean {folded[close[0]]!r}? {there}" if close else there
