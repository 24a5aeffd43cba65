"""On simulated truth: what is wrong comes out as such, and what is right raises no alarm.

Every fifth of a hundred telescopes, each with its own dust and noise; `make nightly` takes all.
A set here has 3 to 7 flats of 77 000 pixels: a real frame has hundreds of times as many, and
everything is clearer there.
"""

from dataclasses import replace
from functools import cache

import pytest
from truth import LEVEL_ADU, PEDESTAL_ADU, Taken, Telescope, kinds

from flatctl.core.quality.findings import Kind
from flatctl.core.quality.frames import FrameDigest, digest_of
from flatctl.core.quality.sets import SetRecord

pytestmark = pytest.mark.timeout(600)

FLATS = 7
FEW = 3
ENOUGH_FRAC = 0.95


@pytest.fixture(
    params=[range(0, 100, 5), pytest.param(range(100), marks=pytest.mark.nightly)],
    ids=["20", "100"],
)
def seeds(request) -> range:
    return request.param


@cache
def last_set(seed: int) -> SetRecord:
    return Taken().flats(Telescope(seed), FLATS).record()


@cache
def good_looks(seed: int) -> list[FrameDigest]:
    telescope = Telescope(seed)
    return [digest_of(telescope.flat(), PEDESTAL_ADU) for _ in range(2)]


def set_of(telescope: Telescope, flats: int = FEW) -> set[Kind]:
    """Take a set after the last one; return what is found in it."""
    taken = Taken().flats(telescope, flats)
    assert not taken.rejected
    return kinds(taken.quality(last_set(telescope.seed)).findings)


def found_in_a_frame(telescope: Telescope, **how: float) -> set[Kind]:
    """Take a good set of two, then a frame of what the telescope is now."""
    taken = Taken()
    for look in good_looks(telescope.seed):
        taken.judge.keep(look)
    return kinds(taken.take(telescope.flat(**how)))


def test_clean_sets_raise_no_alarm(seeds):
    alarms = [seed for seed in seeds if set_of(Telescope(seed), FLATS)]
    assert alarms == []


def test_clean_sets_of_a_colour_camera_raise_no_alarm(seeds):
    alarms = []
    for seed in seeds:
        telescope = Telescope(seed, bayer="RGGB")
        before = Taken().flats(telescope, FEW).record()
        taken = Taken().flats(telescope, FEW)
        if taken.rejected or taken.quality(before).findings:
            alarms.append(seed)
    assert alarms == []


def test_stray_light_from_one_side_comes_out_though_no_vignetting_shapes_it(seeds):
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        taken = Taken()
        for look in good_looks(seed):
            taken.judge.keep(look)
        found += Kind.GRADIENT in kinds(taken.take(telescope.lit_from_one_side(0.03)))
    assert found >= ENOUGH_FRAC * len(seeds)


def test_a_gradient_of_three_percent_in_a_frame_comes_out(seeds):
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        telescope.with_optics(gradient_frac=0.03)
        found += found_in_a_frame(telescope) == {Kind.GRADIENT}
    assert found >= ENOUGH_FRAC * len(seeds)


def test_a_gradient_of_three_percent_since_the_last_set_comes_out(seeds):
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        telescope.with_optics(gradient_frac=0.03)
        found += set_of(telescope) == {Kind.GRADIENT}
    assert found >= ENOUGH_FRAC * len(seeds)


@pytest.mark.parametrize("duty", [0.1, 0.5])
def test_banding_of_one_percent_comes_out(duty, seeds):
    # Between two whole numbers of pulses the swing is greatest: what is off of one pulse.
    pulse_s = 1 / 2000
    pulses = 0.5 + round((1 - duty) / 0.01)
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        telescope.lamp = replace(telescope.lamp, pwm_hz=2000.0, pwm_duty=duty)
        found += Kind.BANDING in found_in_a_frame(telescope, exposure_s=pulses * pulse_s)
    assert found >= ENOUGH_FRAC * len(seeds)


@pytest.mark.parametrize("shift_px", [(7.2, 6.4), (-3.0, 2.0)])
def test_a_filter_that_shifted_comes_out(shift_px, seeds):
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        telescope.with_optics(shift_px=shift_px)
        found += set_of(telescope) == {Kind.MOVED}
    assert found >= ENOUGH_FRAC * len(seeds)


def test_a_changed_offset_comes_out_as_such(seeds):
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        telescope.with_sensor(pedestal_error_adu=1000.0)
        found += set_of(telescope, FLATS) == {Kind.OFFSET}
    assert found >= ENOUGH_FRAC * len(seeds)


def test_a_dust_mote_of_two_percent_comes_out_where_it_is(seeds):
    found = 0
    for seed in seeds:
        telescope = Telescope(seed)
        mote = telescope.mote(0.02)
        telescope.with_optics(mote=mote)
        taken = Taken().flats(telescope, FEW)
        quality = taken.quality(last_set(seed))
        near = [
            spot
            for spot in quality.spots
            if abs(spot.row_px - mote.row_px) < 30 and abs(spot.col_px - mote.col_px) < 30
        ]
        found += kinds(quality.findings) == {Kind.DUST} and len(near) == len(quality.spots)
    assert found >= ENOUGH_FRAC * len(seeds)


def test_the_photons_counted_are_the_true_ones():
    telescope = Telescope(5)
    quality = Taken().flats(telescope, 10).quality()
    true_e = (LEVEL_ADU - 1000) * telescope.sensor.e_per_adu(100)
    assert quality.photons_e == pytest.approx(10 * true_e, rel=0.05)
    assert quality.e_per_adu == pytest.approx(telescope.sensor.e_per_adu(100), rel=0.01)
