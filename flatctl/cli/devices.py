"""`flatctl devices`: what is there."""

from typing import Annotated

import typer

from flatctl.cli.arguments import Host, Port
from flatctl.errors import ExitCode

EXAMPLES = (
    "flatctl devices",
    "flatctl devices --host observatory.local",
    "flatctl devices --panels",
)


def devices(
    *,
    host: Host = "localhost",
    port: Port = 7624,
    panels: Annotated[
        bool, typer.Option("--panels", help="List the kinds of panels that can be configured.")
    ] = False,
) -> None:
    """List the INDI devices with their roles, and the serial ports."""
    if panels:
        _list_kinds()
    else:
        _list_devices(host, port)


def _list_kinds() -> None:
    from flatctl.cli.screen import Screen
    from flatctl.devices.catalog import PANELS
    from flatctl.outputs.tables.devices import kinds_table

    kinds = ((row.kind, row.title, row.tried_on, row.status) for row in PANELS.values())
    Screen().table(*kinds_table(kinds)[1:])


def _list_devices(host: str, port: int) -> None:
    from flatctl.app import devices as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn
    from flatctl.outputs.tables.devices import devices_table, ports_table

    screen = Screen()
    found = app.devices(host, port)
    for transport, devices in found.found.items():
        table = devices_table(transport, ((one.name, one.roles, one.connected) for one in devices))
        if table.rows:
            screen.table(*table[1:])
            screen.line("")
    if found.serial_ports:
        screen.table(*ports_table(found.serial_ports)[1:])
    else:
        screen.line("No serial ports.")
    warn(found.problems.values())
    if found.problems:
        raise typer.Exit(ExitCode.DEVICE)
