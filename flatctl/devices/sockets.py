"""Abstract Unix sockets: the kernel knows which process listens on one (unix(7))."""

import socket
import struct

_CREDENTIALS = struct.Struct("3i")


def holder_of(name: str) -> int | None:
    """Return the process that listens on an abstract socket, `None` where it can't be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(f"\0{name}")
            facts = probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        except OSError:
            return None
    pid, _, _ = _CREDENTIALS.unpack(facts)
    return int(pid) or None
