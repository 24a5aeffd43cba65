"""What of the flats wanted a configuration can take, and the plan written for it."""

import pytest
from config_builder import SMALLEST, WITH_WHEEL, ConfigFile

from flatctl.core.nights.plan import FlatSet, LightFrame
from flatctl.core.types import CameraSetup
from flatctl.errors import ConfigError, UsageError
from flatctl.settings.loading import load
from flatctl.settings.matching import match_sets
from flatctl.settings.plan import plan_flats
from flatctl.settings.planfile import ensure_replaceable, plan_text

ALL = WITH_WHEEL + '[rotator]\ndevice = "R"\n[focuser]\ndevice = "F"\n'
LISTED = ALL + '[flats]\nfilters = ["L", "Hα"]\n'


def wanted(filter_name: str | None = "L", lights: int = 3, **changes) -> FlatSet:
    setup = CameraSetup(**{k: changes.pop(k) for k in list(changes) if hasattr(CameraSetup, k)})
    changes.setdefault("size_px", (6248, 4176))
    return FlatSet(LightFrame(filter_name, setup, **changes), lights)


def obstacles(config: ConfigFile, text: str, *sets: FlatSet) -> list[str]:
    return [match.obstacle for match in match_sets(config.load(text), sets)]


def notes(config: ConfigFile, text: str, *sets: FlatSet) -> list[str]:
    return [note for match in match_sets(config.load(text), sets) for note in match.notes]


def tables(config: ConfigFile, text: str, *sets: FlatSet) -> list[dict]:
    found = match_sets(config.load(text), sets)
    return [match.table.model_dump(exclude_none=True) for match in found if match.table]


def test_everything_that_the_configuration_can_set_is_in_the_table(config):
    setup = {"gain": 100.0, "offset": 30.0, "iso": 800, "temperature_c": -10.0, "binning": 2}
    (table,) = tables(config, ALL, wanted(**setup, rotator_deg=37.5, focuser_steps=5210.0))
    assert table == {"filter": "L", **setup, "rotator_deg": 37.5, "focuser_steps": 5210}


def test_a_filter_that_is_not_listed_is_missing(config):
    assert obstacles(config, LISTED, wanted("OIII")) == [
        "flats.filters has no 'OIII': it has L, Hα"
    ]


def test_a_filter_spelled_nearly_so_gets_a_suggestion(config):
    text = LISTED.replace("Hα", "Sulfur")
    assert obstacles(config, text, wanted("Sulphur")) == [
        "flats.filters has no 'Sulphur': is it 'Sulfur'? It has L, Sulfur"
    ]


@pytest.mark.parametrize(
    ("light", "slot"), [("Lum", "L"), ("H-alpha", "Hα"), ("ha", "Hα"), ("HA", "Hα")]
)
def test_a_filter_of_another_name_is_taken_for_the_wheels_and_said_to_be(config, light, slot):
    (match,) = match_sets(config.load(LISTED), [wanted(light)])
    assert (match.table.filter, match.notes) == (slot, (f"taken for the wheel's filter {slot!r}",))


def test_lights_of_two_names_of_a_filter_share_their_flats(config):
    matches = match_sets(config.load(LISTED), [wanted("L"), wanted("Lum")])
    assert [match.shared for match in matches] == [False, True]


def test_the_wheels_names_count_where_none_are_listed(config):
    matches = match_sets(config.load(ALL), [wanted("Lum"), wanted("OIII")], ["L", "Ha"])
    assert [match.obstacle for match in matches] == ["", "the wheel has no 'OIII': it has L, Ha"]


def test_lights_without_a_filter_are_served_by_the_slot_without_glass(config):
    (match,) = match_sets(config.load(ALL), [wanted(None)], ["L", "No filter"])
    assert match.table.filter == "No filter"


def test_a_filter_whose_letters_a_header_can_not_hold_is_found(config):
    assert tables(config, LISTED, wanted("Ha"))[0]["filter"] == "Hα"


def test_every_filter_is_possible_where_none_are_listed(config):
    assert obstacles(config, ALL, wanted("OIII")) == [""]


def test_lights_that_do_not_say_their_filter_can_not_be_served(config):
    assert "don't say their filter" in obstacles(config, ALL, wanted(None))[0]


def test_one_filter_needs_no_wheel(config):
    assert tables(config, SMALLEST, wanted("L-eXtreme")) == [{"binning": 1}]


def test_several_filters_need_a_wheel(config):
    found = obstacles(config, SMALLEST, wanted("L"), wanted("R"))
    assert all("no [wheel]" in obstacle for obstacle in found)


def test_one_angle_needs_no_rotator(config):
    assert notes(config, WITH_WHEEL, wanted(rotator_deg=37.5)) == [
        "no [rotator]: it has to stand at 37.5°"
    ]


def test_several_angles_need_a_rotator(config):
    found = obstacles(config, WITH_WHEEL, wanted(rotator_deg=1.0), wanted(rotator_deg=90.0))
    assert all("no [rotator]" in obstacle for obstacle in found)


def test_sets_that_only_a_missing_focuser_tells_apart_share_their_flats(config):
    sets = wanted(focuser_steps=1000.0), wanted(focuser_steps=9000.0)
    assert [m.shared for m in match_sets(config.load(WITH_WHEEL), sets)] == [False, True]


def test_a_readout_mode_of_another_program_is_left_alone(config):
    assert tables(config, ALL, wanted(readout_mode="Monochrome")) == [{"filter": "L", "binning": 1}]


def test_readout_modes_that_the_lights_differ_in_are_set(config):
    found = tables(config, ALL, wanted(readout_mode="Fast"), wanted(readout_mode="Slow"))
    assert [table["readout_mode"] for table in found] == ["Fast", "Slow"]


def test_figures_that_no_configuration_can_hold_are_told(config):
    assert "binning" in obstacles(config, ALL, wanted(binning=99))[0]


def test_a_cut_out_of_the_frame_is_told(config):
    found = notes(config, ALL, wanted(), wanted(size_px=(3124, 2088)))
    assert found == ["the lights are cut out of the frame; flats are whole frames"]


def test_a_binned_frame_is_no_cut_out(config):
    assert notes(config, ALL, wanted(), wanted(size_px=(3124, 2088), binning=2)) == []


def plan(config: ConfigFile, text: str, *sets: FlatSet) -> str:
    settings = config.load(text)
    return plan_text(config.path, match_sets(settings, sets), "of last night")


def test_a_plan_is_a_configuration_that_takes_these_sets(config, tmp_path):
    path = tmp_path / "plan.toml"
    sets = wanted("L", gain=100.0, rotator_deg=37.5), wanted("Hα", binning=2)
    path.write_text(plan(config, LISTED, *sets), "utf-8")
    plans = plan_flats(load(path, {}))
    assert [(p.filter, p.rotator_deg, p.setup) for p in plans] == [
        ("L", 37.5, CameraSetup(gain=100.0)),
        ("Hα", None, CameraSetup(binning=2)),
    ]


def test_a_plan_keeps_the_configuration_as_it_was_written(config):
    text = LISTED + "# by hand\n"
    assert text in plan(config, text, wanted())


def test_a_plan_says_what_it_leaves_out_and_why(config):
    made = plan(config, LISTED, wanted("L"), wanted("OIII", lights=1))
    assert "# 1 light, 6248 × 4176 px: left out, flats.filters has no 'OIII': it has L, Hα" in made


def test_a_plan_with_a_strange_filter_is_still_toml(config, tmp_path):
    path = tmp_path / "plan.toml"
    name = 'a "quoted" \\ name\x7f é'
    path.write_text(plan(config, ALL, wanted(name)), "utf-8")
    assert plan_flats(load(path, {}))[0].filter == name


def test_a_plan_that_leaves_out_a_strange_filter_is_still_toml(config, tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(plan(config, LISTED, wanted("L"), wanted("bell\a\nx = 1")), "utf-8")
    assert [each.filter for each in plan_flats(load(path, {}))] == ["L"]


def test_no_plan_is_made_of_a_plan(config):
    made = plan(config, LISTED, wanted())
    with pytest.raises(UsageError, match="is a plan itself"):
        plan(config, made, wanted())


def test_a_plan_takes_the_place_of_a_plan_only(config, tmp_path):
    path = tmp_path / "plan.toml"
    ensure_replaceable(path)
    path.write_text(plan(config, ALL, wanted()), "utf-8")
    ensure_replaceable(path)
    with pytest.raises(ConfigError, match="is no plan"):
        ensure_replaceable(config.path)
