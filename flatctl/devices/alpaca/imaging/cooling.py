"""A sensor on its way to a temperature: followed, told of, and given up once."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from flatctl.devices.alpaca.asking import granted_s, optional
from flatctl.devices.alpaca.wire.refusals import Lacking
from flatctl.devices.deadline import Deadline
from flatctl.errors import BadReply, Unfit

if TYPE_CHECKING:
    from flatctl.devices.alpaca.wire.client import AlpacaClient

_ZERO_C, _HOT_C = -273.15, 150.0
_NEAR_C = 0.5
# A sensor that has not come so much nearer has not moved.
_MOVED_C = 0.5
_NONSENSE_S = 3.0
_TELL_EVERY_S = 5.0
_LOOK_EVERY_S = 0.25


def celsius(client: AlpacaClient, timeout_s: float) -> float | None:
    """Return a sensor's temperature, `None` where the camera says none that can be."""
    with suppress(BadReply):
        found = optional(client.number, "ccdtemperature", timeout_s)
        return found if found is not None and _ZERO_C < found < _HOT_C else None
    return None


class Cooling:
    """One sensor that is brought to `wanted_c` before the deadline."""

    def __init__(self, client: AlpacaClient, wanted_c: float, deadline: Deadline) -> None:
        self._client = client
        self._wanted_c = wanted_c
        self._deadline = deadline
        self._began_c: float | None = None

    def start(self) -> None:
        """Ask for the temperature, and switch the cooler on where there is a switch."""
        client, wanted_c = self._client, self._wanted_c
        self._began_c = celsius(client, granted_s(self._deadline))
        client.put("setccdtemperature", granted_s(self._deadline), SetCCDTemperature=wanted_c)
        with suppress(Lacking):
            client.put("cooleron", granted_s(self._deadline), CoolerOn=True)

    def wait(self, tell: Callable[[float | None], None]) -> None:
        """Wait until the sensor is there; `tell` hears, every few seconds, where it is.

        Raises `Unfit` where it does not get there in time, or says no temperature at all.
        """
        nonsense, silent = Deadline(_NONSENSE_S), Deadline(_TELL_EVERY_S)
        while True:
            at_c = celsius(self._client, granted_s(self._deadline))
            if at_c is not None and abs(at_c - self._wanted_c) <= _NEAR_C:
                return
            if at_c is None and nonsense.over:
                what = "says no temperature of its sensor that can be"
                raise Unfit(self._client.name, what, "is the camera powered? Restart its driver")
            if self._deadline.over:
                raise self._too_late(at_c)
            if silent.over:
                tell(at_c)
                silent = Deadline(_TELL_EVERY_S)
            time.sleep(min(_LOOK_EVERY_S, self._deadline.left_s))

    def _too_late(self, at_c: float | None) -> Unfit:
        wanted, name = f"{self._wanted_c:g} °C", self._client.name
        began_c = self._began_c
        if at_c is not None and began_c is not None:
            nearer_c = abs(began_c - self._wanted_c) - abs(at_c - self._wanted_c)
            if nearer_c < _MOVED_C:
                what = f"its sensor has not moved from {at_c:g} °C, and does not reach {wanted}"
                return Unfit(name, what, "has the cooler power?")
        where = "says no temperature" if at_c is None else f"is at {at_c:g} °C"
        remedy = "choose a warmer camera.temperature_c, or grant more camera.temperature_timeout_s"
        return Unfit(name, f"{where} and does not reach {wanted} in time", remedy)
