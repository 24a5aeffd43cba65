"""The mount on a real indiserver, with INDI's own simulator of a telescope."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from indiserver import TELESCOPE, indiserver

from flatctl.core.nights.sun import Site, sidereal_deg
from flatctl.core.pointing.directions import Equatorial, around, offset
from flatctl.devices.indi.mount import IndiMount
from flatctl.devices.indi.wire.client import IndiClient
from flatctl.devices.protocols import Mount, MountState
from flatctl.errors import Fault, Unfit

pytestmark = [pytest.mark.indi_bin, pytest.mark.timeout(180)]

NAME = "Telescope Simulator"
HERE = Site(50.1, -71.3)
LIMIT_S = 40.0


@pytest.fixture(scope="module")
def client() -> Iterator[IndiClient]:
    with indiserver(TELESCOPE) as running, IndiClient("localhost", running.port) as connected:
        connected.open(20)
        yield connected


@pytest.fixture
def mount(client: IndiClient) -> Mount:
    made = IndiMount(client, NAME)
    made.may_move = True
    if made.report(20).site is None:
        told = {"LAT": HERE.latitude_deg, "LONG": HERE.longitude_deg % 360, "ELEV": 100.0}
        client.set(NAME, "GEOGRAPHIC_COORD", told, 20)
    made.unpark(LIMIT_S)
    return made


def near(degrees_east: float = 0.0) -> Equatorial:
    """A place east of the meridian, where the simulator changes sides for half a minute."""
    return Equatorial((sidereal_deg(datetime.now(UTC), HERE) + 10.0 + degrees_east) % 360.0, 62.0)


def apart(one: Equatorial, other: Equatorial) -> tuple[float, float]:
    return around(one.ra_deg - other.ra_deg), one.dec_deg - other.dec_deg


def test_a_mount_that_may_not_be_moved_is_not_even_connected(client):
    still = IndiMount(client, NAME)
    client.set_switch(NAME, "CONNECTION", "DISCONNECT", 20)
    with pytest.raises(Fault, match="not connected"):
        still.report(20)
    assert not client.find(NAME, "CONNECTION").on("CONNECT")


def test_its_site_is_told_west_of_greenwich_too(mount):
    site = mount.report(20).site
    assert (site.latitude_deg, site.longitude_deg) == pytest.approx((50.1, -71.3), abs=0.01)


def test_a_slew_ends_at_the_place_with_the_tracking_as_wanted(mount):
    mount.unpark(LIMIT_S)
    mount.slew(near(), LIMIT_S, tracking=False)
    report = mount.report(20)
    assert report.state is MountState.STANDING
    assert apart(report.at, near()) == pytest.approx((0, 0), abs=0.1)
    mount.slew(near(1.0), LIMIT_S, tracking=True)
    assert mount.report(20).state is MountState.TRACKING


def test_the_tracking_is_switched_on_and_off(mount):
    mount.slew(near(), LIMIT_S, tracking=False)
    for on, state in ((True, MountState.TRACKING), (False, MountState.STANDING)):
        mount.track(on, LIMIT_S)
        mount.track(on, LIMIT_S)
        assert mount.report(20).state is state


def test_a_dither_is_over_when_it_comes_back_and_leaves_the_tracking_off(mount):
    mount.slew(near(), LIMIT_S, tracking=False)
    here = mount.report(20).at
    mount.slew(offset(here, 60.0, -60.0), LIMIT_S, tracking=False)
    report = mount.report(20)
    assert report.state is MountState.STANDING
    assert report.at.dec_deg - here.dec_deg == pytest.approx(-60 / 3600, abs=0.005)


def test_a_sync_that_somebody_left_set_does_not_make_the_next_slew_one(client, mount):
    mount.slew(near(), LIMIT_S, tracking=True)
    client.set_switch(NAME, "ON_COORD_SET", "SYNC", 20)
    seen = []
    mount.slew(near(2.0), LIMIT_S, tracking=True, on_way=seen.append)
    assert client.find(NAME, "ON_COORD_SET").chosen("TRACK")
    assert len(seen) > 2


def test_what_is_seen_on_the_way_can_end_the_slew(client, mount):
    mount.slew(near(), LIMIT_S, tracking=False)

    def too_far(at: Equatorial) -> None:
        if apart(at, near())[0] > 3.0:
            raise RuntimeError("too far")

    with pytest.raises(RuntimeError, match="too far"):
        mount.slew(near(40.0), LIMIT_S, tracking=False, on_way=too_far)
    report = mount.report(20)
    assert report.state is not MountState.SLEWING
    assert apart(report.at, near())[0] < 20.0


def test_a_place_that_is_none_is_refused_and_not_sent(mount):
    with pytest.raises(Unfit):
        mount.slew(Equatorial(10.0, 95.0), LIMIT_S, tracking=False)


def test_a_parked_mount_refuses_to_go_until_it_is_unparked(client, mount):
    mount.slew(near(), LIMIT_S, tracking=True)
    client.send(NAME, "TELESCOPE_PARK_OPTION", {"PARK_CURRENT": True}, 10)
    mount.park(LIMIT_S)
    assert mount.report(20).state is MountState.PARKED
    with pytest.raises(Fault, match="parked"):
        mount.slew(near(), LIMIT_S, tracking=False)
    mount.unpark(LIMIT_S)
    assert mount.report(20).state is MountState.STANDING
    mount.unpark(LIMIT_S)


def test_a_refusal_without_an_alert_is_taken_for_one(client, mount, monkeypatch):
    mount.slew(near(), LIMIT_S, tracking=False)
    client.send(NAME, "TELESCOPE_PARK_OPTION", {"PARK_CURRENT": True}, 10)
    mount.park(LIMIT_S)
    # As if somebody parked it after it was looked at.
    unparked = replace(mount.report(20), state=MountState.STANDING)
    monkeypatch.setattr(mount, "report", lambda _: unparked)
    with pytest.raises(Fault, match=r"refuses to go to .* unpark the mount"):
        mount.slew(near(5.0), LIMIT_S, tracking=False)
    with pytest.raises(Fault, match="refuses to go to"):
        mount.slew(offset(unparked.at, 60.0, 60.0), LIMIT_S, tracking=False)
    with pytest.raises(Fault, match="refuses to switch its tracking on"):
        mount.track(True, LIMIT_S)
