"""The light of a twilight, and when a window opens."""

from math import cos, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.sky.light import ExpectedLight, SunTrack, Window, find_window
from flatctl.core.sky.twilight import ln_brightness

MAG = 0.4 * 2.302585


def sun(time_s: float) -> float:
    """Return the altitude on a day of 24 h with the Sun between -40 and +40, noon at 0 s."""
    return 40.0 * cos(2 * pi * time_s / 86400.0)


def a_light(*, dawn: bool = False) -> ExpectedLight:
    window = find_window(sun, (-12.0, 0.0), 60_000.0 if dawn else 0.0, dawn=dawn)
    return ExpectedLight(SunTrack(sun, window, 60.0), 550.0)


@pytest.mark.parametrize(
    ("altitude", "nm", "magnitude"),
    [(-5.0, 551.0, 11.84), (-7.0, 438.0, 14.50), (-9.0, 641.0, 16.64), (0.0, 551.0, 6.0)],
)
def test_the_curve_is_that_of_the_paper(altitude, nm, magnitude):
    assert -float(ln_brightness(altitude, nm)) / MAG == pytest.approx(magnitude, abs=0.05)


@given(st.floats(-30.0, 5.0), st.floats(-30.0, 5.0), st.floats(350.0, 900.0))
def test_a_lower_sun_is_never_brighter(one, other, nm):
    low, high = sorted((one, other))
    assert ln_brightness(low, nm) <= ln_brightness(high, nm)


@given(st.booleans(), st.floats(0.0, 3000.0), st.floats(0.05, 60.0))
def test_an_exposure_collects_the_light_it_is_asked_for(dawn, after_s, exposure_s):
    light = a_light(dawn=dawn)
    begins_s = light.start_s + after_s
    collected = light.during(begins_s, exposure_s)
    assert light.exposure_s(begins_s, collected, 100.0) == pytest.approx(exposure_s, rel=2e-3)


@given(st.floats(0.0, 3000.0), st.floats(1.0, 30.0), st.floats(0.1, 1.0))
def test_more_light_takes_longer(after_s, exposure_s, part):
    light = a_light()
    begins_s = light.start_s + after_s
    collected = light.during(begins_s, exposure_s)
    assert light.exposure_s(begins_s, part * collected, 100.0) <= exposure_s * (1 + 1e-6)


def test_more_light_than_there_is_takes_the_longest_exposure():
    light = a_light()
    assert light.exposure_s(light.start_s, 1e9, 30.0) == 30.0


def test_a_window_opens_when_the_sun_enters_its_range():
    window = find_window(sun, (-12.0, 0.0), 0.0, dawn=False)
    assert sun(window.opens_s) == pytest.approx(0.0, abs=0.01)
    assert sun(window.closes_s) == pytest.approx(-12.0, abs=0.01)


def test_dusk_and_dawn_are_told_apart():
    dusk = find_window(sun, (-12.0, 0.0), 0.0, dawn=False)
    dawn = find_window(sun, (-12.0, 0.0), 0.0, dawn=True)
    assert dusk.closes_s < dawn.opens_s


def test_a_window_that_is_open_opens_now():
    window = find_window(sun, (-12.0, 0.0), 22_000.0, dawn=False)
    assert window.opens_s == 22_000.0


def test_a_window_that_was_missed_is_not_waited_for_until_tomorrow():
    assert find_window(sun, (-12.0, 0.0), 26_000.0, dawn=False) is None


def test_a_sun_that_never_comes_there_gives_no_window():
    assert find_window(lambda t: 5.0 + sun(t) / 10, (-12.0, 0.0), 0.0, dawn=False) is None


def test_where_the_sun_turns_within_its_range_the_window_ends_there():
    window = find_window(lambda t: sun(t) * 0.2, (-12.0, 0.0), 0.0, dawn=False)
    assert window == Window(window.opens_s, pytest.approx(43_200.0, abs=2.0), dawn=False)
