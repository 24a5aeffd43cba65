"""What is said on stderr beside the results and the progress of a run."""

import shutil
import sys
from contextlib import suppress

from flatctl.outputs.figures import wrapped


def say(words: str) -> None:
    """Say what is being done, broken between words on a terminal.

    Who can't be told changes nothing.
    """
    with suppress(OSError, ValueError):
        if sys.stderr.isatty():
            words = wrapped(words, shutil.get_terminal_size().columns)
        print(words, file=sys.stderr)


def warn(words: str) -> None:
    """Say something that the program found, under its name."""
    say(f"flatctl: {words}")
