"""Who listens to a run: one JSON object per line, or a person."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Listeners = list[Callable[[dict[str, object]], None]]


@contextmanager
def listening(*, json: bool) -> Iterator[Listeners]:
    """Give the listeners of a run; however it ends, the terminal is left as it was.

    stdout carries the results (the end table, or with `json` the events), stderr the talk.
    """
    from flatctl.outputs.console import Console
    from flatctl.outputs.jsonlines import JsonLines

    console = Console(sys.stdout, sys.stderr, results=not json)
    try:
        yield [JsonLines(sys.stdout), console] if json else [console]
    finally:
        console.close()
