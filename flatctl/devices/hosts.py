"""One computer, one name: however its address is spelled."""

import ipaddress
import socket

THIS_MACHINE = "localhost"


def places(host: str, port: int) -> tuple[str, ...]:
    """Return what identifies a port of a computer: one text for each address its name has.

    Two spellings of one place share a text; every address of this machine is one. A name that
    nobody can resolve stands for itself.
    """
    return tuple(f"{name}:{port}" for name in _names(host))


def _names(host: str) -> list[str]:
    host = host.strip().strip("[]").rstrip(".").casefold()
    try:
        found = socket.getaddrinfo(host or None, None, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return [host]
    return sorted({_name(family, address) for family, *_, address in found})


def _name(family: int, address: tuple[object, ...]) -> str:
    plain = str(address[0]).partition("%")[0]
    known = ipaddress.ip_address(plain)
    if isinstance(known, ipaddress.IPv6Address) and known.ipv4_mapped:
        known, family = known.ipv4_mapped, socket.AF_INET
        address = (str(known), 0)
    return THIS_MACHINE if _is_ours(family, address) else str(known)


def _is_ours(family: int, address: tuple[object, ...]) -> bool:
    """Tell whether an address is one of this machine's: only those can be bound."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((address[0], 0, *address[2:]))
    except OSError:
        return False
    return True
