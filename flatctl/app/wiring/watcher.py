"""A second process that puts a light out, should the one that lit it be gone without doing so.

Nothing that a process does on its way out helps against `kill -9`. So whoever keeps a light on by
hand has a watcher beside it: it reads from a pipe, which the kernel closes with the process.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DONE = b"dark"


class Watcher:
    """What stands by until it is told that the light is out, or until nobody can tell it."""

    def __init__(self, process: "subprocess.Popen[bytes] | None") -> None:
        self._process = process

    def dark(self) -> None:
        """Tell it that the light is out, so that nothing is left to do."""
        process, self._process = self._process, None
        if process is not None:
            process.communicate(_DONE)


@contextmanager
def watched(config: Path, *, wanted: bool) -> Iterator[Watcher]:
    """Have the panel of `config` put out after this process, unless told that it is dark.

    Where it is never told, its pipe stays open until this process has gone, and its claims with it.
    """
    process = None
    if wanted:
        process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(config.absolute())],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    yield Watcher(process)


def main() -> None:
    """Wait for the word or the end of the other process, and call `flatctl safe` after the end."""
    if sys.stdin.buffer.read() != _DONE:
        os.execv(sys.executable, [sys.executable, "-m", "flatctl", "safe", sys.argv[1]])


if __name__ == "__main__":
    main()
