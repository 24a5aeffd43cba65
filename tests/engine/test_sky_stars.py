"""Stars in flats of the sky: they take no flat away, and are not in the master of a run's files."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import twilight_bench
from astropy.io import fits
from twilight_bench import Twilight

from flatctl import events
from flatctl.app.master import master
from flatctl.core.quality.findings import Kind
from flatctl.engine.sky.pointing_plan import PointingPlan
from flatctl.errors import ExitCode
from flatctl.outputs.jsonlines import encode, to_plain
from hardware_sims.scenarios import scenario

MILKY_WAY = 12.0
PEDESTAL_ADU = 1000.0


def starry(folder: Path, *, tracking: bool = False, dither_arcsec: float = 60.0) -> Twilight:
    """Return a run late in a dusk under a sky full of stars."""

    def full_of_stars(name: str, **_: int):
        rig = scenario(name, rows=256, cols=320)
        sensor = replace(rig.sensor, gain=0)
        return replace(rig, sensor=sensor, sky=replace(rig.sky, stars=MILKY_WAY))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(twilight_bench, "scenario", full_of_stars)
        patch.setattr(
            twilight_bench, "PointingPlan", partial(PointingPlan, dither_arcsec=dither_arcsec)
        )
        run = Twilight(folder, filters=("L",), count=9, starts_deg=-5.4, tracking=tracking)
        run.code = run.run()
        return run


@pytest.fixture(scope="module")
def dithered(tmp_path_factory) -> Twilight:
    return starry(tmp_path_factory.mktemp("dithered"))


@pytest.fixture(scope="module")
def tracked(tmp_path_factory) -> Twilight:
    return starry(tmp_path_factory.mktemp("tracked"), tracking=True, dither_arcsec=0.0)


def test_each_frame_of_the_right_level_is_kept(dithered) -> None:
    assert dithered.code == ExitCode.COMPLETE
    assert dithered.all(events.Rejected) == []


def test_no_set_is_blamed_for_its_stars(dithered) -> None:
    (quality,) = dithered.all(events.SetQuality)
    assert {each.kind for each in quality.findings} <= {Kind.TOO_FEW}


def test_a_sky_that_fades_is_no_lamp_that_drifts(dithered) -> None:
    (quality,) = dithered.all(events.SetQuality)
    assert json.loads(encode(to_plain(quality)))["drift_frac"] is None


def off_frac(flat: np.ndarray, run: Twilight) -> float:
    """Return which part of the pixels is off by more than a hundredth from the true flat."""
    truth = run.fake.world._field()
    return float(np.mean(np.abs(flat / (truth / truth.mean()) - 1.0) > 0.01))


def test_the_plain_mean_of_the_frames_has_stars_in_it(dithered) -> None:
    frames = [fits.getdata(path) - PEDESTAL_ADU for path in dithered.frames]
    mean = np.mean([frame / np.median(frame) for frame in frames], axis=0)
    assert off_frac(mean / mean.mean(), dithered) > 3e-3


def test_a_master_of_the_files_of_a_run_is_the_true_flat(dithered, tmp_path) -> None:
    made = master(dithered.folder / "flats", output=tmp_path, pedestal_adu=PEDESTAL_ADU)
    (one,) = made.masters
    assert off_frac(fits.getdata(one.path), dithered) < 1e-3


def test_the_same_with_the_tracking_left_on_is_refused_by_name(tracked, tmp_path) -> None:
    assert tracked.code == ExitCode.COMPLETE
    made = master(tracked.folder / "flats", output=tmp_path, pedestal_adu=PEDESTAL_ADU)
    assert not list(tmp_path.rglob("*.fits"))
    assert "stars stand on the same pixels" in str(made)
