"""Places of J2000 and of date."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.pointing.directions import Equatorial, Horizontal, separation_deg
from flatctl.core.pointing.precession import of_date, of_j2000

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
PLACES = st.builds(Equatorial, st.floats(0, 360, exclude_max=True), st.floats(-90, 90))


def apart_deg(one: Equatorial, other: Equatorial) -> float:
    return separation_deg(
        Horizontal(one.dec_deg, one.ra_deg), Horizontal(other.dec_deg, other.ra_deg)
    )


def test_it_is_as_meeus_has_it_of_theta_persei():
    # Example 21.b: with its proper motion the star stands there by the equinox of J2000.
    star = Equatorial(41.054063, 49.227750)
    now = of_date(star, datetime(2028, 11, 13, 4, 28, tzinfo=UTC))
    assert (now.ra_deg, now.dec_deg) == (
        pytest.approx(41.547214, abs=2e-6),
        pytest.approx(49.348483, abs=2e-6),
    )


@given(PLACES, MOMENTS)
def test_there_and_back_is_the_place_itself(place, when):
    assert apart_deg(of_j2000(of_date(place, when), when), place) == pytest.approx(0, abs=2e-5)


@given(PLACES, PLACES, MOMENTS)
def test_the_sky_is_turned_and_not_bent(one, other, when):
    before = apart_deg(one, other)
    after = apart_deg(of_date(one, when), of_date(other, when))
    assert after == pytest.approx(before, abs=2e-5)
