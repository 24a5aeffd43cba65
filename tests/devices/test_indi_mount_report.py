"""What is made of what mounts say of themselves, of the many ways in which they do."""

import time
from dataclasses import replace

import pytest
from indi_properties import numbers, switches

from flatctl.core.nights.sun import Site
from flatctl.devices.indi.mount import report_of
from flatctl.devices.indi.wire.registry import Device, Property, Registry
from flatctl.devices.protocols import MountReport, MountState


def told(*properties: Property) -> MountReport:
    registry = Registry()
    now = {each.name: replace(each, arrived_s=time.monotonic()) for each in properties}
    registry.devices["Mount"] = Device("Mount", born=1, defined=1, properties=now)
    return report_of(registry, "Mount")


def place(state: str, ra: float = 2.0, dec: float = 40.0) -> Property:
    return replace(numbers("EQUATORIAL_EOD_COORD", RA=ra, DEC=dec), state=state)


def park(state: str, on: str | None) -> Property:
    made = switches("TELESCOPE_PARK", on, PARK="Park", UNPARK="Unpark")
    return replace(made, state=state)


def track(state: str, on: str | None) -> Property:
    made = switches("TELESCOPE_TRACK_STATE", on, TRACK_ON="On", TRACK_OFF="Off")
    return replace(made, state=state)


OFF, ON = track("Idle", "TRACK_OFF"), track("Busy", "TRACK_ON")


@pytest.mark.parametrize(
    ("properties", "state"),
    [
        ((park("Ok", "PARK"), place("Idle"), OFF), MountState.PARKED),
        ((park("Idle", "PARK"), place("Idle"), OFF), MountState.PARKED),
        ((park("Busy", "PARK"), place("Busy"), OFF), MountState.SLEWING),
        ((park("Ok", "PARK"), place("Busy"), OFF), MountState.PARKED),
        ((park("Ok", "UNPARK"), place("Busy"), ON), MountState.SLEWING),
        ((park("Ok", "UNPARK"), place("Ok"), ON), MountState.TRACKING),
        ((park("Ok", "UNPARK"), place("Idle"), OFF), MountState.STANDING),
        ((park("Idle", None), place("Idle"), OFF), MountState.STANDING),
        ((park("Ok", "UNPARK"), place("Ok"), OFF), MountState.STANDING),
        ((place("Ok"), ON), MountState.TRACKING),
        ((place("Ok"),), MountState.TRACKING),
        ((place("Idle"),), MountState.STANDING),
        ((park("Ok", "UNPARK"),), MountState.UNKNOWN),
        ((), MountState.UNKNOWN),
    ],
)
def test_what_a_mount_does_is_known_from_what_it_says(properties, state):
    assert told(*properties).state is state


def test_a_place_is_told_in_degrees():
    at = told(place("Ok"), ON).at
    assert (at.ra_deg, at.dec_deg) == (30.0, 40.0)


def test_a_place_that_is_no_number_is_unknown():
    assert told(place("Ok", ra=float("nan")), ON).at is None


def test_the_sky_goes_on_over_a_mount_that_stands_and_not_over_one_that_tracks():
    then = time.monotonic() - 240.0
    for tracking, ra_deg in ((OFF, 31.0), (ON, 30.0)):
        registry = Registry()
        known = {"EQUATORIAL_EOD_COORD": place("Idle"), tracking.name: tracking}
        known = {name: replace(each, arrived_s=then) for name, each in known.items()}
        registry.devices["Mount"] = Device("Mount", born=1, defined=1, properties=known)
        assert report_of(registry, "Mount").at.ra_deg == pytest.approx(ra_deg, abs=0.01)


@pytest.mark.parametrize(
    ("latitude", "longitude", "site"),
    [
        (50.0, 8.0, Site(50.0, 8.0)),
        (50.0, 288.7, Site(50.0, pytest.approx(-71.3))),
        (-33.0, 180.5, Site(-33.0, pytest.approx(-179.5))),
        (0.0, 0.0, None),
        (0.0, 8.0, Site(0.0, 8.0)),
        (float("nan"), 8.0, None),
    ],
)
def test_a_site_is_told_as_the_configuration_has_it(latitude, longitude, site):
    assert told(numbers("GEOGRAPHIC_COORD", LAT=latitude, LONG=longitude, ELEV=1)).site == site


@pytest.mark.parametrize(("on", "flips"), [("PIER_WEST", True), ("PIER_EAST", True), (None, False)])
def test_a_mount_that_tells_its_side_of_the_pier_flips(on, flips):
    side = switches("TELESCOPE_PIER_SIDE", on, PIER_WEST="West", PIER_EAST="East")
    assert told(place("Ok"), side).flips is flips


def test_a_mount_without_a_switch_for_its_tracking_can_not_switch_it():
    assert not told(place("Ok")).switches_tracking
    assert told(place("Ok"), ON).switches_tracking


def test_the_clock_of_a_mount_goes_on_since_it_was_told():
    lst = replace(numbers("TIME_LST", LST=6.0), state="Ok")
    assert told(place("Ok"), lst).sidereal_deg == pytest.approx(90.0, abs=0.01)
    old = replace(lst, arrived_s=time.monotonic() - 3600.0)
    registry = Registry()
    registry.devices["Mount"] = Device("Mount", born=1, defined=1, properties={"TIME_LST": old})
    assert report_of(registry, "Mount").sidereal_deg == pytest.approx(105.04, abs=0.01)


@pytest.mark.parametrize("lst", [None, float("nan")])
def test_a_mount_that_tells_of_no_clock_has_none(lst):
    clock = () if lst is None else (replace(numbers("TIME_LST", LST=lst), state="Ok"),)
    assert told(place("Ok"), *clock).sidereal_deg is None
