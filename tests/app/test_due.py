"""When flats are due, from a configuration."""

from datetime import UTC, datetime, time, timedelta

import pytest

from flatctl.app.wiring.dawn_wait import next_local
from flatctl.app.wiring.due import Due
from flatctl.core.nights.sun import Site, sun_altitude_deg
from flatctl.errors import ConfigError, UsageError
from flatctl.settings.loading import load

SITE = "[rig]\nlatitude_deg = 50.1\nlongitude_deg = 8.7\n"
DEVICES = '[camera]\ndevice = "C"\n[panel]\nkind = "manual"\n'
DUSK = datetime(2026, 11, 22, 17, tzinfo=UTC)


@pytest.fixture
def due(tmp_path):
    """Make it of the text of a configuration and what the command line says."""

    def make(
        text: str,
        *,
        at: time | None = None,
        sun_altitude_deg: float | None = None,
        twilight: str = "dawn",
        devices: str = DEVICES,
    ) -> Due:
        path = tmp_path / "rig.toml"
        path.write_text(text + devices)
        return Due(load(path, {}), at, sun_altitude_deg, twilight)

    return make


def test_the_sun_opens_the_window_and_three_hours_later_it_closes(due):
    window = due(SITE).window(DUSK)
    assert abs(window.opens - datetime(2026, 11, 23, 6, 14, tzinfo=UTC)) < timedelta(minutes=2)
    assert window.closes == window.opens + timedelta(hours=3)


def test_the_command_line_wins_over_the_configuration(due):
    earlier = due(SITE, sun_altitude_deg=-12).window(DUSK).opens
    assert earlier < due(SITE).window(DUSK).opens - timedelta(minutes=30)


def test_a_clock_time_needs_no_site(due):
    assert due("", at=time(6, 30)).window(DUSK).opens == next_local(DUSK, time(6, 30))


def test_without_a_site_the_sun_is_nowhere(due):
    with pytest.raises(ConfigError, match=r"latitude_deg and rig.longitude_deg are missing"):
        due("")


def test_a_time_and_an_altitude_together_make_no_sense(due):
    with pytest.raises(UsageError):
        due(SITE, at=time(6, 30), sun_altitude_deg=-6)


def test_the_latest_time_closes_it(due):
    window = due(SITE + '[dawn]\nlatest = "08:00"\n').window(DUSK)
    assert window.closes == next_local(window.opens, time(8))


def test_the_first_of_two_limits_closes_it(due):
    text = SITE + '[dawn]\nlatest = "12:00"\nlatest_sun_altitude_deg = 0\n'
    window = due(text).window(DUSK)
    assert timedelta(minutes=30) < window.closes - window.opens < timedelta(minutes=50)


def test_a_height_that_the_sun_does_not_reach_in_winter_closes_it_in_the_end(due):
    window = due(SITE + "[dawn]\nlatest_sun_altitude_deg = 40\n").window(DUSK)
    assert window.closes - window.opens == timedelta(hours=18)


def test_a_latest_time_before_the_sun_is_up_is_told_at_once(due):
    with pytest.raises(ConfigError, match=r"dawn.latest = 05:00: flats are due at"):
        due(SITE + '[dawn]\nlatest = "05:00"\n').window(DUSK)


@pytest.mark.parametrize(
    ("month", "says"), [(6, "between 3.1° and 43.8°"), (12, "between -43.8° and -3.1°")]
)
def test_polar_summer_and_night_are_told_with_what_the_sun_does(due, month, says):
    tromso = "[rig]\nlatitude_deg = 69.65\nlongitude_deg = 18.96\n"
    with pytest.raises(ConfigError, match=says):
        due(tromso, sun_altitude_deg=0).window(datetime(2026, month, 21, 12, tzinfo=UTC))


SKY = '[camera]\ndevice = "C"\n[sky]\nposition = "stay"\n'
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_at_dusk_the_setting_sun_opens_the_window(due):
    window = due(SITE, twilight="dusk").window(NOON)
    assert abs(window.opens - datetime(2026, 11, 22, 16, 9, tzinfo=UTC)) < timedelta(minutes=2)


def test_at_dusk_a_low_sun_closes_it(due):
    text = SITE + "[dusk]\nlatest_sun_altitude_deg = -12\n"
    window = due(text, twilight="dusk").window(NOON)
    assert timedelta(minutes=30) < window.closes - window.opens < timedelta(minutes=50)


@pytest.mark.parametrize(("twilight", "after"), [("dusk", NOON), ("dawn", DUSK)])
def test_of_the_sky_flats_are_due_while_the_sun_is_where_the_table_has_it(due, twilight, after):
    window = due(SITE, twilight=twilight, devices=SKY).window(after)
    ends = [sun_altitude_deg(each, Site(50.1, 8.7)) for each in (window.opens, window.closes)]
    assert sorted(ends) == pytest.approx([-12.0, 0.0], abs=0.02)


def test_a_dusk_that_the_sun_does_not_end_closes_when_it_turns(due):
    edinburgh = "[rig]\nlatitude_deg = 58.0\nlongitude_deg = -3.0\n"
    window = due(edinburgh, twilight="dusk", devices=SKY).window(
        datetime(2026, 6, 21, 12, tzinfo=UTC)
    )
    assert abs(window.closes - datetime(2026, 6, 22, 0, 13, tzinfo=UTC)) < timedelta(minutes=15)


def test_flats_of_the_sky_that_would_begin_after_their_light_are_refused(due):
    with pytest.raises(ConfigError, match=r"between -12° and 0°, and that is over at .*begin"):
        due(SITE, twilight="dusk", sun_altitude_deg=-14, devices=SKY).window(NOON)


def test_a_southern_site_west_of_greenwich_has_its_dusk_when_the_sun_sets_there(due):
    chile = "[rig]\nlatitude_deg = -30.2\nlongitude_deg = -70.8\n"
    window = due(chile, twilight="dusk", devices=SKY).window(NOON)
    assert abs(window.opens - datetime(2026, 11, 22, 23, 25, tzinfo=UTC)) < timedelta(minutes=10)


def test_without_a_site_nobody_knows_when_the_sun_sets(due):
    with pytest.raises(ConfigError, match="nobody knows when the Sun sets"):
        due("", twilight="dusk")
