"""What is sent to an Alpaca server, and what its HTTP status means."""

from __future__ import annotations

import itertools
import secrets
import threading
from collections.abc import Mapping
from urllib.parse import urlencode

from flatctl.devices.alpaca.wire.answers import text_of
from flatctl.devices.alpaca.wire.connection import Reply
from flatctl.devices.alpaca.wire.refusals import AlpacaFault, Lacking
from flatctl.errors import BadReply, DeviceError
from flatctl.settings.alpaca import AlpacaUrl

Scalar = bool | int | float | str

# Constant for as long as we run: some devices keep for each client whether it is connected.
CLIENT_ID = secrets.randbelow(65535) + 1
JSON_KINDS = ("application/json", "text/json", "text/plain", "")  # empty where none is told
LONGEST_ANSWER_BYTES = 256 * 1024
LONGEST_WORDS_BYTES = 4096

_transactions = itertools.count(1)
_counting = threading.Lock()


def next_transaction() -> int:
    """Return the number of our next request; no two have the same."""
    with _counting:
        return next(_transactions)


def check_transaction(told: int, ours: int) -> None:
    """Raise `ValueError` for the answer to another question; 0 is none told."""
    if told not in (0, ours):
        raise ValueError(f"with the answer to question {told}, and {ours} was asked")


def shape(value: Scalar) -> str:
    """Return a value as Alpaca writes it, whatever the country."""
    return value if isinstance(value, str) else repr(value)


def asked_for(method: str, member: str, values: Mapping[str, Scalar]) -> str:
    """Return what was asked for, for a message."""
    given = ", ".join(f"{key} {shape(value)}" for key, value in values.items())
    return f"{member} ({given})" if given and method == "PUT" else member


def request(
    method: str, url: AlpacaUrl, path: str, values: Mapping[str, Scalar], number: int, accept: str
) -> bytes:
    """Return a request, in one piece: some servers wait for what follows."""
    form = {key: shape(value) for key, value in values.items()}
    form |= {"ClientID": str(CLIENT_ID), "ClientTransactionID": str(number)}
    sent = urlencode(form)
    target, body = (path, sent) if method == "PUT" else (f"{path}?{sent}", "")
    lines = [
        f"{method} {target} HTTP/1.1",
        f"Host: {_host(url)}",
        "User-Agent: flatctl",
        f"Accept: {accept}",
        "Accept-Encoding: identity",
        "Connection: keep-alive",
    ]
    if method == "PUT":
        lines.append("Content-Type: application/x-www-form-urlencoded")
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", body]).encode("ascii")


def _host(url: AlpacaUrl) -> str:
    """Return host and port as a header has them: names in ASCII, addresses without a zone."""
    host, zone, _ = url.place.partition("%")
    if zone:
        return f"{host}]:{url.port}"
    return host if host.isascii() else f"{url.host.encode('idna').decode()}:{url.port}"


def refused(device: str, method: str, asked: str, reply: Reply) -> DeviceError:
    """Return the error of an answer whose status is not 200."""
    status = f"HTTP {reply.status}"
    if 300 <= reply.status < 400:
        what = f"its server sends us elsewhere ({status}): {reply.location or 'it says not where'}"
        return BadReply(device, what, "give that address, if it is the right one")
    text = text_of(reply.glimpse(LONGEST_WORDS_BYTES).decode(errors="replace"))
    says = f"{status}: {text}" if text else status
    match reply.status:
        case 404 | 405 | 501:
            return Lacking(device, f"does not know {asked} ({says})")
        case 400 if method == "GET":
            return Lacking(device, f"does not know {asked} ({says})")
        case 401 | 403:
            what = f"wants to know who we are ({says})"
            return AlpacaFault(device, what, "let its server answer without a name and password")
    if reply.status >= 400:
        return AlpacaFault(device, f"fails at {asked} ({says})", "see its server's log")
    return BadReply(device, f"answered {asked} with {says}", "does its server speak Alpaca?")
