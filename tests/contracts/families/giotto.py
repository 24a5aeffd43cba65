"""PrimaLuceLab's GIOTTO, alone and on an ALTO."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from panel_bench import Bench, SerialFamily, build

from hardware_sims.serial_panels.giotto import SimulatedAlto, SimulatedGiotto
from hardware_sims.serial_panels.server import PtyServer

OFF = b'{"req":{"set":{"LIGHT":0}}}'


@dataclass(frozen=True)
class OnAlto(SerialFamily):
    """A light on an arm that has a port of its own."""

    @contextmanager
    def bench(
        self, kind: str, folder: Path, now: Callable[[], float] = time.monotonic
    ) -> Iterator[Bench]:
        """Serve both; the faults of the line are those of the light."""
        with super().bench(kind, folder, now) as light_alone:
            arm = SimulatedAlto(light_alone.light, motor_s=0.1)
            with PtyServer(arm, link=folder / "alto") as wire:
                options = {
                    "port": light_alone.wire.path,
                    "alto_port": wire.path,
                    "boot_delay_s": 0.0,
                }
                yield replace(
                    light_alone,
                    build=lambda: build(kind, options),
                    stick=lambda moves: setattr(arm.cover, "stuck_moves", moves),
                )


BENCHES = {
    "giotto": {
        "giotto": SerialFamily(SimulatedGiotto, off=OFF, steps=100, stranger={"is_light": False}),
        "on-alto": OnAlto(
            SimulatedGiotto,
            off=OFF,
            steps=1000,
            covered=True,
            flips=True,
            stick=lambda panel, moves: None,
        ),
    }
}
