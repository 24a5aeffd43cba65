"""What a look at a rig finds, a line each: for `flatctl check`, and while flats are waited for."""

from collections.abc import Callable
from dataclasses import dataclass

from flatctl.app.wiring.slow import SlowWords
from flatctl.errors import DeviceError, ExitCode, FlatctlError, LightUnknown
from flatctl.outputs.aside import warn
from flatctl.storage.atomic import error_where_it_was


@dataclass(frozen=True)
class CheckLine:
    """One finding; `exit_code` is what a run would end with because of it."""

    subject: str
    ok: bool
    text: str
    remedy: str = ""
    exit_code: ExitCode = ExitCode.COMPLETE


def finding(subject: str, look: Callable[[], str]) -> CheckLine:
    """Return what a look says, or what it raises."""
    try:
        with SlowWords(warn, f"looking at: {subject}"):
            return CheckLine(subject, True, look())
    except LightUnknown as lost:
        *why, light = lost.lines
        return CheckLine(subject, False, "; ".join(why), light, lost.exit_code)
    except DeviceError as error:
        text = f"{error.device}: {error.what}"
        return CheckLine(subject, False, text, error.remedy, error.exit_code)
    except FlatctlError as error:
        return CheckLine(subject, False, str(error), exit_code=error.exit_code)
    except OSError as error:
        if (known := error_where_it_was(error)) is None:
            raise
        return CheckLine(subject, False, str(known), exit_code=known.exit_code)
