"""Say why a serial port can't be opened, who has it, and what can be done about it."""

import contextlib
import errno
import grp
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from flatctl.errors import Busy, DeviceError, Unreachable

_MOST_SHOWN = 60
_OF_POWER = {"root", "wheel", "sudo", "adm", "disk", "kmem", "shadow", "docker"}


class SerialPort(NamedTuple):
    """A serial port of this computer, and what is plugged in as far as it says."""

    path: str
    description: str


def printable(content: bytes) -> str:
    """Return bytes as they can be shown: quoted, escaped, and cut where there are too many."""
    shown = repr(bytes(content[:_MOST_SHOWN])).removeprefix("b")
    more = len(content) - _MOST_SHOWN
    return shown if more <= 0 else f"{shown} and {more} bytes more"


def reason(error: Exception) -> str:
    """Return what an exception says, or else its kind."""
    return str(error).strip() or type(error).__name__


def why_not_opened(
    url: str, name: str, error: Exception, ports: Sequence[SerialPort]
) -> DeviceError:
    """Return the error to raise when opening `url` raised `error`.

    `name` is what messages call the device, `ports` are those that this computer has.
    """
    if "://" in url:
        remedy = "check the address in port"
        if url.lower().startswith("rfc2217:"):
            remedy += ", and end it with ?ign_set_control where the server ignores modem lines"
        return Unreachable(name, f"can't be reached ({reason(error)})", remedy)
    match getattr(error, "errno", None):
        case errno.ENOENT | errno.ENXIO | errno.ENODEV:
            return Unreachable(name, "no such port", _absent(ports))
        case errno.EACCES | errno.EPERM:
            return Unreachable(name, "no permission to open the port", _permission(url))
        case errno.EBUSY | errno.EWOULDBLOCK:
            return Busy(
                name,
                f"another program has the port open{_holders(url)}",
                "end that program, or disconnect the panel in it",
            )
        case errno.EIO:
            return Unreachable(name, "the port is dead", "unplug the cable and plug it in again")
        case _ if not _is_terminal(url):
            return Unreachable(name, "this is no serial port", _choose(ports))
        case _:
            return Unreachable(name, f"can't be opened ({reason(error)})", _choose(ports))


def _choose(ports: Sequence[SerialPort]) -> str:
    if not ports:
        return "this computer has no serial port at the moment: check the cable"
    return "there are: " + ", ".join(f"{path} ({description})" for path, description in ports)


def _absent(ports: Sequence[SerialPort]) -> str:
    return f"is it plugged in and powered? {_choose(ports)[0].upper()}{_choose(ports)[1:]}"


def _permission(path: str) -> str:
    """Return how this user comes to use a port: by its group, where that may and is none of power.

    Whoever is in the group of root, or of disks, may do far more than reach a panel.
    """
    group = "unknown"
    with contextlib.suppress(OSError, KeyError):
        status = os.stat(path)
        group = grp.getgrgid(status.st_gid).gr_name
        may_both = stat.S_IRGRP | stat.S_IWGRP
        if group not in _OF_POWER and status.st_mode & may_both == may_both:
            return f"join its group (sudo usermod -a -G {group} $USER), then log out and in again"
    return (
        f"its group ({group}) is none to join: let a udev rule give the port to the group dialout "
        "(config/udev/70-flatctl-panel.rules), and join that (sudo usermod -a -G dialout $USER)"
    )


def _is_terminal(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return os.isatty(descriptor)
    finally:
        os.close(descriptor)


def _holders(path: str) -> str:
    """Return who has the device open, as far as this user may see it: ` (indi_flipflat, 4711)`."""
    device = os.path.realpath(path)
    holders = set()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        with contextlib.suppress(OSError):
            if os.readlink(descriptor) == device:
                folder = descriptor.parent.parent
                holders.add(f"{(folder / 'comm').read_text().strip()}, {folder.name}")
    return f" ({'; '.join(sorted(holders))})" if holders else ""
