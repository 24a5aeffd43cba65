"""What the engine relies on in every light panel."""

import pytest
from panel_bench import build
from panel_benches import BENCHES

from flatctl.devices.catalog import PANELS
from flatctl.devices.protocols import PanelStatus
from flatctl.errors import DeviceError
from flatctl.settings.meanings import describe
from flatctl.settings.panels import PANEL_MODELS


@pytest.mark.parametrize("kind", PANELS)
def test_every_kind_of_the_catalogue_has_a_bench(kind):
    assert BENCHES.get(kind), f"nothing tries {kind}: give it a bench in tests/contracts/families"


@pytest.mark.parametrize("kind", BENCHES)
def test_every_bench_is_for_a_kind_of_the_catalogue(kind):
    assert kind in PANELS


def steps_to_try(steps: range) -> list[int]:
    middle = steps[len(steps) // 2]
    return sorted({steps[0], steps[min(1, len(steps) - 1)], middle, steps[-1]})


def told(status: PanelStatus) -> tuple[bool | None, int | None]:
    return status.lit, status.brightness


def test_building_one_reaches_nothing(bench):
    assert bench.panel().name


def test_its_name_stays_the_same_when_it_is_opened(bench):
    panel = bench.panel()
    name = panel.name
    panel.open(bench.limit_s)
    assert panel.name == name


def test_it_has_at_least_one_step(bench):
    assert len(bench.panel().open(bench.limit_s)) >= 1


def test_its_steps_follow_each_other(bench):
    assert bench.panel().open(bench.limit_s).step == 1


def test_opening_twice_returns_the_same_steps(bench):
    panel = bench.panel()
    assert panel.open(bench.limit_s) == panel.open(bench.limit_s)


def test_closing_before_opening_and_twice_is_no_error(bench):
    panel = bench.panel()
    panel.close()
    panel.open(bench.limit_s)
    panel.close()
    panel.close()


def test_opening_leaves_the_light_as_it_is(bench, light):
    light.set(lit=True, brightness=100)
    bench.opened()
    assert (light.lit, light.brightness) == (True, 100)


def test_closing_leaves_the_light_as_it_is(bench, light):
    panel = bench.opened()
    panel.set_brightness(100, bench.limit_s)
    panel.close()
    assert (light.lit, light.brightness) == (True, 100)


def test_it_shines_as_asked(bench, light):
    panel = bench.panel()
    for step in steps_to_try(panel.open(bench.limit_s)):
        panel.set_brightness(step, bench.limit_s)
        assert (light.lit, light.brightness) == (True, step)


def test_it_says_how_it_shines_or_that_it_does_not_know(bench):
    panel = bench.panel()
    for step in steps_to_try(panel.open(bench.limit_s)):
        panel.set_brightness(step, bench.limit_s)
        status = panel.status(bench.limit_s)
        assert told(status) == (True, step) or not status.confirmed


def test_it_goes_out(bench, light):
    panel = bench.opened()
    panel.set_brightness(100, bench.limit_s)
    panel.light_off(bench.limit_s)
    assert not light.lit


def test_it_says_that_it_is_out_or_that_it_does_not_know(bench):
    panel = bench.panel()
    panel.set_brightness(panel.open(bench.limit_s)[-1], bench.limit_s)
    panel.light_off(bench.limit_s)
    status = panel.status(bench.limit_s)
    assert status.lit is False or not status.confirmed


def test_putting_it_out_twice_is_no_error(bench):
    panel = bench.opened()
    panel.light_off(bench.limit_s)
    panel.light_off(bench.limit_s)


def test_it_shines_again_after_it_was_out(bench, light):
    panel = bench.opened()
    panel.set_brightness(100, bench.limit_s)
    panel.light_off(bench.limit_s)
    panel.set_brightness(100, bench.limit_s)
    assert light.lit


def test_it_is_put_out_after_closing_and_opening(bench, light):
    panel = bench.opened()
    panel.set_brightness(100, bench.limit_s)
    panel.close()
    panel.open(bench.limit_s)
    panel.light_off(bench.limit_s)
    assert not light.lit


@pytest.mark.parametrize("outside", [-1, 1])
def test_a_step_outside_its_range_is_a_value_error(bench, outside):
    panel = bench.panel()
    steps = panel.open(bench.limit_s)
    wrong = steps[0] - 1 if outside < 0 else steps[-1] + 1
    with pytest.raises(ValueError, match=str(wrong)):
        panel.set_brightness(wrong, bench.limit_s)


def test_a_step_outside_its_range_changes_nothing(bench, light):
    panel = bench.panel()
    steps = panel.open(bench.limit_s)
    before = light.changes()
    with pytest.raises(ValueError, match="outside"):
        panel.set_brightness(steps[-1] + 1, bench.limit_s)
    assert light.changes() == before


def test_it_is_not_lit_before_it_was_opened(bench, light):
    with pytest.raises((DeviceError, ValueError)):
        bench.panel().set_brightness(100, bench.limit_s)
    assert not light.lit


@pytest.mark.parametrize("kind", PANELS)
def test_every_option_of_a_kind_is_described(kind):
    describe()
    fields = PANELS[kind].options.model_fields
    assert [
        name for name, field in fields.items() if name != "kind" and not field.description
    ] == []


@pytest.mark.parametrize("kind", PANELS)
def test_the_options_of_a_kind_bear_its_name(kind):
    assert PANELS[kind].options.model_fields["kind"].annotation.__args__ == (kind,)


@pytest.mark.parametrize(
    "kind", [kind for kind, model in PANEL_MODELS.items() if "port" in model.model_fields]
)
def test_a_panel_whose_port_is_missing_is_built_all_the_same(kind, tmp_path):
    build(kind, {"port": str(tmp_path / "ttyUSB0")})
