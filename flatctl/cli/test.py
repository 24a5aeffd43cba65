"""`flatctl test`: one frame to look at."""

from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Brightness, Config, Exposure, Force, Wait

EXAMPLES = (
    "flatctl test rig.toml",
    "flatctl test rig.toml --filter Ha --exposure 5 --picture ha.png",
)


def test(
    config: Config,
    *,
    filter_name: Annotated[
        str | None,
        typer.Option("--filter", metavar="NAME", help="Filter to use (default: the first one)."),
    ] = None,
    exposure: Exposure = None,
    brightness: Brightness = None,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the frame there as a PNG.")
    ] = None,
    wait: Wait = False,
    force: Force = False,
) -> None:
    """Take one frame and show its level and histogram.

    Through one filter, at the setting given, else at the one that the last run found. Nothing is
    kept, and the panel is off afterwards.
    """
    from flatctl.app import test as app
    from flatctl.cli.screen import Screen
    from flatctl.outputs.aside import say

    found = app.test(
        config,
        filter_name=filter_name,
        exposure_s=exposure,
        brightness=brightness,
        picture_file=picture,
        tell=say,
        wait=wait,
        force=force,
    )
    screen = Screen()
    for line in found.lines():
        screen.line(line)
    screen.tables(found.tables())
