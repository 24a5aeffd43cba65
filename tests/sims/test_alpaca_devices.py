"""The devices of the simulated rig as Alpaca has them: states, refusals, habits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest
from plain_alpaca import PlainAlpaca, until

from hardware_sims.alpaca.habits import HABITS, AlpacaHabits, named_rig
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World

LIGHT, WHEEL = "covercalibrator", "filterwheel"


@contextmanager
def served(name: str = "mono", **habits: object) -> Iterator[tuple[World, PlainAlpaca]]:
    world = World(scenario(name, rows=24, cols=32))
    with AlpacaRig(world, AlpacaHabits(**habits)) as rig:
        client = PlainAlpaca(rig.port).connect(*rig.devices)
        yield world, client
        client.close()


# Gain, offset, read-out


def test_gain_as_a_range_is_a_value():
    with served() as (_, client):
        assert client.put("gain", Gain=120).error == 0
        assert client.get("gain").value == 120
        assert client.put("gain", Gain=301).error == 0x401
        assert client.get("gains").error == 0x400


@pytest.mark.parametrize("what", ["gain", "offset"])
def test_as_a_list_it_is_a_place_among_names(what):
    with served(gains="list", offsets="list") as (_, client):
        names = client.get(f"{what}s").value
        client.put(what, **{what.capitalize(): 2})
        assert client.get(what).value == 2
        assert client.put(what, **{what.capitalize(): len(names)}).error == 0x401
        assert client.get(f"{what}min").error == 0x400


def test_a_gain_from_the_list_is_the_one_of_its_name():
    with served(gains="list") as (world, client):
        place = client.get("gains").value.index("300")
        client.put("gain", Gain=place)
        assert client.get("electronsperadu").value == world.scenario.sensor.e_per_adu(300)


def test_both_readable_gain_is_a_value():
    with served(gains="both") as (_, client):
        client.put("gain", Gain=60)
        told = [client.get(each).value for each in ("gain", "gainmin", "gainmax")]
        assert told == [60, 0, 300]
        assert "60" in client.get("gains").value


def test_a_dslr_has_speeds_as_gains_and_no_offset():
    with served("dslr") as (_, client):
        assert client.get("gains").value[:2] == ["ISO 100", "ISO 200"]
        assert client.get("offset").error == 0x400
        assert client.get("cansetccdtemperature").value is False
        assert client.get("sensortype").value == 2


def test_a_fast_read_out_stands_in_the_place_of_modes():
    with served(fast_readout=True) as (_, client):
        assert client.get("canfastreadout").value is True
        assert client.get("readoutmodes").error == 0x400


def test_the_cooler_gets_there_while_it_is_on():
    with served() as (_, client):
        client.put("setccdtemperature", SetCCDTemperature=16.0)
        assert client.get("ccdtemperature").value == 18.0
        client.put("cooleron", CoolerOn=True)
        until(lambda: client.get("ccdtemperature").value == 16.0, "it is cold")


# Panel and cover


def test_a_panel_lights_up_and_goes_out():
    with served() as (world, client):
        assert client.get("maxbrightness", LIGHT).value == 255
        client.put("calibratoron", LIGHT, Brightness=77)
        assert (world.light.lit, world.light.brightness) == (True, 77)
        assert client.get("calibratorstate", LIGHT).value == 3
        client.put("calibratoroff", LIGHT)
        told = [client.get(each, LIGHT).value for each in ("calibratorstate", "brightness")]
        assert (world.light.lit, told) == (False, [1, 0])


def test_brightness_zero_is_lit_and_dark():
    with served() as (world, client):
        client.put("calibratoron", LIGHT, Brightness=0)
        assert client.get("calibratorstate", LIGHT).value == 3
        assert (world.light.lit, world.light.brightness) == (True, 0)


def test_beyond_its_range_nothing_changes():
    with served() as (world, client):
        client.put("calibratoron", LIGHT, Brightness=10)
        assert client.put("calibratoron", LIGHT, Brightness=256).error == 0x401
        assert world.light.brightness == 10


@pytest.mark.parametrize(
    ("habit", "told"), [({"ready_when_off": True}, [3, 0]), ({"keeps_brightness": True}, [1, 21])]
)
def test_off_is_told_in_more_than_one_way(habit, told):
    with served(**habit) as (world, client):
        client.put("calibratoron", LIGHT, Brightness=21)
        client.put("calibratoroff", LIGHT)
        assert not world.light.lit
        assert [client.get(m, LIGHT).value for m in ("calibratorstate", "brightness")] == told


def test_a_panel_that_settles_is_not_ready_at_first():
    with served(settles_s=0.2) as (_, client):
        client.put("calibratoron", LIGHT, Brightness=21)
        told = [client.get(m, LIGHT).value for m in ("calibratorstate", "calibratorchanging")]
        assert told == [2, True]
        until(lambda: client.get("calibratorstate", LIGHT).value == 3, "it is ready")


def test_a_cover_moves_and_opening_puts_out_the_light():
    with served(cover_s=0.2) as (world, client):
        client.put("calibratoron", LIGHT, Brightness=21)
        client.put("opencover", LIGHT)
        assert [client.get(m, LIGHT).value for m in ("coverstate", "covermoving")] == [2, True]
        until(lambda: client.get("coverstate", LIGHT).value == 3, "it is open")
        assert (world.light.lit, world.light.closed) == (False, False)
        assert client.put("haltcover", LIGHT).error == 0x400


def test_a_halted_cover_does_not_know_where_it_is():
    with served(halts=True, cover_s=20.0) as (_, client):
        client.put("opencover", LIGHT)
        client.put("haltcover", LIGHT)
        assert client.get("coverstate", LIGHT).value == 4


@pytest.mark.parametrize(
    ("quirk", "error", "state"),
    [("jammed-cap", 0x500, 1), ("alert-cap", 0, 5)],
)
def test_what_is_wrong_with_the_cap_is_told_as_covers_tell_it(quirk, error, state):
    with served(f"mono+{quirk}", cover_s=0.0) as (_, client):
        assert client.get("coverstate", LIGHT).value == 1
        assert client.put("opencover", LIGHT).error == error
        assert client.get("coverstate", LIGHT).value == state


def test_light_closes_the_cover_by_itself():
    with served(cover_s=0.05) as (world, client):
        world.light.move_cover(closed=False)
        client.put("calibratoron", LIGHT, Brightness=21)
        until(lambda: client.get("coverstate", LIGHT).value == 1, "it is closed")
        assert world.light.lit


def test_without_a_cover_or_a_light_there_is_none():
    with served(cover=False, calibrator=False) as (_, client):
        told = [client.get(m, LIGHT).value for m in ("calibratorstate", "coverstate")]
        refused = [client.get(m, LIGHT).error for m in ("maxbrightness", "brightness")]
        orders = [client.put(m, LIGHT).error for m in ("opencover", "calibratoroff")]
    assert (told, refused, orders) == ([0, 0], [0x400] * 2, [0x400] * 2)


def test_platform_6_knows_none_of_what_came_later():
    with served(platform=6) as (_, client):
        assert client.get("interfaceversion", LIGHT).value == 1
        for member in ("calibratorchanging", "covermoving", "connecting"):
            assert client.get(member, LIGHT).status == 400


# Wheel, axes, observatory


def test_a_wheel_is_nowhere_while_it_turns():
    with served(slot_s=0.1) as (world, client):
        client.put("position", WHEEL, Position=2)
        assert client.get("position", WHEEL).value == -1
        until(lambda: client.get("position", WHEEL).value == 2, "it is there")
        assert world.turret.slot == 2
        assert client.put("position", WHEEL, Position=5).error == 0x401


def test_a_wheel_that_blocks_answers_when_it_is_there():
    with served(slot_s=0.1, wheel_blocks=True) as (_, client):
        client.put("position", WHEEL, Position=1)
        assert client.get("position", WHEEL).value == 1


def test_a_rotator_knows_its_own_angle_and_that_of_the_sky():
    with served(axis_s=0.05) as (_, client):
        client.put("sync", "rotator", Position=90.0)
        client.put("movemechanical", "rotator", Position=30.0)
        until(lambda: not client.get("ismoving", "rotator").value, "it stands")
        told = [client.get(m, "rotator").value for m in ("mechanicalposition", "position")]
    assert told == [30.0, 120.0]


def test_a_focuser_moves_to_where_it_is_sent_and_no_farther_than_it_can():
    with served(axis_s=0.05) as (_, client):
        client.put("move", "focuser", Position=12_345)
        assert client.get("ismoving", "focuser").value is True
        until(lambda: client.get("position", "focuser").value == 12_345, "it is there")
        assert client.put("move", "focuser", Position=50_001).error == 0x401


def test_mount_and_roof_are_those_of_the_scene():
    with served("mount-parked") as (world, client):
        assert client.get("atpark", "telescope").value is True
        assert client.put("tracking", "telescope", Tracking=True).error == 0x408
        client.put("unpark", "telescope")
        assert client.get("atpark", "telescope").value is False
        assert client.get("shutterstatus", "dome").value == 0
        client.put("closeshutter", "dome")
        assert client.get("shutterstatus", "dome").value == 3
        assert world.scene.roof.is_open() is False


def test_a_rig_without_a_sky_has_no_mount():
    with served() as (_, client):
        assert client.get("atpark", "telescope").status == 400


# Habits by name


@pytest.mark.parametrize("name", HABITS)
def test_a_rig_with_a_habit_takes_a_flat(name):
    sized = partial(scenario, rows=24, cols=32)
    rig, habits = named_rig(f"mono+{name}", alpaca=True, sized=sized)
    assert habits != AlpacaHabits()
    quick = replace(
        habits,
        order_takes_s=min(habits.order_takes_s, 0.01),
        connects_s=min(habits.connects_s, 0.01),
    )
    with AlpacaRig(World(rig), quick) as served:
        client = PlainAlpaca(served.port).connect("camera", LIGHT)
        client.put("calibratoron", LIGHT, Brightness=1)
        client.expose()
        if not habits.json_only:
            assert client.image().shape[:2] == (24, 32)
        client.close()


def test_habits_are_told_from_the_scenario_and_its_quirks():
    rig, habits = named_rig("osc+cmos+gain-list+switch", alpaca=True)
    assert (rig.sensor.bayer, rig.brightness_max) == ("RGGB", 1)
    assert (habits.gains, habits.max_brightness) == ("list", 1)
    assert rig.name == "osc+cmos+gain-list+switch"


@pytest.mark.parametrize(
    ("name", "alpaca", "why"),
    [
        ("mono+nebula", True, "no scenario 'nebula'"),
        ("mono+gain-list", False, "'gain-list' is a habit of Alpaca devices: add --alpaca"),
        ("osc+jpeg", True, "'jpeg' is a habit of INDI drivers: leave out --alpaca"),
    ],
)
def test_what_can_not_be_had_is_refused(name, alpaca, why):
    with pytest.raises(ValueError, match=why):
        named_rig(name, alpaca=alpaca)
