"""`flatctl demo`: the main job on the simulated rig."""

from pathlib import Path
from typing import Annotated

import typer

from flatctl.core.types import LightSource

EXAMPLES = (
    "flatctl demo",
    "flatctl demo --light sky",
    "flatctl demo --output /tmp/flats",
)


def demo(
    *,
    light: Annotated[
        LightSource,
        typer.Option(
            metavar="panel|sky", help="A panel, or the sky of a dusk, sixty times faster."
        ),
    ] = LightSource.PANEL,
    output: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the flats and the report go.")
    ] = Path("demo-output"),
) -> None:
    """Take flats on a simulated rig.

    Three filters: of a panel, over the same protocols that real hardware speaks, or of the
    twilight sky.
    """
    from flatctl.app import demo as app
    from flatctl.cli.talk import listening

    dusk = app.dusk_clock() if light is LightSource.SKY else None
    with listening(json=False, clock=dusk) as listeners:
        code = app.demo(output, listeners, dusk)
    raise typer.Exit(code)
