"""`flatctl check`: the pre-flight."""

from typing import Annotated

import typer

from flatctl.cli.arguments import Config, Force, Wait
from flatctl.errors import ExitCode

EXAMPLES = (
    "flatctl check rig.toml",
    "flatctl check rig.toml --light",
)


def check(
    config: Config,
    *,
    light: Annotated[
        bool,
        typer.Option(
            "--light",
            help="Also switch the panel on for a moment and see what the camera sees of it.",
        ),
    ] = False,
    wait: Wait = False,
    force: Force = False,
) -> None:
    """Test panel, camera, wheel and disk before a night.

    Every line says ok, or what the problem is and how to fix it.
    """
    from flatctl.app import check as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn

    screen = Screen()
    codes = []
    for line in app.check(config, light=light, wait=wait, force=force):
        screen.verdict(line.subject, line.ok, line.text, line.remedy)
        if not line.ok:
            codes.append(line.exit_code)
        if line.exit_code is ExitCode.LIGHT_UNKNOWN:
            warn([line.remedy])
    lost = ExitCode.LIGHT_UNKNOWN in codes
    raise typer.Exit(ExitCode.LIGHT_UNKNOWN if lost else [*codes, ExitCode.COMPLETE][0])
