"""What `flatctl devices` answers."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from flatctl.outputs.tables import Table


def kinds_table(kinds: Iterable[tuple[str, str, str, str]]) -> Table:
    """Return the kinds of panels, each as kind, title, what it was tried on, and status."""
    return Table("Panels", ("Kind", "Title", "Tried on", "Status"), list(kinds))


class Listed(Protocol):
    """A device that was found; `title` and `unique_id` are empty where it has none."""

    @property
    def name(self) -> str: ...  # noqa: D102 because they are those of a device
    @property
    def roles(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def connected(self) -> bool: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def unique_id(self) -> str: ...  # noqa: D102


def devices_table(transport: str, found: Sequence[Listed]) -> Table:
    """Return the devices over a transport: what to write as `device`, and what it is."""
    states = {True: "connected", False: "not connected"}
    named = any(one.title or one.unique_id for one in found)
    rows = [
        (
            *(one.name, ", ".join(one.roles) or "other", states[one.connected]),
            *((one.title, one.unique_id) if named else ()),
        )
        for one in found
    ]
    more = ("Name", "UniqueID") if named else ()
    return Table(transport, (f"{transport} device", "Roles", "State", *more), rows)


def ports_table(ports: Sequence[tuple[str, str]]) -> Table:
    """Return the serial ports, each as its path and what it is."""
    return Table("Serial ports", ("Serial port", "What it is"), ports)
