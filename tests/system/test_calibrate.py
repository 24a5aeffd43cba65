"""`flatctl calibrate` as a user calls it, on the simulated rig, and the run that follows."""

import pytest
import rigs

pytestmark = pytest.mark.timeout(180)


def test_a_camera_of_14_bits_behind_16_is_found_out_and_then_gets_its_flats(tmp_path):
    with rigs.simulated_rig(tmp_path, "14-bit") as rig:
        measured = rigs.flatctl("calibrate", rig.config, "--filter", "R")
        assert measured.returncode == 0, measured.stderr
        assert "16 383 ADU  14 bits" in measured.stdout
        assert rig.light()[-1]["lit"] is False
        run = rig.run("--filter", "R", "--count", 2, "--json", "--output", tmp_path / "flats")
        assert run.returncode == 0, run.stderr
        assert "16383" in rigs.flatctl("history", rig.config).stdout
    told = {event["event"]: event for event in rigs.events(run)}
    assert told["run_started"]["full_scale_adu"] == 16383
    assert told["calibration"]["bits"] == 14
    (report,) = (tmp_path / "flats").rglob("report.html")
    assert "Panel curve" in report.read_text()


def test_an_unknown_filter_is_told_before_any_light(tmp_path):
    with rigs.simulated_rig(tmp_path) as rig:
        ending = rigs.flatctl("calibrate", rig.config, "--filter", "OIII")
        assert (ending.returncode, "OIII" in ending.stderr) == (2, True)
        assert not any(change["lit"] for change in rig.light())
