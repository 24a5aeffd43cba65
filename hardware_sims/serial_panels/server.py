"""A pseudo-terminal that carries real bytes to a simulated panel, and misbehaves when told to."""

import contextlib
import os
import queue
import random
import select
import termios
import threading
import time
import tty
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol

_TICK_S = 0.01


class SimulatedPanel(Protocol):
    """The brain of a panel, apart from any wire."""

    def reply(self, received: bytes) -> bytes:
        """Take bytes as they come off the wire and return what the panel says by now.

        Called with nothing at every tick, so that a panel can speak unasked.
        """
        ...


@dataclass
class LineFaults:
    """How the wire misbehaves; every value may be changed while it runs.

    `boot_silence_s`: bytes are lost for so long after the port was opened, as on a board that
    starts anew. `silent`: it hears and obeys, but never answers. `deaf`: nothing reaches it.
    `late_s`: answers come so much later. `byte_gap_s`: answers come one byte at a time.
    `drop_bytes`, `garble_replies`: so many of the next answers lose a byte in their middle, or
    come with a wrong one. `loss_frac`: the fraction of bytes lost at random, both ways. `ending`:
    what ends an answer instead of its own CR, LF or both, or behind an answer that has none.
    """

    boot_silence_s: float = 0.0
    silent: bool = False
    deaf: bool = False
    late_s: float = 0.0
    byte_gap_s: float = 0.0
    drop_bytes: int = 0
    garble_replies: int = 0
    loss_frac: float = 0.0
    ending: bytes | None = None


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
        self.panel = panel
        self.faults = faults or LineFaults()
        self.traffic: list[tuple[str, bytes]] = []
        self._link = link
        self._random = random.Random(seed)
        self._orders: queue.SimpleQueue[tuple[Callable[[], None], threading.Event]] = (
            queue.SimpleQueue()
        )
        self._thread = threading.Thread(target=self._serve, name="panel-pty", daemon=True)
        self._running = False
        self._master: int | None = None
        self._device = ""
        self._is_open = False
        self._deaf_until = 0.0
        self._due: list[tuple[float, bytes]] = []
        self._kept: list[int] = []

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
                self._hear(self._read(self._master))
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
        self._due.clear()
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
        until_due_s = self._due[0][0] - time.monotonic() if self._due else _TICK_S
        ready = poller.poll(1000 * min(max(until_due_s, 0.0), _TICK_S))
        flags = ready[0][1] if ready else 0
        if not flags & select.POLLHUP and not self._is_open:
            self._is_open = True
            self._deaf_until = time.monotonic() + self.faults.boot_silence_s
        received = self._read(master) if flags & select.POLLIN else b""
        if flags & select.POLLHUP and not received:
            self._is_open = False
            self._due.clear()
            time.sleep(_TICK_S)
        self._hear(received)

    @staticmethod
    def _read(master: int) -> bytes:
        try:
            return os.read(master, 4096)
        except OSError:
            # EIO: the client has closed its end meanwhile.
            return b""

    def _hear(self, received: bytes) -> None:
        if self.faults.deaf or time.monotonic() < self._deaf_until:
            received = b""
        received = self._lose(received)
        if received:
            self.traffic.append((">", received))
        said = self.panel.reply(received)
        if said and not self.faults.silent:
            self._schedule(self._lose(self._spoil(self._ended(said))))

    def _ended(self, said: bytes) -> bytes:
        ending = self.faults.ending
        if ending is None:
            return said
        return b"".join(line.rstrip(b"\r\n") + ending for line in said.splitlines(keepends=True))

    def _lose(self, content: bytes) -> bytes:
        if not self.faults.loss_frac:
            return content
        return bytes(b for b in content if self._random.random() >= self.faults.loss_frac)

    def _spoil(self, said: bytes) -> bytes:
        middle = len(said) // 2
        if self.faults.drop_bytes > 0:
            self.faults.drop_bytes -= 1
            said = said[:middle] + said[middle + 1 :]
        elif self.faults.garble_replies > 0:
            self.faults.garble_replies -= 1
            said = said[:middle] + bytes([said[middle] ^ 0x55]) + said[middle + 1 :]
        return said

    def _schedule(self, said: bytes) -> None:
        # Never before what is still on its way: a wire keeps the order.
        start = time.monotonic() + self.faults.late_s
        if self._due:
            start = max(start, self._due[-1][0])
        gap_s = self.faults.byte_gap_s
        pieces = [said[i : i + 1] for i in range(len(said))] if gap_s else [said]
        self._due += [(start + i * gap_s, piece) for i, piece in enumerate(pieces)]

    def _answer(self, master: int) -> None:
        while self._due and self._due[0][0] <= time.monotonic():
            _, said = self._due.pop(0)
            # A client that doesn't read loses bytes, as on a real line; nobody there: likewise.
            with contextlib.suppress(BlockingIOError):
                os.write(master, said)
                self.traffic.append(("<", said))
