"""A calibration on the simulated rig in virtual time, and what later runs make of it."""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from astropy.io.fits import getheader
from bench import TIMEOUTS, Bench, small

from flatctl import events
from flatctl.core.calibration.record import Calibration
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.devices.manual import ManualPanel
from flatctl.engine.calibrate import CalibrationRun, known_calibration
from flatctl.engine.job import Job
from flatctl.engine.rig import Rig
from flatctl.engine.run import Session
from flatctl.engine.stop import StopSignals
from flatctl.errors import Fault, LightUnknown, NoReply, Stopped, Unreachable, UnsafeError
from flatctl.events import Awaited, Chapter, Measuring, Waiting
from flatctl.storage.history import History
from flatctl.storage.writer import FrameWriter
from hardware_sims.fakes import FakeRig
from hardware_sims.world import Scenario

GONE = Unreachable("Fake Panel", "gone", "look for it")


class Calibrating:
    """A rig to calibrate; `told` is what was said meanwhile."""

    def __init__(
        self,
        folder: Path,
        rig: str | Scenario = "mono",
        *,
        panel: ManualPanel | None = None,
        **plan: object,
    ) -> None:
        self.folder = folder
        self.fake = FakeRig(small(rig) if isinstance(rig, str) else rig)
        self.told: list[Measuring | Awaited | Waiting] = []
        self.faults: list[tuple[str, bool]] = []
        self.plan = FilterPlan("L", **plan)
        self.hear = lambda what: None
        fake = self.fake
        fake.panel = panel or fake.panel
        self.rig = Rig(
            fake.camera,
            fake.wheel,
            fake.panel,
            setup=CameraSetup(),
            timeouts=TIMEOUTS,
            clock=fake.clock,
            settle_s=0.1,
        )

    def run(self) -> Calibration:
        with History(self.folder / "history.sqlite") as history:
            return CalibrationRun(
                self.rig,
                lambda slots: self.plan,
                rig_name="bench",
                history=history,
                signals=StopSignals(),
                tell=self._take,
                tell_fault=lambda error, recovered: self.faults.append((error.what, recovered)),
            ).run()

    def _take(self, told: Measuring | Awaited | Waiting) -> None:
        self.told.append(told)
        self.hear(told.what)


def test_the_pedestal_is_found(tmp_path):
    assert Calibrating(tmp_path).run().pedestal_adu == pytest.approx(1000, abs=3)


def test_a_rig_without_a_leak_leaks_next_to_nothing(tmp_path):
    assert Calibrating(tmp_path).run().leak_adu_s < 5


def test_a_light_leak_is_found(tmp_path):
    bench = Calibrating(tmp_path, "leak")
    sensor = bench.fake.world.scenario.sensor
    leak_adu_s = 2000 / sensor.e_per_adu(sensor.gain)
    assert bench.run().leak_adu_s == pytest.approx(leak_adu_s, rel=0.02)


@pytest.mark.parametrize(
    ("bits", "shifted", "full_scale_adu"),
    [
        (16, True, 65535),
        (14, True, 65532),
        (14, False, 16383),
        (12, True, 65520),
        (12, False, 4095),
    ],
)
def test_the_bits_behind_a_sixteen_bit_driver_are_found_out(
    tmp_path, bits, shifted, full_scale_adu
):
    rig = small("mono")
    sensor = replace(rig.sensor, bits=bits, shifted=shifted)
    found = Calibrating(tmp_path, replace(rig, sensor=sensor)).run()
    assert (found.full_scale_adu, found.bits) == (full_scale_adu, bits)


@pytest.mark.parametrize("name", ["mono", "gamma", "bright", "leak", "14-bit"])
def test_no_point_of_the_curve_is_clipped_and_it_is_the_lamps(tmp_path, name):
    bench = Calibrating(tmp_path, name)
    found = bench.run()
    world = bench.fake.world
    lamp, top = world.scenario.lamp, found.curve[-1]
    ground_adu = found.pedestal_adu + found.leak_adu_s * found.exposure_s
    assert len(found.curve) >= 5
    assert top[1] < 0.95 * found.full_scale_adu
    for step, level in found.curve:
        measured = (level - ground_adu) / (top[1] - ground_adu)
        true = lamp.light_frac(step / 255) / lamp.light_frac(top[0] / 255)
        assert measured == pytest.approx(true, abs=0.01)


def test_a_steady_lamp_settles_at_once(tmp_path):
    assert Calibrating(tmp_path).run().settle_s == 0.0


def test_the_settling_time_of_a_lamp_that_warms_up_is_found(tmp_path):
    # 0.3 exp(-t / 8 s) falls below 0.5 % after 33 s, a little earlier against the last frame.
    assert 27 < Calibrating(tmp_path, "warmup").run().settle_s < 35


def test_a_complete_calibration_says_so(tmp_path):
    assert Calibrating(tmp_path).run().complete


def test_a_filter_without_light_gives_what_can_be_had(tmp_path):
    bench = Calibrating(tmp_path, "dead-filter")
    bench.plan = FilterPlan("Ha")
    found = bench.run()
    assert (found.full_scale_adu, found.settle_s, found.complete) == (None, None, False)
    assert found.pedestal_adu == pytest.approx(1000, abs=3)


def test_the_exposures_of_a_dslr_are_its_shutter_speeds(tmp_path):
    speeds = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
    bench = Calibrating(tmp_path, exposures_s=speeds, exposure_min_s=0.05, exposure_max_s=6.4)
    assert bench.run().full_scale_adu == 65535
    assert {s for s, _ in bench.fake.camera.exposures} <= set(speeds)


def test_the_light_is_off_afterwards(tmp_path):
    bench = Calibrating(tmp_path)
    bench.run()
    assert not bench.fake.world.light.lit


def test_the_light_is_off_after_a_wish_to_stop(tmp_path):
    bench = Calibrating(tmp_path)

    def stop(what: object) -> None:
        if what is Chapter.CURVE:
            raise Stopped(15)

    bench.hear = stop
    with pytest.raises(Stopped):
        bench.run()
    assert not bench.fake.world.light.lit


@pytest.mark.parametrize("chapter", Chapter)
def test_a_fault_in_any_chapter_is_survived_and_told(tmp_path, chapter):
    bench = Calibrating(tmp_path)

    def fail(what: object) -> None:
        if what is chapter:
            bench.fake.camera.faults.add(1, Fault("Fake Camera", "failed"))

    bench.hear = fail
    assert bench.run().complete
    assert bench.faults == [("failed", True)]


def test_a_panel_that_stays_away_ends_it_with_its_own_error(tmp_path):
    bench = Calibrating(tmp_path)

    def take_away(what: object) -> None:
        if what is Chapter.FULL_SCALE:
            bench.fake.panel.faults.add(99, GONE)

    bench.hear = take_away
    with pytest.raises(LightUnknown, match="gone"):
        bench.run()


def test_a_lamp_that_can_not_be_put_out_is_told_though_all_is_measured(tmp_path, monkeypatch):
    bench = Calibrating(tmp_path)

    def refuse(timeout_s: float) -> None:
        raise NoReply("Fake Panel", "silent")

    def jam(what: object) -> None:
        if what is Chapter.CURVE:
            monkeypatch.setattr(bench.fake.panel, "light_off", refuse)

    bench.hear = jam
    with pytest.raises(LightUnknown, match="silent"):
        bench.run()
    assert bench.faults == [("silent", False)]


# A light that a person switches


def test_a_person_is_called_once_for_the_dark_and_once_for_the_light(tmp_path):
    asked = []

    def obey(wish: str) -> bool:
        asked.append(wish)
        bench.fake.world.light.set(lit="on" in wish, brightness=26)
        return True

    bench = Calibrating(tmp_path, panel=ManualPanel(obey))
    found = bench.run()
    assert ["off" in wish for wish in asked] == [True, False]
    assert (found.settle_s, round(found.pedestal_adu), len(found.curve)) == (0.0, 1000, 1)


def test_a_light_that_was_left_on_is_recognised(tmp_path):
    bench = Calibrating(tmp_path, panel=ManualPanel(lambda _: True))
    bench.fake.world.light.set(lit=True, brightness=26)
    with pytest.raises(Fault, match="as much light with it off as with it on; switch it off"):
        bench.run()


def test_nobody_there_to_switch_it_ends_it_at_once(tmp_path):
    bench = Calibrating(tmp_path, panel=ManualPanel())
    with pytest.raises(UnsafeError, match="nobody said that it is off"):
        bench.run()
    assert bench.faults == []


# What later runs make of it


def flats(calibrated: Calibrating, job: Job | None = None) -> tuple[int, list[events.Event]]:
    """Take flats with the same rig, another night."""
    fake, told = FakeRig(calibrated.fake.world.scenario), []
    rig = Rig(
        fake.camera,
        fake.wheel,
        fake.panel,
        setup=CameraSetup(),
        timeouts=TIMEOUTS,
        clock=fake.clock,
        settle_s=0.1,
    )
    with History(calibrated.folder / "history.sqlite") as history:
        code = Session(
            rig,
            job or Job("bench", lambda slots: [FilterPlan("L", count=1), FilterPlan("R", count=1)]),
            writer=FrameWriter(calibrated.folder / "flats", UTC),
            history=history,
            emit=told.append,
            signals=StopSignals(),
        ).run()
    calibrated.later = rig
    return code, told


def of(told: list[events.Event], kind: type) -> list:
    return [event for event in told if isinstance(event, kind)]


def test_without_a_calibration_a_fourteen_bit_camera_that_claims_sixteen_is_found_out(tmp_path):
    bench = Bench(tmp_path, "14-bit", filters=("L",), count=1)
    assert bench.run() == 0
    (corrected,) = bench.all(events.FullScaleCorrected)
    assert (corrected.full_scale_adu, corrected.proof) == (16383, "ceiling")
    assert all(0.46 * 16383 <= e.median_adu <= 0.56 * 16383 for e in bench.all(events.Flat))


def test_what_a_run_found_out_of_full_scale_the_next_one_knows(tmp_path):
    bench = Bench(tmp_path, "14-bit", filters=("L",), count=1)
    bench.run()
    later = bench.again(resume=True)
    assert later.run() == 0
    assert (later.all(events.FullScaleCorrected), later.all(events.Trial)) == ([], [])


def test_with_a_calibration_it_gets_its_flats(tmp_path):
    calibrated = Calibrating(tmp_path, "14-bit")
    calibrated.run()
    code, told = flats(calibrated)
    assert code == 0
    assert all(0.46 * 16383 <= e.median_adu <= 0.56 * 16383 for e in of(told, events.Flat))


def test_a_configured_full_scale_goes_before_the_calibrated_one(tmp_path):
    calibrated = Calibrating(tmp_path)
    calibrated.run()
    job = Job("bench", lambda slots: [FilterPlan("L", count=1)], full_scale_adu=50000.0)
    _, told = flats(calibrated, job)
    assert of(told, events.RunStarted)[0].full_scale_adu == 50000.0


def test_the_search_needs_fewer_exposures_on_a_calibrated_panel(tmp_path):
    bench = Bench(tmp_path / "new", "gamma", filters=("L", "R"), count=1)
    bench.run()
    calibrated = Calibrating(tmp_path, "gamma")
    calibrated.run()
    _, told = flats(calibrated)
    assert len(of(told, events.Trial)) < len(bench.all(events.Trial))


def test_the_calibrated_filter_starts_with_the_setting_that_was_measured(tmp_path):
    calibrated = Calibrating(tmp_path, "gamma")
    calibrated.run()
    _, told = flats(calibrated)
    assert [e.verdict for e in of(told, events.Trial) if e.filter == "L"] == ["accepted"]


def test_another_filter_starts_where_the_configuration_says(tmp_path):
    calibrated = Calibrating(tmp_path, "gamma")
    calibrated.run()
    job = Job("bench", lambda slots: [FilterPlan("R", count=1)])
    started = of(flats(calibrated, job)[1], events.FilterStarted)
    assert [e.start_brightness for e in started] == [128]


def test_a_run_tells_which_calibration_it_uses(tmp_path):
    calibrated = Calibrating(tmp_path)
    found = calibrated.run()
    _, told = flats(calibrated)
    (used,) = of(told, events.CalibrationUsed)
    assert (used.pedestal_adu, used.bits) == (found.pedestal_adu, 16)
    assert tuple(zip(used.curve_brightness, used.curve_adu, strict=True)) == found.curve


def test_flats_of_a_calibrated_rig_tell_its_pedestal(tmp_path):
    calibrated = Calibrating(tmp_path)
    found = calibrated.run()
    flats(calibrated)
    told = {getheader(path)["FLATPED"] for path in tmp_path.rglob("FLAT_*.fits")}
    assert told == {found.pedestal_adu}


def test_a_run_without_a_calibration_tells_of_none(tmp_path):
    bench = Bench(tmp_path, count=1)
    bench.run()
    assert bench.all(events.CalibrationUsed) == []


@pytest.mark.parametrize(("adopt", "settle_s"), [(True, 10.0), (False, 0.1)])
def test_the_settling_time_is_adopted_where_none_is_configured(tmp_path, adopt, settle_s):
    calibrated = Calibrating(tmp_path, "warmup")
    calibrated.run()
    plan = [FilterPlan("L", count=1)]
    flats(calibrated, Job("bench", lambda slots: plan, adopt_settling=adopt))
    assert calibrated.later.light.settle_s == settle_s


def test_a_calibration_that_can_not_be_read_counts_as_none(tmp_path):
    calibrated = Calibrating(tmp_path)
    calibrated.run()
    with History(tmp_path / "history.sqlite") as history:
        history.rows("UPDATE calibrations SET calibration = '{}'")
        assert known_calibration(history, "bench", calibrated.rig) is None
