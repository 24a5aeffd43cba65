"""A rig of real processes and sockets that can be broken while `flatctl run` uses it."""

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import indiserver
import rigs
import tampering
from tampering import TamperedWire

from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import SimulatedAlnitak
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.shared import shared_world

CCD, WHEEL, LIGHT_BOX = (
    str(rigs.BIN / f"flatctl_sim_{name}") for name in ("ccd", "wheel", "lightbox")
)
FILTERS, COUNT, DARK_FLATS = ("L", "R"), 3, 2
SMALL = "320x240"


class LyingPanel(SimulatedAlnitak):
    """A panel that does nothing of what it says as long as it `lies`.

    It `lies_soon` from the next change of the light on that it is told, until it is opened anew.
    `when_spoken_to` is called, once, at the next word that reaches it; that word is lost.
    """

    def __init__(self, light: Light) -> None:
        super().__init__(light)
        self.lies = False
        self.lies_soon = False
        self.when_spoken_to: Callable[[], None] | None = None
        self._until_opened = False
        self._light, self._fancied = light, Light(light.maximum)

    def reply(self, received: bytes) -> bytes:
        """Answer, and act upon it or not."""
        if received and self.when_spoken_to:
            happening, self.when_spoken_to = self.when_spoken_to, None
            happening()
            return b""
        if self.lies_soon and (b">B" in received or b">D" in received):
            self.lies_soon, self.lies = False, True
            self._until_opened = True
        if self._until_opened and b">P" in received:
            self._until_opened = self.lies = False
        self.light = self._fancied if self.lies else self._light
        return super().reply(received)


class Wreck:
    """The simulated drivers under the real indiserver, the panel beside it on a real pty."""

    def __init__(self, folder: Path, server: indiserver.Server, state: Path) -> None:
        self.server = server
        self.told: list[dict] = []
        self.run: subprocess.Popen[str] | None = None
        self.last_words = ""  # what the run said last on stderr
        self.late: list[bytes] = []  # pixels of frames that came too late
        self.speakers: set[int] = set()  # the processes that spoke INDI for the run
        self._state = state
        self._link = folder / "panel"
        self._brain = LyingPanel(shared_world().light)
        self._panel = PtyServer(self._brain, link=self._link)
        self._wire = TamperedWire(server.port)
        self._later: list[threading.Timer] = []
        self._failures: list[Exception] = []
        self._panel.start()
        self.configure(folder)

    def configure(
        self,
        folder: Path,
        filters: Sequence[str] = FILTERS,
        count: int = COUNT,
        flats: Path | None = None,
        *,
        light_box: bool = False,
    ) -> None:
        """Write the configuration into a folder, with short time-outs.

        The light is the panel's on the pseudo-terminal, or that of the light box behind INDI.
        """
        timeout_s = 5
        panel = f'kind = "alnitak"\nport = "{self._link}"\nboot_delay_s = 0'
        if light_box:
            panel = 'kind = "indi"\ndevice = "Sim Light Box"'
            # The time-out isn't the point there, and a driver starts slowly on a busy machine.
            timeout_s = 20
        self.folder = folder
        self.flats = flats or folder / "flats"
        self.config = folder / "rig.toml"
        self.history = folder / "history.sqlite"
        self.config.write_text(f"""
[indi]
host = "127.0.0.1"
port = {self.server.port}
timeout_s = {timeout_s}

[camera]
device = "Sim CCD"
gain = 180
readout_timeout_s = 4
temperature_c = -10.0

[wheel]
device = "Sim Wheel"
timeout_s = 5

[panel]
{panel}
settle_s = 0.1

[flats]
filters = {json.dumps(filters)}
count = {count}
brightness = {{ start = 0.2 }}
exposure_s = {{ start = 0.2, min = 0.02, max = 3.0 }}

[dark_flats]
count = {DARK_FLATS}

[output]
directory = "{self.flats}"
history = "{self.history}"
""")

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in a while, in a thread; `settle` raises what goes wrong there."""

        def act() -> None:
            try:
                action()
            except (OSError, RuntimeError) as error:
                self._failures.append(error)

        self._later.append(threading.Timer(seconds, act))
        self._later[-1].start()

    def children(self) -> list[int]:
        """Return the processes that speak INDI for the run."""
        assert self.run is not None
        found: list[int] = []
        for listed in Path(f"/proc/{self.run.pid}/task").glob("*/children"):
            with suppress(OSError):  # the thread has ended meanwhile
                found += map(int, listed.read_text().split())
        return found

    def signal_child(self, number: signal.Signals) -> None:
        """Send a signal to the process that speaks INDI."""
        for pid in self.children():
            os.kill(pid, number)

    def take_flats(
        self,
        moment: Callable[[dict], bool] = lambda event: False,
        strike: Callable[[], None] = lambda: None,
        *,
        often: bool = False,
    ) -> int:
        """Run; strike at the first event that is the moment, or at each; return the exit code."""
        struck = False
        self.told = []
        self.speakers.clear()
        # A driver that is started anew draws the same noise again: another test's late frame may
        # be to the byte what this one rightly gets.
        self.late.clear()
        # Over the wire that can be tampered with: not the server's local socket.
        with rigs.environment(FLATCTL_INDI__PORT=str(self._wire.port)):
            self.run = rigs.started("run", self.config, "--json")
        with self.run as run:
            for line in run.stdout:
                event = json.loads(line)
                self.told.append(event)
                self.speakers.update(self.children())
                if (often or not struck) and moment(event):
                    struck = True
                    strike()
            self.last_words = "".join(run.stderr.read().splitlines()[-1:])
            return run.wait(timeout=60)

    @property
    def strikes(self) -> dict[str, Callable[[], None]]:
        """What can be broken, by its name in the matrix."""
        return {
            "the process that speaks INDI is killed": lambda: self.signal_child(signal.SIGKILL),
            "the process that speaks INDI crashes with SIGSEGV": lambda: self.signal_child(
                signal.SIGSEGV
            ),
            "the process that speaks INDI aborts": lambda: self.signal_child(signal.SIGABRT),
            "the process that speaks INDI freezes": lambda: self.signal_child(signal.SIGSTOP),
            "the camera's driver is killed": lambda: self._kill_driver(CCD),
            "the wheel's driver is killed": lambda: self._kill_driver(WHEEL),
            "the wheel's driver is killed while it turns": self._kill_turning_wheel,
            "the light box's driver is killed": lambda: self._kill_driver(LIGHT_BOX),
            "indiserver is killed and started again": self._restart_server,
            "indiserver hangs for 10 s": self._hang_server,
            "an exposure never ends": lambda: self._wire.change(
                lambda e: b"" if _ends_an_exposure(e) else None
            ),
            "the camera says that an exposure failed, and sends its frame later": self._alert,
            "an exposure ends without a frame": lambda: self._wire.change(
                tampering.once(lambda e: b"" if tampering.is_about(e, "CCD1") else None)
            ),
            "a frame is cut off": lambda: self._spoil_frame(lambda content: content[:-5000]),
            "a frame is of a wrong size": lambda: self._spoil_frame(
                lambda content: re.sub(rb"(NAXIS2  =\s+)240", rb"\g<1>120", content, count=1)
            ),
            "a frame comes late, during the next exposure of the same length": self._delay_frame,
            "every frame comes twice, the copy during the next exposure": self._copy_frames,
            "the sensor gets warm": self._warm_up,
            "the wheel stops at a wrong slot": lambda: self._wire.change(_at_another_slot),
            "the wheel does not arrive": lambda: self._wire.change(
                lambda e: b"" if tampering.is_about(e, "FILTER_SLOT") else None
            ),
            "the connection to the INDI server is reset": self._wire.reset,
            "half a message leaves the INDI library deaf": lambda: self._wire.change(
                tampering.once(lambda e: b"<setTextVector device='Sim CCD' name='HALF'>" + e)
            ),
            "the network loses every packet of a connection": self._wire.fall_silent,
            "the panel answers garbage three times": self._garble,
            "the panel answers garbage at first": self._garble,
            "the panel is silent for 10 s": self._silence_panel,
            "the panel reports what it does not do, until it is opened anew": self._lie_soon,
            "the panel's cable is pulled, and back after 5 s": self._pull_and_plug,
            "the panel's cable is pulled for good": self._panel.pull_cable,
        }

    def when_panel_is_needed(self, strike: Callable[[], None]) -> None:
        """Strike at the next word to the panel: not when nobody wants anything of it any more."""
        # Not in the thread that serves the panel: that has the cable to pull.
        self._brain.when_spoken_to = lambda: self.later(0.0, strike)

    def _kill_driver(self, path: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.server.driver_pid(path), signal.SIGKILL)

    def _kill_turning_wheel(self) -> None:
        def kill(element: bytes) -> bytes | None:
            if not tampering.is_about(element, "FILTER_SLOT", "Busy"):
                return None
            self._kill_driver(WHEEL)
            return element

        self._wire.change(tampering.once(kill))

    def _restart_server(self) -> None:
        self.server.stop()
        self.later(2.0, self.server.start)

    def _hang_server(self) -> None:
        self.server.send_signal(signal.SIGSTOP)
        self.later(10.0, lambda: self.server.send_signal(signal.SIGCONT))

    def _alert(self) -> None:
        def change(element: bytes) -> bytes | None:
            if not tampering.is_about(element, "CCD_EXPOSURE", "Busy"):
                return None
            return tampering.with_state(element, "Alert")

        self._wire.change(tampering.once(change))

    def _spoil_frame(self, spoil: Callable[[bytes], bytes]) -> None:
        def change(element: bytes) -> bytes | None:
            if not tampering.is_about(element, "CCD1"):
                return None
            return tampering.with_frame(element, spoil(tampering.frame_of(element)))

        self._wire.change(tampering.once(change))

    def _delay_frame(self) -> None:
        delayed: list[bytes] = []

        def hold_back(element: bytes) -> bytes | None:
            if tampering.is_about(element, "CCD1"):
                delayed.append(element)
                self.late.append(tampering.frame_of(element)[-2880 * 20 :])
            return b"" if _ends_an_exposure(element) else None

        def bring(element: bytes) -> bytes | None:
            if not delayed or not tampering.is_about(element, "CCD_EXPOSURE", "Busy"):
                return None
            return element + delayed.pop()

        self._wire.change(hold_back)
        self._wire.change_next(bring)

    def _copy_frames(self) -> None:
        copies: list[bytes] = []

        def copy(element: bytes) -> bytes | None:
            if tampering.is_about(element, "CCD1"):
                copies[:] = [element]
                return None
            if not copies or not tampering.is_about(element, "CCD_EXPOSURE", "Busy"):
                return None
            return element + copies.pop()

        self._wire.change(copy)

    def _warm_up(self) -> None:
        off = "Sim CCD.CCD_COOLER.COOLER_OFF=On"
        subprocess.run(["indi_setprop", "-p", str(self.server.port), off], check=True)

    def _garble(self) -> None:
        self._panel.faults.garble_replies = 3

    def _silence_panel(self) -> None:
        def speak() -> None:
            self._panel.faults.silent = False

        self._panel.faults.silent = True
        self.later(10.0, speak)

    def _lie_soon(self) -> None:
        self._brain.lies_soon = True

    def _pull_and_plug(self) -> None:
        self._panel.pull_cable()
        self.later(5.0, self._panel.plug_in)

    def light_is_on(self) -> bool:
        """Say how the panel's own log has the light at last."""
        lines = (self._state / "light.log").read_text().splitlines()
        return json.loads(lines[-1])["lit"]

    @property
    def is_broken(self) -> bool:
        """Whether something is still to be mended."""
        return any(timer.is_alive() for timer in self._later)

    def settle(self) -> None:
        """Wait until everything that was broken for a while is back, and mend the rest."""
        for timer in self._later:
            timer.join()
        self._later.clear()
        if self._failures:
            raise self._failures.pop()
        self._wire.mend()
        self._brain.lies = self._brain.lies_soon = False
        self._brain.when_spoken_to = None
        self._panel.faults.garble_replies = 0
        self._panel.plug_in()

    def tidy(self) -> None:
        """End what is still to come, and the panel."""
        for timer in self._later:
            timer.cancel()
            timer.join()
        self._panel.stop()
        self._wire.close()


def _ends_an_exposure(element: bytes) -> bool:
    return tampering.is_about(element, "CCD1") or tampering.is_about(
        element, "CCD_EXPOSURE", "(?:Ok|Idle)"
    )


def _at_another_slot(element: bytes) -> bytes | None:
    if not tampering.is_about(element, "FILTER_SLOT"):
        return None
    return tampering.with_number(element, 5)


@contextmanager
def wreck(folder: Path) -> Iterator[Wreck]:
    """Serve a rig that can be broken."""
    state = folder / "state"
    with (
        rigs.environment(FLATCTL_SIM_STATE=str(state), FLATCTL_SIM_SIZE=SMALL),
        indiserver.indiserver(CCD, WHEEL, LIGHT_BOX) as server,
    ):
        made = Wreck(folder, server, state)
        try:
            for name in ("Sim CCD", "Sim Wheel", "Sim Light Box"):
                rigs.await_property(server.port, f"{name}.CONNECTION.CONNECT")
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
