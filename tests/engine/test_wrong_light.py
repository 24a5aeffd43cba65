"""Light that is not the panel's: daylight, a flicker, a panel without power, a blocked slot."""

from dataclasses import replace

import numpy as np
import pytest
from bench import Bench, small

from flatctl import events
from flatctl.core.quality.findings import Kind, QualityLimits
from flatctl.core.types import FrameKind
from flatctl.outputs.sentences.findings import finding_words
from flatctl.outputs.sentences.reasons import why_words
from flatctl.storage.history import History
from hardware_sims.scenarios import scenario


def adding(bench: Bench, light_adu: float, scale: float = 1.0, *, shutter: bool = False) -> None:
    """Let daylight, in ADU, fall on each frame; `scale` is what is left of the panel's light.

    A camera with a `shutter` keeps it closed for darks.
    """
    camera = bench.fake.camera
    read = camera.read

    def read_more(timeout_s):
        frame = read(timeout_s)
        if shutter and camera.exposures[-1][1] is FrameKind.DARK_FLAT:
            return frame
        dark = np.minimum(frame.pixels, 1000)
        lit = dark + (frame.pixels - dark) * scale
        frame.pixels[:] = np.clip(lit + light_adu, 0, 65535).astype(np.uint16)
        return frame

    camera.read = read_more


def darkening(bench: Bench, when) -> None:
    """Let no light come through while `when()` says so."""
    camera, odds = bench.fake.camera, np.random.default_rng(1)
    read = camera.read

    def read_dark(timeout_s):
        frame = read(timeout_s)
        if when():
            frame.pixels[:] = odds.normal(1000, 4, frame.pixels.shape)
        return frame

    camera.read = read_dark


def why(bench: Bench, name: str) -> str:
    (finished,) = [e for e in bench.all(events.FilterFinished) if e.filter == name]
    return why_words(finished.why)


@pytest.mark.parametrize("shutter", [False, True])
@pytest.mark.parametrize("light_adu", [32_000, 70_000])
def test_light_that_is_there_with_the_panel_off_makes_no_flats(tmp_path, light_adu, shutter):
    bench = Bench(tmp_path, filters=("L",))
    adding(bench, light_adu, scale=0.2, shutter=shutter)
    assert (bench.run(), bench.outcomes, bench.frames) == (5, {"L": "too_bright"}, [])
    assert why(bench, "L").startswith("Another light: with the panel off")


def test_a_panel_that_shines_at_step_0_is_no_other_light(tmp_path):
    rig = small("mono")
    bench = Bench(tmp_path, filters=("L",), exposure_start_s=0.1, exposure_max_s=30.0, rig=rig)
    assert bench.run() == 0


def test_a_panel_without_power_ends_the_run_after_two_filters(tmp_path):
    bench = Bench(tmp_path, filters=("L", "R", "G", "B", "Ha"))
    darkening(bench, lambda: True)
    assert bench.run() == 5
    assert set(bench.outcomes.values()) == {"too_dim"}
    assert {e.filter for e in bench.all(events.FilterStarted)} == {"L", "R"}
    # Reaching the panel anew did not help the first, so it is not tried for the second.
    assert len(bench.all(events.FaultSeen)) == 1
    assert "the panel has power" in why(bench, "Ha")


def test_a_dark_filter_after_a_good_one_is_not_the_panels_fault(tmp_path):
    job = {"quality": QualityLimits()}
    bench = Bench(tmp_path, filters=("L", "R"), job=job, size_px=(160, 120))
    darkening(bench, lambda: bench.all(events.FilterFinished))
    assert (bench.run(), bench.outcomes["L"], bench.outcomes["R"]) == (5, "complete", "too_dim")
    assert "the panel lit L in this run" in why(bench, "R")
    assert bench.all(events.FaultSeen) == []


def test_limits_that_are_too_short_for_a_lit_panel_do_not_make_it_a_dark_one(tmp_path):
    limits = {"exposure_start_s": 0.05, "exposure_min_s": 0.05, "exposure_max_s": 0.06}
    bench = Bench(tmp_path, filters=("L", "R", "G", "B", "Ha"), brightness_max=0.03, **limits)
    assert bench.run() == 5
    assert {e.filter for e in bench.all(events.FilterStarted)} == {"L", "R", "G", "B", "Ha"}
    assert "Raise exposure_s.max" in why(bench, "L")
    assert "has power" not in "".join(why(bench, name) for name in bench.outcomes)


def pwm(tmp_path, **plan) -> Bench:
    rig = scenario("pwm", rows=240, cols=160)
    return Bench(tmp_path, rig=rig, filters=("L",), job={"quality": QualityLimits()}, **plan)


@pytest.mark.parametrize("start_s", [0.1, 0.5, 0.7])
def test_a_lamp_that_flickers_gets_a_longer_exposure_with_less_light(tmp_path, start_s):
    bench = pwm(tmp_path, exposure_start_s=start_s, exposure_max_s=60.0)
    code = bench.run()
    banded = [e for e in bench.all(events.Rejected) if e.why[0].kind is Kind.BANDING]
    assert banded
    assert "expose at least" in finding_words(banded[0].why[0])
    assert code == 0
    (used,) = {e.exposure_s for e in bench.all(events.Flat)}
    assert used > banded[0].exposure_s
    assert not any(f.kind is Kind.BANDING for e in bench.all(events.SetQuality) for f in e.findings)


def test_an_exposure_that_is_given_is_not_made_longer(tmp_path):
    held = dict.fromkeys(("exposure_start_s", "exposure_min_s", "exposure_max_s"), 0.1)
    bench = pwm(tmp_path, **held)
    bench.run()
    assert {e.exposure_s for e in bench.all(events.Trial)} == {0.1}
    assert replace(bench.plans[0]) == bench.plans[0]


def test_a_set_whose_light_flickered_is_nothing_to_compare_the_next_one_with(tmp_path, monkeypatch):
    kept = []
    monkeypatch.setattr(History, "remember_set", lambda _self, _key, record: kept.append(record))
    bench = pwm(tmp_path, exposure_start_s=0.73, exposure_max_s=60.0)
    assert bench.run() == 0
    # Of the first attempts a frame was like the one before it by chance, and is on disk.
    told = [event.flats for event in bench.all(events.SetQuality)]
    assert (told, len(kept)) == ([1, 2], 1)
