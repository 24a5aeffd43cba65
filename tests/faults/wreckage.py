"""A rig of real processes and sockets that can be broken while `flatctl run` uses it."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import indiserver
import rigs

CCD, WHEEL, PANEL = (str(rigs.BIN / f"flatctl_sim_{name}") for name in ("ccd", "wheel", "panel"))
FILTERS, COUNT, DARK_FLATS = ("L", "R"), 3, 2


class Wreck:
    """The simulated drivers under the real indiserver, the panel beside it on a real pty."""

    def __init__(self, folder: Path, server: indiserver.Server, state: Path) -> None:
        self.folder = folder
        self.flats = folder / "flats"
        self.server = server
        self.config = folder / "rig.toml"
        self.told: list[dict] = []
        self.run: subprocess.Popen[str] | None = None
        self._state = state
        self._link = folder / "panel"
        self._panel: subprocess.Popen[bytes] | None = None
        self._later: list[threading.Timer] = []

    def plug_in(self) -> None:
        """Plug the panel's cable in."""
        command = [PANEL, "--link", str(self._link)]
        self._panel = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        rigs.await_file(self._link, self._panel)

    def pull_cable(self) -> None:
        """Pull the panel's cable: its port breaks and is gone, its light stays as it is."""
        if self._panel is not None:
            self._panel.kill()
            self._panel.wait()
            self._panel = None
            self._link.unlink(missing_ok=True)

    def configure(self, output: Path, filters: Sequence[str] = FILTERS, count: int = COUNT) -> None:
        """Write the configuration, with short time-outs."""
        self.flats = output
        self.config.write_text(f"""
[indi]
host = "127.0.0.1"
port = {self.server.port}
timeout_s = 10

[camera]
device = "Sim CCD"
readout_timeout_s = 8

[wheel]
device = "Sim Wheel"
timeout_s = 15

[panel]
kind = "alnitak"
port = "{self._link}"
boot_delay_s = 0
settle_s = 0.1

[flats]
filters = {json.dumps(filters)}
count = {count}
exposure_s = {{ start = 0.5, min = 0.05, max = 30.0 }}

[dark_flats]
count = {DARK_FLATS}

[output]
directory = "{output}"
""")

    def later(self, seconds: float, action) -> None:
        """Do something in a while, in a thread."""
        self._later.append(threading.Timer(seconds, action))
        self._later[-1].start()

    def children(self) -> list[int]:
        """Return the processes that speak INDI for the run."""
        assert self.run is not None
        listed = Path(f"/proc/{self.run.pid}/task")
        found = [path.read_text().split() for path in listed.glob("*/children")]
        return [int(pid) for pids in found for pid in pids]

    def signal_child(self, number: signal.Signals) -> None:
        """Send a signal to the process that speaks INDI."""
        for pid in self.children():
            os.kill(pid, number)

    def take_flats(
        self, moment=lambda event: False, strike=lambda: None, *, often: bool = False
    ) -> int:
        """Run; strike at the first event that is the moment, or at each; return the exit code."""
        struck = False
        self.told = []
        self.run = rigs.started("run", self.config, "--json")
        with self.run as run:
            for line in run.stdout:
                event = json.loads(line)
                self.told.append(event)
                if (often or not struck) and moment(event):
                    struck = True
                    strike()
            return run.wait(timeout=60)

    @property
    def strikes(self) -> dict[str, Callable[[], None]]:
        """What can be broken, by its name in the matrix."""
        server = self.server

        def driver(path):
            def kill():
                with suppress(ProcessLookupError):
                    os.kill(server.driver_pid(path), signal.SIGKILL)

            return kill

        def restart_server():
            server.stop()
            self.later(2.0, server.start)

        def hang():
            server.send_signal(signal.SIGSTOP)
            self.later(15.0, lambda: server.send_signal(signal.SIGCONT))

        def pull_and_plug():
            self.pull_cable()
            self.later(8.0, self.plug_in)

        return {
            "the process that speaks INDI is killed": lambda: self.signal_child(signal.SIGKILL),
            "the process that speaks INDI freezes": lambda: self.signal_child(signal.SIGSTOP),
            "the camera's driver is killed": driver(CCD),
            "the wheel's driver is killed": driver(WHEEL),
            "indiserver is killed and started again": restart_server,
            "indiserver hangs for 15 s": hang,
            "the panel's cable is really pulled, and back after 8 s": pull_and_plug,
            "the panel's cable is really pulled for good": self.pull_cable,
        }

    def light_is_on(self) -> bool:
        """Say how the panel's own log has the light at last."""
        lines = (self._state / "light.log").read_text().splitlines()
        return json.loads(lines[-1])["lit"]

    @property
    def is_broken(self) -> bool:
        """Whether something is still to be mended."""
        return any(timer.is_alive() for timer in self._later)

    def settle(self) -> None:
        """Wait until everything that was broken for a while is back."""
        for timer in self._later:
            timer.join()
        self._later.clear()

    def tidy(self) -> None:
        """End what is still to come, and the panel."""
        for timer in self._later:
            timer.cancel()
            timer.join()
        self.pull_cable()


@contextmanager
def wreck(folder: Path) -> Iterator[Wreck]:
    """Serve a rig that can be broken."""
    state = folder / "state"
    with (
        rigs.environment(FLATCTL_SIM_STATE=str(state)),
        indiserver.indiserver(CCD, WHEEL) as server,
    ):
        made = Wreck(folder, server, state)
        try:
            made.plug_in()
            for name in ("Sim CCD", "Sim Wheel"):
                rigs.await_property(server.port, f"{name}.CONNECTION.CONNECT")
            made.configure(folder / "flats")
            yield made
        finally:
            made.tidy()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """Mount a file system of that size; needs root."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def can_mount(folder: Path) -> bool:
    """Say whether this user may mount a small disk there."""
    try:
        with small_disk(folder / "probe", "64k"):
            return True
    except (subprocess.CalledProcessError, FileNotFoundError):
        return False
