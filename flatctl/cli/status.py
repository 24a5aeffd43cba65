"""`flatctl status`: what goes on."""

from typing import Annotated

import typer

EXAMPLES = (
    "flatctl status",
    "flatctl status rig.toml",
    "flatctl status mono-refractor",
)


def status(
    rig: Annotated[
        str | None,
        typer.Argument(metavar="RIG", help="A rig's name or configuration; default: all at work."),
    ] = None,
) -> None:
    """Say which rigs of this machine are at work, and how far.

    Who drives it and since when, which filter, how many flats are left, and whether it is lit.
    """
    from flatctl.app import status as app
    from flatctl.cli.screen import Screen

    for line in app.status(rig):
        Screen().line(line)
