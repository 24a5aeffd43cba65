"""`flatctl verify`: whether the files are still what they were."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from flatctl.cli.arguments import Folder

if TYPE_CHECKING:
    from flatctl.storage.verify import VerifiedFile

EXAMPLES = ("flatctl verify ~/flats/2026-11-22", "flatctl verify ~/flats --quiet")


def verify(
    directory: Folder,
    *,
    quiet: Annotated[bool, typer.Option("--quiet", help="Name only files with problems.")] = False,
    each: Annotated[
        bool, typer.Option("--each", help="A line for every file, not for every set.")
    ] = False,
) -> None:
    """Check image files: checksums, headers, levels.

    FITS, compressed as well (.fz, .gz), XISF and raw files. What no checksum vouches for is called
    unproven, not ok. A set is one line, a file with a problem has its own.
    """
    from flatctl.app import verify as app
    from flatctl.cli.screen import Screen
    from flatctl.errors import ExitCode, StorageError
    from flatctl.outputs import figures
    from flatctl.outputs.tables.verify import left_out_lines, verdicts

    screen = Screen()
    total = bad = unproven = 0
    left_out: list[VerifiedFile] = []

    def counted() -> Iterator["VerifiedFile"]:
        nonlocal total, bad, unproven
        for found in app.verify(directory):
            if found.left_out:
                left_out.append(found)
                continue
            total += 1
            bad += bool(found.problems)
            unproven += bool(found.unproven and not found.problems)
            yield found

    for verdict in verdicts(counted(), each=each):
        if not (quiet and verdict.ok):
            screen.verdict(verdict.subject, verdict.ok, verdict.text, proven=verdict.proven)
    for line in left_out_lines(left_out):
        screen.line(f"{'left out':<9}{line}")
    others = [figures.plural(count, kind) for kind, count in app.others(directory).items()]
    others += [figures.plural(len(left_out), "file") + " left out"] if left_out else []
    left = ", ".join(others)
    if not total:
        other = f" ({left} not looked at)" if left else ""
        raise StorageError(
            f"{directory}: no images that can be checked here or below{other}; "
            f"{app.elsewhere(directory) or 'name the folder of a night'}"
        )
    parts = [figures.plural(total, "file")]
    parts += [f"{bad} with problems"] if bad else []
    parts += [f"{unproven} not proven by a checksum"] if unproven else []
    parts = [f"{parts[0]} checked", "all good"] if len(parts) == 1 else parts
    parts += [f"{left} not looked at"] if left else []
    screen.line(", ".join(parts))
    raise typer.Exit(ExitCode.STORAGE if bad else ExitCode.COMPLETE)
