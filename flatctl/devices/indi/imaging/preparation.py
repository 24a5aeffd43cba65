"""Make an INDI camera stand as wanted, and read back how it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from flatctl.core.types import CameraSetup
from flatctl.devices.deadline import Deadline
from flatctl.devices.indi.discovery import SIDE_PX
from flatctl.devices.indi.imaging import controls
from flatctl.devices.indi.imaging.choices import choices, state_of
from flatctl.devices.indi.imaging.controls import Control, Found
from flatctl.devices.indi.imaging.cooling import Cooling, celsius
from flatctl.devices.indi.imaging.formats import deepest_raw, is_made
from flatctl.devices.indi.imaging.limits import Abilities, chosen, number_of, told
from flatctl.devices.indi.wire.registry import Property, Value
from flatctl.devices.protocols import CameraState
from flatctl.errors import Fault, Unfit

if TYPE_CHECKING:
    from flatctl.devices.indi.wire.client import IndiClient

_ANSWER_S = 10.0
_ROUNDED_PX = 16

# Drivers load saved settings when they start: none of these may be taken for granted.
_DELIVERY = (
    ("UPLOAD_MODE", ("UPLOAD_CLIENT",)),
    ("CCD_TRANSFER_FORMAT", ("FORMAT_FITS",)),
    ("CCD_COMPRESSION", ("INDI_DISABLED", "CCD_RAW")),
    ("CCD_FAST_TOGGLE", ("INDI_DISABLED",)),
)


class Preparation:
    """One camera being prepared until the deadline; `tell` hears the temperature meanwhile."""

    def __init__(
        self,
        client: IndiClient,
        device: str,
        deadline: Deadline,
        tell: Callable[[float | None], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._device = device
        self._deadline = deadline
        self._tell = tell
        self.refusal: Fault | None = None  # of a setting, by a driver that is there

    def apply(self, setup: CameraSetup) -> CameraState:
        """Set everything, wait for the temperature, and return what the camera reports.

        Raises `Unfit`, before anything is set, where it can't stand as `setup` wants.
        """
        for unfit in self._abilities().unfit(setup):
            raise unfit
        self.end_stream()
        for name, elements in _DELIVERY:
            self._choose(name, elements)
        cooling = None
        if setup.temperature_c is not None:
            cooling = Cooling(self._client, self._device, setup.temperature_c, self._deadline)
            cooling.start()
        self._set_format(setup.capture_format)
        for control in (controls.ISO, *controls.MODES[:-1]):
            wanted = getattr(setup, control.key)
            if wanted is not None:
                self._set_mode(control, str(wanted))
        self._set_binning(setup.binning)
        self._set_full_frame()
        for control in controls.NUMBERS:
            if getattr(setup, control.key) is not None:
                self._set_number(control, getattr(setup, control.key))
        self._choose("CCD_FRAME_TYPE", ("FRAME_FLAT",))
        if cooling is not None:
            cooling.wait(self._tell)
        return self.state(setup)

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

    def choose_type(self, wanted: str) -> None:
        """Choose the type of the next frame, where the camera has types."""
        types = self._find("CCD_FRAME_TYPE")
        if types is not None and not types.chosen(wanted):
            self._set("CCD_FRAME_TYPE", {wanted: True})

    @property
    def _answer_s(self) -> float:
        return max(0.1, min(_ANSWER_S, self._deadline.left_s))

    def _find(self, name: str) -> Property | None:
        return self._client.find(self._device, name)

    def _abilities(self) -> Abilities:
        return abilities(self._client, self._device)

    def _set(self, name: str, values: Mapping[str, Value]) -> None:
        try:
            self._client.as_found.set(self._client, self._device, name, values, self._answer_s)
        except Fault as error:
            # One that is gone has not refused.
            self.refusal = error if self._find(name) is not None else None
            raise

    def _choose(self, name: str, elements: tuple[str, ...]) -> None:
        known = self._find(name)
        for element in elements:
            if known is not None and element in known.elements:
                self._set(name, {element: True})
                return

    def _place(self, control: Control) -> Found:
        place = self._abilities().place(control)
        if place is None:
            raise self._abilities().lacks(control)
        return place

    def _set_number(self, control: Control, value: float) -> None:
        place = self._place(control)
        assert place.element is not None  # a number is always one of a property's
        if not place.element.allows(value):
            # The range may be another one since a mode was set.
            raise self._abilities().outside(control.key, value, place.element)
        self._set(place.property.name, {place.element.name: value})

    def _set_mode(self, control: Control, wanted: str) -> None:
        place = self._place(control)
        if place.element is None:
            element = chosen(control, place.property, wanted)
            assert element is not None  # looked at before anything was set
            self._set(place.property.name, {element: True})
        else:
            value = number_of(wanted)
            assert value is not None  # as above
            self._set(place.property.name, {place.element.name: value})

    def _set_format(self, wanted: str | None) -> None:
        """Choose the deepest raw format: whoever used the camera last may have left another."""
        place = self._abilities().place(controls.CAPTURE_FORMAT)
        if wanted is not None:
            self._set_mode(controls.CAPTURE_FORMAT, wanted)
        elif place is not None and place.element is None:
            known = place.property
            remedy = f"choose a raw one ({known.name}: {choices(known)})"
            try:
                best = deepest_raw(known)
            except ValueError:
                raise Unfit(self._device, "has no raw capture format", remedy) from None
            if best is not None and known.writable and not known.chosen(best):
                self._set(known.name, {best: True})
            elif is_made(known):
                what = f"delivers {state_of(known)}, which is no raw format"
                raise Unfit(self._device, what, remedy)

    def _set_binning(self, binning: int) -> None:
        known = self._find("CCD_BINNING")
        if known is not None and known.writable:
            axes = [name for name in ("HOR_BIN", "VER_BIN") if name in known.elements]
            self._set("CCD_BINNING", {name: float(binning) for name in axes})

    def _set_full_frame(self) -> None:
        info, frame = self._find("CCD_INFO"), self._find("CCD_FRAME")
        width = info.count("CCD_MAX_X", SIDE_PX) if info else None
        height = info.count("CCD_MAX_Y", SIDE_PX) if info else None
        if frame is None or not frame.writable or not width or not height:
            return  # some DSLR drivers know their size only after the first frame
        wanted = {"X": 0.0, "Y": 0.0, "WIDTH": float(width), "HEIGHT": float(height)}
        try:
            self._set("CCD_FRAME", wanted)
        except Fault:
            frame = self._find("CCD_FRAME")
            # Drivers round sizes to what the chip can read.
            if frame is None or any(
                abs((frame.number(k) or 0.0) - v) > _ROUNDED_PX for k, v in wanted.items()
            ):
                raise

    def foreseen(self, setup: CameraSetup) -> CameraState:
        """Return how the camera will stand once it is made to stand as `setup` wants."""
        wanted = {key: value for key, value in asdict(setup).items() if value is not None}
        temperature_c = wanted.pop("temperature_c", None)
        place = self._abilities().place(controls.CAPTURE_FORMAT)
        if place is not None and place.element is None and setup.capture_format is None:
            with suppress(ValueError):
                best = place.property.elements.get(deepest_raw(place.property) or "")
                if best is not None and place.property.writable:
                    wanted["capture_format"] = best.label or best.name
        state = replace(self.state(setup), **wanted)
        return state if temperature_c is None else replace(state, temperature_c=temperature_c)

    def state(self, setup: CameraSetup) -> CameraState:
        """Return how the camera reports to stand; `setup` has what can't be asked."""
        binning = self._find("CCD_BINNING")
        iso = re.findall(r"\d+", self._mode(controls.ISO) or "")
        return CameraState(
            binning=int((binning.number("HOR_BIN") if binning else None) or 1),
            gain=self._number(controls.GAIN),
            offset=self._number(controls.OFFSET),
            iso=int(iso[-1]) if iso else None,
            temperature_c=celsius(self._find("CCD_TEMPERATURE")),
            set_temperature_c=setup.temperature_c,
            **{control.key: self._mode(control) for control in controls.MODES},
        )

    def _number(self, control: Control) -> float | None:
        place = self._abilities().place(control)
        if place is None or place.element is None:
            return None
        return place.property.number(place.element.name)

    def _mode(self, control: Control) -> str | None:
        place = self._abilities().place(control)
        if place is None:
            return None
        if place.element is None:
            return told(control, state_of(place.property))
        value = place.property.number(place.element.name)
        return None if value is None else f"{value:g}"


def abilities(client: IndiClient, device: str) -> Abilities:
    """Return what a camera has, as far as its driver has told of it."""
    known = client.look(lambda registry: registry.devices.get(device))
    return Abilities(device, tuple(known.properties.values()) if known else ())


def format_remedy(client: IndiClient, device: str) -> str:
    """Return what helps against frames of a format that is not read."""
    place = abilities(client, device).place(controls.CAPTURE_FORMAT)
    if place is not None and place.element is None:
        there = choices(place.property)
        return f"choose a raw format as camera.capture_format: {there}"
    return "let its driver send raw frames as FITS"
