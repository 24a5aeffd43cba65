"""Who holds which claim, looked at again and again without leaving a trace.

Asking a claim who holds it takes a place in its queue (`flatctl.app.wiring.claim`). The kernel's
table of sockets (proc(5), /proc/net/unix) takes none, and says whether a claim is the one that was
asked before: each socket is asked once.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from flatctl.app.wiring.claim import PREFIX
from flatctl.devices.sockets import holder_of

_TABLE = Path("/proc/net/unix")
_LISTENS = "00010000"
_COLUMNS = 8


class ClaimsSeen:
    """The claims of this machine as they were when last looked at."""

    def __init__(self) -> None:
        self._sockets: dict[str, str] = {}
        self._pids: dict[str, int] = {}

    def look(self) -> None:
        """See which claims are held now."""
        self._sockets = {}
        with suppress(OSError):
            for line in _TABLE.read_text("ascii", "replace").splitlines():
                words = line.split(None, _COLUMNS - 1)
                if len(words) == _COLUMNS and words[3] == _LISTENS:
                    self._sockets[words[7].removeprefix("@")] = words[6]
        held = {s for name, s in self._sockets.items() if name.startswith(PREFIX)}
        self._pids = {socket: pid for socket, pid in self._pids.items() if socket in held}

    def holder(self, names: Iterable[str]) -> int | None:
        """Return the process that holds one of these claims, None where nobody does."""
        for name in names:
            socket = self._sockets.get(name)
            if socket is None:
                continue
            pid = self._pids.get(socket) or holder_of(name)
            if pid is not None:
                self._pids[socket] = pid
                return pid
        return None
