"""`flatctl devices`: what is there."""

from collections.abc import Sequence
from typing import Annotated

import typer

from flatctl.cli.arguments import Alpaca, Host, Port, Server
from flatctl.errors import ExitCode

EXAMPLES = (
    "flatctl devices",
    "flatctl devices --host observatory.local",
    "flatctl devices --alpaca 192.168.1.20:11111",
    "flatctl devices --panels",
)


def devices(
    *,
    host: Host = "localhost",
    port: Port = 7624,
    alpaca: Alpaca = None,
    panels: Annotated[
        bool, typer.Option("--panels", help="List the kinds of panels that can be configured.")
    ] = False,
) -> None:
    """List INDI and Alpaca devices by role, and serial ports.

    Alpaca servers in the local network are found by themselves.
    """
    if panels:
        _list_kinds()
    else:
        _list_devices(host, port, alpaca or [])


def _list_kinds() -> None:
    from flatctl.cli.screen import Screen
    from flatctl.devices.catalog import PANELS
    from flatctl.outputs.tables.devices import kinds_table

    kinds = ((row.kind, row.title, row.tried_on, row.status) for row in PANELS.values())
    Screen().table(*kinds_table(kinds)[1:])


def _list_devices(host: str, port: int, alpaca: Sequence[Server]) -> None:
    from flatctl.app import devices as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn
    from flatctl.outputs.tables.devices import devices_table, ports_table

    screen = Screen()
    listing = app.devices(host, port, alpaca)
    for transport, devices in listing.found.items():
        if devices:
            screen.table(*devices_table(transport, devices)[1:])
            screen.line("")
    if listing.serial_ports:
        screen.table(*ports_table(listing.serial_ports)[1:])
    else:
        screen.line("No serial ports.")
    warn(listing.problems.values())
    # Hardly a rig has devices over all transports; a server that was named has to answer.
    missed = alpaca and "Alpaca" in listing.problems
    if listing.problems and (missed or not any(listing.found.values())):
        raise typer.Exit(ExitCode.DEVICE)
