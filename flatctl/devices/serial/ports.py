"""What a link stands on: how it comes by its port, and whose time it keeps.

The only file that imports serial. A port is a device file or any pyserial URL
(`socket://host:port`, `rfc2217://host:port`, ...).
"""

import contextlib
import termios
import threading
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NamedTuple

import serial
from serial.tools import list_ports

from flatctl.devices.serial.diagnosis import SerialPort

BY_ID = Path("/dev/serial/by-id")
_READ_SLICE_S = 0.02
_WRITE_LIMIT_S = 2.0


class Line(NamedTuple):
    """Which port, how fast, and the levels of the modem lines from the first moment on."""

    url: str
    baud: int
    rts: bool
    dtr: bool


OpenPort = Callable[[Line], Any]
"""Returns an open port with `in_waiting`, `read`, `write`, `reset_input_buffer` and `close`, as
pyserial's have them; `read` waits a moment at most for what hasn't come yet."""


class LinkClock:
    """The computer's own clock, and a thread for what is done meanwhile; tests bring another."""

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for that long."""
        time.sleep(seconds)

    def wait(self, news: threading.Condition, seconds: float) -> None:
        """Wait for news for that long at most; may return early without."""
        news.wait(seconds)

    def keep_doing(self, step: Callable[[], bool], name: str) -> Callable[[], bool]:
        """Do `step` in a thread of that name until it returns false.

        Returns what waits for its end; that returns false where it is called by the step itself.
        """

        def go_on() -> None:
            while step():
                pass

        def ended() -> bool:
            if thread is threading.current_thread():
                return False
            thread.join()
            return True

        thread = threading.Thread(target=go_on, name=name, daemon=True)
        thread.start()
        return ended


def open_serial(line: Line) -> serial.SerialBase:
    """Open a real port; raises what pyserial and the operating system do."""
    port = serial.serial_for_url(line.url, do_not_open=True)
    port.baudrate = line.baud
    port.timeout = _READ_SLICE_S
    if not line.url.lower().startswith("rfc2217:"):  # pyserial refuses it there
        port.write_timeout = _WRITE_LIMIT_S
    port.exclusive = True
    # Before opening: a line that is raised first and lowered later resets some boards, and once
    # open a pseudo-terminal refuses both.
    port.rts = line.rts
    port.dtr = line.dtr
    port.open()
    _keep_dtr_when_closing(port)
    return port


def _keep_dtr_when_closing(port: serial.SerialBase) -> None:
    """Clear HUPCL, so that closing the port doesn't drop DTR: boards reset on its next edge."""
    if not isinstance(port, serial.Serial):
        return
    with contextlib.suppress(OSError, termios.error):
        attributes = termios.tcgetattr(port.fileno())
        attributes[2] &= ~termios.HUPCL
        termios.tcsetattr(port.fileno(), termios.TCSANOW, attributes)


def serial_ports() -> list[SerialPort]:
    """Return the serial ports that this computer has, sorted by path.

    By a name that stays, where there is one: `ttyUSB0` may be another adapter after the next boot.
    """
    stable = stable_names()
    return sorted(
        SerialPort(stable[port.device], f"{port.description}, {port.device}")
        if port.device in stable
        else SerialPort(port.device, port.description)
        for port in list_ports.comports()
    )


def stable_names(folder: Path = BY_ID) -> dict[str, str]:
    """Return the names that stay of serial ports, by those of the moment."""
    try:
        links = sorted(folder.iterdir())
    except OSError:
        return {}
    return {str(link.resolve()): str(link) for link in links}


class Ground(NamedTuple):
    """What links stand on."""

    open_port: OpenPort
    clock: LinkClock


_REAL = Ground(open_serial, LinkClock())
_ground: ContextVar[Ground] = ContextVar("ground", default=_REAL)


def current_ground() -> Ground:
    """Return what links made now stand on."""
    return _ground.get()


@contextlib.contextmanager
def standing_on(ground: Ground) -> Iterator[None]:
    """Put every link that is made inside the block on this ground, for as long as it lives."""
    token = _ground.set(ground)
    try:
        yield
    finally:
        _ground.reset(token)
