"""What is said on stderr beside the results and the progress of a run."""

import io
import shutil
import sys
from contextlib import suppress

from flatctl.outputs.figures import wrapped

_QUIET = 2  # modules without ink around a code, as readers need them


def say(words: str) -> None:
    """Say what is being done, broken between words on a terminal.

    Who can't be told changes nothing.
    """
    with suppress(OSError, ValueError):
        if sys.stderr.isatty():
            words = wrapped(words, shutil.get_terminal_size().columns)
        print(words, file=sys.stderr)


def show_link(address: str) -> None:
    """Draw an address as a picture that phones and tablets read, on a terminal with room for it."""
    import segno

    code = segno.make(address, error="L", micro=False)
    width = code.symbol_size(border=_QUIET)[0]
    if not sys.stderr.isatty() or shutil.get_terminal_size().columns < width:
        return
    drawn = io.StringIO()
    code.terminal(out=drawn, border=_QUIET, compact=True)
    # A terminal whose encoding has no blocks shows none.
    with suppress(OSError, ValueError):
        print(drawn.getvalue(), end="", file=sys.stderr)


def warn(words: str) -> None:
    """Say something that the program found, under its name."""
    say(f"flatctl: {words}")
