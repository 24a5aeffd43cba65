"""Which frames make a master, and which dark flats go with which flats."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flatctl.core.nights.masters import FrameInfo, dark_for, master_sets
from flatctl.core.types import CameraSetup, FrameKind

NIGHT = date(2026, 11, 22)
FLAT = FrameInfo(
    name="flat",
    kind=FrameKind.FLAT,
    rig="rig",
    camera="camera",
    night=NIGHT,
    size_px=(62, 41),
    setup=CameraSetup(binning=1, gain=100, offset=10, temperature_c=-10.0),
    exposure_s=1.0,
    filter="L",
    rotator_deg=30.0,
)
DARK = replace(FLAT, name="dark", kind=FrameKind.DARK_FLAT, filter=None, rotator_deg=None)
OTHERWISE = {
    "rig": {"rig": "other"},
    "camera": {"camera": "other"},
    "size": {"size_px": (31, 20)},
    **{
        name: {"setup": replace(FLAT.setup, **{name: value})}
        for name, value in {
            "binning": 2,
            "gain": 0,
            "offset": 50,
            "iso": 800,
            "readout_mode": "low noise",
            "temperature_c": 0.0,
        }.items()
    },
}
OF_FLATS = {"filter": {"filter": "R"}, "rotator": {"rotator_deg": 90.0}}
ALL = OTHERWISE | OF_FLATS | {"night": {"night": date(2026, 11, 23)}}


def names(sets) -> list[list[str]]:
    return [[frame.name for frame in frames] for frames in sets]


@pytest.mark.parametrize("change", ALL.values(), ids=ALL)
def test_flats_that_differ_in_what_stackers_match_on_make_two_masters(change):
    assert len(master_sets([FLAT, replace(FLAT, name="b", **change)])) == 2


def test_flats_of_several_exposures_make_one_master():
    assert names(master_sets([FLAT, replace(FLAT, name="b", exposure_s=1.1)])) == [["b", "flat"]]


def test_dark_flats_of_several_exposures_make_several_masters():
    assert len(master_sets([DARK, replace(DARK, name="b", exposure_s=1.1)])) == 2


def test_a_rotator_that_wavers_about_its_angle_makes_one_master():
    turned = [replace(FLAT, name=str(n), rotator_deg=deg) for n, deg in enumerate((359.8, 0.1))]
    assert names(master_sets(turned)) == [["0", "1"]]


def test_dark_flats_come_first():
    assert names(master_sets([FLAT, DARK])) == [["dark"], ["flat"]]


FRAMES = st.builds(
    replace,
    st.sampled_from([FLAT, DARK]),
    name=st.text("abc", min_size=1),
    exposure_s=st.sampled_from([0.5, 1.0]),
    night=st.dates(NIGHT, date(2026, 11, 24)),
)


@given(st.lists(FRAMES, unique_by=lambda frame: frame.name), st.randoms(use_true_random=False))
def test_every_frame_is_in_one_set_in_whatever_order_frames_come(frames, random):
    sets = master_sets(frames)
    assert sorted(frame.name for one in sets for frame in one) == sorted(f.name for f in frames)
    shuffled = frames[:]
    random.shuffle(shuffled)
    assert master_sets(shuffled) == sets


@pytest.mark.parametrize("change", OTHERWISE.values(), ids=OTHERWISE)
def test_a_dark_flat_taken_otherwise_serves_no_flat(change):
    assert dark_for(FLAT, [replace(DARK, **change)]) is None


@pytest.mark.parametrize(("exposure_s", "serves"), [(0.89, False), (0.91, True), (1.11, False)])
def test_a_dark_flat_serves_flats_of_about_its_exposure(exposure_s, serves):
    dark = replace(DARK, exposure_s=exposure_s)
    assert dark_for(FLAT, [dark]) == (dark if serves else None)


def test_the_dark_flat_of_the_same_night_comes_before_one_of_the_same_exposure():
    same_night = replace(DARK, exposure_s=1.05)
    other_night = replace(DARK, name="b", night=date(2026, 11, 21))
    assert dark_for(FLAT, [other_night, same_night]) == same_night


def test_of_one_night_the_nearest_exposure_serves():
    near, nearer = replace(DARK, exposure_s=1.05), replace(DARK, name="b", exposure_s=0.99)
    assert dark_for(FLAT, [near, nearer]) == nearer
