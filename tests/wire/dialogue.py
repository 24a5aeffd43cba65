"""A panel that knows one dialogue by heart, on a real pseudo-terminal."""

import array
import fcntl
import json
import os
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardware_sims.serial_panels.server import LineFaults, PtyServer

RECORDINGS = Path(__file__).parent / "recordings"

Pair = tuple[bytes, bytes]


class Script:
    """Answers each expected command with its reply; remembers the first that was not expected."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.left = list(pairs)
        self.complaint = ""
        self._heard = b""

    def reply(self, received: bytes) -> bytes:
        self._heard += received
        answers = b""
        while self.left and not self.complaint and self._heard.startswith(self.left[0][0]):
            command, answer = self.left.pop(0)
            self._heard = self._heard[len(command) :]
            answers += answer
        expected = self.left[0][0] if self.left else b""
        if self._heard and not expected.startswith(self._heard):
            self.complaint = f"expected {expected!r}, heard {self._heard!r}"
        return answers

    def hear_out(self) -> None:
        """Wait until what is on its way has arrived, no longer than a second."""
        end = time.monotonic() + 1.0
        while self.left and not self.complaint and time.monotonic() < end:
            time.sleep(0.01)


@contextmanager
def dialogue(*pairs: Pair, faults: LineFaults | None = None) -> Iterator[str]:
    """Yield the path of a port behind which the other half of these pairs is spoken.

    At the end it fails on a wrong byte, on a pair that is left over, and on a reply that nobody
    has read; so close the port after it.
    """
    script = Script(list(pairs))
    with PtyServer(script, faults=faults) as server:
        yield server.path
        script.hear_out()
        unread = _unread(server.path)
    assert not script.complaint, script.complaint
    assert not script.left, f"never said: {script.left}"
    assert unread == 0, f"{unread} bytes of a reply were not read"


def _unread(path: str) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        count = array.array("i", [0])
        fcntl.ioctl(descriptor, termios.FIONREAD, count)
        return count[0]
    finally:
        os.close(descriptor)


def recordings(kind: str) -> dict[str, list[Pair]]:
    """Return the recorded dialogues of other programs with panels of that kind by file name.

    Exchanges that the line spoilt are left out.
    """
    found = {}
    for path in sorted(RECORDINGS.glob("*.json")):
        recording = json.loads(path.read_text(encoding="utf-8"))
        if recording["kind"] == kind and "calls" not in recording:
            found[path.stem] = pairs_of(recording, spoilt=False)
    return found


def recorded(name: str) -> list[Pair]:
    """Return a recorded dialogue, also what the line spoilt of it."""
    return pairs_of(json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8")))


def pairs_of(recording: dict, *, spoilt: bool = True) -> list[Pair]:
    """Return the exchanges of a recording as bytes, with those that the line `spoilt` or not."""
    return [
        (each["host"].encode("latin-1"), each["panel"].encode("latin-1"))
        for each in recording["exchanges"]
        if spoilt or not each.get("spoilt")
    ]
