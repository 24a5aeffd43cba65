"""Find a device, connect it, and wait until it has defined what it has."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.discovery import (
    QUIET_S,
    SIGNS,
    interface_of,
    list_devices,
    settle,
)
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.indi.wire.registry import Registry
from flatctl.devices.spelling import suggestion
from flatctl.devices.transports import Role
from flatctl.errors import Fault, Unreachable

_UNKNOWN_S = 2.0
# Merely connecting a mount or a dome may move it.
_MOVES = SIGNS[Role.MOUNT][0] | SIGNS[Role.DOME][0]


def connect(
    client: IndiClient, device: str, role: Role, needed: Sequence[str], timeout_s: float
) -> bool:
    """Find a device, connect it if it is not connected, and wait for what it `needed` has.

    Returns whether it was not connected.

    Raises `Unreachable` where the server has no such device, `Fault` where it refuses to connect
    or turns out to be something else.
    """
    deadline = Deadline(timeout_s)
    client.open(timeout_s)
    _find(client, device, role, deadline.left_s)
    settle(client, device, QUIET_S, deadline.left_s, _introduced(device))
    interface = interface_of(client.find(device, "DRIVER_INFO"))
    if interface & _MOVES and not interface & SIGNS[role][0]:
        raise Fault(device, f"is a mount or a dome, no {role}", _others(client, role))
    connection = client.find(device, "CONNECTION")
    is_anew = connection is not None and not connection.on("CONNECT")
    if is_anew:
        try:
            client.set_switch(device, "CONNECTION", "CONNECT", deadline.left_s)
        except Fault as fault:
            remedy = fault.remedy or "is it plugged in and switched on?"
            raise Fault(device, "does not connect", remedy) from fault
    _await(client, device, role, needed, deadline.left_s)
    await_rest(client, device, deadline.left_s)
    return is_anew


def _find(client: IndiClient, device: str, role: Role, timeout_s: float) -> None:
    def known(registry: Registry) -> bool:
        return device in registry.devices

    deadline = Deadline(timeout_s)
    while not client.look(known):
        left_s = deadline.left_s
        quiet = settle(client, None, min(_UNKNOWN_S, 0.9 * timeout_s), left_s, known)
        names = sorted(client.look(lambda registry: list(registry.devices)))
        if device in names:
            return
        if names and (quiet or left_s == 0):
            remedy = f"{suggestion(device, names)}; fix [{role.name.lower()}] device"
            raise Unreachable(device, f"is not on the {client.name}", remedy)
        if left_s == 0:
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
        what = f"is connected and has no {', '.join(missing)}{client.trouble()}"
        if interface_of(client.find(device, "DRIVER_INFO")) & SIGNS[role][0]:
            # It says that it is one: then it is its driver that has changed, or stumbled.
            raise Fault(device, what, "restart its driver; if it is a new version, see its log")
        raise Fault(device, f"{what}: it is no {role}", _others(client, role))


def await_rest(client: IndiClient, device: str, timeout_s: float) -> None:
    """Wait until the last definition is a while ago: at once where that was long before."""

    def look(registry: Registry) -> bool | None:
        one = registry.devices.get(device)
        return True if one is None or time.monotonic() - one.defined_s >= QUIET_S else None

    client.wait_for(look, timeout_s)


def _introduced(device: str) -> Callable[[Registry], bool]:
    def look(registry: Registry) -> bool:
        return all(registry.find(device, name) for name in ("CONNECTION", "DRIVER_INFO"))

    return look


def _others(client: IndiClient, role: Role) -> str:
    names = [one.name for one in list_devices(client, 1.0) if role in one.roles]
    return f"of this kind there: {', '.join(names) or 'none'}"
