"""`flatctl dawn`: the main job, when the night ends."""

from datetime import datetime, time
from typing import Annotated

import typer

from flatctl.cli.arguments import Config, Count, DryRun, Filters, Force, Json, Output, Resume, Wait

EXAMPLES = (
    "flatctl dawn rig.toml",
    "flatctl dawn rig.toml --sun-altitude -8",
    "flatctl dawn rig.toml --at 06:30 --filter Ha",
    "flatctl dawn rig.toml --dry-run",
)


def _clock(text: str) -> time:
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no time of day; write it as 06:30") from None


def dawn(
    config: Config,
    *,
    at: Annotated[
        time | None,
        typer.Option(
            "--at", parser=_clock, metavar="HH:MM", help="Begin at this local time instead."
        ),
    ] = None,
    sun_altitude: Annotated[
        float | None,
        typer.Option(
            min=-18,
            max=30,
            metavar="DEG",
            help="Begin when the rising Sun is at this altitude (default: the configuration's, "
            "else -6).",
        ),
    ] = None,
    filters: Filters = None,
    count: Count = None,
    output: Output = None,
    dry_run: DryRun = False,
    resume: Resume = True,
    wait: Wait = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Wait for dawn, then take the flats.

    The rig is checked at once and again half an hour before, so that there is time to fix it.
    """
    from flatctl.app import dawn as app
    from flatctl.cli.talk import listening

    with listening(json=json) as listeners:
        code = app.dawn(
            config,
            at=at,
            sun_altitude_deg=sun_altitude,
            filters=filters or (),
            count=count,
            output=output,
            dry_run=dry_run,
            resume=resume,
            wait=wait,
            force=force,
            listeners=listeners,
        )
    raise typer.Exit(code)
