"""The line between a port and a simulated panel, which misbehaves when told to."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


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


class FaultyLine:
    """Carries bytes to a panel and back, on a clock.

    `traffic` lists what passed: `(">", bytes)` that reached the panel, `("<", bytes)` that it sent.
    """

    def __init__(
        self,
        panel: SimulatedPanel,
        faults: LineFaults | None,
        *,
        now: Callable[[], float],
        seed: int = 1,
    ) -> None:
        self.panel = panel
        self.faults = faults or LineFaults()
        self.traffic: list[tuple[str, bytes]] = []
        self.random = random.Random(seed)
        self._now = now
        self._deaf_until_s = -1e9
        self._under_way: list[tuple[float, bytes]] = []

    @property
    def next_s(self) -> float | None:
        """Return when the next bytes of the panel arrive, `None` where none are on their way."""
        return self._under_way[0][0] if self._under_way else None

    def opened(self) -> None:
        """Take note that somebody has opened the port."""
        self._deaf_until_s = self._now() + self.faults.boot_silence_s

    def forget(self) -> None:
        """Lose what is on its way to the port."""
        self._under_way.clear()

    def hear(self, received: bytes) -> None:
        """Bring bytes to the panel, or none, and put what it says on its way."""
        if self.faults.deaf or self._now() < self._deaf_until_s:
            received = b""
        received = self._lose(received)
        if received:
            self.traffic.append((">", received))
        said = self.panel.reply(received)
        if said and not self.faults.silent:
            self._send(self._lose(self._spoil(self._ended(said))))

    def arrived(self) -> list[bytes]:
        """Return the pieces that have arrived at the port by now; each is returned once."""
        pieces = []
        while self._under_way and self._under_way[0][0] <= self._now():
            pieces.append(self._under_way.pop(0)[1])
        return pieces

    def _ended(self, said: bytes) -> bytes:
        ending = self.faults.ending
        if ending is None:
            return said
        return b"".join(line.rstrip(b"\r\n") + ending for line in said.splitlines(keepends=True))

    def _lose(self, content: bytes) -> bytes:
        if not self.faults.loss_frac:
            return content
        return bytes(b for b in content if self.random.random() >= self.faults.loss_frac)

    def _spoil(self, said: bytes) -> bytes:
        middle = len(said) // 2
        if self.faults.drop_bytes > 0:
            self.faults.drop_bytes -= 1
            said = said[:middle] + said[middle + 1 :]
        elif self.faults.garble_replies > 0:
            self.faults.garble_replies -= 1
            said = said[:middle] + bytes([said[middle] ^ 0x55]) + said[middle + 1 :]
        return said

    def _send(self, said: bytes) -> None:
        # Never before what is still on its way: a wire keeps the order.
        start = self._now() + self.faults.late_s
        if self._under_way:
            start = max(start, self._under_way[-1][0])
        gap_s = self.faults.byte_gap_s
        pieces = [said[i : i + 1] for i in range(len(said))] if gap_s else [said]
        self._under_way += [(start + i * gap_s, piece) for i, piece in enumerate(pieces)]
