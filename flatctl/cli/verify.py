"""`flatctl verify`: whether the files are still what they were."""

import typer

from flatctl.cli.arguments import Folder

EXAMPLES = ("flatctl verify ~/flats/2026-11-22",)


def verify(directory: Folder) -> None:
    """Check FITS files: checksums, headers, levels."""
    from flatctl.app import verify as app
    from flatctl.cli.screen import Screen
    from flatctl.errors import ExitCode, StorageError

    screen = Screen()
    total = bad = 0
    for path, problems in app.verify(directory):
        total += 1
        bad += bool(problems)
        screen.verdict(str(path), not problems, "; ".join(problems) or "sound")
    if not total:
        raise StorageError(f"{directory}: no FITS files here or below; name the folder of a night")
    files = "1 file" if total == 1 else f"{total} files"
    screen.line(f"{files}, {bad} with problems" if bad else f"{files} checked, all good")
    raise typer.Exit(ExitCode.STORAGE if bad else ExitCode.COMPLETE)
