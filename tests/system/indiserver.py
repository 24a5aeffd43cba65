"""A real indiserver for a test: own port, own sockets, own HOME, gone with its drivers after."""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

CCD = "indi_simulator_ccd"
WHEEL = "indi_simulator_wheel"
TELESCOPE = "indi_simulator_telescope"
DOME = "indi_simulator_dome"
WEATHER = "indi_simulator_weather"
LIGHTPANEL = "indi_simulator_lightpanel"


class Server:
    """A running indiserver; `port` is the one it listens on."""

    def __init__(self, drivers: Sequence[str], home: Path, port: int) -> None:
        self.port = port
        self.home = home
        self._drivers = drivers
        self._log = home / "indiserver.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """What indiserver and the drivers said."""
        return self._log.read_text(errors="replace")

    def start(self, timeout_s: float = 20.0) -> None:
        """Start it and wait until it listens."""
        command = ["indiserver", "-v", "-r", "10", "-m", "1024"]
        command += ["-p", str(self.port), "-u", str(self.home / "socket"), *self._drivers]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"HOME": str(self.home)},
                start_new_session=True,
            )
        deadline = time.monotonic() + timeout_s
        while not _listens(self._process.pid, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"indiserver did not start:\n{self.log}")
            time.sleep(0.02)

    def driver_pid(self, driver: str) -> int:
        """Return the process id of a running driver, the newest one after a restart."""
        found = re.findall(rf"Driver {re.escape(driver)}: pid=(\d+)", self.log)
        return int(found[-1])

    def send_signal(self, signum: signal.Signals) -> None:
        """Send a signal to indiserver alone, not to its drivers."""
        assert self._process is not None
        self._process.send_signal(signum)

    def stop(self) -> None:
        """End it and all its drivers for certain."""
        if self._process is None:
            return
        for signum in (signal.SIGCONT, signal.SIGKILL):
            try:
                os.killpg(self._process.pid, signum)
            except ProcessLookupError:
                break
        self._process.wait()
        self._process = None


@contextmanager
def indiserver(*drivers: str) -> Iterator[Server]:
    """Run indiserver with these drivers (executables, or paths of such) on a free port."""
    home = Path(tempfile.mkdtemp(prefix="flatctl-indi-"))
    with _held_port() as port:
        server = Server(drivers, home, port)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def _held_port() -> Iterator[int]:
    """Keep a port for a server, which may be away for a while: nobody else is given it then."""
    with socket.socket() as holder:
        # Others that want this port and say so as well, as indiserver does, may listen there.
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("", 0))
        yield holder.getsockname()[1]


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _listens(pid: int, port: int) -> bool:
    # Looking is better than connecting: some servers don't get over a client that says nothing.
    try:
        tables = (
            Path(f"/proc/{pid}/net/tcp").read_text() + Path(f"/proc/{pid}/net/tcp6").read_text()
        )
    except OSError:
        return False
    return any(f":{port:04X} " in line and " 0A " in line for line in tables.splitlines())
