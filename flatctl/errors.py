"""What can go wrong, and with which exit code the program then ends.

    FlatctlError            1   a bug or something nobody foresaw
    ├── UsageError          2   the command line asks for something that makes no sense
    ├── ConfigError         3   the configuration has to be corrected
    ├── DeviceError         4   a device can't be reached or failed
    │   ├── Unreachable         nobody answers at that address, or it is not there
    │   ├── NoReply             it was there, and now it is silent
    │   ├── BadReply            it answered something else than what was asked
    │   ├── Busy                another program has it; nothing was attempted
    │   │   └── InUse           another program exposes with it, and will have done in a while
    │   └── Fault               it says itself that it failed
    │       └── Unfit           it is well, and can't do what is asked: trying again is no use
    ├── UnsafeError         6   unsafe, or out of time
    ├── StorageError        7   disk full, no permission, directory gone
    └── LightUnknown        8   the light is not known to be off, whatever else happened

A leaf exists only where a caller reacts differently. Every message says what happened, on which
device or at which place, and what to do next. Expected endings (a light too dim) are values, not
exceptions: see `flatctl.core.types.Outcome`.

`Stopped` stands outside the tree on purpose, as `KeyboardInterrupt` does: a clause that survives a
broken device must not swallow the user's wish to stop.
"""

import shlex
import signal
import sys
from collections.abc import Iterable
from enum import IntEnum

# What ends a program that does not catch it, without being a crash.
STOP_SIGNALS = (
    *(signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGTERM, signal.SIGXCPU, signal.SIGVTALRM, signal.SIGPWR),
)


class ExitCode(IntEnum):
    """How the program ends; after a signal it is 128 + its number instead."""

    COMPLETE = 0
    INTERNAL = 1
    USAGE = 2
    CONFIG = 3
    DEVICE = 4
    INCOMPLETE = 5
    UNSAFE = 6
    STORAGE = 7
    LIGHT_UNKNOWN = 8  # the light is not known to be off, whatever else happened


class FlatctlError(Exception):
    """Something went wrong; the message is fit to be shown to the user.

    `light` is how the light was left, a `flatctl.core.types.Light`; empty where it was not touched.
    `mount` is how a mount was left that pointed at the sky, as event `run_finished` has it.
    """

    exit_code: ExitCode = ExitCode.INTERNAL
    light: str = ""
    mount: str = ""


class UsageError(FlatctlError):
    """The command line asks for something that makes no sense."""

    exit_code = ExitCode.USAGE


class ConfigError(FlatctlError):
    """The configuration has to be corrected: file, key, value and what is allowed."""

    exit_code = ExitCode.CONFIG


class DeviceError(FlatctlError):
    """A device can't be reached or failed.

    `device` is its name or port, `what` what happened, `remedy` what the user can do.
    """

    exit_code = ExitCode.DEVICE

    def __init__(self, device: str, what: str, remedy: str = "") -> None:
        self.device = device
        self.what = what
        self.remedy = remedy
        super().__init__(f"{device}: {what}" + (f"; {remedy}" if remedy else ""))


class Unreachable(DeviceError):
    """Nobody answers at that address, or the device is not there."""


class NoReply(DeviceError):
    """The device was there, and now it is silent."""


class BadReply(DeviceError):
    """The device answered something else than what was asked."""


class Busy(DeviceError):
    """Another program has the device; nothing was attempted."""


class InUse(Busy):
    """Another program exposes or streams with the camera: `left_s` more seconds, if it says so."""

    def __init__(self, device: str, what: str, remedy: str, left_s: float | None = None) -> None:
        super().__init__(device, what, remedy)
        self.left_s = left_s


class Fault(DeviceError):
    """The device says itself that it failed."""


class Unfit(Fault):
    """The device is well and can't do what is asked of it, however often it is asked."""


class UnsafeError(FlatctlError):
    """It is unsafe to go on, or the time is over."""

    exit_code = ExitCode.UNSAFE


class StorageError(FlatctlError):
    """A file could not be written or read: disk full, no permission, directory gone."""

    exit_code = ExitCode.STORAGE


class LightUnknown(FlatctlError):
    """The light of `panel` is not known to be off; `causes` is what ended the work, then why so.

    It stands for whatever else happened, also for a signal. `lines` is the message in lines, the
    last of which speaks of the light.
    """

    exit_code = ExitCode.LIGHT_UNKNOWN

    def __init__(
        self,
        panel: str,
        light: str,
        causes: Iterable[BaseException] = (),
        remedy: str = "switch it off by hand, then: flatctl safe CONFIG",
    ) -> None:
        self.light = light
        self.causes = tuple(causes)
        state = "light on" if light == "on" else "light unknown, it MAY STILL BE ON"
        words = dict.fromkeys(map(_words_of, self.causes))
        self.lines = (*words, f"{panel}: {state}; {remedy}")
        super().__init__(". ".join(line.rstrip("?.") for line in self.lines))


def light_unknown_behind(error: BaseException) -> LightUnknown | None:
    """Return the `LightUnknown` that `error` came in the way of, or is; None for no such."""
    seen: BaseException | None = error
    while seen is not None and not isinstance(seen, LightUnknown):
        seen = seen.__cause__ or seen.__context__
    return seen


def _words_of(error: BaseException) -> str:
    if isinstance(error, FlatctlError | Stopped):
        return str(error)
    return f"internal error, please report it: {type(error).__name__}: {error}".rstrip(": ")


def line_to_install(what: str) -> str:
    """Return the line for a shell that brings a library to the Python that this runs on."""
    return f"{shlex.quote(sys.executable)} -m pip install {what}"


class Stopped(BaseException):
    """The user or the system asked the program to stop, by one of `STOP_SIGNALS`.

    `light` and `mount` are as of a `FlatctlError`.
    """

    light: str = ""
    mount: str = ""

    def __init__(self, signum: int) -> None:
        self.signum = signum
        by = "you (Ctrl-C)" if signum == signal.SIGINT else signal.Signals(signum).name
        super().__init__(f"stopped by {by}")

    @property
    def exit_code(self) -> int:
        """Return 128 + signal number, as shells do (130 for SIGINT, 143 for SIGTERM)."""
        return 128 + self.signum
