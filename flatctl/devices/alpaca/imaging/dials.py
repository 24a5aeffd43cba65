"""Gain, offset and read-out mode, as their values: the place in a list never leaves this file.

A gain is a number between two limits, or one of a list of names such as "ISO 800" or "120", of
which the place is set (ICameraV3 and later). Where both can be read the limits count: drivers that
have both mean the value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import granted_s, optional
from flatctl.devices.deadline import Deadline

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient
    from flatctl.devices.alpaca.wire.requests import Scalar

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_FAST = ("Normal", "Fast")


@dataclass(frozen=True)
class Dial:
    """A number to set: from `lowest` to `highest`, or one of `names`; `member` is what it is."""

    member: str
    lowest: int = 0
    highest: int = 0
    names: tuple[str, ...] = ()

    @property
    def range_words(self) -> str:
        """What can be set, for a message."""
        return ", ".join(self.names) or f"{self.lowest} to {self.highest}"

    def setting(self, wanted: float) -> int | None:
        """Return what to set for a value, None where it can't be had."""
        if not self.names:
            fits = self.lowest <= wanted <= self.highest and float(wanted).is_integer()
            return int(wanted) if fits else None
        found = [n for n, name in enumerate(self.names) if _number_in(name) == wanted]
        # Of several with that number only one that is nothing but the number is meant.
        plain = [n for n in found if self.names[n].strip() == f"{wanted:g}"]
        candidates = plain or found
        return candidates[0] if len(candidates) == 1 else None

    def value(self, setting: int) -> float | None:
        """Return the value that is set, None where no number says it."""
        if not self.names:
            return float(setting)
        return _number_in(self.name(setting) or "")

    def name(self, setting: int) -> str | None:
        """Return the name of what is set, None where it has none."""
        return self.names[setting] if 0 <= setting < len(self.names) else None


@dataclass(frozen=True)
class Modes:
    """The read-out modes, by name; `member` is where the place of one is set."""

    member: str
    names: tuple[str, ...]

    def setting(self, wanted: str) -> int | None:
        """Return the place of a mode, by its name in any case; None for no or several of them."""
        folded = [name.strip().casefold() for name in self.names]
        wanted = wanted.strip().casefold()
        return folded.index(wanted) if folded.count(wanted) == 1 else None

    def form(self, setting: int) -> Mapping[str, Scalar]:
        """Return what to send to choose one."""
        if self.member == "fastreadout":
            return {"FastReadout": bool(setting)}
        return {"ReadoutMode": setting}


def dial(client: AlpacaClient, member: str, deadline: Deadline) -> Dial | None:
    """Return what a camera lets be set of its `gain` or `offset`, None for nothing."""
    lowest = optional(client.whole, f"{member}min", granted_s(deadline))
    highest = optional(client.whole, f"{member}max", granted_s(deadline))
    if lowest is not None and highest is not None and lowest < highest:
        return Dial(member, lowest, highest)
    names = optional(client.texts, f"{member}s", granted_s(deadline))
    if names:
        return Dial(member, names=names)
    if lowest is not None and lowest == highest:
        return Dial(member, lowest, lowest)
    return None


def modes(client: AlpacaClient, deadline: Deadline) -> Modes | None:
    """Return the read-out modes of a camera, None where it has none."""
    if optional(client.truth, "canfastreadout", granted_s(deadline)):
        return Modes("fastreadout", _FAST)
    names = optional(client.texts, "readoutmodes", granted_s(deadline))
    return Modes("readoutmode", names) if names else None


def _number_in(name: str) -> float | None:
    """Return the number in a name, None where there is none, or more than one."""
    found = _NUMBER.findall(name)
    return float(found[0]) if len(found) == 1 else None
