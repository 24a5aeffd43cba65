"""The way in, as `flatctl` and as `python -m flatctl`."""

import gc
import os
import signal
import sys
import warnings


def main() -> None:
    """Run the program; a Ctrl-C while it is still being loaded just ends it.

    Python's own answer would be a traceback from the midst of an import. Once loaded, the program
    catches signals itself (`flatctl.engine.stop`).
    """
    _replace_closed_streams()
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a job of the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if not sys.warnoptions:
        # Libraries speak to who writes the program; who runs it wants to be told by the program.
        warnings.simplefilter("ignore")
    # All that loading makes stays: looking through it for garbage would take a tenth of the start.
    gc.set_threshold(20_000)
    from flatctl import cli

    cli.main()


def _replace_closed_streams() -> None:
    """Put /dev/null in the place of closed streams; the next file opened would be in it."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
        if getattr(sys, name) is None:
            mode = "w" if number else "r"
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115


if __name__ == "__main__":
    main()
