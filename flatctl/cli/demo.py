"""`flatctl demo`: the main job on the simulated rig."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = (
    "flatctl demo",
    "flatctl demo --output /tmp/flats",
)


def demo(
    *,
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the flats and the report go.")
    ] = Path("demo-output"),
) -> None:
    """Take flats on a simulated rig.

    Three filters, over the same protocols that real hardware speaks.
    """
    from flatctl.app import demo as app
    from flatctl.cli.talk import listening

    with listening(json=False) as listeners:
        code = app.demo(output, listeners)
    raise typer.Exit(code)
