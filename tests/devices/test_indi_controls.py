"""What drivers call gain, offset and modes, and what a word of the configuration means there."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from indi_properties import numbers, switches

from flatctl.devices.indi.imaging import controls
from flatctl.devices.indi.imaging.choices import choose, state_of
from flatctl.devices.indi.imaging.controls import find_mode, find_number
from flatctl.devices.indi.imaging.formats import deepest_raw, is_made
from flatctl.devices.indi.wire.registry import Property

ON_OFF = {"INDI_ENABLED": "ON", "INDI_DISABLED": "OFF"}


def shown(parameter: object) -> str:
    match parameter:
        case controls.Control():
            return parameter.key
        case Property():
            elements = ",".join(f"{one.name}:{one.label}" for one in parameter.elements.values())
            return f"{parameter.label or parameter.name}({elements})"
    return str(parameter)


def element(found) -> tuple[str, str] | None:
    return found and (found.property.name, found.element.name)


@pytest.mark.parametrize(
    ("known", "where"),
    [
        (numbers("CCD_GAIN", GAIN=1), ("CCD_GAIN", "GAIN")),
        (numbers("CCD_GAIN", VALUE=1), ("CCD_GAIN", "VALUE")),
        (numbers("CCD_CONTROLS", Gain=1, Offset=2), ("CCD_CONTROLS", "Gain")),
        (numbers("CCD_CONTROLS", gain=1), ("CCD_CONTROLS", "gain")),
        (numbers("CCD_CONTROLS", TC_GAIN=1), ("CCD_CONTROLS", "TC_GAIN")),
        (numbers("CCD_CONTROLS", QHY_GAIN=1), ("CCD_CONTROLS", "QHY_GAIN")),
        (numbers("CCD_CONTROLS", A=(1, 0, 9, "ZWO Gain")), ("CCD_CONTROLS", "A")),
        (numbers("CCD_CONTROLS", ZwoGain=1), ("CCD_CONTROLS", "ZwoGain")),
        (numbers("VENDOR_THINGS", G=(1, 0, 9, "Gain")), ("VENDOR_THINGS", "G")),
        (numbers("CCD_CONTROLS", CONVERSION_GAIN=1), None),
        (numbers("CCD_CONTROLS", AutoExpMaxGain=1, WB_GAIN=1, RED_GAIN=1), None),
        (numbers("GUIDER_CONTROLS", GAIN=1), None),
        (numbers("STREAM_OPTIONS", GAIN=1), None),
        (switches("CCD_GAIN", "GAIN", GAIN="Gain"), None),
    ],
    ids=shown,
)
def test_a_gain_is_found_whatever_it_is_called_and_nothing_else_is_taken_for_it(known, where):
    assert element(find_number([known], controls.GAIN)) == where


@pytest.mark.parametrize(
    "known",
    [
        numbers("CCD_OFFSET", OFFSET=1),
        numbers("CCD_CONTROLS", OFFSET=1),
        numbers("CCD_CONTROLS", TC_OFFSET=(1, 0, 9, "Offset")),
        numbers("CCD_BLACK_LEVEL", BLACK_LEVEL=(1, 0, 9, "Offset")),
        numbers("CCD_CONTROLS", BlackLevel=1),
    ],
    ids=shown,
)
def test_an_offset_is_found_whatever_it_is_called(known):
    assert find_number([known], controls.OFFSET) is not None


def test_the_place_that_indi_has_for_it_goes_first():
    known = [numbers("CCD_CONTROLS", Gain=1), numbers("CCD_GAIN", GAIN=2)]
    assert element(find_number(known, controls.GAIN)) == ("CCD_GAIN", "GAIN")


def test_what_can_be_set_goes_before_what_can_only_be_read():
    known = [numbers("CCD_GAIN", GAIN=2, writable=False), numbers("CCD_CONTROLS", Gain=1)]
    assert element(find_number(known, controls.GAIN)) == ("CCD_CONTROLS", "Gain")


@given(st.text(string.ascii_uppercase, min_size=1, max_size=8))
def test_any_word_of_no_other_meaning_may_be_a_vendors_prefix(word):
    found = find_number([numbers("CCD_CONTROLS", **{f"{word}_GAIN": 1})], controls.GAIN)
    assert (found is not None) == (word.casefold() not in controls._CHANGING)


@pytest.mark.parametrize(
    ("control", "known"),
    [
        (controls.CONVERSION_GAIN, switches("TC_CONVERSION_GAIN", "L", L="Low", H="High")),
        (controls.CONVERSION_GAIN, switches("TC_HCG_CONTROL", "INDI_ENABLED", **ON_OFF)),
        (
            controls.CONVERSION_GAIN,
            switches("XYZ", "L", label="Conversion Gain", L="Low", H="High"),
        ),
        (controls.CONVERSION_GAIN, switches("POA_GainConversion", "L", L="Low", H="High")),
        (controls.LOW_NOISE, switches("TC_LOW_NOISE", "INDI_ENABLED", **ON_OFF)),
        (controls.LOW_NOISE, switches("TC_LOW_NOISE_CONTROL", "INDI_ENABLED", **ON_OFF)),
        (controls.LOW_NOISE, numbers("CCD_CONTROLS", Gain=1, LowNoise=0)),
        (controls.FULL_WELL, switches("TC_HIGHFULLWELL", "INDI_ENABLED", **ON_OFF)),
        (controls.FULL_WELL, switches("HIGH_FULL_WELL_MODE", "INDI_ENABLED", **ON_OFF)),
        (controls.READOUT_MODE, switches("QHY_READ_MODE", "A", A="Standard", B="High")),
        (controls.READOUT_MODE, switches("SENSOR_MODE", "A", A="Fast", B="Low Noise")),
        (controls.CAPTURE_FORMAT, switches("CCD_CAPTURE_FORMAT", "A", A="RAW 16")),
        (controls.CAPTURE_FORMAT, switches("SVB_PIXEL_FORMAT", "A", A="RAW 16")),
        (controls.ISO, switches("CCD_ISO", "A", A="100")),
    ],
    ids=shown,
)
def test_a_mode_is_found_by_property_label_or_behind_a_prefix_and_by_no_other_control(
    control, known
):
    assert find_mode([known], control) is not None
    others = [each for each in controls.MODES if each is not control]
    assert [each.key for each in others if find_mode([known], each)] == []


@pytest.mark.parametrize(
    ("wanted", "known", "meant"),
    [
        ("High", switches("X", "GAIN_LOW", GAIN_LOW="Low", GAIN_HIGH="High"), "GAIN_HIGH"),
        ("high", switches("X", "GAIN_LOW", GAIN_LOW="LCG", GAIN_HIGH="HCG"), "GAIN_HIGH"),
        ("HCG", switches("X", "A", A="Low", B="High"), "B"),
        ("On", switches("X", None, **ON_OFF), "INDI_ENABLED"),
        ("true", switches("X", None, A="Enabled", B="Disabled"), "A"),
        ("off", switches("X", None, A="Enabled", B="Disabled"), "B"),
        ("800", switches("X", None, ISO0="100", ISO1="800"), "ISO1"),
        ("800", switches("X", None, A="ISO 800", B="ISO 1600"), "A"),
        ("1", switches("X", None, MODE0="0", MODE1="1"), "MODE1"),
        ("slow", switches("X", None, A="Fast", B="Low Noise"), None),
        ("noise", switches("X", None, A="High noise", B="Low noise"), None),
    ],
    ids=shown,
)
def test_a_word_means_one_switch_or_none(wanted, known, meant):
    assert choose(known, wanted) == meant


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (switches("X", "INDI_ENABLED", **ON_OFF), "On"),
        (switches("X", "B", A="Enabled", B="Disabled"), "Off"),
        (switches("X", "GAIN_HIGH", GAIN_LOW="Low", GAIN_HIGH="High"), "High"),
        (switches("X", "B", A="0", B="1"), "1"),
        (switches("X", "A", A=""), "A"),
        (switches("X", None, A="Low", B="High"), None),
    ],
    ids=shown,
)
def test_the_state_is_called_by_its_label_or_on_and_off(known, state):
    assert state_of(known) == state


@given(st.lists(st.text("abcdefgh ", min_size=1), min_size=1, max_size=5, unique=True))
def test_what_a_driver_calls_a_state_chooses_that_state(labels):
    made = {f"E{n}": text for n, text in enumerate(labels)}
    known = switches("X", "E0", **made)
    state = state_of(known)
    assert state is None or choose(known, state) in ("E0", None)


@pytest.mark.parametrize(
    ("best", "known"),
    [
        ("R16", switches("X", "RGB", R8="Raw 8 bit", RGB="RGB 24", R16="Raw 16 bit")),
        ("ASI_IMG_RAW16", switches("X", None, ASI_IMG_RAW8="", ASI_IMG_RGB24="", ASI_IMG_RAW16="")),
        ("MONO16", switches("X", None, MONO8="Mono 8", MONO16="Mono 16")),
        ("Y16", switches("X", None, Y8="Y8", Y16="Y16", YUYV="YUYV 4:2:2")),
        ("RAW12", switches("X", None, Y16="Luma 16", RAW8="RAW 8", RAW12="RAW 12")),
        ("RAW", switches("X", None, J="Large Fine JPEG", RAW="RAW", B="RAW + Large Fine JPEG")),
        ("RAW", switches("X", None, INDI_RGB="RGB", RAW="RAW")),
        ("B", switches("X", "B", A="RAW 16", B="RAW 16 (HDR)")),
        (None, switches("X", None, A="Format 7", B="Format 8")),
    ],
    ids=shown,
)
def test_the_deepest_raw_format_is_the_one_to_choose(best, known):
    assert deepest_raw(known) == best


@pytest.mark.parametrize(
    "known", [switches("X", "A", A="RGB 24"), switches("X", "A", A="Fine JPEG", B="YUV 4:2:2")]
)
def test_a_camera_of_pictures_only_has_no_raw_format(known):
    assert is_made(known)
    with pytest.raises(ValueError, match="made for the eye"):
        deepest_raw(known)


def test_what_can_be_set_besides_the_usual_is_named_with_its_choices():
    known = [
        switches("UPLOAD_MODE", None, A="Client"),
        numbers("CCD_EXPOSURE", CCD_EXPOSURE_VALUE=1),
        switches("TC_FAN", None, A="Off", B="Max"),
        numbers("TC_LEVEL", L=1, writable=False),
    ]
    assert controls.offered(known) == "TC_FAN (Off, Max)"
