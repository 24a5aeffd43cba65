"""Where is pointed, and on which way a mount gets there."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flatctl.core.nights.sun import Site, next_rise
from flatctl.core.pointing.bodies import moon_at, sun_at
from flatctl.core.pointing.directions import (
    Axes,
    Horizontal,
    around,
    from_axes,
    separation_deg,
    to_axes,
)
from flatctl.core.pointing.path import way
from flatctl.core.pointing.target import (
    Barrier,
    Hindrance,
    Limits,
    aims,
    choose,
    foreseen,
    hindrance,
    tracked,
)

HERE = Site(50.1, 8.7)
LIMITS = Limits()
# A moonless dawn, so that only the Sun counts.
DARK = next(
    when
    for day in range(40)
    if (when := next_rise(datetime(2026, 10, 1, 12, tzinfo=UTC) + timedelta(day), -5.0, HERE))
    and moon_at(when, HERE).alt_deg < 0
)

sites = st.builds(Site, st.floats(-65, 65), st.floats(-180, 180))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


def test_the_null_point_lies_15_degrees_from_the_zenith_away_from_the_sun():
    aim = aims("null", DARK, HERE)[0]
    assert aim.alt_deg == 75.0
    assert abs(around(aim.az_deg - sun_at(DARK, HERE).az_deg)) == pytest.approx(180.0)


@given(st.sampled_from(["null", "zenith", (60.0, 180.0), (40.0, 0.0)]), sites, moments)
def test_no_place_is_so_near_the_meridian_that_a_dither_crosses_it(position, site, when):
    for aim in aims(position, when, site):
        assert abs(to_axes(aim, site).hour_angle_deg) > 1.4


def test_a_mount_that_is_to_stay_is_sent_nowhere():
    assert choose("stay", (DARK,), HERE, LIMITS) is None


@pytest.mark.parametrize(
    ("position", "barrier"),
    [((20.0, 270.0), Barrier.HORIZON), ((35.0, sun_at(DARK, HERE).az_deg), Barrier.SUN)],
)
def test_what_stands_in_the_way_of_a_place_is_named(position, barrier):
    found = choose(position, (DARK,), HERE, LIMITS)
    assert isinstance(found, Hindrance)
    assert found.barrier is barrier
    assert found.found_deg < found.allowed_deg


def test_a_moon_near_the_null_point_has_another_place_of_its_height_taken():
    site, when = Site(5.0, 0.0), datetime(2026, 1, 1, tzinfo=UTC)
    times = (when + timedelta(hours=i) for i in range(24 * 365))
    near = next(
        each
        for each in times
        if separation_deg(moon_at(each, site), aims("null", each, site)[0]) < 25
        and sun_at(each, site).alt_deg < -3
    )
    found = choose("null", (near,), site, LIMITS)
    assert isinstance(found, Horizontal)
    assert found.alt_deg == 75.0
    assert separation_deg(found, moon_at(near, site)) >= LIMITS.moon_deg


def test_a_place_that_the_sun_comes_near_to_later_is_foreseen():
    times = [DARK + timedelta(minutes=i) for i in range(0, 100, 5)]
    sun = sun_at(DARK, HERE)
    position = (50.0, sun.az_deg + 20.0)
    far = Limits(sun_deg=separation_deg(Horizontal(*position), sun) - 1.0)
    assert choose(position, times[:1], HERE, far) == Horizontal(*position)
    found = foreseen(position, times, HERE, far)
    assert found is not None
    assert found.when > times[0]


def test_a_place_that_sets_while_it_is_tracked_is_in_the_way_of_the_horizon():
    times = [DARK + timedelta(minutes=i) for i in range(60)]
    found = hindrance(tracked(Horizontal(32.0, 280.0), times, HERE), HERE, LIMITS)
    assert found is not None
    assert found.barrier is Barrier.HORIZON


def points(start: Axes, goal: Axes, speeds: tuple[float, float], *, level: bool, site: Site):
    """Yield where a mount gets, that drives both axes at once, each at a speed of its own."""
    if level:
        ends = from_axes(start, site), from_axes(goal, site)
        one, other = ((each.az_deg, each.alt_deg) for each in ends)
    else:
        one, other = ((each.hour_angle_deg, each.dec_deg) for each in (start, goal))
    turns = around(other[0] - one[0]), other[1] - one[1]
    longest = max(abs(turn) / speed for turn, speed in zip(turns, speeds, strict=True))
    for i in range(201):
        gone = longest * i / 200
        along, up = (
            max(-abs(turn), min(abs(turn), gone * speed)) * (1 if turn >= 0 else -1)
            for turn, speed in zip(turns, speeds, strict=True)
        )
        place = one[0] + along, one[1] + up
        yield Horizontal(place[1], place[0]) if level else from_axes(Axes(*place), site)


@settings(max_examples=60)
@given(
    sites,
    moments,
    st.builds(Axes, st.floats(-180, 180), st.floats(-90, 90)),
    st.builds(Horizontal, st.floats(30, 90), st.floats(0, 359)),
    st.tuples(st.floats(0.2, 5), st.floats(0.2, 5)),
    st.booleans(),
)
def test_no_permitted_way_comes_near_the_sun_or_below_the_horizon(
    site, when, start, aim, speeds, level
):
    legs = way(start, to_axes(aim, site), when, site, LIMITS)
    assume(not isinstance(legs, Hindrance))
    sun = sun_at(when, site)
    begun = from_axes(start, site).alt_deg
    lowest = min(begun - 0.2 * len(legs), LIMITS.horizon_deg - 1.1)
    for leg in zip((start, *legs), legs, strict=False):
        for at in points(*leg, speeds, level=level, site=site):
            assert separation_deg(at, sun) >= LIMITS.sun_deg
            assert at.alt_deg >= lowest


@settings(max_examples=60)
@given(
    st.builds(Site, st.one_of(st.floats(41, 60), st.floats(-60, -41)), st.floats(-180, 180)),
    moments,
    st.floats(-180, 180),
)
def test_the_null_point_of_a_twilight_is_reached_from_the_pole(site, when, hour_angle_deg):
    dawn = next_rise(when, -5.0, site)
    assume(dawn is not None)
    pole = Axes(hour_angle_deg, 90.0 if site.latitude_deg > 0 else -90.0)
    goal = to_axes(aims("null", dawn, site)[0], site)
    legs = way(pole, goal, dawn, site, LIMITS)
    assert not isinstance(legs, Hindrance)
    assert legs[-1] == goal


@pytest.mark.parametrize("az_deg", range(0, 360, 30))
def test_a_mount_that_is_parked_level_is_led_up_unless_it_faces_the_sun(az_deg):
    start, sun = Horizontal(0.0, float(az_deg)), sun_at(DARK, HERE)
    goal = to_axes(aims("null", DARK, HERE)[0], HERE)
    legs = way(to_axes(start, HERE), goal, DARK, HERE, LIMITS)
    assert isinstance(legs, Hindrance) == (separation_deg(start, sun) < 41)


def test_a_mount_that_stands_below_the_horizon_is_led_nowhere():
    goal = to_axes(aims("null", DARK, HERE)[0], HERE)
    legs = way(to_axes(Horizontal(-5.0, 0.0), HERE), goal, DARK, HERE, LIMITS)
    assert isinstance(legs, Hindrance)
    assert legs.barrier is Barrier.HORIZON


@settings(max_examples=60)
@given(
    st.builds(Site, st.one_of(st.floats(30, 65), st.floats(-65, -30)), st.floats(-180, 180)),
    moments,
    st.builds(Horizontal, st.floats(30, 90), st.floats(0, 359)),
    st.builds(Horizontal, st.floats(30, 90), st.floats(0, 359)),
)
def test_a_mount_that_flips_does_so_near_the_pole(site, when, start, aim):
    legs = way(to_axes(start, site), to_axes(aim, site), when, site, LIMITS, flips=True)
    assume(not isinstance(legs, Hindrance))
    for begin, end in zip((to_axes(start, site), *legs), legs, strict=False):
        if begin.hour_angle_deg * end.hour_angle_deg < 0:
            lowest = abs(site.latitude_deg) - 90.0 + min(abs(begin.dec_deg), abs(end.dec_deg))
            assert lowest > abs(site.latitude_deg) - 7.0 or lowest > LIMITS.horizon_deg - 2.0


def test_a_mount_that_flips_gets_to_the_other_side_of_the_meridian():
    start, goal = (to_axes(Horizontal(60.0, az_deg), HERE) for az_deg in (100.0, 260.0))
    straight = way(start, goal, DARK, HERE, LIMITS)
    assert not isinstance(straight, Hindrance)
    legs = way(start, goal, DARK, HERE, LIMITS, flips=True)
    assert not isinstance(legs, Hindrance)
    assert max(leg.dec_deg for leg in legs) == pytest.approx(85.0)
