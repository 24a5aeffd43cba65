"""A sensor on its way to a temperature: followed, told of, and given up once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.wire.registry import Property, Registry
from flatctl.errors import DeviceError, Fault, Unfit

if TYPE_CHECKING:
    from flatctl.devices.indi.wire.client import IndiClient

ZERO_C = -273.15
_HOT_C = 150.0
_ANSWER_S = 10.0
_NEAR_C, _EXACT_C = 0.5, 0.2
# A sensor that has not come so much nearer has not moved.
_MOVED_C = 0.5
# Some drivers know no temperature for a moment after they were connected.
_NONSENSE_S = 3.0
_TELL_EVERY_S = 5.0


def celsius(known: Property | None) -> float | None:
    """Return a sensor's temperature, `None` where the driver says none that can be."""
    value = known.number("CCD_TEMPERATURE_VALUE") if known else None
    return value if value is not None and ZERO_C < value < _HOT_C else None


class Cooling:
    """One sensor that is brought to `wanted_c` before the deadline."""

    def __init__(
        self, client: IndiClient, device: str, wanted_c: float, deadline: Deadline
    ) -> None:
        self._client = client
        self._device = device
        self._wanted_c = wanted_c
        self._deadline = deadline
        self._since = 0
        self._began_c: float | None = None

    def start(self) -> None:
        """Ask for the temperature, and switch the cooler on."""
        self._began_c = celsius(self._find("CCD_TEMPERATURE"))
        values = {"CCD_TEMPERATURE_VALUE": self._wanted_c}
        self._since = self._client.send(self._device, "CCD_TEMPERATURE", values, self._answer_s)
        cooler = self._find("CCD_COOLER")
        if cooler is not None and cooler.writable and not cooler.on("COOLER_ON"):
            self._switch_on()

    def wait(self, tell: Callable[[float | None], None]) -> None:
        """Wait until the sensor is there; `tell` hears, every few seconds, where it is.

        Raises `Unfit` where it does not get there in time, or says no temperature at all.
        """
        nonsense = Deadline(_NONSENSE_S)
        while not self._deadline.over:
            span_s = min(_TELL_EVERY_S, self._deadline.left_s, nonsense.left_s or _TELL_EVERY_S)
            if self._client.wait_for(self._is_there, span_s) is not None:
                return
            now = self._find("CCD_TEMPERATURE")
            if nonsense.over and now is not None and celsius(now) is None:
                said = now.said("CCD_TEMPERATURE_VALUE") or "no number"
                what = f"says that its sensor is at {said} °C, which is no temperature"
                raise Unfit(self._device, what, "is the camera powered? Restart its driver")
            tell(celsius(now))
        raise self._too_late()

    @property
    def _answer_s(self) -> float:
        return max(0.1, min(_ANSWER_S, self._deadline.left_s))

    def _find(self, name: str) -> Property | None:
        return self._client.find(self._device, name)

    def _is_there(self, registry: Registry) -> Property | None:
        now = registry.find(self._device, "CCD_TEMPERATURE")
        if now is None:
            raise Fault(self._device, "disconnected while it was cooling", "see indiserver's log")
        if now.alerted > self._since:
            raise self._refused()
        at_c = celsius(now)
        if at_c is None:
            return None
        off_c = abs(at_c - self._wanted_c)
        near = off_c <= _EXACT_C or (off_c <= _NEAR_C and now.state != "Busy")
        return now if near else None

    def _refused(self) -> DeviceError:
        what = f"refuses a temperature of {self._wanted_c:g} °C"
        return self._client.refusal(self._device, self._since, what, remedy="")

    def _too_late(self) -> Unfit:
        at_c, wanted = celsius(self._find("CCD_TEMPERATURE")), f"{self._wanted_c:g} °C"
        if at_c is not None and self._began_c is not None and self._has_not_moved(at_c):
            what = f"its sensor has not moved from {at_c:g} °C, and does not reach {wanted}"
            return Unfit(self._device, what, "has the cooler power?")
        where = "says no temperature" if at_c is None else f"is at {at_c:g} °C"
        remedy = "choose a warmer camera.temperature_c, or grant more camera.temperature_timeout_s"
        return Unfit(self._device, f"{where} and does not reach {wanted} in time", remedy)

    def _has_not_moved(self, at_c: float) -> bool:
        began_c = self._wanted_c if self._began_c is None else self._began_c
        return abs(began_c - self._wanted_c) - abs(at_c - self._wanted_c) < _MOVED_C

    def _switch_on(self) -> None:
        on = {"COOLER_ON": True}
        since = self._client.send(self._device, "CCD_COOLER", on, self._answer_s)

        def look(registry: Registry) -> Property | None:
            now = registry.find(self._device, "CCD_COOLER")
            # Busy is its state for as long as it cools.
            return now if now is not None and (now.on("COOLER_ON") or now.alerted > since) else None

        now = self._client.wait_for(look, self._answer_s)
        if now is None:
            what = "does not switch its cooler on"
            raise self._client.silent(self._device, what, "has the cooler power?", since=since)
        if now.alerted > since:
            what = "refuses to switch its cooler on"
            raise self._client.refusal(self._device, since, what, remedy="")
