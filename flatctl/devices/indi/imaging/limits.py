"""What is asked of a camera, held against what its driver says it can do: before any frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.indi.imaging import controls
from flatctl.devices.indi.imaging.choices import OFF, ON, choices, choose
from flatctl.devices.indi.imaging.controls import Control, Found
from flatctl.devices.indi.wire.registry import Element, Property
from flatctl.errors import Unfit

HIGH, LOW = "High", "Low"
# A switch of that name turns the high conversion gain on and off.
_AS_SWITCH = {controls.CONVERSION_GAIN.key: {HIGH: ON, LOW: OFF}}


@dataclass(frozen=True)
class Abilities:
    """All properties of a camera, and where it has what can be set."""

    device: str
    properties: Sequence[Property]

    def named(self, name: str) -> Property | None:
        """Return a property by its name."""
        return next((one for one in self.properties if one.name == name), None)

    def place(self, control: Control) -> Found | None:
        """Return where a control is."""
        find = controls.find_number if control in controls.NUMBERS else controls.find_mode
        return find(self.properties, control)

    def unfit(self, setup: CameraSetup) -> Iterator[Unfit]:
        """Yield what of a setup the camera can't do, in the configuration's own words."""
        ranges_stay = not self._changes_mode(setup)
        for control in controls.NUMBERS:
            value = getattr(setup, control.key)
            if value is not None:
                yield from self._unfit_number(control, value, held=ranges_stay)
        for control in (controls.ISO, *controls.MODES):
            wanted = getattr(setup, control.key)
            if wanted is not None:
                yield from self._unfit_mode(control, str(wanted))
        yield from self._unfit_binning(setup.binning)
        if setup.temperature_c is not None:
            yield from self._unfit_temperature(setup.temperature_c)

    def unfit_exposures(self, exposures_s: Sequence[float]) -> Iterator[Unfit]:
        """Yield which of these exposures the camera can't make, each by itself."""
        known = self.named("CCD_EXPOSURE")
        limits = known.elements.get("CCD_EXPOSURE_VALUE") if known else None
        for exposure_s in exposures_s:
            if limits is not None and not limits.allows(exposure_s):
                what = f"can't expose {exposure_s:g} s"
                yield Unfit(self.device, what, f"it allows {limits.range_words} s")

    def unfit_plan(self, plan: FilterPlan) -> Iterator[Unfit]:
        """Yield why the camera can make none of a plan's exposures."""
        known = self.named("CCD_EXPOSURE")
        limits = known.elements.get("CCD_EXPOSURE_VALUE") if known else None
        if limits is None:
            return
        makes = f"it makes exposures of {limits.range_words} s"
        if plan.exposures_s:
            if not any(limits.allows(each_s) for each_s in plan.exposures_s):
                yield Unfit(self.device, "can make none of flats.exposures_s", makes)
        elif limits.max is not None and plan.exposure_min_s > limits.max:
            what = f"can't expose as long as flats.exposure_s.min = {plan.exposure_min_s:g}"
            yield Unfit(self.device, what, makes)
        elif limits.min is not None and plan.exposure_max_s < limits.min:
            what = f"can't expose as briefly as flats.exposure_s.max = {plan.exposure_max_s:g}"
            yield Unfit(self.device, what, makes)

    def _changes_mode(self, setup: CameraSetup) -> bool:
        """Say whether a mode is going to be another: gain and offset may have other ranges then."""
        for control in controls.MODES:
            wanted, place = getattr(setup, control.key), self.place(control)
            if wanted is None or place is None:
                continue
            if place.element is not None:
                if place.element.value != number_of(wanted):
                    return True
            elif not place.property.on(chosen(control, place.property, wanted) or ""):
                return True
        return False

    def _unfit_number(self, control: Control, value: float, *, held: bool) -> Iterator[Unfit]:
        place = self.place(control)
        if place is None or place.element is None:
            yield self.lacks(control)
        elif not place.property.writable:
            yield self._fixed(control)
        elif held and not place.element.allows(value):
            yield self.outside(control.key, value, place.element)

    def _unfit_mode(self, control: Control, wanted: str) -> Iterator[Unfit]:
        place = self.place(control)
        if place is None:
            yield self._meant_another(wanted) or self.lacks(control)
        elif not place.property.writable:
            yield self._fixed(control)
        elif place.element is None:
            if chosen(control, place.property, wanted) is None:
                remedy = f"change camera.{control.key}: {options(control, place.property)}"
                yield Unfit(self.device, f"has no {control.key} {wanted!r}", remedy)
        elif (value := number_of(wanted)) is None:
            remedy = f"give its number as camera.{control.key}"
            what = f"numbers its {control.key.replace('_', ' ')}s and knows no {wanted!r}"
            yield Unfit(self.device, what, remedy)
        elif not place.element.allows(value):
            yield self.outside(control.key, value, place.element)

    def _unfit_binning(self, binning: int) -> Iterator[Unfit]:
        known = self.named("CCD_BINNING")
        if known is None or not known.writable:
            if binning != 1:
                yield self.lacks(None)
            return
        for name in ("HOR_BIN", "VER_BIN"):
            element = known.elements.get(name)
            if element is not None and not element.allows(binning):
                yield self.outside("binning", binning, element)
                return

    def _unfit_temperature(self, temperature_c: float) -> Iterator[Unfit]:
        known = self.named("CCD_TEMPERATURE")
        element = known.elements.get("CCD_TEMPERATURE_VALUE") if known else None
        if known is None or element is None or not known.writable:
            yield Unfit(self.device, "can not be cooled", "remove camera.temperature_c")
        elif not element.allows(temperature_c):
            yield self.outside("temperature_c", temperature_c, element)

    def _meant_another(self, wanted: str) -> Unfit | None:
        """Return the error of a mode given under another one's name, as far as can be seen."""
        for control in controls.MODES:
            place = self.place(control)
            if (
                place is not None
                and place.element is None
                and chosen(control, place.property, wanted)
            ):
                what = f"has {wanted!r} as its {control.key.replace('_', ' ')}"
                return Unfit(self.device, what, f"give it as camera.{control.key}")
        return None

    def lacks(self, control: Control | None) -> Unfit:
        """Return the error of something that is not there, with what there is."""
        key = control.key if control else "binning"
        there = controls.offered(self.properties)
        remedy = f"remove camera.{key}" + (f"; to be set there is: {there}" if there else "")
        return Unfit(self.device, f"has no {key} to set", remedy)

    def _fixed(self, control: Control) -> Unfit:
        what = f"does not let its {control.key} be set"
        return Unfit(self.device, what, f"remove camera.{control.key}")

    def outside(self, key: str, value: float, element: Element) -> Unfit:
        """Return the error of a number out of its range."""
        what = f"does not take camera.{key} = {value:g}"
        return Unfit(self.device, what, f"allowed: {element.range_words}")


def chosen(control: Control, known: Property, wanted: str) -> str | None:
    """Return the switch that a word of the configuration means, `None` for none of them."""
    found = choose(known, wanted)
    if found is None:
        switch = _AS_SWITCH.get(control.key, {}).get(wanted.capitalize())
        found = choose(known, switch) if switch else None
    return found


def options(control: Control, known: Property) -> str:
    """Return what can be chosen, for a message."""
    words = choices(known)
    return f"{HIGH}, {LOW}" if control.key in _AS_SWITCH and words == f"{ON}, {OFF}" else words


def told(control: Control, state: str | None) -> str | None:
    """Return a mode's state as the configuration would have it."""
    back = {value: key for key, value in _AS_SWITCH.get(control.key, {}).items()}
    return back.get(state, state) if state is not None else None


def number_of(wanted: str) -> float | None:
    """Return the number that a word means where a mode is one: on is 1, off is 0."""
    word = wanted.casefold()
    if word in (ON.casefold(), OFF.casefold()):
        return float(word == ON.casefold())
    try:
        number = float(wanted)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
