"""Panels to talk to, in memory: some know a dialogue by heart, some are simulated."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lines import virtual_lines

from hardware_sims.light import Light
from hardware_sims.serial_panels.line import LineFaults, SimulatedPanel
from hardware_sims.serial_panels.virtual import VirtualServer

RECORDINGS = Path(__file__).parent / "recordings"

PORT = "/dev/ttyUSB0"
LIMIT_S = 5.0

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


@contextmanager
def dialogue(*pairs: Pair, faults: LineFaults | None = None) -> Iterator[str]:
    """Yield the path of a port, in memory, behind which the other half of these pairs is spoken.

    At the end it fails on a wrong byte, on a pair that is left over, and on a reply that nobody
    has read.
    """
    script = Script(list(pairs))
    with virtual_lines() as lines:
        server = lines.serve(script, PORT, faults)
        yield server.path
    assert not script.complaint, script.complaint
    assert not script.left, f"never said: {script.left}"
    assert server.unread == 0, f"{server.unread} bytes of a reply were not read"


@contextmanager
def plugged_in(panel: SimulatedPanel) -> Iterator[VirtualServer]:
    """Yield a port in memory with this panel behind it."""
    with virtual_lines() as lines:
        yield lines.serve(panel, PORT)


@dataclass(frozen=True)
class Family:
    """A driver and its simulator, to be tried in memory and virtual time.

    `greeting` is said first in every dialogue, `dressed` what simulated units have unless told
    otherwise.
    """

    driver: Callable[..., Any]
    simulator: Callable[..., Any] | None = None
    traits: Callable[..., Any] | None = None
    steps: int = 255
    greeting: tuple[Pair, ...] = ()
    dressed: Mapping[str, object] = field(default_factory=dict)

    @contextmanager
    def saying(
        self, *pairs: Pair, faults: LineFaults | None = None, **options: object
    ) -> Iterator[Any]:
        """Yield an opened panel that says these pairs."""
        with (
            dialogue(*self.greeting, *pairs, faults=faults) as port,
            self.opened(port, **options) as panel,
        ):
            yield panel

    @contextmanager
    def opened(self, port: str, **options: object) -> Iterator[Any]:
        """Yield the opened panel at a port, and close it."""
        panel = self.driver(port, boot_delay_s=0.0, **options)
        panel.open(LIMIT_S)
        yield panel
        panel.close()

    @contextmanager
    def served(self, faults: LineFaults | None = None, **traits: object) -> Iterator[VirtualServer]:
        """Yield a simulated unit with these traits on a line; `panel.light` is its light."""
        with virtual_lines() as lines:
            light = Light(self.steps, now=lines.clock.monotonic)
            yield lines.serve(
                self.simulator(light, self.traits(**self.dressed, **traits)), PORT, faults
            )

    @contextmanager
    def simulated(
        self, options: Mapping[str, object] = MappingProxyType({}), **traits: object
    ) -> Iterator[tuple[Any, Any]]:
        """Yield an opened panel and the simulated unit with these traits behind it."""
        with self.served(**traits) as server, self.opened(server.path, **options) as panel:
            yield panel, server.panel


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
