"""A light without a wire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from panel_bench import Bench, build

from flatctl.devices.transports import Connections


@dataclass(frozen=True)
class Wireless:
    """A kind without a wire: nothing can be seen of it."""

    covered: ClassVar[bool] = False
    flips: ClassVar[bool] = False
    visible: ClassVar[bool] = False
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Build it from nothing."""
        yield Bench(kind, lambda: build(kind, {}, Connections(None, print, lambda _wish: True)))


BENCHES = {"manual": {"fixed": Wireless()}}
