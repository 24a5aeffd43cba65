"""Who listens: to a run, one JSON object per line or a person; to long work, a bar."""

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flatctl.outputs import aside

if TYPE_CHECKING:
    from flatctl.engine.clock import Clock
    from flatctl.outputs.record import Listener

_NAMED_MAX = 5  # files that are named one by one where the same is wrong with each


@contextmanager
def listening(*, json: bool, clock: "Clock | None" = None) -> "Iterator[list[Listener]]":
    """Give the listeners of a run; however it ends, the terminal is left as it was.

    stdout carries the results (the end table, or with `json` the events), stderr the talk. The run
    goes by `clock`, where that is not the computer's.
    """
    from flatctl.outputs.console import Console
    from flatctl.outputs.jsonlines import JsonLines

    again = command_again(sys.argv)
    console = Console(sys.stdout, sys.stderr, results=not json, again=again, clock=clock)
    try:
        yield [JsonLines(sys.stdout), console] if json else [console]
    finally:
        console.close()


def command_again(arguments: Sequence[str]) -> str:
    """Return the command that takes what is missing: the same, without starting anew."""
    name, *rest = arguments
    return shlex.join([Path(name).name, *(each for each in rest if each != "--no-resume")])


@contextmanager
def drawing_progress() -> Iterator[Callable[[str, int, int], None] | None]:
    """Draw a bar of what is done of how much, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(
            task, description=what, completed=done, total=total
        )


def warn(sentences: Iterable[str]) -> None:
    """Say what was found on stderr, a line each; a stream that takes nothing is no error."""
    for sentence in sentences:
        aside.warn(sentence)


def left_out(skipped: Iterable[tuple[Path, str]], others: Mapping[str, int]) -> Iterator[str]:
    """Yield which files were skipped and why, and how many frames of other kinds there are.

    A folder with very many that can't be used for one reason gets a line for these.
    """
    by_reason: dict[str, list[Path]] = {}
    for path, why in skipped:
        by_reason.setdefault(why, []).append(path)
    for why, paths in by_reason.items():
        if len(paths) > _NAMED_MAX:
            yield f"skipped {len(paths)} files, {paths[0]} to {paths[-1].name}: {why}"
            continue
        for path in paths:
            yield f"skipped {path}: {why}"
    if others:
        counts = ", ".join(f"{count} {kind}" for kind, count in others.items())
        yield f"ignored other frames: {counts}"
