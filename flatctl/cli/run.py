"""`flatctl run`: the main job."""

from typing import Annotated

import typer

from flatctl.cli.arguments import (
    Brightness,
    Config,
    Count,
    DryRun,
    Exposure,
    Filters,
    Force,
    Json,
    Light,
    Output,
    Resume,
    Wait,
)

EXAMPLES = (
    "flatctl run rig.toml",
    "flatctl run rig.toml --filter Ha --filter OIII --count 20",
    "flatctl run rig.toml --dry-run",
    "flatctl run rig.toml --light sky",
    "flatctl run rig.toml --filter L --exposure 1.5 --brightness 40",
    "flatctl run rig.toml --json | jq .event",
)


def run(
    config: Config,
    *,
    filters: Filters = None,
    count: Count = None,
    output: Output = None,
    dry_run: DryRun = False,
    resume: Resume = True,
    exposure: Exposure = None,
    brightness: Brightness = None,
    only_darks: Annotated[
        bool, typer.Option("--only-darks", help="Dark flats alone, for the flats that are there.")
    ] = False,
    light: Light = None,
    wait: Wait = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Find the right light for every filter and take its flats."""
    from flatctl.app import run as app
    from flatctl.cli.talk import listening

    with listening(json=json) as listeners:
        code = app.run(
            config,
            filters=filters or (),
            count=count,
            output=output,
            dry_run=dry_run,
            resume=resume,
            exposure_s=exposure,
            brightness=brightness,
            only_darks=only_darks,
            light=light,
            wait=wait,
            force=force,
            listeners=listeners,
        )
    raise typer.Exit(code)
