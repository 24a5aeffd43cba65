"""`flatctl demo`: the main job on the simulated rig."""

from pathlib import Path
from typing import Annotated

import typer

from flatctl.core.types import LightSource

EXAMPLES = (
    "flatctl demo",
    "flatctl demo --light sky",
    "flatctl demo --alpaca",
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
    alpaca: Annotated[
        bool, typer.Option("--alpaca", help="Reach all devices over Alpaca; of a panel only.")
    ] = False,
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
    from flatctl.errors import UsageError

    if alpaca and light is LightSource.SKY:
        raise UsageError("--alpaca goes with --light panel: the sky's demo has no hardware at all")
    dusk = app.dusk_clock() if light is LightSource.SKY else None
    with listening(json=False, clock=dusk) as listeners:
        code = app.demo(output, listeners, dusk, alpaca=alpaca)
    raise typer.Exit(code)
