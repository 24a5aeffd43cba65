"""What devices say of themselves; nothing is connected.

A device's number may shift when others join it on its server, its UniqueID does not (ASCOM Alpaca
API Reference, version 12, chapter 3). Small servers have no management API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flatctl.devices.alpaca.asking import optional
from flatctl.devices.alpaca.wire.answers import text_of
from flatctl.devices.alpaca.wire.client import AlpacaClient
from flatctl.devices.alpaca.wire.management import fetch_json
from flatctl.devices.alpaca.wire.refusals import Lacking
from flatctl.devices.deadline import Deadline
from flatctl.devices.transports import FoundDevice, Presence, Role, guides_by_name
from flatctl.errors import DeviceError, Unreachable
from flatctl.settings.alpaca import SCHEME, TYPES, AlpacaUrl

if TYPE_CHECKING:
    from flatctl.devices.alpaca.session import AlpacaSession

_CONFIGURED = "/management/v1/configureddevices"
_ASK_S = 5.0
_DEVICES_MAX = 256
# What a device can, by the members that say so.
_ABILITIES = {
    "camera": {"cansetccdtemperature": "cools", "canabortexposure": "aborts"},
    "telescope": {
        "canpark": "parks",
        "canslewasync": "slews",
        "cansettracking": "switches its tracking",
    },
    "dome": {"cansetshutter": "has a shutter", "canpark": "parks"},
}
_COUNTS = {
    "covercalibrator": ("maxbrightness", "brightness 1 to {}"),
    "focuser": ("maxstep", "0 to {} steps"),
}
_ROLES = {
    "camera": (Role.CAMERA,),
    "filterwheel": (Role.WHEEL,),
    "covercalibrator": (Role.PANEL, Role.COVER),
    "rotator": (Role.ROTATOR,),
    "focuser": (Role.FOCUSER,),
    "telescope": (Role.MOUNT,),
    "dome": (Role.DOME,),
    "safetymonitor": (Role.WEATHER,),
}


@dataclass(frozen=True)
class Entry:
    """A device as its server lists it."""

    url: AlpacaUrl
    title: str
    unique_id: str


def listed(host: str, port: int, timeout_s: float) -> list[Entry]:
    """Return the devices that a server lists.

    Raises `DeviceError` where it does not answer, or has no such list.
    """
    value = fetch_json(host, port, _CONFIGURED, timeout_s)
    entries = value[:_DEVICES_MAX] if isinstance(value, list) else []
    return [entry for each in entries if (entry := _entry(host, port, each))]


def _entry(host: str, port: int, listed_as: Any) -> Entry | None:
    if not isinstance(listed_as, Mapping):
        return None
    kind, number = listed_as.get("DeviceType"), listed_as.get("DeviceNumber")
    if not isinstance(kind, str) or type(number) is not int or number < 0:
        return None
    title, unique_id = (text_of(listed_as.get(key) or "") for key in ("DeviceName", "UniqueID"))
    return Entry(AlpacaUrl(host, port, text_of(kind).lower(), number), title, unique_id)


def devices_of(host: str, port: int, timeout_s: float) -> list[tuple[str, FoundDevice]]:
    """Return the devices of a server, each with what makes it out among those of all servers.

    Raises `DeviceError` as `listed` does.
    """
    deadline = Deadline(timeout_s)
    entries = listed(host, port, min(_ASK_S, timeout_s))
    return [(_key(entry), _found(entry, deadline)) for entry in entries]


def _key(entry: Entry) -> str:
    """Return what tells it apart, by whichever address of its server it was found."""
    url = entry.url
    return f"{url.type}/{url.number} {url.port} {entry.unique_id or url.host} {entry.title}"


def _found(entry: Entry, deadline: Deadline) -> FoundDevice:
    found = FoundDevice(
        transport=SCHEME,
        name=str(entry.url),
        connected=False,
        roles=_ROLES.get(entry.url.type, ()),
        guides=guides_by_name(entry.title),
        title=entry.title,
        unique_id=entry.unique_id,
    )
    if not found.roles:
        return found
    with closing(AlpacaClient(entry.url, connects=False)) as client, suppress(DeviceError):
        found = replace(found, connected=client.truth("connected", _left_s(deadline)))
        if found.connected and Role.CAMERA in found.roles:
            cooled = optional(client.truth, "cansetccdtemperature", _left_s(deadline))
            found = replace(found, cooled=bool(cooled))
            found = replace(found, sensor_px=_sensor_px(client, deadline))
    return found


def _left_s(deadline: Deadline) -> float:
    return min(_ASK_S, deadline.left_s)


def _sensor_px(client: AlpacaClient, deadline: Deadline) -> tuple[int, int] | None:
    across = optional(client.whole, "cameraxsize", _left_s(deadline))
    down = optional(client.whole, "cameraysize", _left_s(deadline))
    return (across, down) if across and down and across > 0 and down > 0 else None


def about(session: AlpacaSession, device: str) -> str:
    """Say what a device calls itself, its UniqueID and its interface, as far as it tells."""
    with closing(session.client(device, connects=False)) as client, suppress(DeviceError):
        interface = client.interface(_ASK_S)
        entry = next((one for one in _listed(client.url) if one.url == client.url), None)
        title = entry.title if entry else optional(client.text, "name", _ASK_S)
        unique_id = f", UniqueID {entry.unique_id}" if entry and entry.unique_id else ""
        told = f"{title or 'no name'}{unique_id}, interface {interface}"
        return ", ".join((told, *abilities(client)))
    return ""


def abilities(client: AlpacaClient) -> list[str]:
    """Return what a device says that it can, in a few words; nothing of one not connected."""
    kind = client.url.type
    with suppress(DeviceError):
        if not client.truth("connected", _ASK_S):
            return []
        words = []
        if kind == "camera" and (sensor := _sensor_px(client, Deadline(_ASK_S))):
            words.append(f"{sensor[0]} × {sensor[1]} px")
        if kind in _COUNTS:
            member, text = _COUNTS[kind]
            most = optional(client.whole, member, _ASK_S)
            words += [] if most is None else [text.format(most)]
        if kind == "covercalibrator":
            words.append("cover" if optional(client.whole, "coverstate", _ASK_S) else "no cover")
        return words + [
            word
            for member, word in _ABILITIES.get(kind, {}).items()
            if optional(client.truth, member, _ASK_S)
        ]
    return []


def _listed(url: AlpacaUrl) -> list[Entry]:
    """Return what a server lists, nothing where it has no list."""
    with suppress(DeviceError):
        return listed(url.host, url.port, _ASK_S)
    return []


def look_at(session: AlpacaSession, device: str, role: Role) -> Presence:
    """Look for a configured device where it should be.

    Raises `Unreachable` where its server has no such device, others as a client does.
    """
    with closing(session.client(device, connects=False)) as client:
        try:
            connected = client.truth("connected", session.timeout_s)
        except Lacking as error:
            raise _missing(client.url) from error
        state = "connected" if connected else "there; a run will connect it"
        told = about(session, device)
        return Presence(
            f"{device} is {state}{f': {told}' if told else ''}{''.join(_others(client.url))}",
            tuple(client.texts("names", _ASK_S)) if connected and role is Role.WHEEL else None,
            _sensor_px(client, Deadline(_ASK_S)) if connected and role is Role.CAMERA else None,
            connected=connected,
        )


def _missing(url: AlpacaUrl) -> Unreachable:
    same = [f"{each.url} ({each.title})" for each in _listed(url) if each.url.type == url.type]
    remedy = f"it has {', '.join(same) or f'no {url.type}'}"
    return Unreachable(str(url), f"its server has no {url.type} {url.number}", remedy)


def _others(url: AlpacaUrl) -> Iterator[str]:
    """Yield what to say of other cameras or wheels on the server: one of them may be meant."""
    if url.type not in (TYPES["camera"], TYPES["wheel"]):
        return
    others = [each for each in _listed(url) if each.url.type == url.type and each.url != url]
    if others:
        names = ", ".join(f"{each.title} ({each.url})" for each in others)
        yield f"; also there: {names}"
