"""How the program ends: the one place where exceptions become exit codes and messages."""

import errno
import os
import traceback
from collections.abc import Callable

from flatctl.engine.stop import StopSignals
from flatctl.errors import ExitCode, FlatctlError, LightUnknown, Stopped, light_unknown_behind

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
    except Stopped as stop:
        # Who does not even wait for a message about a light that may be on.
        if lost := light_unknown_behind(stop):
            _tell("\n".join(lost.lines))
            return lost.exit_code
        _tell(_with_light(str(stop), stop))
        return stop.exit_code
    except Exception as error:  # noqa: BLE001 because the user gets a sentence, not a traceback
        # What fails on the way out must not stand for a light that may be on.
        known = light_unknown_behind(error) or error
        if isinstance(known, FlatctlError):
            lines = known.lines if isinstance(known, LightUnknown) else (str(known),)
            _tell(_with_light("\n".join(lines), known))
            return known.exit_code
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            _tell(f"{error.strerror}: make room, or send the output elsewhere")
            return ExitCode.STORAGE
        if isinstance(error, OSError):
            from flatctl.storage.atomic import error_where_it_was

            # A permission that is lacking is no fault of the program.
            if (where := error_where_it_was(error)) is not None:
                _tell(str(where))
                return where.exit_code
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        _tell(f"internal error, please report it ({_DEBUG}=1 shows where): {what}")
        return ExitCode.INTERNAL
    return ExitCode.COMPLETE


def _tell(text: str) -> None:
    if os.environ.get(_DEBUG, "") not in ("", "0"):
        traceback.print_exc()
    from flatctl.outputs.aside import warn

    for line in text.splitlines() or [""]:
        warn(line)


def _with_light(text: str, ending: FlatctlError | Stopped) -> str:
    """Add to a last line how light and mount were left; nothing where it never was lit.

    Of the sky the mount is told, and no lamp that was never lit.
    """
    if not (ending.light or ending.mount) or isinstance(ending, LightUnknown):
        return text
    from flatctl.outputs.sentences.run import light_sentence
    from flatctl.outputs.sentences.sky import mount_sentence

    left = mount_sentence(ending.mount) if ending.mount else light_sentence(ending.light)
    again = " Run the same command to go on." if isinstance(ending, Stopped) else ""
    stop = "" if text.endswith(("?", ".", "!")) else "."
    return f"{text}{stop} {left}{again}"
