"""`flatctl init`: a configuration to start from."""

from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Alpaca, Host, Port

EXAMPLES = (
    "flatctl init rig.toml",
    "flatctl init rig.toml --host observatory.local",
    "flatctl init rig.toml --alpaca 192.168.1.20:11111",
)


def init(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file to write; never overwritten.")
    ] = Path("flatctl.toml"),
    *,
    host: Host = "localhost",
    port: Port = 7624,
    alpaca: Alpaca = None,
) -> None:
    """Write a configuration to start from.

    Commented, and filled in with the devices that are found.
    """
    from flatctl.app import init as app
    from flatctl.cli.screen import Screen

    Screen().line(app.init(path, host, port, alpaca or []))
