"""A cover calibrator behind Alpaca."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from indi_served import connections_to
from panel_bench import Bench, build

from hardware_sims.alpaca.habits import AlpacaHabits
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.light import Light
from hardware_sims.scenarios import scenario
from hardware_sims.world import World


@dataclass(frozen=True)
class BehindAlpaca:
    """The simulated cover calibrator, with habits."""

    habits: AlpacaHabits
    flips: ClassVar[bool] = True
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @property
    def covered(self) -> bool:
        """Whether it has a cover."""
        return self.habits.cover

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Serve it on a port of its own."""
        light = Light(255)
        world = World(scenario("mono", rows=60, cols=80), light=light)
        with (
            AlpacaRig(world, self.habits) as rig,
            connections_to(7624) as connections,
        ):
            options = {"device": rig.url("covercalibrator")}
            yield Bench(kind, lambda: build(kind, options, connections), light=light)


BENCHES = {
    "alpaca": {
        "platform-7": BehindAlpaca(AlpacaHabits(cover_s=0.1)),
        "platform-6": BehindAlpaca(AlpacaHabits(platform=6, cover_s=0.1, per_client=True)),
        "ready-when-off": BehindAlpaca(AlpacaHabits(cover=False, ready_when_off=True)),
        "keeps-brightness": BehindAlpaca(AlpacaHabits(cover=False, keeps_brightness=True)),
    }
}
