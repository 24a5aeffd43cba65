"""Rigs to run `flatctl` against, each with a configuration file, as a user would have them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import indiserver

BIN = Path(sys.executable).parent
FLATCTL = BIN / "flatctl"
# Nothing that these rigs show depends on it, and a larger frame takes longer.
SIZE = "320x256"


@dataclass(frozen=True)
class RunningRig:
    """A rig that can be used: its configuration file and the log of its light, if it keeps one."""

    config: Path
    light_log: Path | None
    port: int

    def light(self) -> list[dict]:
        """Return every change of the light, oldest first."""
        assert self.light_log is not None
        return [json.loads(line) for line in self.light_log.read_text().splitlines()]

    def run(self, *arguments: object, timeout_s: float = 120) -> subprocess.CompletedProcess:
        """Call `flatctl run` on it and wait for the end."""
        return flatctl("run", self.config, *arguments, timeout_s=timeout_s)


def flatctl(*arguments: object, timeout_s: float = 120) -> subprocess.CompletedProcess:
    """Call the program as a user does."""
    command = [str(FLATCTL), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)


def started(*arguments: object) -> subprocess.Popen:
    """Start the program and leave it running."""
    command = [str(FLATCTL), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def events(finished: subprocess.CompletedProcess) -> list[dict]:
    """Return what a run with `--json` told."""
    return [json.loads(line) for line in finished.stdout.splitlines()]


@contextmanager
def simulated_rig(folder: Path, scenario: str = "mono") -> Iterator[RunningRig]:
    """Serve the simulated rig as `python -m hardware_sims` does."""
    ready = folder / "ready.json"
    command = [sys.executable, "-m", "hardware_sims", scenario, "--ready", str(ready)]
    with (
        environment(FLATCTL_SIM_SIZE=SIZE),
        subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as rig,
    ):
        try:
            await_file(ready, rig)
            facts = json.loads(ready.read_text())
            yield RunningRig(Path(facts["config"]), Path(facts["panel_log"]), facts["port"])
        finally:
            rig.terminate()


@contextmanager
def simulated_rig_under_indiserver(folder: Path) -> Iterator[RunningRig]:
    """Serve the simulated rig's drivers by the real indiserver, its panel beside it."""
    state, link = folder / "state", folder / "panel"
    with environment(FLATCTL_SIM_STATE=str(state), FLATCTL_SIM_SIZE=SIZE):
        panel_command = [str(BIN / "flatctl_sim_panel"), "--link", str(link)]
        with (
            subprocess.Popen(panel_command, stdout=subprocess.DEVNULL) as panel,
            indiserver.indiserver(
                str(BIN / "flatctl_sim_ccd"), str(BIN / "flatctl_sim_wheel")
            ) as server,
        ):
            try:
                await_file(link, panel)
                config = write_config(
                    folder,
                    server.port,
                    camera="Sim CCD",
                    wheel="Sim Wheel",
                    panel=f'kind = "alnitak"\nport = "{link}"\nboot_delay_s = 0\nsettle_s = 0.1',
                )
                yield RunningRig(config, state / "light.log", server.port)
            finally:
                panel.terminate()


@contextmanager
def stock_simulators(folder: Path, *more: str) -> Iterator[RunningRig]:
    """Serve INDI's own simulators and `more` drivers: a light panel that changes nothing.

    It is held at its brightest; the configuration is to be changed where it may be dimmed.
    """
    with indiserver.indiserver(
        indiserver.CCD, indiserver.WHEEL, indiserver.TELESCOPE, indiserver.LIGHTPANEL, *more
    ) as server:
        connect = [f"{name}.CONNECTION.CONNECT=On" for name in ("Telescope Simulator",)]
        await_property(server.port, "Telescope Simulator.CONNECTION.CONNECT")
        subprocess.run(["indi_setprop", "-p", str(server.port), *connect], check=True)
        config = write_config(
            folder,
            server.port,
            camera="CCD Simulator",
            wheel="Filter Simulator",
            panel='kind = "indi"\ndevice = "Light Panel Simulator"\nsettle_s = 0',
            filters='["Red", "Green"]\nbrightness = { start = 1, min = 1 }',
        )
        yield RunningRig(config, None, server.port)


def write_config(
    folder: Path, port: int, *, camera: str, wheel: str, panel: str, filters: str = '["L", "Ha"]'
) -> Path:
    """Write a configuration for a rig on this port and return its path."""
    config = folder / "rig.toml"
    config.write_text(f"""
[indi]
host = "127.0.0.1"
port = {port}

[camera]
device = "{camera}"

[wheel]
device = "{wheel}"

[panel]
{panel}

[flats]
filters = {filters}
count = 3
exposure_s = {{ start = 1.0, min = 0.01, max = 30.0 }}

[output]
directory = "{folder / "flats"}"
""")
    return config


@contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set variables for the processes started inside."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def await_file(path: Path, maker: subprocess.Popen, timeout_s: float = 30) -> None:
    """Wait until the process has made that file."""
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        assert maker.poll() is None, f"ended with {maker.returncode} before {path.name} was there"
        assert time.monotonic() < deadline, f"{path.name} did not appear"
        time.sleep(0.05)


def await_property(port: int, name: str, timeout_s: float = 20) -> None:
    """Wait until the server has a property."""
    deadline = time.monotonic() + timeout_s
    command = ["indi_getprop", "-p", str(port), "-t", "1", name]
    while subprocess.run(command, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, f"{name} did not appear"
