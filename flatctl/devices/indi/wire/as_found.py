"""How a driver's settings were found, so that they can be put back when flatctl is done.

What is remembered lies in a file as well: after a `kill -9` the next run, or `flatctl safe`, puts
it back. What somebody has changed since is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.wire.registry import Property, Registry, Value
from flatctl.errors import DeviceError

if TYPE_CHECKING:
    from flatctl.devices.indi.wire.client import IndiClient

_ANSWER_S = 5.0
_TEXT_S = 1.0
_PASSES = 2
_LARGEST_BYTES = 1_000_000
_ROUNDED_PX = 32  # drivers round the sizes of a region to what the chip can read


@dataclass
class Kept:
    """One property: its values as they were found, and all those that were asked for since.

    `own` tells that this process has set it, and did not merely read of it in the file.
    """

    found: dict[str, Value]
    ours: list[dict[str, Value]] = field(default_factory=list)
    own: bool = False

    @property
    def changed(self) -> dict[str, Value]:
        """As they were found, only those values that were asked to be others."""
        return {
            key: value
            for key, value in self.found.items()
            if any(ours.get(key, value) != value for ours in self.ours)
        }

    def is_ours(self, now: Property) -> bool:
        """Say whether it stands as flatctl left it, and not as somebody else wants it."""
        return any(now.holds(values) for values in self.ours)


class AsFound:
    """What is remembered of the devices of one server; `folder` is where, `None` for nowhere."""

    def __init__(self, folder: Path | None, server: str) -> None:
        self._folder = folder
        self._server = server
        self._devices: dict[str, dict[str, Kept]] = {}

    def knows(self, device: str) -> bool:
        """Say whether there is anything to put back."""
        return bool(self._of(device))

    def set(
        self,
        client: IndiClient,
        device: str,
        name: str,
        values: Mapping[str, Value],
        timeout_s: float,
    ) -> None:
        """Set a property as `IndiClient.set` does, and remember how it stood before."""
        self.before(client.need(device, name, timeout_s), values)
        try:
            client.set(device, name, values, timeout_s)
        finally:
            self._after(client.find(device, name))

    def before(self, known: Property, values: Mapping[str, Value]) -> None:
        """Remember how a property stands that is going to be set to these values."""
        kept = self._of(known.device)
        wanted = dict(known.whole(values))
        one = kept.get(known.name)
        if one is None or not (one.own or one.is_ours(known)):
            if known.holds(wanted):
                kept.pop(known.name, None)
                return
            one = kept[known.name] = Kept(_values(known))
        if not one.own or wanted not in one.ours:
            one.own = True
            one.ours.append(wanted)
            self._write(known.device)

    def _after(self, known: Property | None) -> None:
        """Remember what came of it: drivers round."""
        one = self._of(known.device).get(known.name) if known else None
        if known is not None and one is not None and not one.is_ours(known):
            one.ours.append(_values(known))
            self._write(known.device)

    def put_back(self, client: IndiClient, device: str, timeout_s: float) -> list[str]:
        """Set everything back and forget it; return the properties with which that failed.

        Of a device that is not connected everything stays remembered. What somebody else has
        changed since is left as it is. What is put back may change another, as the binning the
        region: so there is a second pass.
        """
        deadline = Deadline(timeout_s)
        connection = client.find(device, "CONNECTION")
        if connection is None or not connection.on("CONNECT"):
            return list(self._of(device))  # for another day: its settings are out of reach
        kept, failed = self._of(device), list[str]()
        due = {
            name: one.found
            for name, one in kept.items()
            if (now := client.find(device, name)) is not None and (one.own or one.is_ours(now))
        }
        for name in [name for name in due if _is_text(client, device, name)]:
            del due[name]
            _send_texts(client, device, name, kept[name].changed)
        for _ in range(_PASSES):
            failed = [
                name
                for name, found in due.items()
                if not _restored(client, device, name, found, deadline)
            ]
        kept.clear()
        self._write(device)
        return failed

    def _of(self, device: str) -> dict[str, Kept]:
        if device not in self._devices:
            self._devices[device] = self._read(device)
        return self._devices[device]

    def _path(self, device: str) -> Path | None:
        if self._folder is None:
            return None
        name = hashlib.sha256(f"{self._server}\0{device}".encode()).hexdigest()[:16]
        return self._folder / f"as-found-{name}.json"

    def _read(self, device: str) -> dict[str, Kept]:
        """Return what a process that was killed has left."""
        path = self._path(device)
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            if path is not None and path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
                facts = json.loads(path.read_text("utf-8"))
                if facts["server"] == self._server and facts["device"] == device:
                    return {name: _kept(one) for name, one in facts["properties"].items()}
        return {}

    def _write(self, device: str) -> None:
        """Keep the file as memory has it; a disk that does not take it ends nothing."""
        path, kept = self._path(device), self._devices.get(device, {})
        if path is None:
            return
        properties = {name: {"found": one.found, "ours": one.ours} for name, one in kept.items()}
        facts = {"server": self._server, "device": device, "properties": properties}
        with suppress(OSError):
            if not kept:
                path.unlink(missing_ok=True)
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".new")
            draft.write_text(json.dumps(facts), "utf-8")
            draft.replace(path)


def _is_text(client: IndiClient, device: str, name: str) -> bool:
    known = client.find(device, name)
    return known is not None and known.kind == "text"


def _send_texts(client: IndiClient, device: str, name: str, texts: Mapping[str, Value]) -> None:
    """Send texts back as they were found.

    Not every driver answers these, so nobody waits for it: not now, and not when they were changed,
    so that they may still be reported as they were found.
    """
    with suppress(DeviceError):
        if texts:
            client.send(device, name, texts, _TEXT_S)


def _restored(
    client: IndiClient, device: str, name: str, found: Mapping[str, Value], deadline: Deadline
) -> bool:
    """Set one property back, unless it stands so; say whether it does now."""
    now = client.find(device, name)
    there = {key: value for key, value in found.items() if now and key in now.elements}
    if now is None or now.holds(there):
        return True
    if now.one_of_many and True not in there.values():
        return True  # none was chosen, which nobody can ask for
    timeout_s = max(0.1, min(_ANSWER_S, deadline.left_s))
    try:
        since = client.send(device, name, there, timeout_s)
    except DeviceError:
        return False

    def answered(registry: Registry) -> Property | None:
        # Busy is the state of some for as long as they are on, as of a live view.
        now = registry.find(device, name)
        return (
            now
            if now and now.serial > since and (now.holds(there) or now.alerted > since)
            else None
        )

    now = client.wait_for(answered, timeout_s) or client.find(device, name)
    return now is not None and (now.holds(there) or _nearly(now, there))


def _values(known: Property) -> dict[str, Value]:
    return {name: one.value for name, one in known.elements.items() if one.value is not None}


def _nearly(now: Property, wanted: Mapping[str, Value]) -> bool:
    """Say whether numbers are what is wanted but for what a driver rounds."""
    return (
        all(
            now.holds({key: value})
            or (isinstance(value, float) and abs((now.number(key) or 0.0) - value) <= _ROUNDED_PX)
            for key, value in wanted.items()
        )
        and now.name == "CCD_FRAME"
    )


def _kept(facts: Mapping[str, Any]) -> Kept:
    return Kept(_sound(facts["found"]), [_sound(each) for each in facts["ours"]])


def _sound(values: Mapping[str, object]) -> dict[str, Value]:
    """Return values out of a file, which may hold anything."""
    made: dict[str, Value] = {}
    for name, value in values.items():
        if not isinstance(value, bool | float | str):
            raise TypeError(name)
        made[name] = value
    return made
