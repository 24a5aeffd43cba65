from dataclasses import replace

import numpy as np
import pytest
from world_bench import EVEN, Bench, lit

from hardware_sims.clock import VirtualClock
from hardware_sims.lamp import Lamp
from hardware_sims.light import Light
from hardware_sims.optics import Optics
from hardware_sims.pattern import Window
from hardware_sims.scenarios import MONO, SCENARIOS, scenario
from hardware_sims.sensor import Sensor
from hardware_sims.world import Filter, World


def test_a_frame_has_rows_first_and_sixteen_bits():
    frame = Bench().frame(0.1)
    assert frame.shape == (96, 128)
    assert frame.dtype == np.uint16


def test_without_light_the_level_is_the_pedestal():
    assert Bench().level(10.0) == pytest.approx(1000.0, abs=1.0)


def test_the_pedestal_follows_the_offset():
    assert Bench().level(0.1, offset=25) == pytest.approx(2500.0, abs=1.0)


def test_the_level_is_linear_in_the_exposure():
    bench = lit(60)
    levels = np.array([bench.level(t) - 1000.0 for t in (0.05, 0.1, 0.2)])
    assert levels / levels[0] == pytest.approx([1.0, 2.0, 4.0], rel=0.005)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_more_brightness_never_gives_less_light(name: str):
    lamp = SCENARIOS[name].lamp
    light = [lamp.light_frac(step / 255) for step in range(256)]
    assert light == sorted(light)
    assert light[0] == 0.0
    assert light[-1] == pytest.approx(1.0)


@pytest.mark.parametrize(
    "lamp",
    [
        Lamp(1.0, curve="exponential", steepness=4.0),
        Lamp(1.0, curve="gamma", steepness=0.5, dead_frac=0.2),
        Lamp(1.0, steps=7),
    ],
)
def test_every_curve_goes_from_darkness_to_full_light(lamp: Lamp):
    light = [lamp.light_frac(step / 100) for step in range(101)]
    assert light == sorted(light)
    assert (light[0], light[-1]) == (0.0, pytest.approx(1.0))


def test_a_panel_with_few_levels_gives_the_same_light_for_neighbouring_steps():
    lamp = Lamp(1.0, steps=4)
    assert len({lamp.light_frac(step / 255) for step in range(1, 256)}) == 4


def test_there_is_no_light_in_the_dead_zone():
    lamp = Lamp(1.0, dead_frac=0.1)
    assert lamp.light_frac(0.1) == 0.0
    assert lamp.light_frac(0.11) > 0.0


def test_filters_pass_their_share_of_the_light():
    bench = lit(20)
    bench.world.turret.slot = 0
    luminance = bench.level(0.5) - 1000.0
    bench.world.turret.slot = 1
    assert (bench.level(0.5) - 1000.0) / luminance == pytest.approx(0.30, rel=0.01)


def test_full_scale_is_never_exceeded_and_reached_when_overexposed():
    assert np.all(lit(255).frame(5.0) == 65535)


def test_a_full_well_below_full_scale_clips_first():
    full_well = replace(MONO.sensor, full_well_e=20_000.0, width_px=64, height_px=64)
    bench = lit(255, sensor=full_well)
    frame = bench.world.expose(bench.clock.monotonic(), 0.0, replace(bench.world.neutral(), gain=0))
    assert np.median(frame) < 2000
    assert np.median(bench.frame(5.0, gain=0)) == pytest.approx(1000 + 20_000 / 0.75, abs=2)


def test_a_twelve_bit_converter_delivers_multiples_of_sixteen():
    sensor = replace(MONO.sensor, bits=12, width_px=64, height_px=64)
    frame = lit(60, sensor=sensor).frame(0.1)
    assert np.all(frame % 16 == 0)
    assert sensor.full_scale_adu == 65520


def test_photon_transfer_gives_the_gain_in_electrons_per_adu():
    bench = lit(128, optics=EVEN, sensor=Sensor(width_px=512, height_px=512))
    one, two = (bench.frame(0.05).astype(np.float64) for _ in range(2))
    signal_adu = one.mean() - 1000.0
    read_noise_adu = bench.rig.sensor.read_noise_e / bench.rig.sensor.e_per_adu(100)
    shot_variance = np.var(one - two) / 2 - read_noise_adu**2
    measured_e_per_adu = signal_adu / shot_variance
    assert measured_e_per_adu == pytest.approx(bench.rig.sensor.e_per_adu(100), rel=0.02)


def test_read_noise_is_what_the_sensor_says():
    bench = Bench(sensor=Sensor(width_px=512, height_px=512, dark_e_s_at_0c=0.0))
    expected_adu = bench.rig.sensor.read_noise_e / bench.rig.sensor.e_per_adu(100)
    assert np.std(bench.frame(0.001)) == pytest.approx(expected_adu, rel=0.02)


def test_two_frames_never_have_the_same_noise():
    bench = lit(60)
    one, two = (bench.frame(0.1).astype(np.float64) for _ in range(2))
    correlation = np.corrcoef((one - two).ravel(), one.ravel() - one.mean())[0, 1]
    assert not np.array_equal(one, two)
    assert abs(correlation) < 0.9


def test_the_same_seed_gives_the_same_frames():
    assert np.array_equal(lit(60).frame(0.1), lit(60).frame(0.1))


def test_the_corners_are_darker_than_the_centre():
    field = Optics(vignetting_frac=0.4, motes=0, prnu_frac=0.0).relative(100, 160, seed=3)
    assert field.shape == (100, 160)
    assert field.max() == pytest.approx(1.0, abs=0.001)
    assert field.min() == pytest.approx(0.6, abs=0.001)
    assert np.unravel_index(field.argmin(), field.shape) == (99, 0)


def test_dust_darkens_small_places_only():
    clean = Optics(motes=0, prnu_frac=0.0).relative(300, 400, seed=3)
    dusty = Optics(motes=5, prnu_frac=0.0).relative(300, 400, seed=3)
    shadow_frac = float(np.mean(dusty < 0.99 * clean))
    assert 0.0 < shadow_frac < 0.1
    assert np.all(dusty <= clean + 1e-6)


def test_binning_adds_up_the_electrons_of_its_pixels():
    bench = lit(20)
    single = bench.level(0.1) - 1000.0
    frame = bench.frame(0.1, across=2, down=2)
    assert frame.shape == (48, 64)
    assert (frame.mean() - 1000.0) / single == pytest.approx(4.0, rel=0.01)


def test_a_window_cuts_out_its_part_of_the_sensor():
    bench = Bench(optics=Optics(vignetting_frac=0.9, motes=0, prnu_frac=0.0))
    bench.world.light.set(lit=True, brightness=120)
    corner = bench.frame(0.05, window=Window(left=0, top=70, width=20, height=26))
    middle = bench.frame(0.05, window=Window(left=60, top=40, width=20, height=16))
    assert corner.shape == (26, 20)
    assert corner.mean() < middle.mean()


def test_a_cold_lamp_warms_up_to_its_full_light():
    bench = lit(60, scenario("warmup", rows=64, cols=64))
    levels = [bench.level(0.1) - 1000.0 for _ in range(2)]
    bench.clock.sleep(60.0)
    warm = bench.level(0.1) - 1000.0
    assert levels[0] / warm == pytest.approx(0.702, abs=0.005)
    assert levels[1] > levels[0]


def test_warm_up_within_an_exposure_is_integrated():
    lamp = Lamp(1.0, warm_from_frac=0.5, warm_tau_s=4.0)
    clock = VirtualClock()
    light = Light(now=clock.monotonic)
    light.set(lit=True, brightness=255)
    whole = lamp.dose_s(light.changes(), 255, 0.0, 10.0)
    parts = sum(lamp.dose_s(light.changes(), 255, t, t + 1.0) for t in range(10))
    assert whole == pytest.approx(parts)
    assert whole == pytest.approx(10.0 - 0.5 * 4.0 * (1.0 - np.exp(-2.5)))


def test_a_lamp_cools_while_it_is_off():
    lamp = Lamp(1.0, warm_from_frac=0.5, warm_tau_s=4.0)
    clock = VirtualClock()
    light = Light(now=clock.monotonic)
    light.set(lit=True, brightness=255)
    clock.sleep(100.0)
    light.set(lit=False)
    clock.sleep(100.0)
    light.set(lit=True)
    assert lamp.dose_s(light.changes(), 255, 200.0, 200.001) == pytest.approx(0.0005, rel=0.01)


def test_light_switched_off_during_an_exposure_counts_as_long_as_it_shone():
    bench = lit(20)
    full = bench.level(0.4) - 1000.0
    start_s = bench.clock.monotonic()
    bench.clock.sleep(0.1)
    bench.world.light.set(lit=False)
    bench.clock.sleep(0.3)
    frame = bench.world.expose(start_s, 0.4, bench.world.neutral())
    assert (frame.mean() - 1000.0) / full == pytest.approx(0.25, rel=0.01)


def test_an_open_cover_takes_the_panel_out_of_the_way():
    bench = lit(255)
    bench.world.light.move_cover(closed=False)
    assert bench.level(1.0) == pytest.approx(1000.0, abs=1.0)


def test_a_leak_shines_without_the_panel():
    bench = Bench(scenario("leak", rows=64, cols=64))
    leak_adu = 2000.0 / bench.rig.sensor.e_per_adu(100)
    assert bench.level(1.0) - 1000.0 == pytest.approx(leak_adu, rel=0.01)


def test_a_blocked_filter_stays_dark():
    bench = lit(255, scenario("dead-filter", rows=64, cols=64))
    bench.world.turret.slot = 4
    assert bench.level(30.0) == pytest.approx(1000.0, abs=1.0)


def test_a_flickering_lamp_changes_from_frame_to_frame():
    bench = lit(20, lamp=Lamp(150_000.0, flicker_frac=0.1))
    levels = [bench.level(0.2) for _ in range(8)]
    assert np.std(levels) / np.mean(levels) > 0.02


def test_dark_current_doubles_every_six_degrees():
    sensor = Sensor()
    assert sensor.dark_e_s(6.0) == pytest.approx(2 * sensor.dark_e_s(0.0))


def test_in_mono_half_brightness_is_too_much_for_luminance_and_too_little_for_hydrogen():
    bench = lit(128, scenario("mono"))
    luminance = float(np.median(bench.frame(1.0)))
    bench.world.turret.slot = 4
    hydrogen = float(np.median(bench.frame(1.0)))
    assert luminance == 65535.0
    assert hydrogen < 20_000.0


def test_an_unknown_scenario_names_those_there_are():
    with pytest.raises(ValueError, match=", ".join(SCENARIOS)):
        scenario("nebula")


def test_a_scenario_can_have_any_filters():
    one = replace(MONO, filters=(Filter("OIII", 0.5),))
    assert World(one).filter.name == "OIII"
