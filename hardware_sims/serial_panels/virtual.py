"""Serial ports in memory, on a virtual clock: simulated panels answer at once, whatever they take.

One thread does it all, so that every run of a test is the same: time passes where somebody waits
for it, and what a driver does meanwhile is done step by step while it waits.
"""

import errno
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from hardware_sims.clock import VirtualClock
from hardware_sims.serial_panels.line import FaultyLine, LineFaults, SimulatedPanel

_TICK_S = 0.01
_SLICE_S = 0.02


class LineClock(VirtualClock):
    """A virtual clock as links need it."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: list[Callable[[], bool]] = []

    def sleep(self, seconds: float) -> None:
        """Let that long pass, and do what is done meanwhile."""
        end_s = self.monotonic() + seconds
        while self._steps and self.monotonic() < end_s:
            self._do_steps()
        self.pass_by(end_s - self.monotonic())

    def pass_by(self, seconds: float) -> None:
        """Let that long pass with nothing done meanwhile."""
        super().sleep(seconds)

    def wait(self, news: threading.Condition, seconds: float) -> None:  # noqa: ARG002 because nobody else could have any
        """Let a little time pass, and do what is done meanwhile: news come from there."""
        if self._steps:
            self._do_steps()
        else:
            self.pass_by(seconds)

    def keep_doing(self, step: Callable[[], bool], name: str) -> Callable[[], bool]:  # noqa: ARG002 because there is no thread
        """Do `step` whenever somebody waits, until it returns false; it has to let time pass."""
        self._steps.append(step)

        def ended() -> bool:
            with suppress(ValueError):
                self._steps.remove(step)
            return True

        return ended

    def _do_steps(self) -> None:
        for step in list(self._steps):
            if not step():
                with suppress(ValueError):
                    self._steps.remove(step)


class VirtualServer:
    """Serves a simulated panel at `path`; to be used like a `PtyServer`.

    `pull_cable` breaks the port and takes its name away, `plug_in` brings it back. `unread` is how
    many bytes nobody had read when the port was closed last.
    """

    def __init__(
        self,
        panel: SimulatedPanel,
        path: str,
        clock: LineClock,
        faults: LineFaults | None = None,
    ) -> None:
        self.path = path
        self.clock = clock
        self.line = FaultyLine(panel, faults, now=clock.monotonic)
        self.port: VirtualPort | None = None
        self.is_plugged_in = True
        self.unread = 0

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

    def pull_cable(self) -> None:
        """Pull the cable: the port breaks and its name is gone."""
        self.is_plugged_in = False
        self.line.forget()
        self.port = None

    def plug_in(self) -> None:
        """Put the cable back."""
        self.is_plugged_in = True

    def open(self) -> "VirtualPort":
        """Open the port, for one at a time."""
        if not self.is_plugged_in:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        if self.port is not None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.port = VirtualPort(self)
        self.line.opened()
        return self.port


class VirtualPort:
    """What a link holds in its hands."""

    def __init__(self, server: VirtualServer) -> None:
        self._server = server
        self._arrived = b""
        self._next_tick_s = 0.0

    @property
    def in_waiting(self) -> int:
        """How many bytes can be read at once."""
        self._exchange(b"")
        return len(self._arrived)

    def read(self, size: int = 1) -> bytes:
        """Return up to `size` bytes, and let a slice of time pass where none have come."""
        self._exchange(b"")
        if not self._arrived:
            clock, due_s = self._server.clock, self._server.line.next_s
            wait_s = _SLICE_S if due_s is None else due_s - clock.monotonic()
            clock.pass_by(min(wait_s, _SLICE_S))
            self._exchange(b"")
        content, self._arrived = self._arrived[:size], self._arrived[size:]
        return content

    def write(self, content: bytes) -> int:
        """Send bytes to the panel."""
        self._exchange(content)
        return len(content)

    def reset_input_buffer(self) -> None:
        """Forget what has arrived."""
        self._exchange(b"")
        self._arrived = b""

    def close(self) -> None:
        """Let go of the port; what is on its way is lost."""
        if self._server.port is self:
            self._exchange(b"")
            self._server.unread = len(self._arrived)
            self._server.port = None
            self._server.line.forget()

    def _exchange(self, content: bytes) -> None:
        if self._server.port is not self:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        line, now_s = self._server.line, self._server.clock.monotonic()
        if content or now_s >= self._next_tick_s:
            # No oftener, or time would stand still where a panel never stops talking.
            self._next_tick_s = now_s + _TICK_S
            line.hear(content)
        for piece in line.arrived():
            line.traffic.append(("<", piece))
            self._arrived += piece


class VirtualLines:
    """The serial ports of a computer that exists in memory only, and the clock of it."""

    def __init__(self) -> None:
        self.clock = LineClock()
        self._servers: dict[str, VirtualServer] = {}

    def serve(
        self, panel: SimulatedPanel, path: str, faults: LineFaults | None = None
    ) -> VirtualServer:
        """Plug a simulated panel in at `path`."""
        self._servers[path] = VirtualServer(panel, path, self.clock, faults)
        return self._servers[path]

    def open(self, path: str) -> VirtualPort:
        """Open a port; raises what the operating system would."""
        if path not in self._servers:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
        return self._servers[path].open()
