"""`flatctl dawn`: the main job, when the night ends."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from flatctl.cli.arguments import (
    At,
    Config,
    Count,
    DryRun,
    Filters,
    Force,
    Json,
    Light,
    Output,
    Resume,
    Wait,
)

EXAMPLES = (
    "flatctl dawn rig.toml",
    "flatctl dawn rig.toml --sun-altitude -8",
    "flatctl dawn rig.toml --at 06:30 --filter Ha",
    "flatctl dawn rig.toml --light sky",
    "flatctl dawn rig.toml --dry-run",
)


def dawn(
    config: Config,
    *,
    at: At = None,
    sun_altitude: Annotated[
        float | None,
        typer.Option(
            min=-18,
            max=30,
            metavar="DEG",
            help="Begin when the Sun is at this altitude (default: the configuration's, "
            "else -6 with a panel, and as in [sky] without).",
        ),
    ] = None,
    filters: Filters = None,
    count: Count = None,
    output: Output = None,
    dry_run: DryRun = False,
    resume: Resume = True,
    light: Light = None,
    wait: Wait = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Wait for dawn, then take the flats.

    The rig is checked at once and again half an hour before, so that there is time to fix it.
    """
    from flatctl.app import dawn as app

    wait_and_take(
        app.dawn,
        config,
        at=at,
        sun_altitude=sun_altitude,
        filters=filters,
        count=count,
        output=output,
        dry_run=dry_run,
        resume=resume,
        light=light,
        wait=wait,
        force=force,
        json=json,
    )


def wait_and_take(
    app: Callable[..., int],
    config: Path,
    *,
    sun_altitude: float | None = None,
    filters: Sequence[str] | None = None,
    json: bool = False,
    **options: Any,
) -> None:
    """Do what `app` does in a twilight, with these options of the command line."""
    from flatctl.cli.talk import listening

    with listening(json=json) as listeners:
        code = app(
            config,
            sun_altitude_deg=sun_altitude,
            filters=filters or (),
            listeners=listeners,
            **options,
        )
    raise typer.Exit(code)
