"""How the program ends: the one place where exceptions become exit codes and messages."""

import errno
import os
import sys
import traceback
from collections.abc import Callable

from flatctl.engine.stop import StopSignals
from flatctl.errors import ExitCode, FlatctlError, Stopped

_DEBUG = "FLATCTL_DEBUG"


def show_tracebacks() -> None:
    """Print the traceback of every error from now on; the variable reaches child processes too."""
    os.environ[_DEBUG] = "1"


def ending_of(action: Callable[[], object]) -> int:
    """Do `action`, tell on stderr what went wrong, and return the exit code.

    A signal stops every command; one that drives devices catches it first, inside.
    """
    try:
        with StopSignals().installed():
            action()
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.INTERNAL
    except FlatctlError as error:
        _tell(str(error))
        return error.exit_code
    except Stopped as stop:
        _tell(str(stop))
        return stop.exit_code
    except Exception as error:  # noqa: BLE001 because the user gets a sentence, not a traceback
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _tell(f"{error.strerror}: make room, or send the output elsewhere")
            return ExitCode.STORAGE
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        _tell(f"internal error, please report it ({_DEBUG}=1 shows where): {what}")
        return ExitCode.INTERNAL
    return ExitCode.COMPLETE


def _tell(text: str) -> None:
    if os.environ.get(_DEBUG, "") not in ("", "0"):
        traceback.print_exc()
    for line in text.splitlines() or [""]:
        print(f"flatctl: {line}", file=sys.stderr)
