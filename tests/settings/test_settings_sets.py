"""Sets of flats in the file, as `flatctl plan --write` leaves them."""

import pytest
from config_builder import SMALLEST, WITH_WHEEL

from flatctl.core.types import CameraSetup
from flatctl.errors import UsageError
from flatctl.settings.plan import plan_flats

DEVICES = '[rotator]\ndevice = "R"\n[focuser]\ndevice = "F"\n'
TWO = WITH_WHEEL + (
    '[[sets]]\nfilter = "L"\ngain = 100\nbinning = 2\n[[sets]]\nfilter = "Ha"\ncount = 7\n'
)


def test_the_sets_are_what_is_wanted(config):
    assert [plan.filter for plan in plan_flats(config.load(TWO))] == ["L", "Ha"]


def test_a_set_has_a_camera_setup_of_its_own(config):
    plan, _ = plan_flats(config.load(TWO))
    assert plan.setup == CameraSetup(gain=100, binning=2)


def test_what_a_set_leaves_out_is_the_cameras(config):
    text = TWO.replace('device = "CCD Simulator"', 'device = "CCD Simulator"\noffset = 30')
    assert [plan.setup.offset for plan in plan_flats(config.load(text))] == [30, 30]


def test_a_set_may_have_its_own_count(config):
    assert [plan.count for plan in plan_flats(config.load(TWO))] == [30, 7]


def test_the_command_line_chooses_among_the_sets(config):
    plans = plan_flats(config.load(TWO), only=("Ha",), count=3)
    assert [(plan.filter, plan.count) for plan in plans] == [("Ha", 3)]


def test_a_filter_that_no_set_has_is_a_mistake_of_the_command_line(config):
    with pytest.raises(UsageError, match="--filter R: the sets of the configuration have L, Ha"):
        plan_flats(config.load(TWO), only=("R",))


def test_a_set_whose_filter_is_not_in_the_wheel_is_told(config):
    plans = plan_flats(config.load(TWO), ("L", "R"))
    assert [plan.obstacle for plan in plans] == ["", "the wheel has no filter 'Ha': it has L, R"]


def test_rotator_and_focuser_reach_the_plan(config):
    text = WITH_WHEEL + DEVICES
    text += '[[sets]]\nfilter = "L"\nrotator_deg = 12.5\nfocuser_steps = 4200\n'
    (plan,) = plan_flats(config.load(text))
    assert (plan.rotator_deg, plan.focuser_steps) == (12.5, 4200)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (WITH_WHEEL + "[[sets]]\ngain = 1", "rig.toml: sets.1.filter: missing"),
        (SMALLEST + '[[sets]]\nfilter = "L"', 'sets.1.filter = "L": needs a wheel'),
        (SMALLEST + "[[sets]]\nrotator_deg = 5", "sets.1.rotator_deg = 5: needs a rotator"),
        (SMALLEST + "[[sets]]\n[[sets]]\nfocuser_steps = 5", "sets.2.focuser_steps = 5: needs a"),
        (SMALLEST + "[[sets]]\ngian = 5", "sets.1.gian = 5: no such key; did you mean 'gain'?"),
        (SMALLEST + "[[sets]]\nbinning = 99", "sets.1.binning = 99: must be a whole number from"),
        (SMALLEST + "[sets]\nbinning = 2", "sets"),
        ("sets = [1]\n" + SMALLEST, "sets"),
    ],
)
def test_a_mistake_in_a_set_is_told_with_its_place(config, text, complaint):
    assert complaint in config.complaint(text)
