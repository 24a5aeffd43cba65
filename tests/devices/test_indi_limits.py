"""What is asked of a camera, held against its driver's limits, in the configuration's words."""

import pytest
from indi_properties import numbers, switches

from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.indi.imaging.limits import Abilities

CAMERA = Abilities(
    "Cam",
    (
        numbers("CCD_EXPOSURE", CCD_EXPOSURE_VALUE=(0, 0.5, 100)),
        numbers("CCD_BINNING", HOR_BIN=(1, 1, 4), VER_BIN=(1, 1, 4)),
        numbers("CCD_CONTROLS", TC_GAIN=(0, 0, 500), TC_OFFSET=(0, 0, 255)),
        numbers("CCD_TEMPERATURE", CCD_TEMPERATURE_VALUE=(20, -50, 50)),
        switches("CCD_ISO", "A", A="100", B="800"),
        switches("TC_CONVERSION_GAIN", "L", L="Low", H="High"),
        switches("TC_LOW_NOISE", "INDI_ENABLED", INDI_ENABLED="ON", INDI_DISABLED="OFF"),
        numbers("READ_MODE", MODE=(0, 0, 3)),
    ),
)


@pytest.mark.parametrize(
    ("setup", "complaint"),
    [
        ({"gain": 9000.0}, "does not take camera.gain = 9000; allowed: 0 to 500"),
        ({"gain": -1.0}, "does not take camera.gain = -1; allowed: 0 to 500"),
        ({"offset": 300.0}, "does not take camera.offset = 300; allowed: 0 to 255"),
        ({"binning": 9}, "does not take camera.binning = 9; allowed: 1 to 4"),
        ({"temperature_c": -90.0}, "does not take camera.temperature_c = -90; allowed: -50 to 50"),
        ({"iso": 850}, "has no iso '850'; change camera.iso: 100, 800"),
        (
            {"conversion_gain": "Medium"},
            "has no conversion_gain 'Medium'; change camera.conversion_gain: Low, High",
        ),
        ({"low_noise": "much"}, "has no low_noise 'much'; change camera.low_noise: On, Off"),
        ({"readout_mode": "9"}, "does not take camera.readout_mode = 9; allowed: 0 to 3"),
        (
            {"readout_mode": "fast"},
            "numbers its readout modes and knows no 'fast'; give its number as camera.readout_mode",
        ),
        (
            {"full_well": "High"},
            "has 'High' as its conversion gain; give it as camera.conversion_gain",
        ),
        (
            {"capture_format": "RAW 16"},
            "has no capture_format to set; remove camera.capture_format; to be set there is: "
            "CCD_CONTROLS (TC_GAIN, TC_OFFSET), CCD_ISO (100, 800), "
            "TC_CONVERSION_GAIN (Low, High), TC_LOW_NOISE (ON, OFF), READ_MODE (MODE)",
        ),
    ],
    ids=str,
)
def test_what_can_not_be_is_told_with_what_can(setup, complaint):
    assert [str(error) for error in CAMERA.unfit(CameraSetup(**setup))] == [f"Cam: {complaint}"]


def test_a_range_that_a_mode_may_change_is_not_held_before_that_mode_is_set():
    high = CameraSetup(conversion_gain="High", gain=9000.0)
    low = CameraSetup(conversion_gain="Low", gain=9000.0)
    assert list(CAMERA.unfit(high)) == []
    assert len(list(CAMERA.unfit(low))) == 1


@pytest.mark.parametrize(
    "setup",
    [
        {"gain": 500.0, "offset": 0.0, "binning": 4, "temperature_c": -50.0, "iso": 800},
        {"conversion_gain": "high", "low_noise": "off", "readout_mode": "3"},
        {},
    ],
    ids=str,
)
def test_what_can_be_is_no_complaint(setup):
    assert list(CAMERA.unfit(CameraSetup(**setup))) == []


@pytest.mark.parametrize(
    ("plan", "complaint"),
    [
        (
            {"exposure_min_s": 200.0, "exposure_max_s": 300.0},
            "can't expose as long as flats.exposure_s.min = 200",
        ),
        (
            {"exposure_min_s": 0.1, "exposure_max_s": 0.2},
            "can't expose as briefly as flats.exposure_s.max = 0.2",
        ),
        ({"exposures_s": (0.1, 200.0)}, "can make none of flats.exposures_s"),
    ],
    ids=str,
)
def test_exposures_of_which_the_camera_makes_none_are_told(plan, complaint):
    (error,) = CAMERA.unfit_plan(FilterPlan("L", **plan))
    assert str(error) == f"Cam: {complaint}; it makes exposures of 0.5 to 100 s"


@pytest.mark.parametrize(
    "plan", [{}, {"exposures_s": (0.1, 1.0)}, {"exposure_min_s": 100.0, "exposure_max_s": 200.0}]
)
def test_exposures_of_which_it_makes_some_are_no_complaint(plan):
    assert list(CAMERA.unfit_plan(FilterPlan("L", **plan))) == []


def test_a_switch_for_the_high_gain_is_on_for_high_and_off_for_low():
    known = switches("TC_HCG_CONTROL", "INDI_ENABLED", INDI_ENABLED="ON", INDI_DISABLED="OFF")
    there = Abilities("Cam", (known,))
    assert list(there.unfit(CameraSetup(conversion_gain="Low"))) == []
    (error,) = there.unfit(CameraSetup(conversion_gain="HDR"))
    assert str(error).endswith("change camera.conversion_gain: High, Low")
