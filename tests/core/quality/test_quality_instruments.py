"""Good sets of cameras with unlit parts raise no finding, bad ones do."""

import numpy as np
import pytest
from instruments import COLS, E_PER_ADU, KINDS, PEDESTAL_ADU, ROWS, Instrument
from truth import Taken, kinds

from flatctl.core.quality.findings import Kind
from flatctl.core.quality.frames import digest_of

FLATS = 4


@pytest.fixture(
    params=[range(3), pytest.param(range(100), marks=pytest.mark.nightly)], ids=["3", "100"]
)
def seeds(request) -> range:
    return request.param


def taken_of(instrument: Instrument, levels=(30_000.0,) * FLATS, **how) -> Taken:
    taken = Taken(PEDESTAL_ADU)
    for level in levels:
        taken.take(instrument.flat(level, **how))
    return taken


@pytest.mark.parametrize("kind", KINDS)
def test_good_sets_raise_no_finding(kind, seeds):
    alarms = []
    for seed in seeds:
        instrument = Instrument(seed, **KINDS[kind])
        before = taken_of(instrument).record()
        taken = taken_of(instrument)
        if taken.rejected or (found := taken.quality(before).findings):
            alarms.append((seed, taken.rejected, found))
    assert alarms == []


def still_wave(rows, cols):
    return 1 + 0.02 * np.sin(2 * np.pi * rows / 12)


def moving_wave(phase):
    return lambda rows, cols: 1 + 0.02 * np.sin(2 * np.pi * rows / 12 + phase)


@pytest.mark.parametrize("kind", ["mono", "overscan", "four taps", "dead lines"])
def test_a_wave_that_moves_is_found_whatever_is_unlit(kind):
    taken = Taken(PEDESTAL_ADU)
    instrument = Instrument(3, **KINDS[kind])
    taken.take(instrument.flat(), instrument.flat())
    for phase in (0.3, 1.9, 4.0):
        found = taken.take(instrument.flat(shape=moving_wave(phase)))
        assert Kind.BANDING in kinds(found)
        wave = next(each for each in found if each.kind is Kind.BANDING)
        assert wave.figures["swing_frac"] == pytest.approx(0.04, rel=0.1)


def test_a_first_frame_is_not_refused_for_a_broad_wave_of_the_light():
    def bumpy(rows, cols):
        return (
            1
            + 0.01 * np.exp(-((cols - 120) ** 2) / 900)
            - 0.01 * np.exp(-((cols - 220) ** 2) / 600)
        )

    taken = taken_of(Instrument(4, lit=KINDS["overscan"]["lit"]), shape=bumpy)
    assert taken.rejected == []
    assert taken.quality().findings == ()


def test_a_deep_wave_is_no_flat_though_it_stands_still():
    def deep(rows, cols):
        return 1 + 0.2 * np.sin(2 * np.pi * rows / 24)

    taken = taken_of(Instrument(5), shape=deep)
    assert taken.judge.kept == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ratio", [1.0, 1.1, 1.33, 0.7])
def test_the_gain_is_right_for_pairs_of_any_light(kind, ratio):
    if "taps" in kind:
        return  # four pedestals, and one is taken off
    taken = Taken(PEDESTAL_ADU)
    instrument = Instrument(6, **KINDS[kind])
    for level in (26_000.0, ratio * 26_000.0):
        taken.judge.keep(digest_of(instrument.flat(level), PEDESTAL_ADU))
    (pair,) = taken.judge.pairs
    assert pair.e_per_adu == pytest.approx(E_PER_ADU, rel=0.012)
    assert abs(pair.correlation) < 0.02


@pytest.mark.parametrize("kind", KINDS)
def test_the_corner_is_that_of_what_is_lit(kind):
    corner = taken_of(Instrument(7, **KINDS[kind])).quality().corner_frac
    low, high = (0.95, 1.0) if kind == "hardly vignetted" else (0.74, 0.9)
    assert low < corner < high


def test_light_that_got_rounder_by_little_is_no_veil():
    def rounder(rows, cols):
        return 1 - 0.002 * (((rows - 120) / 120) ** 2 + ((cols - 168) / 168) ** 2)

    for kind in KINDS:
        instrument = Instrument(8, **KINDS[kind])
        taken = taken_of(instrument, (30_000.0,) * 2)
        assert taken.take(instrument.flat(shape=rounder)) == ()


@pytest.mark.parametrize("kind", ["mono", "bayer", "overscan"])
def test_even_light_is_a_veil(kind):
    instrument = Instrument(9, **KINDS[kind])
    taken = taken_of(instrument, (30_000.0,) * 2)
    assert kinds(taken.take(instrument.flat(veil_adu=1800.0))) == {Kind.VEIL}


@pytest.mark.parametrize("known", [True, False])
def test_another_level_over_a_pedestal_that_nobody_measured_is_no_veil(known):
    taken = Taken(0.0)
    taken.judge.pedestal_known = known
    instrument = Instrument(10)
    taken.take(instrument.flat(8000.0), instrument.flat(8000.0))
    found = kinds(taken.take(instrument.flat(7000.0)))
    assert (Kind.VEIL in found) is known


def test_stars_are_no_dust():
    odds = np.random.default_rng(1)
    taken = Taken(0.0)
    sky = Instrument(11).light[: ROWS // 2 * 2]
    before = None
    for _ in range(2):
        taken = Taken(0.0)
        for _ in range(3):
            frame = np.repeat(np.repeat(sky, 4, axis=0), 4, axis=1) * 20_000
            frame = odds.poisson(frame).astype(np.float64)
            for _ in range(40):
                row, col = odds.integers(8, 4 * ROWS - 8), odds.integers(8, 4 * COLS - 8)
                frame[row : row + 4, col : col + 4] *= 1.3
            taken.take(np.clip(frame, 0, 65535).astype(np.uint16))
        found = taken.quality(before)
        before = taken.record()
    assert Kind.DUST not in kinds(found.findings)
    assert taken.rejected == []


def test_frames_with_less_noise_than_light_has_are_said_to_be_no_photons():
    light = (Instrument(12).light * 30_000).astype(np.uint16)
    taken = Taken(0.0)
    odds = np.random.default_rng(2)
    for _ in range(3):
        taken.take((light + odds.integers(0, 3, light.shape)).astype(np.uint16))
    quality = taken.quality()
    assert (quality.photons_e, quality.noise_frac, quality.e_per_adu) == (None, None, None)
    (finding,) = quality.findings
    assert finding.kind is Kind.LOSSY
    assert finding.figures["photons_e"] > 5e6
