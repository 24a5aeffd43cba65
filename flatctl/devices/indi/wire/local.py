"""The local socket of an indiserver on this machine, over which frames come as shared memory.

indiserver listens on an abstract Unix socket beside its TCP port (option `-u`, else one name for
all). Its frames need not be turned to text and back there: 61 megapixels come in a tenth of the
time. A machine may have several servers, so a socket is only taken from the very process that was
started with the port in question: the kernel tells who listens.
"""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from flatctl.devices.sockets import holder_of

AUTO = "auto"
OFF = "off"
_USUAL_PORT = 7624
_USUAL_PATH = "/tmp/indiserver"
# indiserver's options that take a word; they may be clustered, the words then follow in order.
_WITH_WORD = "fldmnpru"


class NoLocalSocket(Exception):
    """There is none to be used; the message says why.

    `could_be` is true for a server on this machine, which could have one.
    """

    def __init__(self, why: str, *, could_be: bool) -> None:
        self.could_be = could_be
        super().__init__(why)


def local_socket(host: str, port: int, wanted: str = AUTO) -> str:
    """Return the path of the local socket of the server on this port.

    `wanted` is a path that is given, or `auto` to find it. Raises `NoLocalSocket`.
    """
    if not _is_this_machine(host):
        raise NoLocalSocket(f"{host} is another machine", could_be=False)
    servers = dict(_servers(port))
    if not servers:
        why = f"no indiserver of this machine was started with port {port}"
        raise NoLocalSocket(why, could_be=True)
    path = next(iter(servers.values())) if wanted == AUTO else wanted.removeprefix("@")
    if holder_of(path) not in servers:
        why = f"the indiserver on port {port} does not listen on @{path}"
        raise NoLocalSocket(why, could_be=True)
    return path


def _is_this_machine(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return False
    return all(ipaddress.ip_address(str(address[0])).is_loopback for *_, address in found)


def _servers(port: int) -> Iterator[tuple[int, str]]:
    """Yield process and socket path of each indiserver that was started with that port."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it ended meanwhile
        if os.path.basename(words[0]) == b"indiserver":
            its_port, path = _options([word.decode(errors="replace") for word in words[1:]])
            if its_port == port:
                yield int(folder.name), path


def _options(words: list[str]) -> tuple[int, str]:
    port, path = str(_USUAL_PORT), _USUAL_PATH
    rest = iter(words)
    for cluster in rest:
        if not cluster.startswith("-"):
            break
        for option in cluster[1:]:
            word = next(rest, "") if option in _WITH_WORD else ""
            if option == "p":
                port = word
            elif option == "u":
                path = word
    return int(port) if port.isdecimal() else 0, path
