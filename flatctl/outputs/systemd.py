"""What systemd wants to hear of a service: that it is up, what it does, and that it is alive.

The protocol is sd_notify(3): datagrams to the socket named by `NOTIFY_SOCKET`. Without it nothing
is sent.
"""

import os
import socket
import threading
import time
from typing import Self

from flatctl.events import Event, Flat
from flatctl.outputs.figures import printable
from flatctl.outputs.record import RunRecord
from flatctl.outputs.sentences.run import line_of


class Service:
    """Listen to a run for systemd, while the block lasts.

    A thread tells the watchdog that all is well as long as something has happened in the last
    `patience_s`: an event, or a `beat` of whoever waits. So a frozen process is noticed within the
    unit's `WatchdogSec`, and one whose main thread hangs within `patience_s`.
    """

    def __init__(self, patience_s: float) -> None:
        # Taken out of the environment, so that no command that we start speaks in our name.
        self._address = os.environ.pop("NOTIFY_SOCKET", "")
        interval = os.environ.pop("WATCHDOG_USEC", "")
        ours = os.environ.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        self._interval_s = int(interval) / 3e6 if interval.isdecimal() and ours else 0.0
        self._patience_s = patience_s
        self._heard_s = time.monotonic()
        self._end = threading.Event()

    def __enter__(self) -> Self:
        self.tell("READY=1")
        if self._address and self._interval_s > 0:
            threading.Thread(target=self._keep_alive, name="watchdog", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()

    def __call__(self, event: Event, run: RunRecord) -> None:
        """Take an event."""
        self.beat()
        line = line_of(run, event)
        if isinstance(event, Flat):
            line = f"{event.filter} · flat {event.index} of {event.count}"
        if line:
            self.tell(f"STATUS={printable(line)}")

    def beat(self) -> None:
        """Say that the work goes on."""
        self._heard_s = time.monotonic()

    def tell(self, text: str) -> None:
        """Send something to systemd; it may be gone, and the flats go on."""
        if not self._address:
            return
        name = self._address.replace("@", "\0", 1) if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            try:
                line.connect(name)
                line.send(text.encode(), socket.MSG_DONTWAIT)
            except OSError:
                return

    def _keep_alive(self) -> None:
        while not self._end.wait(self._interval_s):
            if time.monotonic() - self._heard_s < self._patience_s:
                self.tell("WATCHDOG=1")
