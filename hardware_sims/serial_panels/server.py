"""A pseudo-terminal that carries real bytes to a simulated panel, and misbehaves when told to."""

import contextlib
import os
import queue
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from hardware_sims.serial_panels.line import FaultyLine, LineFaults, SimulatedPanel

_TICK_S = 0.01


class PtyServer:
    """Serve a simulated panel on a pseudo-terminal until stopped.

    `path` is what a client opens: the pseudo-terminal itself, or `link`, a symbolic link that
    survives `pull_cable` and `plug_in`. `traffic` lists what passed: `(">", bytes)` that reached
    the panel, `("<", bytes)` that it sent. Use as a context manager, or `start` and `stop`.
    """

    def __init__(
        self,
        panel: SimulatedPanel,
        *,
        link: Path | None = None,
        faults: LineFaults | None = None,
        seed: int = 1,
    ) -> None:
        self.line = FaultyLine(panel, faults, now=time.monotonic, seed=seed)
        self._link = link
        self._orders: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._serve, name="panel-pty", daemon=True)
        self._running = False
        self._master: int | None = None
        self._device = ""
        self._is_open = False
        self._kept: list[int] = []

    @property
    def panel(self) -> SimulatedPanel:
        """The brain of the panel."""
        return self.line.panel

    @property
    def faults(self) -> LineFaults:
        """How the line misbehaves."""
        return self.line.faults

    @property
    def traffic(self) -> list[tuple[str, bytes]]:
        """What has passed, each way."""
        return self.line.traffic

    @property
    def path(self) -> str:
        """The device file that a client opens."""
        return str(self._link) if self._link else self._device

    def start(self) -> None:
        """Create the pseudo-terminal and begin to serve."""
        self._plug_in()
        self._running = True
        self._thread.start()

    def stop(self) -> None:
        """Hear out what is on its way and stop serving; the pseudo-terminal goes away."""
        if self._running:
            self._running = False
            self._thread.join()
            if self._master is not None:
                self.line.hear(self._read(self._master))
            self._pull_cable()
            while self._kept:
                os.close(self._kept.pop())

    def pull_cable(self) -> None:
        """Pull the cable: the port breaks and its device file is gone."""
        self._order(self._pull_cable_and_keep_its_name)

    def plug_in(self) -> None:
        """Put the cable back; without a `link` the device file may have another name."""
        self._order(self._plug_in)

    def __enter__(self) -> "PtyServer":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _order(self, action: Callable[[], None]) -> None:
        done = threading.Event()
        self._orders.put((action, done))
        if not done.wait(10):
            raise RuntimeError("the simulated panel's thread has ended")

    def _plug_in(self) -> None:
        if self._master is not None:
            return
        self._master, slave = os.openpty()
        tty.setraw(slave, termios.TCSANOW)
        self._device = os.ttyname(slave)
        # With our own slave closed, the master's hang-up tells when the client opens its end.
        os.close(slave)
        os.set_blocking(self._master, False)
        self._is_open = False
        if self._link:
            self._link.unlink(missing_ok=True)
            self._link.symlink_to(self._device)

    def _pull_cable(self) -> None:
        if self._master is None:
            return
        os.close(self._master)
        self._master = None
        self.line.forget()
        if self._link:
            self._link.unlink(missing_ok=True)

    def _pull_cable_and_keep_its_name(self) -> None:
        """Pull the cable, and let nobody else on this computer have the pseudo-terminal's name.

        Who claimed it as a panel's port still means this one.
        """
        if self._master is not None and self._link:
            # The system gives a name away once both ends are closed, and our client's may be open.
            self._kept.append(os.open(self._device, os.O_RDWR | os.O_NOCTTY))
        self._pull_cable()

    def _serve(self) -> None:
        while self._running:
            with contextlib.suppress(queue.Empty):
                action, done = self._orders.get_nowait()
                action()
                done.set()
            if self._master is None:
                time.sleep(_TICK_S)
                continue
            self._listen(self._master)
            self._answer(self._master)

    def _listen(self, master: int) -> None:
        poller = select.poll()
        poller.register(master, select.POLLIN)
        due_s = self.line.next_s
        until_due_s = _TICK_S if due_s is None else due_s - time.monotonic()
        ready = poller.poll(1000 * min(max(until_due_s, 0.0), _TICK_S))
        flags = ready[0][1] if ready else 0
        if not flags & select.POLLHUP and not self._is_open:
            self._is_open = True
            self.line.opened()
        received = self._read(master) if flags & select.POLLIN else b""
        if flags & select.POLLHUP and not received:
            self._is_open = False
            self.line.forget()
            time.sleep(_TICK_S)
        self.line.hear(received)

    @staticmethod
    def _read(master: int) -> bytes:
        try:
            return os.read(master, 4096)
        except OSError:
            # EIO: the client has closed its end meanwhile.
            return b""

    def _answer(self, master: int) -> None:
        for said in self.line.arrived():
            # A client that doesn't read loses bytes, as on a real line; nobody there: likewise.
            with contextlib.suppress(BlockingIOError):
                os.write(master, said)
                self.traffic.append(("<", said))
