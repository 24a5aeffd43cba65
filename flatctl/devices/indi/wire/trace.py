"""What passes between us and an INDI server, in words for the log."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

# Drivers keep passwords and keys of services in text properties.
_SECRET = re.compile(
    r"pass(?=w|ph|c|k|[ _]|$)|pwd|psk|secret|token|credential|login|(^|[ _]|api)key([ _]|$)",
    re.IGNORECASE,
)


def said(do: str, facts: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return device and words of a request, `None` for one that is not worth a line."""
    match do:
        case "send":
            values = _values(facts["name"], facts["values"].items())
            return facts["device"], f"set {facts['name']} {values}"
        case "blobs":
            wanted = "wants" if facts["wanted"] else "does not want"
            return facts["device"], f"{wanted} frames of {facts['name']}"
    return None


def heard(packet: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return device and words of an event; of a frame its size, never its pixels."""
    device = packet.get("device", "server")
    match packet.get("at"):
        case None:
            return None
        case "property":
            elements = ((one["name"], one["value"]) for one in packet["elements"])
            words = f"{packet['name']} {packet['state']} {_values(packet['name'], elements)}"
            return device, words.rstrip()
        case "frame":
            flaw = f", broken: {packet['what']}" if packet["what"] else ""
            return device, f"{packet['name']} {packet['format']}, {packet['size']} bytes{flaw}"
        case "message":
            return device, f"message {packet['text']!r}"
        case at:
            return device, " ".join(filter(None, (at, packet.get("name"), packet.get("what"))))


def _values(name: str, values: Iterable[tuple[str, object]]) -> str:
    return " ".join(
        f"{element}={_shown(value, _SECRET.search(f'{name} {element}') is not None)}"
        for element, value in values
    )


def _shown(value: object, secret: bool) -> str:
    match value:
        case bool():
            return "On" if value else "Off"
        case str():
            return "***" if secret and value else repr(value)
    return f"{value:g}" if isinstance(value, float) else str(value)
