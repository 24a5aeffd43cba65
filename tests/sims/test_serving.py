import json
import os
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from plain_alpaca import PlainAlpaca
from until import until
from xml_client import Client

from flatctl.core.nights.sun import Site, sun_altitude_deg
from hardware_sims.indi.stdio import Elements

BLOCKING_S = 20


@contextmanager
def started(*arguments: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def when_ready(process: subprocess.Popen[str], ready: Path) -> dict[str, object]:
    until(lambda: ready.exists() or process.poll() is not None, "the rig is ready")
    return json.loads(ready.read_text())


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_leaves_nothing_behind(tmp_path: Path, signum: signal.Signals):
    ready = tmp_path / "ready.json"
    with started("-m", "hardware_sims", "dim", "--ready", str(ready)) as process:
        served = when_ready(process, ready)
        client = Client(int(served["port"]))
        client.connect("Sim CCD")
        process.send_signal(signum)
        out, err = process.communicate(timeout=BLOCKING_S)
        client.close()
    assert (process.returncode, err) == (0, "")
    assert str(served["config"]) in out
    assert not ready.exists()
    assert not Path(str(served["config"])).parent.exists()


def test_flats_that_were_taken_stay_when_the_rig_goes(tmp_path: Path):
    ready = tmp_path / "ready.json"
    with started("-m", "hardware_sims", "--ready", str(ready)) as process:
        flats = Path(str(when_ready(process, ready)["config"])).parent / "flats"
        flats.mkdir()
        (flats / "flat.fits").write_bytes(b"flat")
        process.terminate()
        process.communicate(timeout=BLOCKING_S)
    try:
        assert [path.name for path in flats.parent.iterdir()] == ["flats"]
    finally:
        shutil.rmtree(flats.parent)


def test_the_ready_file_names_a_config_for_everything_that_is_served(by_indipyserver):
    served = by_indipyserver.served
    config = tomllib.loads(Path(served["config"]).read_text())
    assert config["indi"]["port"] == served["port"]
    assert config["camera"]["device"] == served["camera"]
    assert config["wheel"]["device"] == served["wheel"]
    assert config["panel"]["port"] == served["panel"]
    assert "lit" in by_indipyserver.light()


def test_over_alpaca_the_same_rig_is_served_as_well_and_configured(tmp_path: Path):
    ready = tmp_path / "ready.json"
    with started(
        "-m", "hardware_sims", "dusk-clear+switch", "--alpaca", "--ready", str(ready)
    ) as it:
        served = when_ready(it, ready)
        config = tomllib.loads(Path(str(served["config"])).read_text())
        alpaca = PlainAlpaca(int(str(served["alpaca"])))
        assert alpaca.get("maxbrightness", "covercalibrator").error == 0x407
        assert alpaca.connect("covercalibrator").get("maxbrightness", "covercalibrator").value == 1
        alpaca.put("calibratoron", "covercalibrator", Brightness=1)
        assert '"lit": true' in Path(str(served["panel_log"])).read_text().splitlines()[-1]
        alpaca.close()
        it.send_signal(signal.SIGTERM)
        _, err = it.communicate(timeout=BLOCKING_S)
    assert (it.returncode, err) == (0, "")
    url = f"alpaca://127.0.0.1:{served['alpaca']}"
    assert "indi" not in config
    assert config["panel"]["kind"] == "alpaca"
    tables = ("camera", "wheel", "panel", "mount", "dome")
    kinds = ("camera", "filterwheel", "covercalibrator", "telescope", "dome")
    assert [config[each]["device"] for each in tables] == [f"{url}/{kind}/0" for kind in kinds]


def test_a_port_in_use_ends_with_one_clear_line(by_indipyserver):
    with started("-m", "hardware_sims", "--port", str(by_indipyserver.port)) as process:
        _, err = process.communicate(timeout=BLOCKING_S)
    assert process.returncode == 1
    assert err.startswith("simulated rig: ")
    assert str(by_indipyserver.port) in err
    assert len(err.splitlines()) == 1


def test_an_unknown_scenario_is_a_mistake_in_usage():
    with started("-m", "hardware_sims", "nebula") as process:
        _, err = process.communicate(timeout=BLOCKING_S)
    assert process.returncode == 2
    assert "mono, bright" in err


def test_many_clients_one_after_the_other_are_served_and_cost_nothing_afterwards(by_indipyserver):
    for _ in range(25):
        client = by_indipyserver.client()
        client.send('<getProperties version="1.7"/>')
        client.wait(lambda u: u.device == "Sim Wheel")
        client.close()
    time.sleep(0.3)
    before_s = cpu_s(by_indipyserver.pid)
    time.sleep(1.0)
    assert cpu_s(by_indipyserver.pid) - before_s < 0.3


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_driver_on_pipes_delivers_whole_frames_and_ends_with_its_input(tmp_path: Path):
    commands = (
        '<getProperties version="1.7"/>'
        '<newSwitchVector device="Sim CCD" name="CONNECTION"><oneSwitch name="CONNECT">On'
        "</oneSwitch></newSwitchVector>"
        '<newNumberVector device="Sim CCD" name="CCD_EXPOSURE"><oneNumber '
        'name="CCD_EXPOSURE_VALUE">0.01</oneNumber></newNumberVector>'
    )
    environment = os.environ | {"FLATCTL_SIM_STATE": str(tmp_path)}
    with started("-m", "hardware_sims.camera", stdin=subprocess.PIPE, env=environment) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(commands)
        process.stdin.flush()
        said = ""
        while "</setBLOBVector>" not in said:
            said += process.stdout.readline()
        process.stdin.close()
        process.stdin = None
        _, err = process.communicate(timeout=BLOCKING_S)
    blob = said[said.index("<setBLOBVector") :]
    encoded = blob[blob.index(">", blob.index("<oneBLOB")) + 1 : blob.index("</oneBLOB>")]
    assert len(encoded) == 4 * ((2626560 + 2) // 3)
    assert (process.returncode, err) == (0, "")


def test_a_driver_with_an_unknown_scenario_says_so(tmp_path: Path):
    environment = os.environ | {
        "FLATCTL_SIM_STATE": str(tmp_path),
        "FLATCTL_SIM_SCENARIO": "nebula",
    }
    with started("-m", "hardware_sims.wheel", stdin=subprocess.DEVNULL, env=environment) as process:
        _, err = process.communicate(timeout=BLOCKING_S)
    assert process.returncode == 1
    assert "no scenario 'nebula'; there are mono" in err


def test_elements_are_cut_from_a_stream_in_pieces():
    elements = Elements()
    assert elements.feed(b'<a n="1"><b>te') == []
    assert [e.tag for e in elements.feed(b"xt</b></a>\n<c/><d>")] == ["a", "c"]


def test_after_nonsense_the_stream_begins_anew():
    elements = Elements()
    assert elements.feed(b"<a></b>") == []
    assert [e.tag for e in elements.feed(b"<c/>")] == ["c"]


@pytest.mark.indi_bin
def test_the_plain_tools_of_indi_drive_it(by_indipyserver):
    port = str(by_indipyserver.port)

    def get(prop: str) -> str:
        done = subprocess.run(
            ["indi_getprop", "-p", port, "-1", "-t", "10", prop], capture_output=True, text=True
        )
        return done.stdout.strip()

    def put(setting: str) -> None:
        subprocess.run(["indi_setprop", "-p", port, setting], check=True, timeout=BLOCKING_S)

    put("Sim Wheel.CONNECTION.CONNECT=On")
    until(lambda: get("Sim Wheel.FILTER_NAME.FILTER_SLOT_NAME_5") == "Ha", "the wheel's names")
    slot = "Sim Wheel.FILTER_SLOT.FILTER_SLOT_VALUE"

    def turned() -> bool:
        # Told again until it is heeded: once, on a busy machine, a word of the tool got lost.
        put(f"{slot}=4")
        with suppress(AssertionError):
            until(lambda: get(slot) == "4", "the wheel is there")
            return True
        return False

    until(turned, "the wheel is there", timeout_s=100.0)


def test_clients_that_come_while_others_leave_are_all_served(by_indipyserver):
    def come_and_go(_: int) -> int:
        for _ in range(15):
            client = by_indipyserver.client()
            client.connect("Sim CCD")
            client.number("Sim CCD", "CCD_EXPOSURE", CCD_EXPOSURE_VALUE=0.001)
            client.vanish()
        return 15

    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(come_and_go, range(3))) == [15, 15, 15]


def test_a_rig_under_the_sky_has_a_mount_and_a_roof_and_stands_where_the_sun_sets(tmp_path):
    ready = tmp_path / "rig.json"
    command = ("-m", "hardware_sims", "dusk-clear", "--ready", str(ready))
    with started(*command) as process:
        rig = when_ready(process, ready)
        assert (rig["mount"], rig["roof"]) == ("Sim Mount", "Sim Roof")
        settings = tomllib.loads(Path(str(rig["config"])).read_text())
        site = Site(settings["rig"]["latitude_deg"], settings["rig"]["longitude_deg"])
        now = datetime.now(UTC)
        heights = [sun_altitude_deg(now + timedelta(minutes=n), site) for n in (0, 10)]
        assert -2.0 < heights[0] < 0.0
        assert heights[1] < heights[0]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


@pytest.mark.parametrize(("name", "looks"), [("leak", True), ("mono", False)])
def test_a_rig_that_light_leaks_into_has_a_run_look_for_it(tmp_path, name, looks):
    ready = tmp_path / "rig.json"
    with started("-m", "hardware_sims", name, "--ready", str(ready)) as process:
        config = tomllib.loads(Path(str(when_ready(process, ready)["config"])).read_text())
        assert config.get("quality", {}).get("leak_check", False) is looks
