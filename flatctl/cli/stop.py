"""`flatctl stop`: end what drives a rig."""

from typing import Annotated

import typer

EXAMPLES = (
    "flatctl stop rig.toml",
    "flatctl stop mono-refractor",
)


def stop(
    rig: Annotated[str, typer.Argument(metavar="RIG", help="The rig's name or configuration.")],
) -> None:
    """Stop a rig that is at work, and say what became of its light.

    As Ctrl-C does: the light goes out first, finished flats stay, and a later run goes on there.
    """
    from flatctl.app import stop as app
    from flatctl.cli.screen import Screen

    text, code = app.stop(rig)
    Screen().line(text)
    raise typer.Exit(code)
