"""`flatctl master`: master flats and master dark flats."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Folder

EXAMPLES = (
    "flatctl master ~/flats/2026-11-22",
    "flatctl master ~/flats/2026-11-22 --output ~/masters",
    "flatctl master ~/flats --pedestal 1000 --json | jq -r .path",
)


def master(
    directory: Folder,
    *,
    output: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the masters go; default: MASTER in that folder."),
    ] = None,
    pedestal: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="ADU", help="Level without light, for flats without dark flats."
        ),
    ] = None,
    memory: Annotated[
        int, typer.Option(min=50, metavar="MB", help="Memory for the frames being averaged.")
    ] = 500,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object per master on stdout.")
    ] = False,
) -> None:
    """Make master flats and master dark flats from a run's frames.

    Uses flatctl's own frames with correct checksums, and names the rest. Never overwrites a file
    and makes no master of the same frames twice. Needs the extra `master`. Ends with 5 if a frame
    is damaged or a set has no master.
    """
    from flatctl.app import master as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import drawing_progress, left_out, warn
    from flatctl.outputs.jsonlines import JsonLines

    screen, lines = Screen(), JsonLines(sys.stdout)
    with drawing_progress() as progress:
        listing = app.master(
            directory,
            output=output,
            pedestal_adu=pedestal,
            memory_bytes=memory * 1_000_000,
            progress=progress,
        )
    warn(left_out(listing.skipped, listing.others))
    for made in listing.masters:
        if made.problem:
            typer.echo(f"flatctl: {made.filter or 'flats'}: no master: {made.problem}", err=True)
        if json:
            lines.print(made.to_plain())
        elif not made.problem:
            screen.line(made.line())
    raise typer.Exit(listing.exit_code)
