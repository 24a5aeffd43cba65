"""One serial line, one name: an adapter has several, and a port of a computer many spellings."""

import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

from flatctl.devices.hosts import places

# URLs of pyserial that stand for a port of another computer, or for a device file.
_REMOTE, _LOCAL = ("socket", "rfc2217"), ("spy", "alt")


def line_addresses(port: str) -> tuple[str, ...]:
    """Return what identifies a serial line: two spellings of one line have a text in common."""
    url = urlsplit(port)
    try:
        if url.scheme in _REMOTE and url.hostname and url.port:
            return tuple(f"line {place}" for place in places(url.hostname, url.port))
    except ValueError:  # no number of a port
        return (f"line {port}",)
    if url.scheme and url.scheme not in _LOCAL:
        return (f"line {port}",)
    path = Path(os.path.realpath(url.netloc + url.path if url.scheme else port))
    return (f"line {path}", *_node(path))


def _node(path: Path) -> tuple[str, ...]:
    """Return the device that a file is of: by whichever file, it is one."""
    try:
        status = path.stat()
    except OSError:
        return ()
    return (f"line {status.st_rdev}",) if stat.S_ISCHR(status.st_mode) else ()
