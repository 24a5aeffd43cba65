"""Which Alpaca servers there are, and which devices they have.

A server answers `alpacadiscovery1`, sent to UDP port 32227, with the port that it listens on: over
IPv4 to a broadcast, over IPv6 to a multicast (ASCOM Alpaca API Reference, version 12, chapter 4).
On this machine it may hear neither, so it is asked itself as well.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import select
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from flatctl.devices.alpaca.looking import devices_of
from flatctl.devices.deadline import Deadline
from flatctl.devices.hosts import places
from flatctl.devices.transports import FoundDevice
from flatctl.errors import DeviceError

PORT = 32227
_QUESTION = b"alpacadiscovery1"
_QUERIES, _QUERY_S = 2, 0.5
_GROUP = "ff12::a1:9aca"
_LOOPBACK = "127.255.255.255"
_EVERYWHERE = "255.255.255.255"
_BROADCAST_ADDRESS = 0x8919  # SIOCGIFBRDADDR of netdevice(7)
_LONGEST_ANSWER_BYTES = 1024
_SERVERS_MAX = 64

Place = tuple[str, int]


def discover(
    named: Iterable[Place], timeout_s: float, tell: Callable[[DeviceError], None]
) -> list[FoundDevice]:
    """Return the devices of all servers, those first that are `named`, each once.

    `tell` hears of each server that does not say which devices it has.
    """
    named = list(named)
    servers = list({_identity(each): each for each in [*find_servers(), *named]}.values())
    servers.sort(key=lambda each: each not in named)

    def ask(server: Place) -> list[tuple[str, FoundDevice]] | DeviceError:
        try:
            return devices_of(*server, timeout_s)
        except DeviceError as error:
            return error

    found: dict[str, FoundDevice] = {}
    with ThreadPoolExecutor(max_workers=_SERVERS_MAX) as pool:
        for answer in pool.map(ask, servers):
            if isinstance(answer, DeviceError):
                tell(answer)
            else:
                for key, device in answer:
                    found.setdefault(key, device)
    return list(found.values())


def find_servers() -> list[Place]:
    """Return host and port of each server that answers within a second."""
    found: dict[Place, None] = {}
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(one) for one in _sockets()]
        for _ in range(_QUERIES):
            for one in sockets:
                _ask_all(one)
            for place in _answers(sockets, Deadline(_QUERY_S)):
                found[place] = None
                if len(found) >= _SERVERS_MAX:
                    return list(found)
    return list(found)


def _sockets() -> Iterator[socket.socket]:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            made = socket.socket(family, socket.SOCK_DGRAM)
        except OSError:  # a kernel without IPv6
            continue
        made.setblocking(False)
        if family == socket.AF_INET:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        yield made


def _ask_all(asking: socket.socket) -> None:
    targets = broadcasts() if asking.family == socket.AF_INET else multicasts()
    for target in targets:
        # Not every interface has a way out.
        with contextlib.suppress(OSError):
            if len(target) == 4:
                index = struct.pack("@i", target[3])
                asking.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
            asking.sendto(_QUESTION, target)


def broadcasts() -> Iterator[tuple[str, int]]:
    """Yield where to ask over IPv4: this machine, and what each interface broadcasts to."""
    yield ("127.0.0.1", PORT)
    yield (_LOOPBACK, PORT)
    yield (_EVERYWHERE, PORT)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            with contextlib.suppress(OSError):
                answer = fcntl.ioctl(probe.fileno(), _BROADCAST_ADDRESS, request)
                address = socket.inet_ntoa(answer[20:24])
                if address != "0.0.0.0":
                    yield (address, PORT)


def multicasts() -> Iterator[tuple[str, int, int, int]]:
    """Yield where to ask over IPv6: this machine, and the group on each interface."""
    yield ("::1", PORT, 0, 0)
    for index, _ in socket.if_nameindex():
        yield (_GROUP, PORT, 0, index)


def _answers(sockets: list[socket.socket], deadline: Deadline) -> Iterator[Place]:
    while not deadline.over:
        ready, _, _ = select.select(sockets, [], [], deadline.left_s)
        for one in ready:
            with contextlib.suppress(OSError):
                answer, address = one.recvfrom(_LONGEST_ANSWER_BYTES)
                if (port := port_in(answer)) is not None:
                    yield _host(address), port


def port_in(answer: bytes) -> int | None:
    """Return the port that an answer names; None for what is no answer."""
    try:
        port = json.loads(answer)["AlpacaPort"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return port if type(port) is int and 0 < port <= 65535 else None


def _host(address: tuple[object, ...]) -> str:
    host = str(address[0])
    if len(address) < 4 or "%" in host or not (index := int(str(address[3]))):
        return host
    return f"{host}%{socket.if_indextoname(index)}"


def _identity(place: Place) -> str:
    """Return what two spellings of one server have in common."""
    return sorted(places(*place))[0]
