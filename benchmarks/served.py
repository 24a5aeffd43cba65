"""Rigs to measure on: the simulated drivers, or INDI's own, under the real indiserver."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
SIZES = {"1.3": (1280, 1024), "26": (6248, 4176), "61": (9576, 6388)}


@dataclass(frozen=True)
class Served:
    """A running rig: the port of its server, and what its devices are called."""

    port: int
    folder: Path
    camera: str
    wheel: str
    panel: str

    def config(self, name: str, flats: str, *, indi: str = "", output: str = "") -> Path:
        """Write a configuration and return its path; `flats` are the lines of that table."""
        path = self.folder / f"{name}.toml"
        path.write_text(f"""
[rig]
name = "benchmark"
[indi]
host = "127.0.0.1"
port = {self.port}
{indi}
[camera]
device = "{self.camera}"
[wheel]
device = "{self.wheel}"
[panel]
{self.panel}
[flats]
{flats}
[output]
directory = "{self.folder / name}"
history = "{self.folder / "history.sqlite"}"
{output}
""")
        return path


@contextmanager
def simulated(folder: Path, cols: int, rows: int, scenario: str = "mono") -> Iterator[Served]:
    """Serve the simulated rig; its camera gives equal frames for equal light, at no cost."""
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "panel"
    extra = {
        "FLATCTL_SIM_STATE": str(folder / "state"),
        "FLATCTL_SIM_SCENARIO": scenario,
        "FLATCTL_SIM_SIZE": f"{cols}x{rows}",
        "FLATCTL_SIM_STILL": "1",
    }
    panel = [str(BIN / "flatctl_sim_panel"), "--link", str(link)]
    drivers = [str(BIN / "flatctl_sim_ccd"), str(BIN / "flatctl_sim_wheel")]
    with _running(panel, folder, extra), _indiserver(folder, drivers, extra) as port:
        _await(link.exists)
        # A big camera computes its vignetting first.
        _await(lambda: reported(port, "Sim CCD.CONNECTION.CONNECT") != "", 180)
        table = f'kind = "alnitak"\nport = "{link}"\nboot_delay_s = 0\nsettle_s = 0.1'
        yield Served(port, folder, "Sim CCD", "Sim Wheel", table)


@contextmanager
def stock(folder: Path) -> Iterator[Served]:
    """Serve INDI's own simulators, which look at their timers 20 times a second instead of once."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("ccd", "wheel", "lightpanel", "telescope")
    drivers = [f"indi_simulator_{name}" for name in names]
    with _indiserver(folder, drivers, {}) as port:
        # Flats are black unless the camera knows a telescope.
        set_property(port, "Telescope Simulator.CONNECTION.CONNECT=On")
        set_property(port, "CCD Simulator.CONNECTION.CONNECT=On")
        set_property(port, "CCD Simulator.POLLING_PERIOD.PERIOD_MS=50")
        table = 'kind = "indi"\ndevice = "Light Panel Simulator"\nsettle_s = 0'
        yield Served(port, folder, "CCD Simulator", "Filter Simulator", table)


def set_property(port: int, setting: str) -> None:
    """Set a property once it is there, and wait until it is reported so."""
    name, _, value = setting.partition("=")

    def done() -> bool:
        command = ["indi_setprop", "-p", str(port), "-t", "2", setting]
        subprocess.run(command, capture_output=True, check=False)
        return reported(port, name) == value

    _await(done)


def reported(port: int, name: str) -> str:
    """Return what a property is reported to be, empty where it isn't there."""
    command = ["indi_getprop", "-p", str(port), "-t", "1", "-1", name]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def flatctl(*arguments: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Call the program as a user does."""
    command = [str(BIN / "flatctl"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"{' '.join(command)}\nexit {done.returncode}\n{done.stderr}")
    return done


@contextmanager
def _indiserver(folder: Path, drivers: Sequence[str], extra: dict[str, str]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    options = ["-p", str(port), "-u", str(folder / "socket"), "-m", "1024"]
    with _running(["indiserver", *options, *drivers], folder, extra):
        _await(lambda: _listens(port))
        yield port


@contextmanager
def _running(command: Sequence[str], home: Path, extra: dict[str, str]) -> Iterator[None]:
    env = os.environ | {"HOME": str(home)} | extra
    with (home / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _await(condition, timeout_s: float = 30.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit("the rig does not come up: see its log")
        time.sleep(0.1)
