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
        typer.Argument(metavar="CONFIG", help="A rig's configuration; absent: all rigs."),
    ] = None,
) -> None:
    """List trained settings and past runs."""
    from flatctl.app import history as app
    from flatctl.cli.screen import Screen

    screen = Screen()
    listing = app.history(config)
    for warning in listing.warnings:
        typer.echo(f"flatctl: {warning}", err=True)
    for title, headings, rows in listing.tables():
        screen.line(title if rows else f"{title}: none yet")
        if rows:
            screen.table(headings, rows)
            screen.line("")
