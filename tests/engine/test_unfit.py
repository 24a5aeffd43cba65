"""What a device can't do it is not asked again, and every wait is told of."""

import itertools
from dataclasses import replace

import pytest
from bench import TIMEOUTS, Bench, small

from flatctl import events
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.errors import Fault, Unfit
from flatctl.events import Preparation

COLD = CameraSetup(temperature_c=-10.0)
OTHER_FORMAT = Unfit("Fake Camera", "sends .jpg files", "choose a raw format")


def bench_of(folder, **options) -> Bench:
    options = {"filters": ("L", "R", "Ha")} | options
    return Bench(folder, **options)


def test_cooling_is_granted_its_time_once(tmp_path):
    rig = small("mono")
    unpowered = replace(rig, camera=replace(rig.camera, cooler="unpowered"))
    bench = bench_of(tmp_path, rig=unpowered, setup=COLD)
    began_s = bench.fake.clock.monotonic()
    with pytest.raises(Unfit, match="has the cooler power"):
        bench.run()
    spent_s = bench.fake.clock.monotonic() - began_s
    assert TIMEOUTS.cooling_s <= spent_s < TIMEOUTS.cooling_s + 60.0


def test_a_camera_that_warms_up_between_frames_is_granted_its_cooling_anew(tmp_path):
    bench = bench_of(tmp_path, filters=("L",), setup=COLD)
    warmed = []

    def warm_up_once(event: events.Event) -> None:
        if isinstance(event, events.Flat) and not warmed:
            warmed.append(event)
            bench.fake.camera.warm_up(10.0)

    bench.hear = warm_up_once
    assert bench.run() == 0
    assert warmed


def test_the_temperature_is_told_while_the_sensor_cools(tmp_path):
    bench = bench_of(tmp_path, filters=("L",), setup=COLD)
    bench.run()
    waits = [e for e in bench.all(events.Waiting) if e.present_c is not None]
    assert [e.what.what for e in waits] == [Preparation.CAMERA] * len(waits)
    told = [e.present_c for e in waits]
    assert len(told) > 2
    assert told == sorted(told, reverse=True)
    times = [e.time for e in bench.all(events.Waiting)]
    assert max((b - a).total_seconds() for a, b in itertools.pairwise(times)) <= 5.5


def test_another_format_ends_a_filter_at_its_first_frame_and_the_run_at_the_next(tmp_path):
    bench = bench_of(tmp_path)
    bench.fake.camera.faults.add(99, OTHER_FORMAT)
    with pytest.raises(Unfit, match=r"sends \.jpg files; choose a raw format"):
        bench.run()
    assert len(bench.fake.camera.exposures) == 2
    assert bench.outcomes == {"L": "device", "R": "stopped"}
    assert bench.all(events.FaultSeen) == []


def test_what_ends_the_run_has_a_first_cause(tmp_path):
    bench = bench_of(tmp_path)
    bench.fake.camera.faults.add(99, OTHER_FORMAT)
    with pytest.raises(Unfit) as raised:
        bench.run()
    seen: list[BaseException] = []
    error: BaseException | None = raised.value
    while error is not None:
        assert all(error is not each for each in seen)
        seen.append(error)
        error = error.__cause__ or error.__context__


def test_what_one_filter_meets_costs_no_other(tmp_path):
    bench = bench_of(tmp_path)
    bench.fake.camera.faults.add(1, OTHER_FORMAT)
    assert bench.run() == 5
    assert bench.outcomes == {"L": "device", "R": "complete", "Ha": "complete"}


class Keeper:
    """Adds to a fake camera that it puts its settings back, or can't."""

    def __init__(self, bench: Bench, failure: Exception | None = None) -> None:
        self.lit: list[bool] = []
        camera, light = bench.fake.camera, bench.fake.world.light

        def put_back(timeout_s: float) -> None:
            self.lit.append(light.lit)
            if failure is not None:
                raise failure

        camera.put_back = put_back


def test_settings_are_put_back_once_the_light_is_out(tmp_path):
    bench = bench_of(tmp_path, filters=("L",))
    keeper = Keeper(bench)
    assert bench.run() == 0
    assert keeper.lit == [False]


def test_settings_that_stay_changed_are_told_and_change_no_ending(tmp_path):
    bench = bench_of(tmp_path, filters=("L",))
    Keeper(bench, Fault("Fake Camera", "is not as it was found: CCD_GAIN"))
    assert bench.run() == 0
    (fault,) = bench.all(events.FaultSeen)
    assert (fault.what, fault.recovered) == ("is not as it was found: CCD_GAIN", False)


def test_settings_are_put_back_after_a_fault_that_ended_the_run(tmp_path):
    bench = bench_of(tmp_path)
    keeper = Keeper(bench)
    bench.fake.camera.faults.add(99, OTHER_FORMAT)
    with pytest.raises(Unfit):
        bench.run()
    assert keeper.lit == [False]


def test_a_setup_that_can_not_be_ends_the_run_before_anything_is_exposed_or_lit(tmp_path):
    bench = bench_of(tmp_path, setup=CameraSetup(gain=9000.0))
    began_s = bench.fake.clock.monotonic()
    with pytest.raises(Unfit, match="gain 9000 is refused"):
        bench.run()
    assert bench.fake.clock.monotonic() - began_s < 5
    assert (bench.fake.camera.prepared, bench.fake.panel.settings) == ([], [])
    assert bench.all(events.FaultSeen) == []


def test_a_set_that_can_not_be_costs_no_other(tmp_path):
    plans = [
        FilterPlan("L", count=2, exposure_min_s=1e6, exposure_max_s=2e6),
        FilterPlan("R", count=2),
    ]
    bench = bench_of(tmp_path, plans=plans)
    assert bench.run() == 5
    assert bench.outcomes == {"L": "device", "R": "complete"}
