"""What every web server of ours holds to: who may ask, and how an answer may be used.

Pure rules on the words of a request; whoever serves enforces them.
"""

import hmac
import re
from collections import deque
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

# What no answer goes without, whatever it is.
COMMON_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# A report has its styles and pictures within itself, and needs nothing else.
REPORT_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
RUN_ID = re.compile(r"\d{8}T\d{6}Z(_\d+)?", re.ASCII)
LOOPBACK_NAMES = frozenset({"localhost", "localhost.localdomain", "ip6-localhost"})
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?", re.ASCII)


def host_name(header: str) -> str:
    """Return the host that a `Host` header names, without its port; empty where it names none."""
    found = _HOST.fullmatch(header.lower())
    return found[1].strip("[]").removesuffix(".") if found else ""


def is_host_known(header: str, names: Collection[str], reached_at: str) -> bool:
    """Tell whether a request was meant for this server.

    `names` are those that the computer goes by, `reached_at` is the address at which the request
    came in. A page of somebody else whose name was made to lead here sends its own name.
    """
    name = host_name(header)
    if not name:
        return False
    return name in LOOPBACK_NAMES or name in names or _same_address(name, reached_at)


def is_loopback(address: str) -> bool:
    """Tell whether an address is this computer's alone."""
    try:
        return bool(_plain(address).is_loopback)
    except ValueError:
        return address in LOOPBACK_NAMES


def own_names(host_name: str) -> frozenset[str]:
    """Return what a computer of this name is called in its network."""
    short = host_name.lower().partition(".")[0]
    return frozenset({host_name.lower(), short, f"{short}.local"} - {"", ".local"})


def is_own_origin(origin: str, host_header: str) -> bool:
    """Tell whether a page of this very server sent a request; `origin` as in its header."""
    parts = urlsplit(origin)
    return parts.scheme in ("http", "https") and parts.netloc.lower() == host_header.lower()


def same_secret(given: str, ours: str) -> bool:
    """Compare two secrets in a time that tells nothing of them."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), ours.encode("utf-8", "replace"))


class Pace:
    """At most `count` things in any `span_s` seconds, for each of those who do them."""

    def __init__(self, count: int, span_s: float) -> None:
        self._count = count
        self._span_s = span_s
        self._done: dict[str, deque[float]] = {}

    def allows(self, who: str, now_s: float) -> bool:
        """Count one more of `who`, unless that is too many; `now_s` is a monotonic clock."""
        for other in [o for o, times in self._done.items() if now_s - times[-1] > self._span_s]:
            del self._done[other]
        times = self._done.setdefault(who, deque())
        while times and now_s - times[0] > self._span_s:
            times.popleft()
        if len(times) >= self._count:
            return False
        times.append(now_s)
        return True


def _plain(text: str):  # type: ignore[no-untyped-def]  # one of two classes that share no name
    address = ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _same_address(name: str, other: str) -> bool:
    try:
        return bool(_plain(name) == _plain(other))
    except ValueError:
        return False
