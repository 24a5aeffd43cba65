"""`flatctl plan`: what flats the lights need."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Config

EXAMPLES = (
    "flatctl plan rig.toml --from-lights ~/astro/2026-11-22/LIGHT",
    "flatctl plan rig.toml --from-lights ~/astro/2026-11-22 --write tonight.toml",
    "flatctl run tonight.toml",
)


def plan(
    config: Config,
    *,
    lights: Annotated[
        Path,
        typer.Option(
            "--from-lights", metavar="DIR", help="Folder of the lights, subfolders included."
        ),
    ],
    write: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a plan, to be taken by `flatctl run FILE`."),
    ] = None,
) -> None:
    """List the flats that the light frames of a night need.

    Reads their headers, whichever program wrote them. Exit code 5 if a set can't be taken; the
    written plan leaves it out.
    """
    from flatctl.app import plan as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import drawing_progress, left_out, warn

    with drawing_progress() as progress:
        reading = partial(progress, "Reading headers") if progress else None
        listing = app.plan(config, lights, write=write, progress=reading)
    warn(left_out(listing.skipped, listing.others))
    warn(listing.asides())
    screen = Screen()
    screen.table(*listing.table())
    for name, possible, text in listing.findings():
        screen.line(f"{'note' if possible else 'missing'}: {name}: {text}")
    screen.line(listing.summary())
    if listing.written is not None:
        screen.line(f"Wrote {listing.written}; take them: flatctl run {listing.written}")
    elif write is not None:
        screen.line(f"{write} is not written: there is no set that this configuration can take.")
    raise typer.Exit(listing.exit_code)
