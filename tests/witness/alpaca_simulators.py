"""Drive alpaca-simulators, which others wrote, with our devices behind Alpaca. By hand: minutes.

`make witness` installs the version below into a folder of its own and starts it there. Each step is
told with what came of it; the exit status is 1 where one came out otherwise than is written here.
Two steps end in an error, as they have to: that server's gain reads one more than was set, and it
tells the frame of an aborted exposure as that of the next (`findings/alpaca-simulators-*`).
"""

import importlib.metadata
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import UnionType

import numpy as np

from flatctl.core.types import CameraSetup, FrameKind
from flatctl.devices.alpaca.axis import AlpacaFocuser, AlpacaRotator
from flatctl.devices.alpaca.camera import AlpacaCamera
from flatctl.devices.alpaca.mount import AlpacaMount
from flatctl.devices.alpaca.observatory import AlpacaDome, AlpacaSafetyMonitor
from flatctl.devices.alpaca.panel import AlpacaPanel
from flatctl.devices.alpaca.session import AlpacaSession
from flatctl.devices.alpaca.wheel import AlpacaFilterWheel
from flatctl.devices.protocols import CoverState
from flatctl.errors import BadReply, DeviceError, Fault, InUse, NoReply, Unreachable

PACKAGES = ("alpaca-simulators==1.3.2", "cabaret==0.5.5")
_START_S, _ANSWER_S, _FRAME_S = 120.0, 20.0, 60.0
_STARS = 400


Refused = type | UnionType  # a kind of error, or several


class Steps:
    """The steps that were done, and whether each came out as it should."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def see(self, what: str, act: Callable[[], object], wanted: object) -> None:
        """Do a step: it returns `wanted`, or raises it where that is a kind of error."""
        begun_s = time.monotonic()
        try:
            seen: object = act()
        except DeviceError as error:
            seen = error
        good = isinstance(seen, wanted) if isinstance(wanted, Refused) else seen == wanted
        if not good:
            self.failed.append(what)
        told = f"{type(seen).__name__}: {seen}" if isinstance(seen, Exception) else seen
        mark = "as expected" if good else "OTHERWISE"
        print(f"{mark:12} {time.monotonic() - begun_s:5.1f} s  {what}: {told}", flush=True)


@contextmanager
def installed() -> Iterator[Path]:
    """Install it into a temporary folder and give that."""
    with TemporaryDirectory(prefix="flatctl-witness-") as folder:
        subprocess.run([sys.executable, "-m", "venv", f"{folder}/venv"], check=True)
        pip = [f"{folder}/venv/bin/pip", "install", "--quiet", *PACKAGES]
        subprocess.run(pip, check=True, stdout=subprocess.DEVNULL)
        yield Path(folder)


def configure(folder: Path) -> Path:
    """Write its configuration: a panel, and faint stars, without which it makes no light frame."""
    template = next(folder.glob("venv/lib/python*/site-packages/alpaca_simulators/config/*.yaml"))
    stars = folder / "stars.sqlite"
    with sqlite3.connect(stars) as catalogue:
        catalogue.execute("CREATE TABLE gaia_sources (ra REAL, dec REAL, phot_g_mean_mag REAL)")
        anywhere = random.Random(1)
        # Where its telescope points, a field of 0.07 degrees one degree from the pole.
        places = [
            (anywhere.uniform(-4, 4) % 360, anywhere.uniform(88.93, 89.07)) for _ in range(_STARS)
        ]
        catalogue.executemany("INSERT INTO gaia_sources VALUES (?, ?, 17)", places)
    text = template.read_text()
    text = text.replace("calibratorstate: 0", "calibratorstate: 1")
    text = text.replace("tap_source: null", f"tap_source: {stars}")
    config = folder / "rig.yaml"
    config.write_text(text)
    return config


class Server:
    """The program on a port of its own, which stays the same when it is started again."""

    def __init__(self, folder: Path) -> None:
        self._program = folder / "venv/bin/alpaca-simulators"
        self._config = configure(folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it listens."""
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--config", str(self._config)]
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen([self._program, *where], stdout=quiet, stderr=quiet)
        deadline_s = time.monotonic() + _START_S
        while time.monotonic() < deadline_s:
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise TimeoutError("alpaca-simulators does not listen")

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def url(self, kind: str) -> str:
        """Return the address of its device of that type."""
        return f"alpaca://127.0.0.1:{self.port}/{kind}/0"


def with_camera(steps: Steps, server: Server, session: AlpacaSession) -> None:
    """Open, prepare, expose; an abort, and the end of the server."""
    camera = AlpacaCamera(session, server.url("camera"))
    info = camera.open(_ANSWER_S)
    steps.see("camera", lambda: (info.width_px, info.height_px, info.bits), (1024, 1024, 16))
    setup = CameraSetup(binning=2, temperature_c=-10.0)
    with_gain = CameraSetup(binning=2, gain=3)
    steps.see("gain 3, which reads 4", lambda: camera.prepare(with_gain, _FRAME_S), Fault)

    def level(exposure_s: float, kind: FrameKind = FrameKind.FLAT) -> float:
        camera.start(exposure_s, kind)
        frame = camera.read(exposure_s + _FRAME_S)
        pixels = frame.pixels
        assert pixels.shape == (512, 512), pixels.shape
        return float(np.median(pixels))

    def prepared() -> bool:
        camera.open(_ANSWER_S)
        return camera.prepare(setup, _FRAME_S).binning == 2

    steps.see("binned and at -10 C", prepared, True)
    levels: list[float] = []
    for exposure_s in (0.5, 1.0, 2.0):
        levels.append(level(exposure_s))
    print(f"             medians of 0.5, 1 and 2 s: {levels}")
    steps.see("longer flats are brighter", lambda: levels == sorted(set(levels)), True)
    dark = level(1.0, FrameKind.DARK_FLAT)
    steps.see("a dark flat is darker", lambda: dark < levels[1], True)

    def after_an_abort() -> float:
        camera.start(4.0, FrameKind.DARK_FLAT)
        time.sleep(0.5)
        camera.close()
        prepared()
        return level(10.0, FrameKind.DARK_FLAT)

    # Or it is met while it is read out, in the name of nobody.
    steps.see("the frame of an aborted exposure", after_an_abort, BadReply | InUse)

    def while_it_dies() -> float:
        prepared()
        camera.start(5.0, FrameKind.DARK_FLAT)
        server.kill()
        return level(0.1)

    gone = NoReply | Unreachable | BadReply
    steps.see("its server is killed in an exposure", while_it_dies, gone)
    server.start()
    steps.see("and started again", prepared, True)
    steps.see("a flat after that", lambda: level(0.5) > dark - 100, True)
    camera.close()


def with_panel(steps: Steps, server: Server, session: AlpacaSession) -> None:
    """Go through the range of the panel, beyond it, and move the cover."""
    panel = AlpacaPanel(session, server.url("covercalibrator"))
    steps.see("panel", lambda: panel.open(_ANSWER_S), range(1, 256))
    for brightness in (1, 128, 255):

        def lit(brightness: int = brightness) -> int | None:
            panel.set_brightness(brightness, _ANSWER_S)
            return panel.status(_ANSWER_S).brightness

        steps.see(f"brightness {brightness}", lit, brightness)

    def off() -> bool | None:
        panel.light_off(_ANSWER_S)
        return panel.status(_ANSWER_S).lit

    steps.see("light off", off, False)

    def cover(wanted: CoverState) -> CoverState:
        move = panel.open_cover if wanted is CoverState.OPEN else panel.close_cover
        move(_ANSWER_S)
        return panel.cover_state(_ANSWER_S)

    for wanted in (CoverState.OPEN, CoverState.CLOSED):
        steps.see(f"cover {wanted.value}", lambda wanted=wanted: cover(wanted), wanted)


def with_the_rest(steps: Steps, server: Server, session: AlpacaSession) -> None:
    """Turn the wheel and the axes, ask what stands around, park."""
    wheel = AlpacaFilterWheel(session, server.url("filterwheel"))
    names = list(wheel.open(_ANSWER_S))
    steps.see("wheel", lambda: len(names), 5)
    for name in names:

        def turned(name: str = name) -> str | None:
            wheel.select(name, _ANSWER_S)
            return wheel.standing()

        steps.see(f"filter {name}", turned, name)
    rotator = AlpacaRotator(session, server.url("rotator"))
    rotator.open(_ANSWER_S)
    steps.see("rotator to 30", lambda: round(rotator.turn(30.0, _ANSWER_S), 1), 30.0)
    focuser = AlpacaFocuser(session, server.url("focuser"))
    focuser.open(_ANSWER_S)
    steps.see("focuser to 10500", lambda: focuser.move(10_500, _ANSWER_S), 10_500)
    steps.see("focuser beyond its end", lambda: focuser.move(200_000, _ANSWER_S), DeviceError)
    safety = AlpacaSafetyMonitor(session, server.url("safetymonitor"))
    steps.see("the weather is safe", lambda: safety.status(_ANSWER_S).met, True)
    mount = AlpacaMount(session, server.url("telescope"))
    steps.see("the mount, not connected", lambda: mount.status(_ANSWER_S).known, False)
    dome = AlpacaDome(session, server.url("dome"))
    steps.see("the dome, not connected", lambda: dome.status(_ANSWER_S).known, False)


def main() -> None:
    """Install, start, drive, and tell."""
    steps = Steps()
    with installed() as folder:
        server = Server(folder)
        session = AlpacaSession(_ANSWER_S)
        print(f"flatctl {importlib.metadata.version('flatctl')} drives {', '.join(PACKAGES)}")
        try:
            server.start()
            with_panel(steps, server, session)
            with_the_rest(steps, server, session)
            with_camera(steps, server, session)
        finally:
            session.close()
            server.kill()
    if steps.failed:
        sys.exit(f"{len(steps.failed)} came out otherwise: {'; '.join(steps.failed)}")


if __name__ == "__main__":
    main()
