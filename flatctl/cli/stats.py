"""`flatctl stats`: the statistics of any image, and what its level calls for."""

import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flatctl.core.types import FilterPlan

EXAMPLES = (
    "flatctl stats flat.fits",
    "flatctl stats IMG_0012.CR2 --target 0.51",
    "flatctl stats /media/card/DCIM --target 0.51 --sort level",
    "flatctl stats 2026-11-22/FLAT/*.fits --json | jq .adu.all.median",
    "flatctl stats dslr.fits --full-scale 15490",
)
_NAMED_MAX = 3


class Sort(StrEnum):
    """What the files can be sorted by."""

    NAME = "name"
    LEVEL = "level"
    EXPOSURE = "exposure"
    TIME = "time"


def stats(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="Images, or folders of them.")
    ],
    *,
    target: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=0.99, metavar="N", help="Level of a good flat, 0.51 for 51 %: judge them."
        ),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0.001,
            max=0.49,
            metavar="N",
            help=f"Good is target ± this (default: the rig's, else {FilterPlan.tolerance:g}).",
        ),
    ] = None,
    full_scale: Annotated[
        float | None,
        typer.Option(
            min=1e-9,
            metavar="ADU",
            help="Saturation level in ADU (default: from the file, else assumed).",
        ),
    ] = None,
    pedestal: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="ADU", help="Level without light (default: from the file if it says)."
        ),
    ] = None,
    rig: Annotated[
        Path | None,
        typer.Option(
            metavar="CONFIG",
            help="Take target, full scale and pedestal from this rig.",
        ),
    ] = None,
    sort: Annotated[
        Sort | None,
        typer.Option(metavar="|".join(Sort), help="Order of the files (default: as given)."),
    ] = None,
    each: Annotated[
        bool, typer.Option("--each", help="All figures of every file, not a row for each.")
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="One JSON object per file on stdout.")
    ] = False,
) -> None:
    """Show the statistics of images, and what to set next.

    For the whole image and for each channel (the colours of a Bayer sensor, the planes of a colour
    image), in ADU and as fractions of full scale; of several files a row for each. With --target
    each is judged as a flat, and it says what to do with brightness or exposure. Exit code 7 if a
    file can't be read; the others are measured.
    """
    from flatctl.app import stats as app
    from flatctl.cli.screen import Screen
    from flatctl.cli.talk import warn
    from flatctl.errors import ExitCode
    from flatctl.outputs.jsonlines import JsonLines
    from flatctl.outputs.tables.statistics import judged_line, sorted_by, summary

    screen, lines = Screen(), JsonLines(sys.stdout)
    wish = app.Wish(full_scale, pedestal_adu=pedestal, target=target, tolerance=tolerance)
    if rig is not None:
        wish = app.of_rig(rig, wish)
    selection = app.select(files)
    warn(f"{path}: {why}" for path, why in selection.problems)
    bad = bool(selection.problems)
    found = app.stats(selection.images, wish)
    measured = []
    for one in found if sort is None else sorted_by(found, sort.value):
        bad |= bool(one.problem)
        if one.problem:
            warn([f"{one.path}: {one.problem}"])
        if json:
            lines.print(one.to_plain())
        elif not one.problem and (each or len(selection.images) == 1):
            screen.tables([one.table()])
            if verdict := one.verdict():
                screen.line(f"{one.path.name}: {verdict}")
        elif not one.problem:
            measured.append(one)
    if measured:
        screen.tables([summary(measured)])
    if said := judged_line(measured):
        screen.line(said)
        *_, last = (one for one in measured if one.advice is not None)
        screen.line(f"{last.path.name}: {last.verdict()}")
    warn(_not_looked_at(selection.others))
    raise typer.Exit(ExitCode.STORAGE if bad else ExitCode.COMPLETE)


def _not_looked_at(others: Mapping[str, Sequence[Path]]) -> list[str]:
    """Return a line that counts and names what is no image, none where there is nothing."""
    from flatctl.outputs import figures

    parts = []
    for kind, paths in others.items():
        names = ", ".join(path.name for path in paths[:_NAMED_MAX])
        more = ", ..." if len(paths) > _NAMED_MAX else ""
        parts.append(f"{figures.plural(len(paths), kind)} ({names}{more})")
    return [f"not looked at: {', '.join(parts)}"] if parts else []
