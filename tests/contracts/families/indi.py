"""A light box behind INDI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from indi_served import connections_to, indi_served
from panel_bench import Bench, build

from hardware_sims import lightbox
from hardware_sims.light import Light
from hardware_sims.lightbox import SimLightBox
from hardware_sims.scenarios import scenario
from hardware_sims.world import World


@dataclass(frozen=True)
class BehindIndi:
    """A simulated light box on a simulated INDI server."""

    covered: ClassVar[bool] = True
    flips: ClassVar[bool] = True
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Serve it on a TCP port of its own."""
        light = Light(255)
        world = World(scenario("mono"), light=light)
        with (
            indi_served(lambda: [SimLightBox(world)]) as port,
            connections_to(port) as connections,
        ):
            options = {"device": lightbox.NAME}
            yield Bench(kind, lambda: build(kind, options, connections), light=light)


BENCHES = {"indi": {"light-box": BehindIndi()}}
