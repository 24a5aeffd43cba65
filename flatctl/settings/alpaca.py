"""Addresses of devices behind Alpaca: `alpaca://HOST[:PORT]/camera/0`, as `device` may have them.

The port is 11111 where there is none, an IPv6 address stands in brackets, and the path is device
type and number as the API has them, in lower case (ASCOM Alpaca API Reference, version 12).
"""

import ipaddress
import re
from dataclasses import dataclass

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

SCHEME = "alpaca"
DEFAULT_PORT = 11111
# The type of device that each table of the configuration can name.
TYPES = {
    "camera": "camera",
    "wheel": "filterwheel",
    "rotator": "rotator",
    "focuser": "focuser",
    "panel": "covercalibrator",
    "mount": "telescope",
    "dome": "dome",
    "weather": "safetymonitor",
}
_LARGEST_NUMBER = 2**32 - 1
_LARGEST_PORT = 65535
_HOST_CHARS, _LABEL_CHARS = 253, 63

_URL = re.compile(r"[^:/?#]*://([^/?#]*)([^?#]*)(.*)", re.DOTALL)
_PLACE = re.compile(r"(?:\[([^\[\]]*)\]|([^:\[\]]*))(?::([0-9]*))?")
_LABEL = re.compile(r"[\w-]+")
_PATH = re.compile(r"/([a-z]+)/([0-9]{1,10})")
# What somebody may have copied from a browser, or spelled in another way.
_MEANT = re.compile(r"(?:/api/v[0-9]+)?/([a-z]+)/([0-9]{1,10})(?:/.*)?", re.IGNORECASE)


@dataclass(frozen=True)
class AlpacaUrl:
    """Where a device is: `host` in lower case and without brackets, its type and its number."""

    host: str
    port: int
    type: str
    number: int

    @property
    def place(self) -> str:
        """Host and port, as a URL has them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        """Return it as it is written in full."""
        return f"{SCHEME}://{self.place}/{self.type}/{self.number}"


def is_alpaca(device: str) -> bool:
    """Say whether a `device` of the configuration is meant as one behind Alpaca."""
    return device.casefold().startswith(f"{SCHEME}:/")


def parse(text: str) -> AlpacaUrl:
    """Return the address that a text is. Raises `ValueError`, fit for users, where it is none."""
    found = _URL.fullmatch(text)
    if found is None:
        raise ValueError(f"no address of an Alpaca device; {_like('camera')}")
    authority, path, rest = found.groups()
    if "@" in authority:
        raise ValueError("has a name or password in it; Alpaca knows none: take out all up to @")
    host, port = parse_place(authority)
    if rest:
        raise ValueError(f"goes on behind the device's number; leave out {rest!r}")
    named = _PATH.fullmatch(path)
    if named is None or int(named[2]) > _LARGEST_NUMBER:
        raise ValueError(f"must end in the device's type and number{_meant(host, port, path)}")
    return AlpacaUrl(host, port, named[1], int(named[2]))


def parse_place(text: str) -> tuple[str, int]:
    """Return host and port of `HOST[:PORT]`. Raises `ValueError`, fit for users."""
    found = _PLACE.fullmatch(text)
    if found is None and text.count(":") > 1 and "[" not in text:
        raise ValueError("an IPv6 address goes in brackets, like alpaca://[::1]:11111/camera/0")
    if found is None:
        raise ValueError(f"{text!r} is no HOST or HOST:PORT")
    address, name, port = found.groups()
    host = _ipv6(address) if address is not None else _host(name)
    if port is not None and not (port and len(port) <= 5 and 0 < int(port) <= _LARGEST_PORT):
        raise ValueError(f"port {port or 'missing'}: must be from 1 to {_LARGEST_PORT}")
    return host, int(port) if port else DEFAULT_PORT


def _ipv6(address: str) -> str:
    try:
        # As URLs have a zone: RFC 6874.
        return str(ipaddress.IPv6Address(address.replace("%25", "%").lower()))
    except ValueError:
        raise ValueError(f"[{address}] is no IPv6 address") from None


def _host(name: str) -> str:
    if not name:
        raise ValueError(f"names no host; {_like('camera')}")
    labels = name.removesuffix(".").split(".")
    fits = len(name) <= _HOST_CHARS and all(
        _LABEL.fullmatch(label) and len(label) <= _LABEL_CHARS for label in labels
    )
    try:
        if not fits or not name.encode("idna" if not name.isascii() else "ascii"):
            raise ValueError
    except ValueError:
        raise ValueError(f"{name!r} is no host name") from None
    return name.lower()


def _like(kind: str) -> str:
    return (
        f'like "{SCHEME}://HOST/{kind}/0", with :PORT behind HOST where that is not {DEFAULT_PORT}'
    )


def _meant(host: str, port: int, path: str) -> str:
    """Return what to write instead of a path that is none."""
    found = _MEANT.fullmatch(path)
    if found and int(found[2]) <= _LARGEST_NUMBER and found[1].lower() in TYPES.values():
        return f': did you mean "{AlpacaUrl(host, port, found[1].lower(), int(found[2]))}"?'
    return f", {_like('camera')}"


def device_of(table: str, *, only: bool = False) -> AfterValidator:
    """Return the rule for the `device` of a table: if it is an Alpaca address, of the right type.

    With `only`, it has to be one.
    """
    wanted = TYPES[table]

    def look(device: str) -> str:
        if not only and not is_alpaca(device):
            return device
        try:
            if not is_alpaca(device):
                raise ValueError(f"must be an Alpaca address, {_like(wanted)}")
            found = parse(device)
            if found.type != wanted:
                raise ValueError(f"is a {found.type}; [{table}] takes a {wanted}, {_like(wanted)}")
        except ValueError as error:
            raise PydanticCustomError("sense", "{why}", {"why": str(error)}) from None
        return device

    return AfterValidator(look)
