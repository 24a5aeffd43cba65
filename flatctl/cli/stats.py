"""`flatctl stats`: the statistics of any FITS image."""

import sys
from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = (
    "flatctl stats flat.fits",
    "flatctl stats 2026-11-22/FLAT/*.fits --json | jq .adu.all.median",
    "flatctl stats dslr.fits --full-scale 15490",
)


def stats(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="FITS files, also .fz.")],
    *,
    full_scale: Annotated[
        float | None,
        typer.Option(
            min=1e-9,
            metavar="ADU",
            help="Saturation level in ADU (default: from the header or the data type).",
        ),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="All figures of every file, not a row for each.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object per file on stdout.")
    ] = False,
) -> None:
    """Show the statistics of FITS images.

    For the whole image and for each channel (the colours of a Bayer sensor, the planes of a colour
    image), in ADU and as fractions of full scale; of several files a row for each. Exit code 7 if a
    file can't be read; the others are measured.
    """
    from flatctl.app import stats as app
    from flatctl.cli.screen import Screen
    from flatctl.errors import ExitCode
    from flatctl.outputs.jsonlines import JsonLines
    from flatctl.outputs.tables.statistics import summary

    screen, lines = Screen(), JsonLines(sys.stdout)
    bad = False
    measured = []
    for found in app.stats(files, full_scale_adu=full_scale):
        bad |= bool(found.problem)
        if found.problem:
            typer.echo(f"flatctl: {found.path}: {found.problem}", err=True)
        if json:
            lines.print(found.to_plain())
        elif not found.problem and (each or len(files) == 1):
            screen.tables([found.table()])
        elif not found.problem:
            measured.append(found)
    if measured:
        screen.tables([summary(measured)])
    raise typer.Exit(ExitCode.STORAGE if bad else ExitCode.COMPLETE)
