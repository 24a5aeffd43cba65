"""What the parent knows of the devices: filled by the child's events, read by everybody."""

from __future__ import annotations

import math
import os
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["number", "switch", "text", "light", "blob"]
Value = float | bool | str

_KEPT_FRAMES = 3
_KEPT_MESSAGES = 50
_KEPT_BEGINNINGS = 8
# More than a countdown may go up without beginning anew.
_UP_TIMES, _UP_S = 1.05, 0.5


@dataclass(frozen=True)
class Element:
    """One value of a property; `min` and `max` are those of a number, where there are any.

    Numbers are finite: what a driver says that is none is unknown, `None`, and `said` has it.
    """

    name: str
    label: str
    value: Value | None
    min: float | None = None
    max: float | None = None
    said: str = ""

    @classmethod
    def heard(cls, facts: Mapping[str, Any]) -> Element:
        """Take in what the driver said: the one door for numbers from outside."""
        value = facts["value"]
        odd = isinstance(value, float) and not math.isfinite(value)
        low, high = _finite(facts.get("min")), _finite(facts.get("max"))
        # Equal bounds mean none in INDI.
        bounded = low is None or high is None or low < high
        return cls(
            name=facts["name"],
            label=facts["label"],
            value=None if odd else value,
            min=low if bounded else None,
            max=high if bounded else None,
            said=f"{value:g}" if odd else "",
        )

    def allows(self, number: float) -> bool:
        """Say whether a number is in the driver's range."""
        return (self.min is None or self.min <= number) and (self.max is None or number <= self.max)

    @property
    def range_words(self) -> str:
        """The range that the driver allows, in words."""
        low = "" if self.min is None else f"{self.min:g} "
        return f"{low}to {self.max:g}" if self.max is not None else f"{low}and more".lstrip()


@dataclass(frozen=True)
class Property:
    """A property as its driver reported it last.

    `serial` numbers the report, `alerted` is the number of the last report in state Alert: a
    refusal is often followed at once by an Ok with the old value. `begun` are the last reports with
    which it became Busy, or began anew: a countdown that goes up. `arrived_s` is when it came, on
    the monotonic clock.
    """

    device: str
    name: str
    kind: Kind
    state: str
    writable: bool
    elements: Mapping[str, Element]
    serial: int
    alerted: int = 0
    one_of_many: bool = False
    label: str = ""
    begun: tuple[int, ...] = ()
    arrived_s: float = 0.0

    def number(self, element: str) -> float | None:
        """Return a number's value, or `None` where there is no such number."""
        value = self.elements[element].value if element in self.elements else None
        return value if isinstance(value, float) else None

    def count(self, element: str, allowed: range) -> int | None:
        """Return a number of things, or `None` where it is not known or can't be true."""
        value = self.number(element)
        return round(value) if value is not None and round(value) in allowed else None

    def said(self, element: str) -> str:
        """Return a number as the driver said it, sense or nonsense; empty where it said none."""
        known = self.elements.get(element)
        value = self.number(element)
        return (known.said if known else "") if value is None else f"{value:g}"

    def text(self, element: str) -> str | None:
        """Return a text's value, or `None` where there is no such text."""
        value = self.elements[element].value if element in self.elements else None
        return value if isinstance(value, str) else None

    def on(self, element: str) -> bool:
        """Say whether a switch is on."""
        return element in self.elements and self.elements[element].value is True

    def chosen(self, element: str) -> bool:
        """Say whether a switch is on and no other of the property is."""
        return self.on(element) and sum(one.value is True for one in self.elements.values()) == 1

    def whole(self, values: Mapping[str, Value]) -> Mapping[str, Value]:
        """Add that the others are off, to the one on of switches of which one must be on.

        Drivers that keep what they are sent and no more would report both on.
        """
        if not self.one_of_many or True not in values.values():
            return values
        return {**values, **{name: False for name in self.elements if name not in values}}

    def holds(self, values: Mapping[str, Value]) -> bool:
        """Say whether all of these values are the reported ones."""
        return all(
            name in self.elements and _same(self.elements[name].value, value)
            for name, value in values.items()
        )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _same(reported: Value | None, wanted: Value) -> bool:
    if isinstance(reported, float) and not isinstance(wanted, str):
        return abs(reported - wanted) <= max(1e-6, 1e-6 * abs(wanted))
    return reported == wanted


@dataclass
class Blob:
    """A frame's bytes in an anonymous memory file; `fd` is -1 where it arrived broken.

    `arrived_s` is when, on the monotonic clock.
    """

    serial: int
    fd: int
    size: int
    format: str
    fault: str
    arrived_s: float = field(default_factory=time.monotonic)

    def close(self) -> None:
        """Give the memory back."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


@dataclass
class Device:
    """A device; `born` is the event that announced it, `defined` the newest of its definitions.

    `defined_s` is when that came, on the monotonic clock.
    """

    name: str
    born: int
    defined: int
    properties: dict[str, Property] = field(default_factory=dict)
    messages: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_KEPT_MESSAGES))
    frames: dict[str, list[Blob]] = field(default_factory=dict)
    defined_s: float = field(default_factory=time.monotonic)

    def close(self) -> None:
        """Give back the memory of frames nobody took."""
        for blobs in self.frames.values():
            for blob in blobs:
                blob.close()
        self.frames.clear()


class Registry:
    """Devices, their properties, messages and frames of one connection; `lost` ones had to go.

    `trouble` is what the child could not take in last, by the number of its event.
    """

    def __init__(self) -> None:
        self.devices: dict[str, Device] = {}
        self.lost: set[str] = set()
        self.trouble: tuple[int, str] = (0, "")
        self.serial = 0
        self.defined = 0

    def find(self, device: str, name: str) -> Property | None:
        """Return a property, or `None` where it is not there (any more)."""
        return self.devices[device].properties.get(name) if device in self.devices else None

    def message_since(self, device: str, serial: int) -> str:
        """Return what the driver said after `serial`: its last error, else its last word."""
        if device not in self.devices:
            return ""
        said = [text for number, text in self.devices[device].messages if number > serial]
        errors = [text for text in said if "error" in text.lower()]
        return _without_time(["", *said, *errors][-1])

    def take_frame(self, device: str, name: str, since: int) -> Blob | None:
        """Hand over the oldest frame after `since`; older ones are thrown away."""
        waiting = self.devices[device].frames.get(name, []) if device in self.devices else []
        while waiting:
            blob = waiting.pop(0)
            if blob.serial > since:
                return blob
            blob.close()
        return None

    def apply(self, event: Mapping[str, Any], fd: int | None = None) -> None:
        """Take an event of the child in; owns the file descriptor from here on."""
        self.serial = event["serial"]
        match event["at"]:
            case "device":
                self._forget(event["device"])
                self._device(event["device"])
            case "device_gone":
                self.lost.add(event["device"])
                self._forget(event["device"])
            case "property":
                self._take_property(event)
            case "property_gone":
                if event["device"] in self.devices:
                    self.devices[event["device"]].properties.pop(event["name"], None)
            case "message":
                self._device(event["device"]).messages.append((self.serial, event["text"]))
            case "frame":
                self._take_frame(event, fd)
            case "trouble":
                self.trouble = (self.serial, event["what"])

    def close(self) -> None:
        """Give back the memory of all frames."""
        for device in self.devices.values():
            device.close()

    def _device(self, name: str) -> Device:
        if name not in self.devices:
            self.devices[name] = Device(name, born=self.serial, defined=self.serial)
        return self.devices[name]

    def _forget(self, name: str) -> None:
        if name in self.devices:
            self.devices.pop(name).close()

    def _take_property(self, event: Mapping[str, Any]) -> None:
        device = self._device(event["device"])
        before = device.properties.get(event["name"])
        if before is None:
            device.defined = self.defined = self.serial
            device.defined_s = time.monotonic()
        alert = event["state"] == "Alert"
        made = Property(
            device=event["device"],
            name=event["name"],
            kind=event["kind"],
            state=event["state"],
            writable=event["writable"],
            elements={facts["name"]: Element.heard(facts) for facts in event["elements"]},
            serial=self.serial,
            alerted=self.serial if alert else before.alerted if before else 0,
            one_of_many=event.get("one_of_many", False),
            label=event.get("label", ""),
            arrived_s=time.monotonic(),
        )
        begun = before.begun if before else ()
        if _begins(before, made):
            begun = (*begun, self.serial)[-_KEPT_BEGINNINGS:]
        device.properties[event["name"]] = replace(made, begun=begun)

    def _take_frame(self, event: Mapping[str, Any], fd: int | None) -> None:
        blob = Blob(
            self.serial, -1 if fd is None else fd, event["size"], event["format"], event["what"]
        )
        waiting = self._device(event["device"]).frames.setdefault(event["name"], [])
        waiting.append(blob)
        while len(waiting) > _KEPT_FRAMES:
            waiting.pop(0).close()


def _begins(before: Property | None, now: Property) -> bool:
    """Tell whether something begins that takes its time: an exposure, a move."""
    if now.state != "Busy":
        return False
    if before is None or before.state != "Busy":
        return True
    return any(
        (now.number(name) or 0.0) > _UP_TIMES * (before.number(name) or 0.0) + _UP_S
        for name in now.elements
    )


def _without_time(message: str) -> str:
    """Drop the time stamp and the level that drivers put before a message."""
    head, _, rest = message.partition(": ")
    text = rest if len(head) == len("2026-11-22T10:28:45") and "T" in head else message
    for level in ("[ERROR] ", "[WARNING] ", "[INFO] ", "Error: "):
        text = text.removeprefix(level)
    return text.strip()
