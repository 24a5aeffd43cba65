"""One controller per rig: a claim on its devices that the system takes back when its holder dies.

A claim is an abstract Unix socket. The kernel frees its name when the process ends, even by
kill -9, so nothing is ever left behind; it belongs to no user and needs no folder, and the kernel
knows the process that holds it (unix(7)).
"""

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from flatctl.devices.sockets import holder_of
from flatctl.errors import Busy

PREFIX = "flatctl/"
_ARGUMENTS_SHOWN = 6
# Each question for the holder's name stays in its queue, since nobody ever accepts it.
_ASKED_AT_MOST = 4096


@contextmanager
def claim(owner: str, things: Iterable[str]) -> Iterator[None]:
    """Claim everything in `things` inside the block, all or nothing.

    `owner` is what a message calls them together, `things` are addresses of hardware: two rigs
    that share none of them never meet. Raises `Busy`, saying who has it, when entered.
    """
    with ExitStack() as held:
        for thing in sorted(set(things)):
            held.enter_context(_taken(owner, thing))
        yield


def name_of(thing: str) -> str:
    """Return the name of the socket that claims a thing."""
    return PREFIX + hashlib.sha256(thing.encode()).hexdigest()


def take_name(held: ExitStack, path: Path) -> bool:
    """Claim a file that is to be written, as long as `held`; False where somebody has it."""
    folder = path.parent.stat()
    try:
        ours = _taken(str(path), f"file {folder.st_dev} {folder.st_ino} {path.name}")
    except Busy:
        return False
    held.enter_context(ours)
    return True


def _taken(owner: str, thing: str) -> socket.socket:
    name = name_of(thing)
    ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        ours.bind(f"\0{name}")
        ours.listen(_ASKED_AT_MOST)
    except OSError as error:
        ours.close()
        pid = holder_of(name)
        who = describe_process(pid) if pid else "another program"
        remedy = (
            f"stop it first: flatctl stop (or kill {pid}; its panel goes dark), or kill -9 {pid} "
            "and then flatctl safe if it hangs"
            if pid
            else "stop it first"
        )
        raise Busy(owner, f"is in use by {who}", remedy) from error
    return ours


def describe_process(pid: int) -> str:
    """Return e.g. `process 1234 (flatctl run rig.toml)`."""
    words: list[str] = []
    with contextlib.suppress(OSError):
        line = Path(f"/proc/{pid}/cmdline").read_bytes()
        words = [word.decode(errors="replace") for word in line.split(b"\0") if word]
    # A script's first word is its interpreter.
    if len(words) > 1 and os.path.basename(words[0]).startswith("python"):
        words = words[2:] if words[1] == "-m" else words[1:]
    if not words:
        return f"process {pid}"
    shown = " ".join([os.path.basename(words[0]), *words[1:_ARGUMENTS_SHOWN]])
    return f"process {pid} ({shown})"
