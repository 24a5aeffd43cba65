"""What `flatctl devices` answers."""

from collections.abc import Iterable, Sequence

from flatctl.outputs.tables import Table


def kinds_table(kinds: Iterable[tuple[str, str, str, str]]) -> Table:
    """Return the kinds of panels, each as kind, title, what it was tried on, and status."""
    return Table("Panels", ("Kind", "Title", "Tried on", "Status"), list(kinds))


def devices_table(transport: str, found: Iterable[tuple[str, Sequence[str], bool]]) -> Table:
    """Return the devices over a transport, each as name, roles, and whether it is connected."""
    rows = [
        (name, ", ".join(roles) or "other", "connected" if connected else "not connected")
        for name, roles, connected in found
    ]
    return Table(transport, (f"{transport} device", "Roles", "State"), rows)


def ports_table(ports: Sequence[tuple[str, str]]) -> Table:
    """Return the serial ports, each as its path and what it is."""
    return Table("Serial ports", ("Serial port", "What it is"), ports)
