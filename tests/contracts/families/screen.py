"""A screen that shows flatctl's page."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from panel_bench import Bench, build

from hardware_sims.browser import SimulatedPage
from hardware_sims.light import Light

TOKEN = "contract-tests"


@dataclass(frozen=True)
class OnAScreen:
    """A simulated screen that has the page open."""

    covered: ClassVar[bool] = False
    flips: ClassVar[bool] = False
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Serve the page on a port of its own."""
        light = Light(255)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        options = {"listen": f"127.0.0.1:{port}", "token": TOKEN, "wait_s": 10.0}
        with SimulatedPage(f"http://127.0.0.1:{port}/?token={TOKEN}", light):
            yield Bench(kind, lambda: build(kind, options), light=light)


BENCHES = {"screen": {"page": OnAScreen()}}
