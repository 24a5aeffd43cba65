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

    Screen().table(
        ("Kind", "Title", "Tried on", "Status"),
        ((row.kind, row.title, row.tried_on, row.status) for row in PANELS.values()),
    )


def _list_devices(host: str, port: int) -> None:
    from flatctl.app import devices as app
    from flatctl.cli.screen import Screen

    screen = Screen()
    found = app.devices(host, port)
    for title, devices in found.found.items():
        if not devices:
            continue
        screen.table(
            (f"{title} device", "Roles", "State"),
            (
                (
                    one.name,
                    ", ".join(one.roles) or "other",
                    "connected" if one.connected else "not connected",
                )
                for one in devices
            ),
        )
        screen.line("")
    if found.serial_ports:
        screen.table(("Serial port", "What it is"), found.serial_ports)
    else:
        screen.line("No serial ports.")
    for problem in found.problems.values():
        typer.echo(f"flatctl: {problem}", err=True)
    if found.problems:
        raise typer.Exit(ExitCode.DEVICE)
