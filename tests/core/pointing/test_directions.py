"""Directions, Sun and Moon, against astropy and as properties."""

from datetime import UTC, datetime, timedelta

import pytest
from astropy import units
from astropy.coordinates import TETE, AltAz, EarthLocation, SkyCoord, get_body
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.sun import Site
from flatctl.core.pointing.bodies import moon_at, sun_at
from flatctl.core.pointing.directions import (
    Equatorial,
    Horizontal,
    around,
    from_axes,
    offset,
    separation_deg,
    to_axes,
    to_equatorial,
    to_horizontal,
)
from flatctl.core.pointing.dither import dither_arcsec

SITES = [Site(50.1, 8.7), Site(69.65, 18.96), Site(-24.63, -70.4), Site(0.0, 0.0)]
START = datetime(2023, 1, 1, tzinfo=UTC)
TIMES = [START + timedelta(hours=33.7 * i) for i in range(600)]

sites = st.builds(Site, st.floats(-89, 89), st.floats(-180, 180))
moments = st.datetimes(datetime(2000, 1, 1), datetime(2049, 1, 1), timezones=st.just(UTC))
directions = st.builds(Horizontal, st.floats(-89, 89), st.floats(0, 359.9))


@pytest.fixture(autouse=True, scope="module")
def offline():
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        yield


def astropy_frame(site: Site, times: list[datetime]):
    place = EarthLocation(lat=site.latitude_deg * units.deg, lon=site.longitude_deg * units.deg)
    moments = Time([time.replace(tzinfo=None) for time in times], scale="utc")
    return AltAz(obstime=moments, location=place)


def apart_deg(ours: list[Horizontal], theirs: SkyCoord) -> float:
    truth = zip(theirs.alt.deg, theirs.az.deg, strict=True)
    return max(
        separation_deg(one, Horizontal(*other)) for one, other in zip(ours, truth, strict=True)
    )


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize("site", SITES, ids=str)
def test_the_sun_is_where_astropy_has_it(site):
    frame = astropy_frame(site, TIMES)
    truth = get_body("sun", frame.obstime, frame.location).transform_to(frame)
    assert apart_deg([sun_at(each, site) for each in TIMES], truth) < 0.04


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize("site", SITES, ids=str)
def test_the_moon_is_within_half_a_degree_of_astropy(site):
    frame = astropy_frame(site, TIMES)
    truth = get_body("moon", frame.obstime, frame.location).transform_to(frame)
    assert apart_deg([moon_at(each, site) for each in TIMES], truth) < 0.5


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize("site", SITES, ids=str)
def test_a_direction_is_sent_to_the_coordinates_of_date_that_astropy_has(site):
    aims = [Horizontal(20.0 + i % 70, 7.3 * i % 360) for i in range(len(TIMES))]
    frame = astropy_frame(site, TIMES)
    alts, azs = zip(*((aim.alt_deg, aim.az_deg) for aim in aims), strict=True)
    seen = SkyCoord(alt=alts * units.deg, az=azs * units.deg, frame=frame)
    truth = seen.transform_to(TETE(obstime=frame.obstime, location=frame.location))
    for when, aim, ra, dec in zip(TIMES, aims, truth.ra.deg, truth.dec.deg, strict=True):
        ours = to_equatorial(aim, when, site)
        apart = separation_deg(
            Horizontal(ours.dec_deg, ours.ra_deg), Horizontal(float(dec), float(ra))
        )
        assert apart < 0.1


@given(directions, moments, sites)
def test_a_direction_there_and_back_is_the_same(at, when, site):
    back = to_horizontal(to_equatorial(at, when, site), when, site)
    assert separation_deg(at, back) < 1e-5


@given(directions, sites)
def test_axes_there_and_back_are_the_same(at, site):
    assert separation_deg(at, from_axes(to_axes(at, site), site)) < 1e-5


@given(st.floats(-89, 89), st.floats(-180, 180), moments)
def test_the_zenith_has_the_latitude_for_its_declination(latitude_deg, longitude_deg, when):
    site = Site(latitude_deg, longitude_deg)
    found = to_equatorial(Horizontal(90.0, 180.0), when, site)
    assert found.dec_deg == pytest.approx(latitude_deg, abs=1e-5)


@given(directions, directions)
def test_separations_are_the_same_both_ways_and_none_from_itself(one, other):
    assert separation_deg(one, other) == pytest.approx(separation_deg(other, one), abs=1e-9)
    assert separation_deg(one, one) < 1e-5


@given(
    st.builds(Equatorial, st.floats(0, 359.9), st.floats(-85, 85)),
    st.floats(-300, 300),
    st.floats(-300, 300),
)
def test_an_offset_is_as_far_as_asked_for(at, east, north):
    moved = offset(at, east, north)
    apart = separation_deg(
        Horizontal(at.dec_deg, at.ra_deg), Horizontal(moved.dec_deg, moved.ra_deg)
    )
    assert apart * 3600 == pytest.approx((east**2 + north**2) ** 0.5, abs=0.2)
    assert around(moved.ra_deg - at.ra_deg) * east >= 0


@given(st.integers(0, 500), st.integers(0, 500), st.floats(1, 600))
def test_no_frame_is_taken_at_the_height_or_the_side_of_another(one, other, step):
    if one != other:
        for a, b in zip(dither_arcsec(one, step), dither_arcsec(other, step), strict=True):
            assert abs(a - b) > step * 1e-3


@given(st.integers(0, 500), st.floats(1, 600))
def test_both_axes_move_by_the_step_at_least_and_stay_near(n, step):
    pairs = zip(dither_arcsec(n, step), dither_arcsec(n + 1, step), strict=True)
    for before, after in pairs:
        assert abs(after - before) > 0.999 * step
        assert abs(after) <= 1.31 * step
