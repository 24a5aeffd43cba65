"""`flatctl calibrate`: what camera and panel really do."""

from typing import Annotated

import typer

from flatctl.cli.arguments import Config, Force, Wait

EXAMPLES = (
    "flatctl calibrate rig.toml",
    "flatctl calibrate rig.toml --filter L",
)


def calibrate(
    config: Config,
    *,
    filter_name: Annotated[
        str | None,
        typer.Option("--filter", metavar="NAME", help="Filter to use (default: the first one)."),
    ] = None,
    wait: Wait = False,
    force: Force = False,
) -> None:
    """Measure what camera and panel really do, and remember it.

    Pedestal, light leak, true full scale, settling time and the panel's curve; runs use them.
    """
    from flatctl.app import calibrate as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn
    from flatctl.outputs.aside import say

    found = app.calibrate(
        config,
        filter_name=filter_name,
        tell=say,
        wait=wait,
        force=force,
    )
    warn(found.warnings)
    Screen().tables(found.tables(), "no point could be measured")
    raise typer.Exit(found.exit_code)
