from datetime import UTC, datetime, timedelta

import pytest
from astropy import units
from astropy.coordinates import AltAz, EarthLocation, get_sun
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.sun import (
    Site,
    next_rise,
    next_set,
    rises,
    sun_altitude_deg,
    sun_range_deg,
)

FRANKFURT = Site(50.1, 8.7)
TROMSO = Site(69.65, 18.96)
SITES = [FRANKFURT, TROMSO, Site(-24.63, -70.4), Site(0.0, 0.0), Site(-89.9, 179.9), Site(90, 0)]


@pytest.fixture(autouse=True, scope="module")
def offline():
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("auto_max_age", None):
        yield


def true_altitudes_deg(times: list[datetime], site: Site):
    place = EarthLocation(lat=site.latitude_deg * units.deg, lon=site.longitude_deg * units.deg)
    moments = Time([time.replace(tzinfo=None) for time in times], scale="utc")
    return get_sun(moments).transform_to(AltAz(obstime=moments, location=place)).alt.deg


@pytest.mark.filterwarnings("ignore::astropy.utils.exceptions.AstropyWarning")
@pytest.mark.parametrize("site", SITES, ids=str)
def test_the_altitude_is_within_0_03_degrees_of_astropy(site):
    start = datetime(2023, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=33.7 * i) for i in range(1000)]
    ours = [sun_altitude_deg(time, site) for time in times]
    assert max(abs(true_altitudes_deg(times, site) - ours)) < 0.03


def test_at_the_pole_the_altitude_is_the_declination_of_meeus_example_25a():
    when = datetime(1992, 10, 12, 23, 59, 1, tzinfo=UTC)  # 13 October, 0 h TD
    assert sun_altitude_deg(when, Site(90.0, 0.0)) == pytest.approx(-7.785, abs=0.01)


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    st.floats(-60, 60),
    st.floats(-180, 180),
    st.floats(-6, -1),
)
def test_a_rise_is_a_rise_through_that_altitude(start, latitude_deg, longitude_deg, altitude_deg):
    site, after = Site(latitude_deg, longitude_deg), start.replace(tzinfo=UTC)
    found = next_rise(after, altitude_deg, site)
    assert found is not None
    assert after <= found <= after + timedelta(hours=25)
    assert abs(sun_altitude_deg(found, site) - altitude_deg) < 0.01
    assert sun_altitude_deg(found + timedelta(minutes=2), site) > altitude_deg


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)),
    st.floats(-60, 60),
    st.floats(-180, 180),
    st.floats(-6, -1),
)
def test_a_set_is_a_way_down_through_that_altitude(
    start, latitude_deg, longitude_deg, altitude_deg
):
    site, after = Site(latitude_deg, longitude_deg), start.replace(tzinfo=UTC)
    found = next_set(after, altitude_deg, site)
    assert found is not None
    assert after <= found <= after + timedelta(hours=25)
    assert abs(sun_altitude_deg(found, site) - altitude_deg) < 0.01
    assert not rises(found, site)


@pytest.mark.parametrize("month", [6, 12])
def test_a_polar_summer_and_a_polar_night_have_no_sunrise(month):
    assert next_rise(datetime(2026, month, 21, tzinfo=UTC), 0.0, TROMSO) is None


def test_the_range_says_why_there_is_none():
    lowest, highest = sun_range_deg(datetime(2026, 6, 21, tzinfo=UTC), TROMSO)
    assert (round(lowest, 1), round(highest, 1)) == (3.1, 43.8)
