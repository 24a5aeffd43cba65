"""The judgement of frames and sets, one thing wrong at a time."""

import json
from dataclasses import replace

import numpy as np
import pytest
from truth import LEVEL_ADU, PEDESTAL_ADU, Taken, Telescope, kinds

from flatctl.core.quality.findings import Kind, QualityLimits
from flatctl.core.quality.frames import digest_of
from flatctl.core.quality.ripple import CALM
from flatctl.core.quality.sets import SetRecord, flats_needed, judge_set, record_of

OFF_PULSES = 50.5


@pytest.fixture
def telescope() -> Telescope:
    return Telescope(3)


def pulsed(telescope: Telescope) -> np.ndarray:
    """Take a flat of a lamp whose pulses make bands of one percent."""
    telescope.lamp = replace(telescope.lamp, pwm_hz=2000.0, pwm_duty=0.5)
    return telescope.flat(exposure_s=OFF_PULSES / 2000)


def test_a_good_frame_is_kept(telescope):
    taken = Taken().flats(telescope, 2)
    assert (taken.judge.kept, taken.rejected) == (2, [])


def test_frames_too_small_to_judge_have_no_look():
    assert digest_of(np.zeros((1, 9), np.uint16), 0.0) is None
    assert digest_of(np.zeros((2, 500), np.uint16), 0.0) is None


def test_a_gradient_has_its_size_and_its_side(telescope):
    taken = Taken().flats(telescope, 2)
    telescope.with_optics(gradient_frac=-0.03)
    (finding,) = taken.take(telescope.flat())
    assert finding.figures["gradient_frac"] == pytest.approx(0.03, abs=0.0015)
    assert finding.figures["brighter_at"] == "left"
    assert finding.figures["against"] == "set"


def test_after_a_bad_frame_the_next_good_one_is_kept(telescope):
    taken = Taken().flats(telescope, 2)
    good = telescope.optics
    telescope.with_optics(gradient_frac=0.03)
    taken.take(telescope.flat())
    telescope.optics = good
    assert taken.take(telescope.flat()) == ()
    assert taken.judge.kept == 3


def test_bad_light_in_the_first_frame_is_told_of_the_first_frame(telescope):
    good = telescope.optics
    telescope.with_optics(gradient_frac=0.03)
    taken = Taken().flats(telescope, 1)
    telescope.optics = good
    taken.flats(telescope, 4)
    assert len(taken.rejected) == 1
    assert taken.judge.kept == 4
    (odd,) = (each for each in taken.quality().findings if each.kind is Kind.ODD)
    assert odd.figures["like"] == "gradient"
    assert odd.figures["gradient_frac"] == pytest.approx(0.03, abs=0.0015)


def test_an_odd_first_frame_leaves_no_mean_until_another_is_kept(telescope):
    good = telescope.optics
    telescope.with_optics(gradient_frac=0.03)
    taken = Taken().flats(telescope, 1)
    telescope.optics = good
    taken.take(telescope.flat())
    look = digest_of(telescope.flat(), PEDESTAL_ADU)
    assert taken.judge.judge(look) == ()  # and its level is wrong, so that it is not kept
    assert taken.judge.mean is None


def test_two_frames_that_agree_with_nobody_are_both_rejected(telescope):
    taken = Taken().flats(telescope, 1)
    for gradient_frac in (0.03, -0.03):
        telescope.with_optics(gradient_frac=gradient_frac)
        taken.take(telescope.flat())
    assert taken.judge.kept == 1


def test_banding_is_rejected(telescope):
    taken = Taken()
    (finding,) = taken.take(pulsed(telescope))
    assert finding.kind is Kind.BANDING
    assert finding.figures["lines"] == "rows"
    assert finding.figures["swing_frac"] > 0.004


def test_a_longer_exposure_has_no_banding(telescope):
    pulsed(telescope)
    assert Taken().take(telescope.flat(exposure_s=2.00025)) == ()


def test_a_pattern_that_stands_still_is_the_sensors_own(telescope):
    pattern = 1 + 0.005 * np.sin(2 * np.pi * np.arange(240) / 30)[:, None]

    def frame() -> np.ndarray:
        return np.rint(telescope.flat() * pattern).astype(np.uint16)

    taken = Taken()
    taken.take(frame(), frame(), frame(), frame())
    assert (len(taken.rejected), taken.judge.kept) == (1, 3)
    (finding,) = taken.quality().findings
    assert finding.kind is Kind.BANDING
    assert finding.figures["period_px"] == pytest.approx(30, rel=0.02)
    assert "lines" not in finding.figures


def test_a_wave_that_moves_in_the_end_is_nowhere_called_the_sensors_own(telescope):
    # By chance two frames of a pulsed lamp may be alike.
    def frame(phase: float) -> np.ndarray:
        wave = np.sin(2 * np.pi * np.arange(240) / 30 + phase)
        return np.rint(telescope.flat() * (1 + 0.005 * wave)[:, None]).astype(np.uint16)

    taken = Taken()
    taken.take(*(frame(phase) for phase in (0.0, 0.0, 2.0, 4.0)))
    assert (taken.judge.kept, taken.judge.flickers) == (1, True)
    assert Kind.BANDING not in kinds(taken.quality().findings)


def test_columns_wave_as_well(telescope):
    pattern = 1 + 0.01 * np.sin(2 * np.pi * np.arange(320) / 30)[None, :]
    (finding,) = Taken().take(np.rint(telescope.flat() * pattern).astype(np.uint16))
    assert finding.figures["lines"] == "columns"


def test_stray_light_behind_the_optics_is_a_veil(telescope):
    taken = Taken().flats(telescope, 3)
    veiled = np.rint(telescope.flat() * 0.95 + 0.05 * LEVEL_ADU).astype(np.uint16)
    assert kinds(taken.take(veiled)) == {Kind.VEIL}


def test_an_insect_on_the_panel_is_uneven_light(telescope):
    taken = Taken().flats(telescope, 3)
    telescope.with_optics(mote=telescope.mote(0.05))
    (finding,) = taken.take(telescope.flat())
    assert finding.kind is Kind.UNEVEN
    assert finding.figures["change_frac"] < 0


def test_a_torch_in_a_corner_is_uneven_light(telescope):
    taken = Taken().flats(telescope, 3)
    y, x = np.mgrid[0:240, 0:320]
    torch = 1 + 0.12 * np.exp(-((y - 240) ** 2 + (x - 320) ** 2) / (2 * 60.0**2))
    found = kinds(taken.take(np.rint(telescope.flat() * torch).astype(np.uint16)))
    assert found & {Kind.UNEVEN, Kind.GRADIENT}


def test_a_broad_bump_without_an_edge_is_uneven_light(telescope):
    taken = Taken(limits=QualityLimits(dust=0.05)).flats(telescope, 3)
    y, x = np.mgrid[0:240, 0:320]
    bump = 1 + 0.03 * np.cos(np.pi * (x - 160) / 160) * np.cos(np.pi * (y - 120) / 120)
    found = taken.take(np.rint(telescope.flat() * bump).astype(np.uint16))
    assert Kind.UNEVEN in kinds(found)


def test_noise_that_does_not_fit_the_light_is_rejected(telescope):
    taken = Taken().flats(telescope, 4)
    smooth = telescope.optics.relative(240, 320, telescope.seed)
    frame = np.rint(1000 + 32400 * smooth / np.median(smooth)).astype(np.uint16)
    (finding,) = taken.take(frame)
    assert finding.kind is Kind.NOISE
    assert abs(finding.figures["e_per_adu"] / finding.figures["usual_e_per_adu"] - 1) > 0.08


def test_frames_of_another_size_begin_anew(telescope):
    taken = Taken().flats(telescope, 2)
    taken.take(Telescope(3, rows=120, cols=160).flat())
    assert taken.judge.kept == 3
    assert taken.judge.mean.cells.shape == (30, 40)


def test_tiny_frames_are_judged_without_noise():
    taken = Taken().flats(Telescope(3, rows=8, cols=12), 3)
    quality = taken.quality()
    assert (quality.flats, quality.noise_frac, quality.flats_needed) == (3, None, None)


def test_smoothed_frames_are_called_lossy(telescope):
    def soft() -> np.ndarray:
        pixels = telescope.flat().astype(float)
        return ((pixels + np.roll(pixels, 1, axis=1)) / 2).astype(np.uint16)

    taken = Taken()
    taken.take(soft(), soft(), soft())
    (finding,) = taken.quality().findings
    assert finding.kind is Kind.LOSSY
    assert finding.figures["correlation"] > 0.08


def test_frames_of_six_bits_are_called_lossy(telescope):
    taken = Taken()
    taken.take(*((telescope.flat() >> 10) << 10 for _ in range(3)))
    findings = taken.quality().findings
    assert Kind.LOSSY in kinds(findings)
    assert findings[0].figures["bits"] == 6
    assert findings[0].figures["step_adu"] == 1024


def test_the_noise_of_the_master_falls_with_the_root_of_the_count(telescope):
    quality = Taken().flats(telescope, 9).quality()
    assert quality.master_noise_frac == pytest.approx(quality.noise_frac / 3)


@pytest.mark.parametrize(
    ("noise_frac", "limit_frac", "flats"),
    [(0.01, 0.001, 100), (0.0101, 0.001, 103), (0.001, 0.001, 3), (0.02, 0.01, 4)],
)
def test_as_many_flats_are_needed_as_bring_the_noise_under_the_limit(noise_frac, limit_frac, flats):
    assert flats_needed(noise_frac, limit_frac) == flats


def test_an_empty_set_is_worth_nothing():
    taken = Taken()
    quality = taken.quality()
    assert (quality.flats, quality.profile, quality.corner_frac) == (0, (), None)
    assert record_of(taken.judge, LEVEL_ADU) is None


def test_a_set_is_not_compared_with_one_of_another_size(telescope):
    last = Taken().flats(Telescope(3, rows=120, cols=160), 2).record()
    assert not Taken().flats(telescope, 2).quality(last).compared


def test_a_gain_that_changed_is_told_by_the_noise(telescope):
    last = Taken().flats(telescope, 5).record()
    changed = replace(last, e_per_adu=last.e_per_adu * 1.3)
    (finding,) = Taken().flats(telescope, 5).quality(changed).findings
    assert finding.kind is Kind.NOISE
    assert finding.figures["against"] == "last_set"
    assert finding.figures["usual_e_per_adu"] == changed.e_per_adu


def test_even_stray_light_since_the_last_set_is_no_offset(telescope):
    last = Taken().flats(telescope, 5).record()
    rng = np.random.default_rng(7)
    taken = Taken()
    for _ in range(5):
        pixels = telescope.flat(level_adu=LEVEL_ADU - 1200).astype(float)
        stray_e = rng.poisson(1200 * telescope.sensor.e_per_adu(100), pixels.shape)
        pixels += stray_e / telescope.sensor.e_per_adu(100)
        taken.take(np.rint(pixels).astype(np.uint16))
    (finding,) = taken.quality(last).findings
    assert finding.kind is Kind.VEIL
    assert finding.figures["veil_frac"] > 0


def test_dust_that_went_is_told_as_well(telescope):
    clean = telescope.optics
    telescope.with_optics(mote=telescope.mote(0.03))
    last = Taken().flats(telescope, 4).record()
    telescope.optics = clean
    (finding,) = Taken().flats(telescope, 4).quality(last).findings
    assert finding.kind is Kind.DUST
    assert finding.figures["depth_frac"] < 0


def test_a_cleaned_telescope_is_one_finding_and_not_a_dozen():
    last = Taken().flats(Telescope(3), 4).record()
    other = Telescope(4)
    other.seed = 91
    other.with_optics(motes=25)
    findings = [f for f in Taken().flats(other, 4).quality(last).findings if f.kind is Kind.DUST]
    assert len(findings) == 1
    assert findings[0].figures["spots"] >= 8


def test_a_record_comes_back_as_it_was(telescope):
    record = record_of(Taken().flats(telescope, 3).judge, LEVEL_ADU)
    again = SetRecord.from_json(record.to_json())
    assert replace(again, shape=record.shape) == replace(record, shape=record.shape)
    assert len(record.to_json()) < 10_000


def test_a_record_without_pairs_compares_light_only(telescope):
    last = Taken().flats(telescope, 1).record()
    assert last.e_per_adu is None
    assert judge_set(Taken().flats(telescope, 3).judge, last).findings == ()


@pytest.mark.parametrize("text", ["[]", "{}", '"x"', json.dumps({"shape": "{}", "more": 1})])
def test_what_is_no_record_is_refused(text):
    with pytest.raises(ValueError, match="no "):
        SetRecord.from_json(text)


def test_the_limits_are_the_users(telescope):
    taken = Taken(limits=QualityLimits(gradient=0.05)).flats(telescope, 2)
    telescope.with_optics(gradient_frac=0.03)
    assert taken.take(telescope.flat()) == ()


def test_without_a_wave_there_is_none():
    assert not CALM.certain


def test_a_colour_frame_is_judged_like_any_other():
    telescope = Telescope(6, bayer="RGGB")
    taken = Taken(PEDESTAL_ADU).flats(telescope, 4)
    assert taken.rejected == []
    assert taken.quality(Taken().flats(Telescope(6, bayer="RGGB"), 3).record()).findings == ()
    telescope.with_optics(gradient_frac=0.03)
    assert kinds(taken.take(telescope.flat())) == {Kind.GRADIENT}


def test_a_filter_that_moved_is_told_with_its_way(telescope):
    last = Taken().flats(telescope, 3).record()
    telescope.with_optics(shift_px=(0.0, 8.0))
    (finding,) = Taken().flats(telescope, 3).quality(last).findings
    assert finding.kind is Kind.MOVED
    assert finding.figures["distance_px"] == pytest.approx(8, abs=0.5)
    assert finding.figures["towards"] == "right"


def test_a_gradient_since_the_last_set_is_told(telescope):
    last = Taken().flats(telescope, 3).record()
    telescope.with_optics(gradient_frac=0.03)
    (finding,) = Taken().flats(telescope, 3).quality(last).findings
    assert finding.figures["against"] == "last_set"
    assert finding.figures["brighter_at"] == "right"


def test_a_pedestal_that_grew_is_told_in_adu(telescope):
    last = Taken().flats(telescope, 8).record()
    telescope.with_sensor(pedestal_error_adu=1500.0)
    (finding,) = Taken().flats(telescope, 8).quality(last).findings
    assert finding.kind is Kind.OFFSET
    assert 1300 <= finding.figures["change_adu"] < 1800


def test_a_record_taken_with_another_pedestal_is_turned_into_one_with_this(telescope):
    right = Taken(PEDESTAL_ADU).flats(telescope, 8).record()
    wrong = Taken(0.0).flats(telescope, 8).record()
    turned = wrong.with_pedestal(PEDESTAL_ADU)
    assert np.abs(turned.shape.cells - right.shape.cells).mean() < 0.0015
    assert turned.e_per_adu == pytest.approx(right.e_per_adu, rel=0.02)
    assert turned.noise_frac == pytest.approx(right.noise_frac, rel=0.02)
    assert wrong.with_pedestal(0.0) is wrong
    assert wrong.with_pedestal(LEVEL_ADU) is wrong


def test_a_record_without_noise_keeps_none_with_another_pedestal(telescope):
    turned = Taken(0.0).flats(telescope, 1).record().with_pedestal(PEDESTAL_ADU)
    assert (turned.e_per_adu, turned.noise_frac) == (None, None)


@pytest.mark.parametrize("along", ["rows", "columns"])
def test_the_trail_of_a_star_is_no_uneven_light(along):
    """Drawn along rows or columns: as the camera is turned."""
    sky = np.random.default_rng(1).normal(30_000, 150, (800, 1000))
    trailed = sky.copy()
    trail = (slice(401, 404), slice(None)) if along == "rows" else (slice(None), slice(401, 404))
    trailed[trail] *= 1.2
    plain, seen = (
        digest_of(each.astype(np.uint16), 1000.0, trails=True) for each in (sky, trailed)
    )
    assert np.abs(seen.shape.cells / plain.shape.cells - 1).max() < 0.003
