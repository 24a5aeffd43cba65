"""The main job, from the command line to the files, over the real protocols."""

import json
import signal

import numpy as np
import pytest
import rigs
from astropy.io import fits

pytestmark = pytest.mark.timeout(300)


def level(path) -> float:
    """Measure a file's median, as a fraction of full scale, without the product's help."""
    with fits.open(path, verify="exception", checksum=True) as file:
        return float(np.median(file[0].data)) / 65535


def clipped_frac(path) -> float:
    """Measure which fraction of a file's pixels is at full scale."""
    return float(np.mean(fits.getdata(path) >= 65535))


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with rigs.simulated_rig(tmp_path_factory.mktemp("rig")) as running:
        yield running


@pytest.fixture(scope="module")
def finished(rig, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flats")
    run = rig.run("--filter", "L", "--filter", "Ha", "--count", 3, "--output", folder, "--json")
    assert run.returncode == 0, run.stderr
    return run, folder


def test_all_flats_asked_for_are_on_disk(finished):
    _, folder = finished
    names = sorted(path.name for path in folder.glob("*/FLAT/*.fits"))
    assert [name.split("_")[1] for name in names] == ["FILTER-Ha"] * 3 + ["FILTER-L"] * 3


def test_every_flat_on_disk_is_in_the_band(finished):
    _, folder = finished
    assert all(0.46 <= level(path) <= 0.56 for path in folder.rglob("*.fits"))


def test_no_flat_on_disk_is_clipped(finished):
    _, folder = finished
    assert all(clipped_frac(path) <= 0.001 for path in folder.rglob("*.fits"))


def test_the_story_is_told_from_run_started_to_run_finished(finished):
    run, _ = finished
    told = rigs.events(run)
    assert (told[0]["event"], told[-1]["event"]) == ("run_started", "run_finished")
    assert told[-1]["filters"] == {"L": "complete", "Ha": "complete"}


def test_run_json_holds_the_same_story(finished):
    run, folder = finished
    (path,) = folder.rglob("run.json")
    lasting = [e for e in rigs.events(run) if e["event"] not in ("exposing", "waiting")]
    assert json.loads(path.read_text())["events"] == lasting


def test_the_report_lies_beside_it(finished):
    _, folder = finished
    (path,) = folder.rglob("report.html")
    assert "Ha" in path.read_text()


def test_the_light_is_off_after_a_run(finished, rig):
    assert rig.light()[-1]["lit"] is False


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        (signal.SIGHUP, 129),
        (signal.SIGUSR1, 138),
    ],
)
def test_the_light_is_off_after_a_signal(rig, tmp_path, number, code):
    run = rigs.started("run", rig.config, "--output", tmp_path, "--json", "--no-resume")
    with run:
        for line in run.stdout:
            if json.loads(line)["event"] == "flat":
                run.send_signal(number)
                break
        run.stdout.read()
        assert run.wait(timeout=30) == code
    assert rig.light()[-1]["lit"] is False


def test_the_light_is_off_after_a_filter_that_can_not_be_done(tmp_path):
    with rigs.simulated_rig(tmp_path, "dead-filter") as rig:
        run = rig.run("--filter", "Ha", "--count", 1, "--output", tmp_path / "flats")
        assert run.returncode == 5, run.stderr
        assert rig.light()[-1]["lit"] is False


@pytest.mark.indi_bin
def test_the_same_run_completes_under_the_real_indiserver(tmp_path):
    with rigs.simulated_rig_under_indiserver(tmp_path) as rig:
        run = rig.run("--count", 2)
        assert run.returncode == 0, run.stderr
        paths = list((tmp_path / "flats").rglob("*.fits"))
        assert len(paths) == 4
        assert all(0.46 <= level(path) <= 0.56 for path in paths)
        assert rig.light()[-1]["lit"] is False


@pytest.mark.indi_bin
def test_the_same_run_completes_on_the_stock_simulators(tmp_path):
    with rigs.stock_simulators(tmp_path) as rig:
        run = rig.run("--count", 2, "--json")
        assert run.returncode == 0, run.stderr
        paths = list((tmp_path / "flats").rglob("*.fits"))
        assert len(paths) == 4
        assert all(0.46 <= level(path) <= 0.56 for path in paths)


@pytest.mark.indi_bin
def test_on_the_stock_simulators_light_that_is_not_the_panels_makes_no_flats(tmp_path):
    with rigs.stock_simulators(tmp_path) as rig:
        text = rig.config.read_text()
        rig.config.write_text(text.replace("brightness = { start = 1, min = 1 }", ""))
        run = rig.run("--count", 1, "--json", "--filter", "Red")
        trials = [event for event in rigs.events(run) if event["event"] == "trial"]
        moved = next(i for i, t in enumerate(trials) if t["exposure_s"] != 1.0)
        assert trials[moved - 1]["brightness"] == 0
        assert run.returncode == 5
        (ended,) = [each for each in rigs.events(run) if each["event"] == "filter_finished"]
        assert ended["reason"].startswith("Another light: with the panel off")
