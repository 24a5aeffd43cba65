"""`flatctl report`: the page of a run, once more."""

from pathlib import Path
from typing import Annotated

import typer

EXAMPLES = ("flatctl report ~/flats/2026-11-22",)


def report(
    run_dir: Annotated[
        Path, typer.Argument(metavar="RUN_DIR", help="A night's folder: where run.json is.")
    ],
) -> None:
    """Rebuild report.html.

    From run.json and the frames beside it.
    """
    from flatctl.app import report as app
    from flatctl.cli.screen import Screen

    for path in app.report(run_dir):
        Screen().line(str(path))
