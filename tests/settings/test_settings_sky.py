"""The sky as the light: what has to hold together before a telescope may be pointed at it."""

import pytest
from config_builder import SMALLEST

from flatctl.core.types import LightSource
from flatctl.errors import ConfigError, UsageError
from flatctl.settings.plan import plan_flats

SITE = "[rig]\nlatitude_deg = 50.1\nlongitude_deg = 8.7\n"
CAMERA = '[camera]\ndevice = "C"\n'
MOUNT = '[mount]\ndevice = "M"\nmove = true\n'
RIG = SITE + CAMERA + MOUNT


def sky(*lines: str) -> str:
    return "[sky]\n" + "\n".join(lines) + "\n"


def test_an_empty_table_stands_for_the_panel(config):
    settings = config.load(RIG + sky())
    assert settings.light is LightSource.SKY
    assert settings.sky.position == "null"


def test_with_both_the_panel_is_the_light_unless_told(config):
    settings = config.load(SMALLEST + SITE + MOUNT + sky())
    assert settings.light is LightSource.PANEL
    assert settings.lit_by(LightSource.SKY).light is LightSource.SKY
    assert settings.lit_by(LightSource.SKY).source == config.path


@pytest.mark.parametrize(
    ("text", "light", "said"),
    [
        (SMALLEST, LightSource.SKY, "--light sky: rig.toml has no [sky]; add the table"),
        (RIG + sky(), LightSource.PANEL, "--light panel: rig.toml has no [panel]; add the table"),
    ],
)
def test_a_light_that_is_not_configured_is_refused(config, text, light, said):
    settings = config.load(text)
    with pytest.raises(UsageError) as refused:
        settings.lit_by(light)
    assert str(refused.value).replace(str(config.path), "rig.toml") == said


def test_what_needs_a_panel_says_so(config):
    with pytest.raises(ConfigError, match=r"there is no \[panel\], and this needs one"):
        config.load(RIG + sky()).require_panel()


def test_a_mount_is_not_moved_unless_that_is_written(config):
    assert not config.load(SMALLEST + '[mount]\ndevice = "M"').mount.move


def test_a_direction_is_a_height_and_an_azimuth(config):
    assert config.load(RIG + sky("position = [75, 180]")).sky.position == (75.0, 180.0)


def test_a_direction_may_come_from_the_environment(config):
    settings = config.load(RIG + sky(), FLATCTL_SKY__POSITION="[60, 90.5]")
    assert settings.sky.position == (60.0, 90.5)


def test_the_sky_may_have_filters_of_its_own(config):
    text = RIG + '[wheel]\ndevice = "W"\n[flats]\nfilters = ["L", "R"]\n' + sky('filters = ["Ha"]')
    settings = config.load(text)
    assert [plan.filter for plan in plan_flats(settings)] == ["Ha"]
    panel = config.load(text + '[panel]\nkind = "manual"\n')
    assert [plan.filter for plan in plan_flats(panel)] == ["L", "R"]


def test_a_filter_of_the_sky_that_the_wheel_lacks_is_named_with_its_place(config):
    settings = config.load(RIG + '[wheel]\ndevice = "W"\n' + sky('filters = ["Hα"]'))
    with pytest.raises(ConfigError, match=r"sky.filters: the wheel has no filter 'Hα'"):
        plan_flats(settings, ["L", "R"])


def test_of_the_sets_those_of_the_sky_s_filters_are_taken(config):
    sets = "".join(f'[[sets]]\nfilter = "{name}"\n' for name in ("L", "Ha"))
    settings = config.load(RIG + '[wheel]\ndevice = "W"\n' + sky('filters = ["Ha"]') + sets)
    assert [plan.filter for plan in plan_flats(settings)] == ["Ha"]


def test_what_is_stated_of_a_filter_s_light_goes_with_its_plan(config):
    text = RIG + '[wheel]\ndevice = "W"\n[flats]\nfilters = ["Ha"]\n' + sky()
    settings = config.load(text + "[filters.Ha]\nthroughput = 0.02\nwavelength_nm = 656.3\n")
    (plan,) = plan_flats(settings)
    assert (plan.throughput, plan.wavelength_nm) == (0.02, 656.3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            CAMERA + MOUNT + sky(),
            "rig.latitude_deg: missing; with [sky] flatctl has to know where the Sun stands: add "
            "the site",
        ),
        (
            SITE + CAMERA + sky(),
            'sky.position = "null": needs a mount: add [mount] with its device and move = true, or '
            'point the telescope up by hand and set position = "stay"',
        ),
        (
            SITE + CAMERA + '[mount]\ndevice = "M"\n' + sky("position = [75, 10]"),
            "sky.position = [75.0, 10.0]: needs a mount that may be moved: set mount.move = true, "
            'or point the telescope up by hand and set position = "stay"',
        ),
        (
            RIG + sky("position = [75]"),
            'sky.position = [75]: must be "null" or "zenith" or "stay" or a list of 2, a number '
            "from 0 to 90 and a number from 0 to 360",
        ),
        (
            RIG + sky('position = "up"'),
            'sky.position = "up": must be "null" or "zenith" or "stay" or a list of 2, a number '
            "from 0 to 90 and a number from 0 to 360",
        ),
        (
            RIG + sky("position = [20, 180]"),
            "sky.position = [20.0, 180.0]: is 20° high, below horizon_deg, 30; point higher",
        ),
        (
            RIG + sky("horizon_deg = 80"),
            'sky.position = "null": is 75° high, below horizon_deg, 80; point higher',
        ),
        (
            RIG + sky("sun_altitude_deg = [0, -12]"),
            "sky.sun_altitude_deg = [0.0, -12.0]: the first is not below the second; the lower one "
            "comes first",
        ),
        (
            RIG + sky("sun_altitude_deg = [-6]"),
            "sky.sun_altitude_deg = [-6]: must be a list of 2, each a number from -18 to 20",
        ),
        (
            RIG + sky("sun_distance_deg = 20"),
            "sky.sun_distance_deg = 20: must be a number from 30 to 120",
        ),
        (
            RIG + sky('tracking = "on"', "dither_arcsec = 0"),
            "sky.dither_arcsec = 0.0: stars would stand still from frame to frame: with tracking = "
            '"on" choose more than 0, or set tracking = "off"',
        ),
        (
            RIG + sky('position = "stay"', 'tracking = "on"'),
            'sky.tracking = "on": stars would stand still from frame to frame: with position = '
            '"stay" set "off"',
        ),
        (
            SITE + CAMERA + sky('position = "stay"', 'end = "park"'),
            'sky.end = "park": needs mount.move = true: a mount that may not be moved is not '
            "parked either",
        ),
        (
            RIG + sky('filters = ["L"]'),
            'sky.filters = ["L"]: needs a wheel; add [wheel] with its device, or take this out',
        ),
        (
            RIG + '[wheel]\ndevice = "W"\n' + sky('filters = ["L", "L"]'),
            "sky.filters: 'L' stands in it twice; once is enough",
        ),
        (
            RIG + sky() + '[dawn]\nfallback = "sky"',
            'dawn.fallback = "sky": there is no [panel]; it stands in for a panel by the sky',
        ),
        (
            SMALLEST + '[dusk]\nfallback = "sky"',
            'dusk.fallback = "sky": there is no [sky]; it stands in for a panel by the sky',
        ),
        (
            RIG + sky() + "[dusk]\nlatest_sun_altitude_deg = 0",
            "dusk.latest_sun_altitude_deg = 0.0: not below sun_altitude_deg, 0; flats would never "
            "begin",
        ),
        (
            SMALLEST + "[dusk]\nlatest_sun_altitude_deg = -6",
            "dusk.latest_sun_altitude_deg = -6.0: not below sun_altitude_deg, -6; flats would "
            "never begin",
        ),
        (
            RIG + sky() + "[dawn]\nlatest_sun_altitude_deg = -12",
            "dawn.latest_sun_altitude_deg = -12.0: not above sun_altitude_deg, -12; flats would "
            "never begin",
        ),
    ],
)
def test_what_can_not_be_is_told_with_what_to_do(config, text, said):
    assert config.complaint(text) == f"rig.toml: {said}"
