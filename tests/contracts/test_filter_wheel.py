"""What the engine relies on in every filter wheel."""

import pytest
from camera_benches import RIGS

from flatctl.errors import FlatctlError


@pytest.fixture(params=RIGS)
def rig(request):
    with RIGS[request.param]() as made:
        yield made
        made.wheel.close()


def names_in(rig):
    return [each.name for each in rig.world.scenario.filters]


def test_its_name_is_known_before_it_is_opened(rig):
    assert rig.wheel.name


def test_it_names_its_slots_in_order(rig):
    assert list(rig.wheel.open(rig.limit_s)) == names_in(rig)


def test_opening_twice_names_the_same_slots(rig):
    assert list(rig.wheel.open(rig.limit_s)) == list(rig.wheel.open(rig.limit_s))


def test_it_turns_to_the_filter_asked_for(rig):
    rig.wheel.open(rig.limit_s)
    for name in (names_in(rig)[-1], names_in(rig)[0], names_in(rig)[2]):
        rig.wheel.select(name, rig.limit_s)
        assert rig.world.filter.name == name


def test_it_says_where_it_stands(rig):
    rig.wheel.open(rig.limit_s)
    for name in (names_in(rig)[-1], names_in(rig)[0]):
        rig.wheel.select(name, rig.limit_s)
        assert rig.wheel.standing() == name


def test_turning_to_the_filter_in_place_is_no_error(rig):
    rig.wheel.open(rig.limit_s)
    rig.wheel.select(names_in(rig)[1], rig.limit_s)
    rig.wheel.select(names_in(rig)[1], rig.limit_s)
    assert rig.world.turret.slot == 1


def test_a_filter_that_it_does_not_have_is_an_error_that_names_it(rig):
    rig.wheel.open(rig.limit_s)
    with pytest.raises(FlatctlError, match="Kryptonite"):
        rig.wheel.select("Kryptonite", rig.limit_s)


def test_a_filter_that_it_does_not_have_moves_nothing(rig):
    rig.wheel.open(rig.limit_s)
    with pytest.raises(FlatctlError):
        rig.wheel.select("Kryptonite", rig.limit_s)
    assert rig.world.turret.slot == 0


def test_closing_before_opening_and_twice_is_no_error(rig):
    rig.wheel.close()
    rig.wheel.open(rig.limit_s)
    rig.wheel.close()
    rig.wheel.close()


def test_a_turn_that_was_begun_is_only_waited_for(rig):
    rig.wheel.open(rig.limit_s)
    rig.wheel.select(names_in(rig)[0], rig.limit_s)
    rig.wheel.start(names_in(rig)[2], rig.limit_s)
    rig.wheel.select(names_in(rig)[2], rig.limit_s)
    assert rig.world.filter.name == names_in(rig)[2]


def test_a_turn_that_was_begun_can_be_taken_back(rig):
    rig.wheel.open(rig.limit_s)
    rig.wheel.select(names_in(rig)[0], rig.limit_s)
    rig.wheel.start(names_in(rig)[2], rig.limit_s)
    rig.wheel.select(names_in(rig)[0], rig.limit_s)
    assert rig.world.filter.name == names_in(rig)[0]
