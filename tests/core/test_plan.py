"""Which lights share a set of flats, whatever their order, and what the sets are called."""

from collections import Counter
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from flatctl.core.nights.plan import FlatSet, LightFrame, Tolerances, name_sets, wanted_sets
from flatctl.core.types import MODES, CameraSetup, FilterPlan

TOLERANCES = Tolerances(temperature_c=2.0, rotator_deg=1.0, focuser_steps=100.0)


def light(filter_name: str | None = "L", **changes) -> LightFrame:
    setup = CameraSetup(**{k: changes.pop(k) for k in list(changes) if hasattr(CameraSetup, k)})
    return replace(LightFrame(filter_name, setup, (6248, 4176)), **changes)


def sets(*lights: LightFrame, **tolerances) -> tuple[FlatSet, ...]:
    return wanted_sets(lights, replace(TOLERANCES, **tolerances))


angles = st.one_of(st.none(), st.floats(0, 359.99), st.sampled_from([0.0, 0.5, 359.5, 180.0]))
lights = st.lists(
    st.builds(
        light,
        st.sampled_from(["L", "Ha", None]),
        gain=st.sampled_from([None, 0.0, 100.0]),
        temperature_c=st.one_of(st.none(), st.floats(-20, 20)),
        rotator_deg=angles,
        focuser_steps=st.one_of(st.none(), st.integers(0, 2000).map(float)),
    ),
    max_size=40,
)


def turned(rotator_deg: float) -> LightFrame:
    return light("Ha", rotator_deg=rotator_deg)


def apart_deg(one: float, other: float) -> float:
    return min((one - other) % 360, (other - one) % 360)


def serves(like: LightFrame, one: LightFrame) -> bool:
    """Say whether a set serves a light, from its definition alone."""
    pairs = [
        (like.setup.temperature_c, one.setup.temperature_c, 4.0),
        (like.focuser_steps, one.focuser_steps, 101.0),
    ]
    near = all((a is None) == (b is None) for a, b, _ in pairs)
    near = near and all(abs(a - b) <= slack for a, b, slack in pairs if a is not None)
    turned = (like.rotator_deg is None) == (one.rotator_deg is None)
    if like.rotator_deg is not None and one.rotator_deg is not None:
        turned = apart_deg(like.rotator_deg, one.rotator_deg) <= 1.01
    return near and turned and (like.filter, like.setup.gain) == (one.filter, one.setup.gain)


@given(lights, st.randoms())
def test_the_sets_do_not_depend_on_the_order_of_the_lights(found, random):
    shuffled = list(found)
    random.shuffle(shuffled)
    assert wanted_sets(shuffled, TOLERANCES) == wanted_sets(found, TOLERANCES)


@given(lights)
def test_every_light_is_counted_in_exactly_one_set(found):
    assert sum(one.lights for one in wanted_sets(found, TOLERANCES)) == len(found)


@given(lights)
@example([turned(300.0), turned(30.000000000000004), turned(30.0)])
def test_every_light_is_served_by_a_set_within_the_tolerances(found):
    made = wanted_sets(found, TOLERANCES)
    assert all(any(serves(one.like, each) for one in made) for each in found)


@given(lights)
def test_no_two_sets_are_the_same(found):
    made = wanted_sets(found, TOLERANCES)
    assert max(Counter(one.like for one in made).values(), default=1) == 1


@given(st.lists(st.floats(0, 2000), min_size=1, max_size=30))
def test_the_focuser_needs_no_more_sets_than_the_width_of_its_range_asks_for(positions):
    made = sets(*(light(focuser_steps=position) for position in positions))
    assert len(made) <= (max(positions) - min(positions)) // 200 + 1


def test_angles_on_both_sides_of_north_share_a_set():
    (only,) = sets(light(rotator_deg=359.6), light(rotator_deg=0.2))
    assert only.like.rotator_deg == 359.9


def test_angles_half_a_turn_apart_need_two_sets():
    made = sets(light(rotator_deg=40.0), light(rotator_deg=220.0))
    assert [one.like.rotator_deg for one in made] == [40.0, 220.0]


def test_an_angle_of_360_is_one_of_0():
    assert len(sets(light(rotator_deg=360.0), light(rotator_deg=0.0))) == 1


def test_a_warm_light_at_dusk_does_not_move_the_set_from_its_usual_temperature():
    cold = [light(temperature_c=-10.0)] * 5
    (only,) = sets(*cold, light(temperature_c=-8.5))
    assert only.like.setup.temperature_c == -10.0


def test_another_set_point_needs_another_set():
    made = sets(light(temperature_c=-10.0), light(temperature_c=-20.0))
    assert [one.like.setup.temperature_c for one in made] == [-20.0, -10.0]


def test_every_figure_of_the_camera_makes_a_set_of_its_own():
    changes = [{}, {"gain": 1.0}, {"offset": 1.0}, {"iso": 800}, {"binning": 2}]
    changes += [*({mode: "High"} for mode in MODES), {"size_px": (100, 100)}, {"filter": None}]
    assert len(sets(*(replace_any(light(), **change) for change in changes))) == len(changes)


def replace_any(one: LightFrame, **changes) -> LightFrame:
    own = {k: v for k, v in changes.items() if hasattr(one, k)}
    rest = {k: v for k, v in changes.items() if k not in own}
    return replace(one, setup=replace(one.setup, **rest), **own)


def test_sets_of_one_camera_setup_follow_one_another():
    lights = [light(name, gain=gain) for name in ("L", "Ha") for gain in (0.0, 100.0)]
    made = [one.like.setup.gain for one in sets(*lights)]
    assert made == [0.0, 0.0, 100.0, 100.0]


def test_the_only_set_of_a_filter_needs_no_name():
    plans = name_sets([FilterPlan("L"), FilterPlan("Ha", rotator_deg=30.0)])
    assert [plan.name for plan in plans] == ["", ""]


def test_sets_of_one_filter_are_named_by_what_differs():
    plans = name_sets(
        [
            FilterPlan("L", setup=CameraSetup(gain=0.0, offset=5.0)),
            FilterPlan("L", setup=CameraSetup(gain=100.0, offset=5.0), focuser_steps=4200),
        ]
    )
    assert [plan.name for plan in plans] == ["L, gain 0", "L, gain 100, focuser 4200"]


def test_sets_that_differ_in_nothing_are_numbered():
    assert [plan.name for plan in name_sets([FilterPlan(None)] * 2)] == ["flats", "flats (2)"]


def test_no_set_gets_the_name_of_a_filter() -> None:
    tricky = FilterPlan("L, rotator 30°")
    plans = [FilterPlan("L", rotator_deg=30.0), FilterPlan("L"), tricky]
    assert [plan.name for plan in name_sets(plans)] == ["L, rotator 30° (2)", "L", ""]
