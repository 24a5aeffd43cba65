"""`flatctl calibrate`: what camera and panel really do."""

from typing import Annotated

import typer

from flatctl.cli.arguments import Config

EXAMPLES = (
    "flatctl calibrate rig.toml",
    "flatctl calibrate rig.toml --filter L",
)


def calibrate(
    config: Config,
    *,
    filter_name: Annotated[
        str | None,
        typer.Option("--filter", metavar="NAME", help="Through this filter; absent: the first."),
    ] = None,
) -> None:
    """Measure what camera and panel really do, and remember it.

    Pedestal, light leak, true full scale, settling time and the panel's curve; runs use them.
    """
    from flatctl.app import calibrate as app
    from flatctl.cli.screen import Screen

    found = app.calibrate(config, filter_name=filter_name, tell=lambda t: typer.echo(t, err=True))
    for warning in found.warnings:
        typer.echo(f"flatctl: {warning}", err=True)
    screen = Screen()
    for title, headings, rows in found.tables():
        screen.line(title if rows else f"{title}: no point could be measured")
        if rows:
            screen.table(headings, rows)
            screen.line("")
    raise typer.Exit(found.exit_code)
