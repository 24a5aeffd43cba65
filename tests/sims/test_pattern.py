"""Each blemish is as large as it says, so that what is tested with it can be trusted."""

from dataclasses import replace

import numpy as np
import pytest
from world_bench import EVEN, Bench, lit

from hardware_sims.odd_frames import OddFrames
from hardware_sims.optics import Optics
from hardware_sims.pattern import Blemishes, Overscan, Tap, Window
from hardware_sims.scenarios import MONO, SCENARIOS
from hardware_sims.sensor import Sensor

SIZE = {"width_px": 320, "height_px": 240}
HALF_LIGHT = 60


def world(*, lit_at: int = 0, optics: Optics = EVEN, odd: tuple = (), **sensor: object) -> Bench:
    sensor = {"dark_e_s_at_0c": 0.0, **SIZE, **sensor}
    rig = replace(MONO, sensor=Sensor(**sensor), optics=optics, odd_frames=odd)
    return lit(lit_at, rig) if lit_at else Bench(rig)


def stacked(bench: Bench, count: int = 40, exposure_s: float = 0.1) -> np.ndarray:
    """Return the mean of many frames: what stays when noise has gone."""
    return np.mean([bench.frame(exposure_s) for _ in range(count)], axis=0)


def read_noise_adu(bench: Bench) -> float:
    return bench.rig.sensor.read_noise_e / bench.rig.sensor.e_per_adu(100)


@pytest.mark.parametrize("prnu_frac", [0.001, 0.005])
def test_prnu_is_the_scatter_of_pixels_once_the_photons_are_out(prnu_frac):
    bench = world(lit_at=HALF_LIGHT, optics=replace(EVEN, prnu_frac=prnu_frac))
    light = stacked(bench, count=200) - 1000.0
    photons_frac = np.sqrt(bench.rig.sensor.e_per_adu(100) ** -1 / light.mean() / 200)
    measured_frac = np.sqrt((light.std() / light.mean()) ** 2 - photons_frac**2)
    assert measured_frac == pytest.approx(prnu_frac, rel=0.03)


def test_rows_share_a_fifth_of_a_pixels_noise_and_share_it_anew_in_each_frame():
    bench = world(blemishes=Blemishes(row_noise_frac=0.2), height_px=1024)
    frames = [bench.frame(0.1).astype(float) for _ in range(8)]
    rows = np.array([frame.mean(axis=1) for frame in frames])
    alone_adu = read_noise_adu(bench) / np.sqrt(320)
    shared_adu = np.sqrt(rows.std(axis=1).mean() ** 2 - alone_adu**2)
    assert shared_adu / read_noise_adu(bench) == pytest.approx(0.2, rel=0.05)
    assert abs(np.corrcoef(rows[0], rows[1])[0, 1]) < 0.1


def test_a_fixed_pattern_is_the_same_in_every_frame_and_needs_no_light():
    bench = world(blemishes=Blemishes(rows_adu=3.0, cols_adu=6.0), height_px=320)
    dark = stacked(bench)
    assert dark.mean(axis=1).std() == pytest.approx(3.0, rel=0.15)
    assert dark.mean(axis=0).std() == pytest.approx(6.0, rel=0.15)
    assert np.corrcoef(stacked(bench, 5).ravel(), dark.ravel())[0, 1] > 0.9


def test_rows_and_columns_have_a_sensitivity_of_their_own():
    bench = world(lit_at=HALF_LIGHT, blemishes=Blemishes(rows_frac=0.0011, cols_frac=0.0016))
    light = stacked(bench) - 1000.0
    assert light.mean(axis=1).std() / light.mean() == pytest.approx(0.0011, rel=0.15)
    assert light.mean(axis=0).std() / light.mean() == pytest.approx(0.0016, rel=0.15)


def test_hot_pixels_get_warmer_with_the_exposure():
    blemishes = Blemishes(hot_frac=0.01, hot_e_s=200.0)
    bench = world(blemishes=blemishes)
    hot = stacked(bench, 5, exposure_s=10.0) > 1020
    assert hot.mean() == pytest.approx(0.01, rel=0.1)
    short, long = (stacked(bench, 5, exposure_s=s)[hot].mean() - 1000 for s in (1.0, 10.0))
    assert long / short == pytest.approx(10.0, rel=0.05)
    assert long == pytest.approx(2000.0 / bench.rig.sensor.e_per_adu(100), rel=0.1)


def test_stuck_lines_and_pixels_take_no_notice_of_the_light():
    blemishes = Blemishes(full_rows=(7,), dead_cols=(-1,), full_frac=0.001, dead_frac=0.002)
    dark, bright = (world(lit_at=step, blemishes=blemishes).frame(0.05) for step in (0, 60))
    for frame in (dark, bright):
        assert np.all(frame[7, :-1] == 65535)
        assert np.all(frame[:, -1] == 0)
        assert np.mean(np.delete(frame, 7, axis=0) == 65535) == pytest.approx(0.001, rel=0.4)
        assert np.mean(frame[:, :-1] == 0) == pytest.approx(0.002, rel=0.3)


def test_a_failing_read_out_leaves_the_last_rows_black():
    frame = world(lit_at=60, blemishes=Blemishes(black_frac=1 / 3)).frame(0.05)
    assert np.all(frame[-80:] == 0)
    assert np.all(frame[:-80] > 0)


def test_light_does_not_reach_the_overscan():
    overscan = Overscan(left_px=20, right_px=10, level_adu=-40.0, edge_frac=0.005)
    light = stacked(world(lit_at=60, overscan=overscan))
    assert light[:, :20].mean() == pytest.approx(960.0, abs=0.5)
    assert light[:, -10:].mean() == pytest.approx(960.0, abs=0.5)
    first, inner = light[:, 20].mean() - 1000, light[:, 21:-10].mean() - 1000
    assert first / inner == pytest.approx(0.995, abs=0.001)


def test_nor_do_stray_light_and_dark_current():
    bench = world(overscan=Overscan(top_px=12), optics=replace(EVEN, leak_e_s=1000.0))
    assert bench.frame(1.0)[:12].mean() == pytest.approx(1000.0, abs=1.0)


def test_each_tap_has_its_own_gain_and_its_own_level():
    taps = (Tap(), Tap(0.012, 120.0), Tap(-0.004, 210.0), Tap(0.006, 352.0))
    dark, light = (stacked(world(lit_at=step, taps=taps), 10) for step in (0, 40))
    quarters = [(slice(0, 120), slice(0, 160)), (slice(0, 120), slice(160, None))]
    quarters += [(slice(120, None), cols) for _, cols in quarters]
    first = light[quarters[0]].mean() - dark[quarters[0]].mean()
    for tap, where in zip(taps, quarters, strict=True):
        assert dark[where].mean() == pytest.approx(1000 + tap.pedestal_adu, abs=1.5)
        gain_frac = (light[where].mean() - dark[where].mean()) / first - 1
        assert gain_frac == pytest.approx(tap.gain_frac, abs=0.001)


def test_the_pedestal_of_short_exposures_is_higher_and_settles():
    bench = world(pedestal_short_adu=700.0, pedestal_tau_s=0.5)
    levels = [bench.level(s) for s in (0.0, 0.5, 10.0)]
    assert levels == pytest.approx([1700.0, 1000 + 700 / np.e, 1000.0], abs=1.5)


@pytest.mark.parametrize(
    ("sensor", "full_adu", "step_adu"),
    [
        ({"bits": 12}, 65520, 16),
        ({"bits": 12, "shifted": False}, 4095, 1),
        ({"bits": 14}, 65532, 4),
        ({"bits": 14, "shifted": False, "white_adu": 15490}, 15490, 1),
        ({"bits": 12, "white_adu": 65504}, 65504, 16),
        ({"white_adu": 58000}, 58000, 1),
    ],
)
def test_a_converter_is_full_where_it_says_and_steps_as_it_says(sensor, full_adu, step_adu):
    assert Sensor(**sensor).full_scale_adu == full_adu
    assert np.all(world(lit_at=255, **sensor).frame(5.0) == full_adu)
    steps = np.unique(np.diff(np.unique(world(lit_at=60, **sensor).frame(0.05))))
    assert steps[0] == step_adu
    assert np.all(steps % step_adu == 0)


def test_a_mode_changes_conversion_and_noise():
    bench = world(lit_at=20, height_px=480)
    light = bench.level(0.1) - 1000.0
    assert (bench.level(0.1, conversion=2.5) - 1000.0) / light == pytest.approx(2.5, rel=0.01)
    dark = world(height_px=480)
    assert dark.frame(0.001, read_noise=2.0).std() / read_noise_adu(dark) == pytest.approx(
        2.0, rel=0.03
    )


def test_a_window_shows_its_own_part_of_the_pattern_and_bins_keep_what_is_stuck():
    bench = world(blemishes=Blemishes(full_rows=(100,), dead_cols=(8, 9)), taps=(Tap(),) * 4)
    window = bench.frame(0.1, window=Window(left=0, top=90, width=40, height=20))
    assert np.flatnonzero(window[:, 0] == 65535).tolist() == [10]
    halved = bench.frame(0.1, across=2, down=2)
    assert np.flatnonzero(halved[:, 0] == 65535).tolist() == [50]
    assert np.flatnonzero(halved[0] == 0).tolist() == [4]


def test_equal_seeds_have_equal_blemishes_and_others_have_others():
    rig = replace(MONO, sensor=replace(MONO.sensor, **SIZE, blemishes=Blemishes(dead_frac=0.01)))
    one, same, other = (Bench(rig, seed=seed).frame(0.1) == 0 for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("blank", lambda f: np.median(f) == 1000),
        ("zero", lambda f: np.all(f == 0)),
        ("white", lambda f: np.all(f == 65535)),
        ("combed", lambda f: np.mean(f == 1) == pytest.approx(1 / 3, abs=0.01)),
        ("checkered", lambda f: np.mean(f == 1) == 0.5),
        ("speckled", lambda f: np.mean(f == 1) == pytest.approx(0.05, abs=0.005)),
        ("torn", lambda f: np.mean(f == 0) == pytest.approx(1 / 3, abs=0.01)),
    ],
)
def test_a_frame_goes_wrong_as_it_is_told_and_only_in_its_turn(kind, expected):
    bench = world(lit_at=60, odd=(OddFrames(kind, first=2, every=3),))
    struck = [bool(expected(bench.frame(0.05))) for _ in range(6)]
    assert struck == [False, True, False, False, True, False]


def test_only_short_exposures_may_go_wrong():
    bench = world(lit_at=1, odd=(OddFrames("combed", every=1, below_s=2.0),))
    assert [np.any(bench.frame(s) == 1) for s in (0.1, 2.0, 1.9)] == [True, False, True]


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_what_a_scenario_has_of_its_sensor_is_there_in_a_small_one(name):
    sensor = replace(SCENARIOS[name].sensor, width_px=64, height_px=48)
    assert Bench(replace(SCENARIOS[name], sensor=sensor)).frame(0.1).shape == (48, 64)
