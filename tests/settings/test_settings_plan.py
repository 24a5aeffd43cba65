import pytest
from config_builder import SMALLEST, WITH_WHEEL

from flatctl.core.types import FilterPlan
from flatctl.errors import ConfigError, UsageError
from flatctl.settings.plan import plan_flats

SLOTS = ("L", "R", "Ha")


def test_a_rig_without_a_wheel_has_one_nameless_plan(config):
    assert plan_flats(config.load(SMALLEST)) == (FilterPlan(None),)


def test_every_slot_is_wanted_unless_filters_are_listed(config):
    plans = plan_flats(config.load(WITH_WHEEL), SLOTS)
    assert [plan.filter for plan in plans] == ["L", "R", "Ha"]


def test_filters_are_taken_in_the_order_of_the_list(config):
    plans = plan_flats(config.load(WITH_WHEEL + '[flats]\nfilters = ["Ha", "L"]'), SLOTS)
    assert [plan.filter for plan in plans] == ["Ha", "L"]


def test_before_the_wheel_was_asked_listed_filters_are_known(config):
    plans = plan_flats(config.load(WITH_WHEEL + '[flats]\nfilters = ["Ha", "L"]'))
    assert [plan.filter for plan in plans] == ["Ha", "L"]


def test_before_the_wheel_was_asked_every_slot_means_nothing_yet(config):
    assert plan_flats(config.load(WITH_WHEEL)) == ()


def test_two_slots_of_the_same_name_are_refused_before_the_first_frame(config):
    with pytest.raises(ConfigError, match="slots 1 and 3 of the wheel are both 'L'"):
        plan_flats(config.load(WITH_WHEEL), ("L", "R", "L"))


def test_two_slots_of_the_same_name_do_no_harm_where_they_are_not_wanted(config):
    plans = plan_flats(config.load(WITH_WHEEL + '[flats]\nfilters = ["R"]'), ("L", "R", "L"))
    assert [plan.filter for plan in plans] == ["R"]


def test_a_filters_own_table_is_laid_over_that_of_all(config):
    text = WITH_WHEEL + (
        "[flats]\ncount = 20\nexposure_s = { start = 2.0, min = 0.5 }\n"
        "[filters.Ha]\nexposure_s = { start = 10.0, max = 120.0 }\n"
    )
    expected = FilterPlan(
        "Ha", count=20, exposure_start_s=10.0, exposure_min_s=0.5, exposure_max_s=120.0
    )
    assert plan_flats(config.load(text), SLOTS)[2] == expected


def test_a_filters_own_table_changes_no_other_filter(config):
    text = WITH_WHEEL + "[filters.Ha]\ncount = 5"
    assert [plan.count for plan in plan_flats(config.load(text), SLOTS)] == [30, 30, 5]


def test_an_inherited_start_moves_into_the_filters_own_range(config):
    text = WITH_WHEEL + "[flats]\nbrightness = { start = 0.9 }\n"
    text += "[filters.L]\nbrightness = { max = 0.2 }"
    assert plan_flats(config.load(text), SLOTS)[0].brightness_start == 0.2


def test_the_command_line_chooses_filters(config):
    plans = plan_flats(config.load(WITH_WHEEL), SLOTS, only=("Ha",))
    assert [plan.filter for plan in plans] == ["Ha"]


def test_the_command_line_chooses_how_many(config):
    assert plan_flats(config.load(SMALLEST), count=3)[0].count == 3


def test_a_filter_that_is_not_in_the_wheel_is_answered_with_its_slots(config):
    settings = config.load(WITH_WHEEL + '[flats]\nfilters = ["L", "ha"]')
    with pytest.raises(ConfigError) as error:
        plan_flats(settings, SLOTS)
    expected = "flats.filters: the wheel has no filter 'ha': did you mean 'Ha'? It has L, R, Ha"
    assert str(error.value) == f"{config.path}: {expected}"


def test_a_table_of_a_filter_that_is_not_in_the_wheel_is_refused(config):
    settings = config.load(WITH_WHEEL + "[filters.SII]\ncount = 3")
    with pytest.raises(ConfigError, match=r"filters\.SII: the wheel has no filter 'SII'"):
        plan_flats(settings, SLOTS)


def test_a_filter_of_the_command_line_that_is_not_in_the_wheel_is_a_usage_error(config):
    with pytest.raises(
        UsageError, match=r"--filter SII: the wheel has no filter 'SII': it has L, R, Ha"
    ):
        plan_flats(config.load(WITH_WHEEL), SLOTS, only=("SII",))


def test_a_filter_of_the_command_line_needs_a_wheel(config):
    with pytest.raises(UsageError, match=r"--filter Ha: the configuration has no \[wheel\]"):
        plan_flats(config.load(SMALLEST), only=("Ha",))


def test_shutter_speeds_are_sorted_and_are_the_limits(config):
    plan = plan_flats(config.load(SMALLEST + "[flats]\nexposures_s = [2.5, 0.01, 0.5]"))[0]
    assert (plan.exposures_s, plan.exposure_min_s, plan.exposure_max_s) == (
        (0.01, 0.5, 2.5),
        0.01,
        2.5,
    )


def test_shutter_speeds_outside_written_limits_are_left_out(config):
    text = SMALLEST + "[flats]\nexposures_s = [0.01, 0.5, 2.5]\nexposure_s = { min = 0.1 }"
    assert plan_flats(config.load(text))[0].exposures_s == (0.5, 2.5)


def test_the_start_is_a_speed_the_shutter_has(config):
    text = SMALLEST + "[flats]\nexposures_s = [0.01, 0.5, 2.5]\nexposure_s = { start = 0.6 }"
    assert plan_flats(config.load(text))[0].exposure_start_s == 0.5


TWO_BANKS = WITH_WHEEL.replace('kind = "manual"', 'kind = "gemini"\nport = "/dev/ttyUSB0"')


def test_a_filter_may_have_its_own_bank_of_the_panel(config):
    text = TWO_BANKS + '[flats]\npanel_bank = "low"\n[filters.Ha]\npanel_bank = "high"'
    plans = plan_flats(config.load(text), SLOTS)
    assert [plan.panel_bank for plan in plans] == ["low", "low", "high"]


def test_the_bank_of_the_panel_is_that_of_every_filter_without_its_own(config):
    text = TWO_BANKS.replace("[wheel]", 'bank = "low"\n[wheel]')
    plans = plan_flats(config.load(text + '[filters.Ha]\npanel_bank = "high"'), SLOTS)
    assert [plan.panel_bank for plan in plans] == ["low", "low", "high"]


@pytest.mark.parametrize("table", ["flats", "filters.Ha"])
def test_a_bank_for_a_panel_without_banks_is_refused(config, table):
    with pytest.raises(ConfigError, match=r"panel_bank.*'manual' have no low and high bank"):
        config.load(WITH_WHEEL + f'[{table}]\npanel_bank = "low"')


def test_the_ladder_is_laid_within_the_exposures_of_each_filter(config):
    settings = config.load(
        WITH_WHEEL + "[dark_flats]\nladder = true\n[flats]\nexposure_s = { min = 0.4, max = 3 }\n"
        "[filters.Ha]\nexposure_s = { max = 12 }\n"
    )
    luminance, hydrogen = plan_flats(settings, ["L", "Ha"])
    assert luminance.ladder_s == (0.5, 1.0, 2.0)
    assert hydrogen.ladder_s == (0.5, 1.0, 2.0, 5.0, 10.0)


def test_without_a_wish_for_it_there_is_no_ladder(config):
    assert plan_flats(config.load(WITH_WHEEL), ["L"])[0].ladder_s == ()


NAMED = WITH_WHEEL.replace("[wheel]\n", '[wheel]\nnames = { "Antlia 3nm" = "Ha" }\n')


@pytest.mark.parametrize(
    ("name", "slot"), [("Lum", "L"), ("Red", "R"), ("H_Alpha", "Ha"), ("Antlia 3nm", "Ha")]
)
def test_a_filter_may_be_called_as_other_programs_call_it(config, name, slot):
    (plan,) = plan_flats(config.load(NAMED + f"[flats]\nfilters = ['{name}']"), SLOTS)
    assert (plan.filter, plan.named) == (slot, name)


def test_the_wheels_own_name_is_no_other_name(config):
    (plan,) = plan_flats(config.load(NAMED + "[flats]\nfilters = ['Ha']"), SLOTS)
    assert plan.named == ""


def test_two_names_of_one_filter_want_one_set(config):
    plans = plan_flats(config.load(NAMED + "[flats]\nfilters = ['L', 'Lum']"), SLOTS)
    assert [plan.filter for plan in plans] == ["L"]


def test_a_filters_table_may_have_another_name_of_it(config):
    text = NAMED + "[filters.Lum]\ncount = 5"
    assert [plan.count for plan in plan_flats(config.load(text), SLOTS)] == [5, 30, 30]


def test_the_command_line_may_use_another_name(config):
    (plan,) = plan_flats(config.load(NAMED), SLOTS, only=("Luminance",))
    assert plan.filter == "L"


def test_a_name_for_a_slot_that_is_not_there_is_refused(config):
    text = NAMED.replace('"Ha"', '"SII"')
    with pytest.raises(ConfigError, match=r'wheel\.names\."Antlia 3nm": .*no filter .SII'):
        plan_flats(config.load(text), SLOTS)


SETS = WITH_WHEEL + "[[sets]]\nfilter = 'L'\n[[sets]]\nfilter = 'SII'\n"


def test_a_plan_takes_what_the_wheel_has_and_says_what_it_lacks(config):
    plans = plan_flats(config.load(SETS), SLOTS)
    assert [(plan.filter, plan.obstacle) for plan in plans] == [
        ("L", ""),
        ("SII", "the wheel has no filter 'SII': it has L, R, Ha"),
    ]


def test_a_plan_of_which_nothing_can_be_taken_is_refused(config):
    with pytest.raises(ConfigError, match=r"no filter 'L'.*\n.*no filter 'SII'"):
        plan_flats(config.load(SETS), ("R", "Ha"))


def test_the_command_line_chooses_sets_by_any_name(config):
    plans = plan_flats(config.load(SETS), SLOTS, only=("Luminance",))
    assert [plan.filter for plan in plans] == ["L"]


def test_sets_of_two_names_of_one_filter_are_one(config):
    text = SETS.replace("SII", "Lum")
    assert [plan.filter for plan in plan_flats(config.load(text), SLOTS)] == ["L"]
