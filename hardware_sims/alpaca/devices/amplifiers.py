"""Gain and offset as Alpaca has them: a range of values, a list of names, or both to be read."""

from collections.abc import Iterable, Mapping

from hardware_sims.alpaca.devices.device import Device, must_lie_within, whole
from hardware_sims.alpaca.habits import Listed

GAINS = (0, 60, 100, 120, 200, 300)
OFFSETS = (0, 5, 10, 20, 50, 100)


class Amplifier:
    """A number of the sensor and its members; `what` is "gain" or "offset"."""

    def __init__(
        self, device: Device, what: str, value: float, named: Mapping[str, float], form: Listed
    ) -> None:
        self.value = value
        self._names, self._values = list(named), list(named.values())
        self._by_place = form == "list"
        key = what.capitalize()
        device.tell(**{what: self._read, f"{what}s": self._names})
        device.take(what, self._set, **{key: whole})
        low, high = min(self._values), max(self._values)
        self._limits = (what, 0, len(self._names) - 1) if self._by_place else (what, low, high)
        if self._by_place:
            device.lack(f"{what}min", f"{what}max")
        else:
            device.tell(**{f"{what}min": int(low), f"{what}max": int(high)})
        if form == "range":
            device.lack(f"{what}s")

    def _read(self) -> int:
        return self._values.index(self.value) if self._by_place else int(self.value)

    def _set(self, number: int) -> None:
        what, low, high = self._limits
        must_lie_within(what, number, low, high)
        self.value = self._values[number] if self._by_place else number


def by_name(steps: Iterable[int], highest: int, at_first: int) -> dict[str, float]:
    """Return the values that a list has, by name: these, the one at the start and the limits."""
    return {str(n): float(n) for n in sorted({0, at_first, highest, *steps}) if n <= highest}
