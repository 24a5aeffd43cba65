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
        typer.Option(metavar="DIR", help="Where masters go (default: DIR/MASTER)."),
    ] = None,
    pedestal: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="ADU", help="Bias level to subtract where there are no dark flats."
        ),
    ] = None,
    memory: Annotated[
        int, typer.Option(min=50, metavar="MB", help="Memory for the frames being averaged.")
    ] = 200,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object per master on stdout.")
    ] = False,
) -> None:
    """Combine a night's frames into master flats and master darks.

    Uses only flatctl's own frames that pass `verify`, and lists the ones left out. Never overwrites
    a file, makes no master of the same frames twice, and none of two sets. Needs the extra
    `master`. Exit code 5 if a frame is damaged or a set has no master.
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
