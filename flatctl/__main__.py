"""The way in, as `flatctl` and as `python -m flatctl`."""

import signal


def main() -> None:
    """Run the program; a Ctrl-C while it is still being loaded just ends it.

    Python's own answer would be a traceback from the midst of an import. Once loaded, the program
    catches signals itself (`flatctl.engine.stop`).
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:  # a job of the background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from flatctl import cli

    cli.main()


if __name__ == "__main__":
    main()
