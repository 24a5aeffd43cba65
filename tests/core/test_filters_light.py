"""Whether a filter is the one it should be, told by the light that it lets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.light import Passed, judge_light
from flatctl.core.quality.findings import Kind

THEN = {"L": 60000.0, "R": 24000.0, "G": 21000.0, "Ha": 4800.0}


def run(now: dict[str, float]) -> list:
    """Return what is said of each filter in turn, of what they let through now."""
    passed, said = [], []
    for name, light in now.items():
        others = {other: then for other, then in THEN.items() if other != name}
        passed.append(Passed(name, light, THEN[name], others))
        said.append(judge_light(passed))
    return said


def kinds(now: dict[str, float]) -> list:
    return [found and found.kind for found in run(now)]


@given(age=st.floats(0.7, 1.4), scatter=st.lists(st.floats(0.95, 1.05), min_size=4, max_size=4))
def test_a_lamp_that_ages_is_nothing_to_tell(age, scatter):
    now = {n: age * s * light for (n, light), s in zip(THEN.items(), scatter, strict=True)}
    assert kinds(now) == [None] * 4


@given(
    factor=st.floats(2.5, 40).flatmap(lambda f: st.sampled_from([f, 1 / f])),
    tint=st.lists(st.floats(0.8, 1.25), min_size=4, max_size=4),
)
def test_another_panel_is_told_from_the_second_filter_on_and_no_filter_is_blamed(factor, tint):
    now = {n: factor * t * light for (n, light), t in zip(THEN.items(), tint, strict=True)}
    said = run(now)
    for number, found in enumerate(said[1:], 2):
        likes = [
            Passed(n, now[n], THEN[n], {o: t for o, t in THEN.items() if o != n}).like
            for n in list(THEN)[:number]
        ]
        assert found.kind is Kind.PANEL_LIGHT or all(likes)


def test_the_first_filter_may_be_wrong_or_the_panel_another():
    (found,) = run({"L": 3 * THEN["L"]})
    assert found.kind is Kind.FILTER_LIGHT
    assert "alone" in found.figures


@pytest.mark.parametrize(("asked", "there"), [("L", "Ha"), ("Ha", "L"), ("R", "L"), ("G", "Ha")])
def test_the_filter_that_stands_in_its_place_is_named(asked, there):
    (found,) = run({asked: 1.03 * THEN[there]})
    assert (found.kind, found.figures["like"]) == (Kind.FILTER_LIGHT, there)
    assert found.figures["factor"] == pytest.approx(1.03 * THEN[there] / THEN[asked])


def test_a_wheel_that_is_one_slot_off_is_told_of_every_filter():
    off = dict(zip(THEN, [*list(THEN.values())[1:], THEN["L"]], strict=True))
    off["R"], off["G"] = THEN["Ha"], THEN["L"]
    said = run(off)
    assert [found.kind for found in said] == [Kind.FILTER_LIGHT] * 4
    assert [found.figures["like"] for found in said] == ["R", "Ha", "L", "L"]


def test_one_filter_among_others_that_are_as_before_is_blamed():
    now = dict(THEN) | {"G": 0.2 * THEN["G"]}
    said = run(now)
    assert [found and found.kind for found in said] == [None, None, Kind.FILTER_LIGHT, None]
