"""`flatctl by-hand`: flats with a camera that no driver reaches."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from flatctl.cli.arguments import Count, Filters, Json, Output, Resume

EXAMPLES = (
    "flatctl by-hand ~/Pictures/card --count 30 --target 0.51",
    "flatctl by-hand /media/card/DCIM --screen",
    "flatctl by-hand ~/captures --rig rig.toml --filter L --filter R",
)


def by_hand(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Where pictures arrive; subfolders included."),
    ],
    *,
    count: Count = None,
    target: Annotated[
        float | None,
        typer.Option(min=0.01, max=0.99, metavar="N", help="Level of a good flat, 0.51 for 51 %."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0.001, max=0.49, metavar="N", help="Good is target ± this."),
    ] = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="Light it with a laptop, tablet or phone.")
    ] = False,
    rig: Annotated[
        Path | None,
        typer.Option(metavar="CONFIG", help="Drive the panel of this rig; take its [flats]."),
    ] = None,
    filters: Filters = None,
    output: Output = None,
    resume: Resume = True,
    json: Json = False,
) -> None:
    """Take flats with a camera that no driver reaches.

    You take the pictures. It watches the folder they arrive in (a card reader, a tethered
    program's), says what to set next, and counts the good ones. Files stay where they are: nothing
    is copied or deleted. Ctrl-C ends it; the same command goes on.
    """
    from flatctl.app import by_hand as app
    from flatctl.cli.talk import command_again
    from flatctl.outputs.by_hand import ByHandTalk
    from flatctl.outputs.jsonlines import JsonLines

    talk = ByHandTalk(sys.stdout, sys.stderr, results=not json, again=command_again(sys.argv))
    code = app.by_hand(
        folder,
        rig=rig,
        screen=screen,
        filters=filters or (),
        count=count,
        target=target,
        tolerance=tolerance,
        output=output,
        resume=resume,
        listeners=[JsonLines(sys.stdout), talk] if json else [talk],
    )
    raise typer.Exit(code)
