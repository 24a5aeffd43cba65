"""The parent's handle on the child process: start it, hear it, end it."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flatctl.errors import Unreachable, line_to_install

Hear = Callable[["Child", Mapping[str, Any], int | None], None]

_PACKET_BYTES = 400_000
_LAST_WORDS_S = 1.0
PYINDI = "pyindi-client==2.3.0"


class Child:
    """A running child process; `hear` gets its packets, `ended` its end, both in a thread of ours.

    `chatter` gets the lines that the INDI library prints, which otherwise go nowhere.
    """

    def __init__(
        self,
        host: str,
        port: int,
        timeout_s: float,
        *,
        hear: Hear,
        ended: Callable[[Child, str], None],
        chatter: Callable[[str], None] | None = None,
    ) -> None:
        self._hear = hear
        self._ended = ended
        self._chatter = chatter
        self._address = [host, str(port), str(timeout_s)]
        try:
            self._line, self._far_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        except OSError as error:
            remedy = "end other programs, or raise the limit of open files (ulimit -n)"
            raise Unreachable(f"INDI server {host}:{port}", str(error.strerror), remedy) from error
        self._process: subprocess.Popen[bytes] | None = None
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._live, name="indi", daemon=True)

    @property
    def pid(self) -> int | None:
        """The child's process id, `None` when it could not be started."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the child; returns once there is a process."""
        self._thread.start()
        self._started.wait()

    def post(self, packet: Mapping[str, Any]) -> bool:
        """Send a packet without ever waiting; false when the child does not take it."""
        try:
            self._line.send(json.dumps(packet).encode(), socket.MSG_DONTWAIT)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """End the child and wait for it; a killed process always ends."""
        if self._thread.ident is None:
            self._line.close()
            self._far_end.close()
            return
        self._started.wait()
        if self._process is not None:
            self._process.kill()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _live(self) -> None:
        # The kernel kills the child when the thread that started it ends: this one stays with it.
        try:
            self._process = self._spawn()
        except (OSError, ValueError) as error:
            self._line.close()
            self._started.set()
            self._ended(self, f"the process that speaks INDI can not be started: {error}")
            return
        finally:
            self._far_end.close()
        self._started.set()
        chatter = threading.Thread(target=self._pass_on, name="indi-chatter", daemon=True)
        chatter.start()
        try:
            self._listen()
        finally:
            self._process.kill()
            code = self._process.wait()
            chatter.join(_LAST_WORDS_S)
            self._line.close()
            how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            self._ended(self, f"the process that speaks INDI is gone ({how})")

    def _spawn(self) -> subprocess.Popen[bytes]:
        if importlib.util.find_spec("PyIndi") is None:
            # What it says it needs has to be compiled, and is not imported.
            line = line_to_install(f"--no-deps {PYINDI}")
            raise ValueError(f"pyindi-client is not installed; {line}")
        # Run as a file, it needs nothing of this package; -P keeps our modules out of its way.
        command = [sys.executable, "-P", str(Path(__file__).with_name("worker.py"))]
        fd = self._far_end.fileno()
        return subprocess.Popen(
            [*command, str(fd), str(os.getpid()), *self._address],
            pass_fds=[fd],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE if self._chatter else subprocess.DEVNULL,
            start_new_session=True,
        )

    def _listen(self) -> None:
        while True:
            try:
                data, fds, _, _ = socket.recv_fds(self._line, _PACKET_BYTES, 1)
            except OSError:
                return
            if not data:
                return
            self._hear(self, json.loads(data), fds[0] if fds else None)

    def _pass_on(self) -> None:
        if self._process is None or self._process.stderr is None or self._chatter is None:
            return
        with self._process.stderr as lines:
            for line in lines:
                self._chatter(line.decode(errors="replace").rstrip())
