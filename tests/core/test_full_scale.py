"""What a full pixel reads, held against frames: claims that are wrong are found out."""

import numpy as np
import pytest

from flatctl.core.pixels.full_scale import FullScale, Origin, Proof
from flatctl.core.pixels.statistics import measure
from flatctl.core.types import Setting

SHAPE = (60, 80)


def flat(level, *, noise: float = 40.0, ceiling: float = 65535, step: int = 1, seed: int = 1):
    """Return a flat of that median with vignetting and noise, cut off at a ceiling."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
    light = level * (1.04 - 0.06 * (x**2 + y**2)) + rng.normal(0, noise, SHAPE)
    return (np.clip(np.round(light / step), 0, ceiling // step) * step).astype(np.uint16)


def claimed(bits: int) -> FullScale:
    return FullScale(2.0**bits - 1, Origin.CLAIMED, bits)


def learn(full: FullScale, *frames, light: tuple[float, ...] = (), **how):
    """Hold frames against it, each of twice the light of the one before unless given."""
    found = None
    for n, pixels in enumerate(frames):
        setting = Setting(100, light[n] if light else 2.0**n)
        found = full.learn(setting, [measure(pixels, full.adu)], **how) or found
    return found


@pytest.mark.parametrize("bits", range(8, 17))
@pytest.mark.parametrize("level", [0.02, 0.3, 0.5, 0.8])
def test_a_claim_that_is_true_is_never_corrected(bits, level):
    full = claimed(bits)
    noise = max(full.adu / 500, 1.0)
    assert learn(full, flat(level * full.adu, noise=noise, ceiling=full.adu)) is None


@pytest.mark.parametrize("bits", range(9, 17))
@pytest.mark.parametrize("level", [1.0, 1.2, 5.0])
def test_a_full_camera_of_a_true_claim_is_not_corrected(bits, level):
    full = claimed(bits)
    found = learn(full, flat(level * full.adu, noise=full.adu / 500, ceiling=full.adu))
    assert found is None


def test_values_that_are_shifted_up_are_known_from_a_frame_of_any_level():
    full = claimed(12)
    found = learn(full, flat(2080, step=16))
    assert (found.full_scale_adu, found.proof) == (65520, Proof.SHIFTED)


def test_pixels_beyond_the_claim_raise_it_to_the_next_power_of_two_that_holds_them():
    full = claimed(12)
    found = learn(full, flat(9000))
    assert (found.full_scale_adu, found.proof) == (16383, Proof.BEYOND)


def test_a_few_hot_pixels_beyond_the_claim_prove_nothing():
    full, frame = claimed(12), flat(2000)
    frame.flat[:3] = 65535
    assert learn(full, frame) is None


@pytest.mark.parametrize("ceiling", [4095, 4090, 16383, 16360, 32767])
def test_a_frame_whose_pixels_are_all_at_the_end_of_fewer_bits_is_full(ceiling):
    full = claimed(16)
    found = learn(full, flat(65535, ceiling=ceiling))
    assert (found.full_scale_adu, found.proof) == (ceiling, Proof.CEILING)


@pytest.mark.parametrize("ceiling", [58000, 30000, 12000])
def test_a_well_may_end_anywhere(ceiling):
    full = claimed(16)
    found = learn(full, flat(90000, ceiling=ceiling))
    assert (found.full_scale_adu, found.proof) == (ceiling, Proof.CEILING)


def test_a_well_that_ends_with_noise_of_its_own_is_found():
    full = claimed(16)
    found = learn(full, (58000 + np.random.default_rng(2).normal(0, 8, SHAPE)).astype(np.uint16))
    assert found.full_scale_adu == pytest.approx(58000, abs=20)
    assert learn(full, flat(30000)) is None


def test_part_of_the_pixels_at_one_level_in_two_frames_of_different_light_are_full():
    full = claimed(16)
    assert learn(full, flat(57500, ceiling=58000)) is None
    found = learn(full, flat(57500, ceiling=58000), flat(60000, ceiling=58000))
    assert (found.full_scale_adu, found.proof) == (58000, Proof.CEILING)


def test_a_stuck_line_is_no_ceiling_for_it_does_not_grow_with_the_light():
    full, frames = claimed(16), [flat(1000), flat(2000), flat(4000)]
    for frame in frames:
        frame[30] = 5000
    assert learn(full, *frames) is None


def test_an_end_just_below_the_claim_leaves_it():
    full = claimed(16)
    assert learn(full, flat(90000, ceiling=65504)) is None


def test_eight_bits_a_pixel_are_full_at_255_and_told_of_once():
    full = claimed(16)
    found = learn(full, flat(130, noise=1), eight_bits=True)
    assert (found.full_scale_adu, found.proof) == (255, Proof.EIGHT_BITS)
    assert learn(full, flat(130, noise=1), eight_bits=True) is None


@pytest.mark.parametrize("level", [0, 3, 500, 1000])
def test_frames_of_one_low_value_are_no_ceiling(level):
    full = claimed(16)
    blank = np.full(SHAPE, level, np.uint16)
    assert learn(full, flat(20000), blank, blank, blank, light=(1.0, 2.0, 2.0, 4.0)) is None


def test_a_configured_full_scale_that_frames_exceed_is_corrected_as_well():
    full = FullScale(4095, Origin.CONFIGURED)
    assert learn(full, flat(30000)).full_scale_adu == 32767
    assert full.origin is Origin.SEEN


def test_a_camera_that_is_never_understood_is_corrected_a_few_times_only():
    full = claimed(16)
    frames = [flat(90000, ceiling=c) for c in (50000, 65535)] * 9
    corrected = [learn(full, frame) is not None for frame in frames]
    assert sum(corrected) <= 6
