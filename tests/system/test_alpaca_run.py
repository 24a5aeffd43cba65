"""Flats of a rig that is behind Alpaca alone, by the program itself."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import rigs
from alpaca_served import (
    EXPOSURES,
    alpaca_camera,
    alpaca_panel,
    alpaca_served,
    command,
    config_of,
    take_flats,
)
from indi_served import indi_served

from flatctl.errors import DeviceError, Unfit
from hardware_sims import camera, lightbox, wheel
from hardware_sims.alpaca.habits import HABITS
from hardware_sims.camera import SimCamera
from hardware_sims.lightbox import SimLightBox
from hardware_sims.scenarios import SCENARIOS, scenario
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World

# What may take no longer than 2 s is over long before this, on however busy a machine.
SOON_S = 10.0
OF_INDI = (
    "PyIndi",
    "requests",
    "flatctl.devices.indi.wire.client",
    "flatctl.devices.indi.wire.child",
)


def test_a_rig_behind_alpaca_takes_its_flats_without_anything_of_indi(tmp_path):
    program = (
        "import atexit, sys; from flatctl.cli import main; "
        f"atexit.register(lambda: print([m for m in {OF_INDI} if m in sys.modules])); "
        "main(sys.argv[1:])"
    )
    with alpaca_served() as rig:
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig))
        ended = subprocess.run(
            [sys.executable, "-c", program, "run", config],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.splitlines()[-1] == "[]"
        assert len(list(tmp_path.rglob("FLAT_*.fits"))) == 3
        assert not rig.world.light.lit


def over_indi(name, folder):
    world = World(scenario(name, rows=120, cols=160))
    drivers = lambda: [SimCamera(world), SimWheel(world), SimLightBox(world)]  # noqa: E731
    with indi_served(drivers) as port:
        tables = (
            f'[indi]\nhost = "127.0.0.1"\nport = {port}\n[camera]\ndevice = "{camera.NAME}"\n'
            f'[wheel]\ndevice = "{wheel.NAME}"\n'
            f'[panel]\nkind = "indi"\ndevice = "{lightbox.NAME}"\nsettle_s = 0\n'
        )
        return take_flats(config_of(folder, tables, flats=filters_of(name), name="indi"))


def over_alpaca(name, folder):
    with alpaca_served(name) as rig:
        tables = (alpaca_camera(rig), alpaca_panel(rig))
        return take_flats(config_of(folder, *tables, flats=filters_of(name), name="alpaca"))


def filters_of(name):
    filters = '"F1", "F2"' if name == "twelve" else '"L", "R"'
    return f"filters = [{filters}]\n{EXPOSURES}"


BY_DAY = ("mono", "osc")
BY_NIGHT = [pytest.param(n, marks=pytest.mark.nightly) for n in SCENARIOS if n not in BY_DAY]


@pytest.mark.parametrize("name", [*BY_DAY, *BY_NIGHT])
def test_its_sets_are_those_that_indi_gives(tmp_path, name):
    (code, told), (as_over_indi, of_indi) = over_alpaca(name, tmp_path), over_indi(name, tmp_path)
    assert code == as_over_indi
    finished, expected = (
        [(e["filter"], e["outcome"], e["flats"]) for e in each if e["event"] == "filter_finished"]
        for each in (told, of_indi)
    )
    assert finished == expected
    flats, others = ([e for e in each if e["event"] == "flat"] for each in (told, of_indi))
    for one, other in zip(flats, others, strict=True):
        assert one["level"] == pytest.approx(other["level"], abs=0.05)
        if name != "pwm":  # there it hangs on when a frame meets the lamp's pulses
            assert one["exposure_s"] == pytest.approx(other["exposure_s"], rel=0.1)


REFUSED = {"planes": Unfit, "no-light": DeviceError}


@pytest.mark.nightly
@pytest.mark.parametrize("name", HABITS)
def test_a_rig_takes_its_flats_whatever_its_devices_make_of_the_protocol(tmp_path, name):
    with alpaca_served(f"mono+{name}") as rig:
        flats = f'filters = ["L", "R"]\n{EXPOSURES}'
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig), flats=flats)
        if name in REFUSED:
            with pytest.raises(REFUSED[name]):
                take_flats(config)
            return
        code, told = take_flats(config)
        assert code == 0
        assert [e["flats"] for e in told if e["event"] == "filter_finished"] == [3, 3]
        assert not rig.world.light.lit


@contextmanager
def run_until(config, reached):
    """Run flatctl until something is so, then give it to be ended."""
    run = subprocess.Popen(
        [str(rigs.FLATCTL), "run", str(config), "--json", "--no-resume"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    with run:
        until = time.monotonic() + 60
        while not reached():
            assert run.poll() is None, run.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.02)
        try:
            yield run
        finally:
            run.kill()


def ended_dark(run, rig) -> float:
    """Stop a run and return after how many seconds its light is out."""
    told_s = time.monotonic()
    run.send_signal(signal.SIGTERM)
    while rig.world.light.lit and time.monotonic() < told_s + SOON_S:
        time.sleep(0.01)
    took_s = time.monotonic() - told_s
    assert run.wait(timeout=60) == 143
    assert not rig.world.light.lit
    return took_s


def test_the_panel_is_dark_soon_while_an_image_stands_still(tmp_path):
    with alpaca_served() as rig:
        rig.order("camera", "imagearray", "stall", times=None)
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig))
        reached = lambda: any(path.endswith("imagearray") for _, path, _ in rig.heard)  # noqa: E731
        with run_until(config, reached) as run:
            assert ended_dark(run, rig) < SOON_S


CAMERA = """
import sys, time
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.scenarios import scenario
from hardware_sims.world import World
with AlpacaRig(World(scenario("mono", rows=120, cols=160))) as rig:
    print(rig.port, flush=True)
    time.sleep(600)
"""


def test_the_panel_is_dark_soon_while_the_camera_s_server_is_stopped(tmp_path):
    server = subprocess.Popen([sys.executable, "-c", CAMERA], stdout=subprocess.PIPE, text=True)
    with server, alpaca_served() as rig:
        try:
            url = f"alpaca://127.0.0.1:{server.stdout.readline().strip()}/camera/0"
            config = config_of(
                tmp_path, f'[camera]\ndevice = "{url}"\n', alpaca_panel(rig), flats=EXPOSURES
            )
            with run_until(config, lambda: rig.world.light.lit) as run:
                os.kill(server.pid, signal.SIGSTOP)
                assert ended_dark(run, rig) < SOON_S
        finally:
            server.kill()


def test_a_killed_run_is_made_dark_by_another_program_that_no_device_knows(tmp_path):
    with alpaca_served("mono+per-client") as rig:
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig))
        with run_until(config, lambda: rig.world.light.lit) as run:
            run.kill()
            run.wait(timeout=60)
        assert rig.world.light.lit
        clients = clients_of(rig)
        code, printed = command("safe", config)
        assert (code, "light off" in printed) == (0, True), printed
        assert not rig.world.light.lit
        assert len(clients_of(rig) - clients) == 1


def clients_of(rig):
    return {values["ClientID"] for _, _, values in rig.heard if "ClientID" in values}


def test_a_run_is_seen_and_stopped_from_beside(tmp_path):
    with alpaca_served() as rig:
        flats = 'filters = ["Ha"]\ncount = 50\n'
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig), flats=flats)
        with run_until(config, lambda: rig.world.light.lit) as run:
            code, printed = command("panel", config, "on")
            assert (code, "is in use by" in printed) == (4, True)
            assert "alpaca" in command("status", config)[1]
            assert command("stop", config)[0] == 0
            assert run.wait(timeout=60) == 143
        assert not rig.world.light.lit


@pytest.mark.parametrize(
    "words", [("test", "--exposure", "0.1", "--brightness", "100"), ("calibrate",)]
)
def test_a_frame_by_hand_and_a_calibration_work_as_with_any_camera(tmp_path, words):
    with alpaca_served() as rig:
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig))
        code, printed = command(words[0], config, *words[1:])
        assert code == 0, printed
        assert not rig.world.light.lit


def test_a_check_says_of_each_device_what_it_is(tmp_path):
    with alpaca_served() as rig:
        weather = f'[weather]\ndevice = "{rig.url("safetymonitor")}"\n'
        config = config_of(tmp_path, alpaca_camera(rig), alpaca_panel(rig), weather)
        code, printed = command("check", config, "--light")
        assert code == 0, printed
        for word in ("camera", "filter wheel", "order and safety", "panel"):
            assert f"ok       {word}" in printed
        assert printed.count("UniqueID") >= 3
