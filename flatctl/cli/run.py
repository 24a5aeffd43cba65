"""`flatctl run`: the main job."""

from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Config

EXAMPLES = (
    "flatctl run rig.toml",
    "flatctl run rig.toml --filter Ha --filter OIII --count 20",
    "flatctl run rig.toml --dry-run",
    "flatctl run rig.toml --json | jq .event",
)


def run(
    config: Config,
    *,
    filters: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="NAME", help="Only this filter; may be repeated."),
    ] = None,
    count: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Flats per filter, instead of the configuration's."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where files go, instead of the configuration's folder."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what it would do; touch nothing.")
    ] = False,
    resume: Annotated[
        bool, typer.Option(help="Count the flats already on disk and take the rest.")
    ] = True,
    json: Annotated[
        bool, typer.Option("--json", help="Events on stdout, one JSON object per line.")
    ] = False,
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
            listeners=listeners,
        )
    raise typer.Exit(code)
