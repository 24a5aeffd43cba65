"""Make an INDI camera stand as wanted, and read back how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flatctl.core.types import CameraSetup
from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.registry import Property, Registry
from flatctl.devices.protocols import CameraState
from flatctl.errors import Fault

if TYPE_CHECKING:
    from flatctl.devices.indi.client import IndiClient

_ANSWER_S = 10.0
_NEAR_C = 0.5
_EXACT_C = 0.2
_ROUNDED_PX = 16

# Drivers load saved settings when they start: none of these may be taken for granted.
_DELIVERY = (
    ("UPLOAD_MODE", ("UPLOAD_CLIENT",)),
    ("CCD_TRANSFER_FORMAT", ("FORMAT_FITS",)),
    ("CCD_COMPRESSION", ("INDI_DISABLED", "CCD_RAW")),
    ("CCD_FAST_TOGGLE", ("INDI_DISABLED",)),
)
_GAIN = (("CCD_GAIN", "GAIN"), ("CCD_CONTROLS", "Gain"))
_OFFSET = (("CCD_OFFSET", "OFFSET"), ("CCD_CONTROLS", "Offset"))
_MODES = ("READ_MODE", "CCD_READ_MODE", "CCD_READOUT_MODE", "READOUT_MODE", "SENSOR_MODE")


class Preparation:
    """One camera being prepared until the deadline."""

    def __init__(self, client: IndiClient, device: str, deadline: Deadline) -> None:
        self._client = client
        self._device = device
        self._deadline = deadline
        self._cooled = 0

    def apply(self, setup: CameraSetup) -> CameraState:
        """Set everything, wait for the temperature, and return what the camera reports."""
        self.end_stream()
        for name, elements in _DELIVERY:
            self._choose(name, elements)
        if setup.temperature_c is not None:
            self._cool(setup.temperature_c)
        if setup.readout_mode is not None:
            self._set_readout_mode(setup.readout_mode)
        if setup.iso is not None:
            self._set_iso(setup.iso)
        self._set_binning(setup.binning)
        self._set_full_frame()
        if setup.gain is not None:
            self._set_number("gain", _GAIN, setup.gain)
        if setup.offset is not None:
            self._set_number("offset", _OFFSET, setup.offset)
        self._choose("CCD_FRAME_TYPE", ("FRAME_FLAT",))
        if setup.temperature_c is not None:
            self._await_temperature(setup.temperature_c)
        return self._state(setup)

    def end_stream(self) -> None:
        """End a live view: its frames change the light of an exposure, and not its header."""
        stream = self._find("CCD_VIDEO_STREAM")
        if stream is None or not stream.on("STREAM_ON"):
            return  # drivers need not answer
        try:
            self._choose("CCD_VIDEO_STREAM", ("STREAM_OFF",))
        except Fault as error:
            remedy = error.remedy or "stop its live view (CCD_VIDEO_STREAM) in the other program"
            raise Fault(self._device, f"goes on streaming video: {error.what}", remedy) from error

    @property
    def _answer_s(self) -> float:
        return max(0.1, min(_ANSWER_S, self._deadline.left_s))

    def _find(self, name: str) -> Property | None:
        return self._client.find(self._device, name)

    def _choose(self, name: str, elements: tuple[str, ...]) -> None:
        known = self._find(name)
        for element in elements:
            if known is not None and element in known.elements:
                self._client.set_switch(self._device, name, element, self._answer_s)
                return

    def _number_at(self, places: tuple[tuple[str, str], ...]) -> tuple[Property, str] | None:
        for name, element in places:
            known = self._find(name)
            if known is not None and element in known.elements:
                return known, element
        return None

    def _set_number(self, what: str, places: tuple[tuple[str, str], ...], value: float) -> None:
        place = self._number_at(places)
        if place is None:
            raise self._lacks(what)
        known, element = place
        self._client.set(self._device, known.name, {element: value}, self._answer_s)

    def _set_binning(self, binning: int) -> None:
        if self._find("CCD_BINNING") is None:
            if binning != 1:
                raise self._lacks("binning")
            return
        values = {"HOR_BIN": float(binning), "VER_BIN": float(binning)}
        self._client.set(self._device, "CCD_BINNING", values, self._answer_s)

    def _set_full_frame(self) -> None:
        info, frame = self._find("CCD_INFO"), self._find("CCD_FRAME")
        width = info.number("CCD_MAX_X") if info else None
        height = info.number("CCD_MAX_Y") if info else None
        if frame is None or not frame.writable or not width or not height:
            return  # some DSLR drivers know their size only after the first frame
        wanted = {"X": 0.0, "Y": 0.0, "WIDTH": width, "HEIGHT": height}
        try:
            self._client.set(self._device, "CCD_FRAME", wanted, self._answer_s)
        except Fault:
            frame = self._find("CCD_FRAME")
            # Drivers round sizes to what the chip can read.
            if frame is None or any(
                abs((frame.number(k) or 0.0) - v) > _ROUNDED_PX for k, v in wanted.items()
            ):
                raise

    def _set_iso(self, iso: int) -> None:
        known = self._find("CCD_ISO")
        if known is None:
            raise self._lacks("iso")
        self._client.set_switch(
            self._device, "CCD_ISO", self._labelled(known, "iso", str(iso)), self._answer_s
        )

    def _set_readout_mode(self, mode: str) -> None:
        known = next((p for p in map(self._find, _MODES) if p is not None), None)
        if known is None:
            raise self._lacks("readout_mode")
        if known.kind == "switch":
            element = self._labelled(known, "readout_mode", mode)
            self._client.set_switch(self._device, known.name, element, self._answer_s)
            return
        if known.kind != "number" or not mode.isdecimal():
            remedy = "give its number as camera.readout_mode"
            raise Fault(self._device, f"numbers its readout modes and knows no {mode!r}", remedy)
        element = next(iter(known.elements))
        values = {element: float(mode)}
        self._client.set(self._device, known.name, values, self._answer_s)

    def _labelled(self, known: Property, what: str, label: str) -> str:
        for name, element in known.elements.items():
            if label.casefold() in (name.casefold(), element.label.casefold()):
                return name
        labels = ", ".join(element.label or name for name, element in known.elements.items())
        raise Fault(self._device, f"has no {what} {label!r}", f"change camera.{what}: {labels}")

    def _lacks(self, what: str) -> Fault:
        return Fault(self._device, f"has no {what} to set", f"remove camera.{what}")

    def _cool(self, temperature_c: float) -> None:
        known = self._find("CCD_TEMPERATURE")
        if known is None or not known.writable:
            raise Fault(self._device, "can not be cooled", "remove camera.temperature_c")
        values = {"CCD_TEMPERATURE_VALUE": temperature_c}
        self._cooled = self._client.send(self._device, "CCD_TEMPERATURE", values, self._answer_s)
        cooler = self._find("CCD_COOLER")
        if cooler is not None and cooler.writable and not cooler.on("COOLER_ON"):
            self._switch_cooler_on()

    def _switch_cooler_on(self) -> None:
        on = {"COOLER_ON": True}
        since = self._client.send(self._device, "CCD_COOLER", on, self._answer_s)

        def look(registry: Registry) -> Property | None:
            now = registry.find(self._device, "CCD_COOLER")
            # Busy is its state for as long as it cools.
            return now if now is not None and (now.on("COOLER_ON") or now.alerted > since) else None

        now = self._client.wait_for(look, self._answer_s)
        if now is None:
            what = "does not switch its cooler on"
            raise self._client.silent(self._device, what, "has the cooler power?")
        if now.alerted > since:
            what = "refuses to switch its cooler on"
            raise self._client.refusal(self._device, since, what, remedy="")

    def _await_temperature(self, wanted_c: float) -> None:
        def look(registry: Registry) -> Property | None:
            now = registry.find(self._device, "CCD_TEMPERATURE")
            if now is None:
                raise Fault(
                    self._device, "disconnected while it was cooling", "see indiserver's log"
                )
            if now.alerted > self._cooled:
                what = f"refuses a temperature of {wanted_c:g} °C"
                raise self._client.refusal(self._device, self._cooled, what, remedy="")
            off_c = abs((now.number("CCD_TEMPERATURE_VALUE") or 0.0) - wanted_c)
            near = off_c <= _EXACT_C or (off_c <= _NEAR_C and now.state != "Busy")
            return now if near else None

        if self._client.wait_for(look, self._deadline.left_s) is None:
            now = self._find("CCD_TEMPERATURE")
            at_c = now.number("CCD_TEMPERATURE_VALUE") if now else None
            what = f"is at {at_c} °C and does not reach {wanted_c:g} °C in time"
            raise Fault(self._device, what, "choose a warmer camera.temperature_c")

    def _state(self, setup: CameraSetup) -> CameraState:
        binning = self._find("CCD_BINNING")
        temperature = self._find("CCD_TEMPERATURE")
        iso = self._find("CCD_ISO")
        chosen = [e.label for e in iso.elements.values() if e.value is True] if iso else []
        return CameraState(
            binning=int((binning.number("HOR_BIN") if binning else None) or 1),
            gain=self._read(_GAIN),
            offset=self._read(_OFFSET),
            iso=int(chosen[0]) if chosen and chosen[0].isdecimal() else None,
            readout_mode=self._read_mode(),
            temperature_c=temperature.number("CCD_TEMPERATURE_VALUE") if temperature else None,
            set_temperature_c=setup.temperature_c,
        )

    def _read(self, places: tuple[tuple[str, str], ...]) -> float | None:
        place = self._number_at(places)
        return place[0].number(place[1]) if place else None

    def _read_mode(self) -> str | None:
        known = next((p for p in map(self._find, _MODES) if p is not None), None)
        for name, element in known.elements.items() if known else ():
            if known is not None and known.kind == "number":
                return f"{element.value:g}"
            if element.value is True:
                return element.label or name
        return None
