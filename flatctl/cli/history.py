"""`flatctl history`: what was learned, and what was done."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = (
    "flatctl history",
    "flatctl history rig.toml",
)


def history(
    config: Annotated[
        Path | None,
        typer.Argument(metavar="CONFIG", help="A rig's configuration (default: all rigs)."),
    ] = None,
    *,
    where: Annotated[
        bool, typer.Option("--where", help="Print where the history and the live journals lie.")
    ] = False,
) -> None:
    """Show remembered settings and past runs."""
    from flatctl.app import history as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn

    if where:
        for line in app.where(config):
            Screen().line(line)
        return
    listing = app.history(config)
    warn(listing.warnings)
    Screen().tables(listing.tables(), "none yet")
