"""Whoever can do what no device does: at the terminal, or far away with a message."""

import os
import select
import sys
from collections.abc import Callable

from flatctl.errors import ConfigError
from flatctl.outputs.aside import warn
from flatctl.settings.models import Settings
from flatctl.settings.panels import ManualOptions

PATIENCE_S = 3600.0
LIGHT_OFF = "Switch the light off"


class Person:
    """Ask for something to be done; where nobody is at the terminal, `message` goes out instead."""

    def __init__(self, message: Callable[[str], None] = lambda _wish: None) -> None:
        self._message = message

    def __call__(self, wish: str) -> bool:
        """Tell what to do and wait for Enter; return whether that came, within an hour."""
        if not is_there():
            warn(f"{wish}; nobody is at the terminal, so nobody is waited for")
            self._message(wish)
            return False
        print(f"\a{wish}, then press Enter.", file=sys.stderr, flush=True)
        heard, _, _ = select.select([sys.stdin], [], [], PATIENCE_S)
        # The end of the input is no Enter.
        return bool(heard) and sys.stdin.readline().endswith("\n")

    def remind(self, wish: str) -> None:
        """Tell what to do, and wait for nobody."""
        if is_there():
            print(f"\a{wish}.", file=sys.stderr, flush=True)
        else:
            self._message(wish)


def is_there() -> bool:
    """Tell whether somebody can be asked: at a terminal in whose foreground this program is."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:  # a terminal that is not the one of this session
        return False


def ensure_dark_flats_can_be_taken(settings: Settings) -> None:
    """Raise `ConfigError` where dark flats need a hand on the light and nobody is there."""
    by_hand = isinstance(settings.panel, ManualOptions)
    if by_hand and settings.dark_flats.count and not is_there():
        raise ConfigError(
            f"{settings.source}: dark_flats.count = {settings.dark_flats.count}: for dark flats a "
            "person has to switch this light off: run it on a terminal, or set dark_flats.count = 0"
        )
