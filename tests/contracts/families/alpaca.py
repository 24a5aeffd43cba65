"""A cover calibrator behind Alpaca."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from indi_served import connections_to
from odd_panels import CLOSED, OFF, OPEN, READY, OddPanel
from panel_bench import Bench, build
from scripted_alpaca import scripted_alpaca

from hardware_sims.light import Light


class LitPanel(OddPanel):
    """One whose orders reach a light, as the world sees it; also set by hand."""

    def __init__(self, light: Light, *, interface: int, covered: bool) -> None:
        self.light = light
        super().__init__(most=light.maximum, interface=interface, cover=CLOSED if covered else 0)
        self.members["calibratorstate"] = lambda: READY if light.lit else OFF
        self.members["brightness"] = lambda: light.brightness if light.lit else 0

    def on(self, form: dict[str, str]) -> None:
        self.light.set(lit=True, brightness=int(form["Brightness"]))

    def off(self, _form: dict[str, str]) -> None:
        self.light.set(lit=False)

    def move(self, to: int) -> None:
        self.light.move_cover(closed=to == CLOSED)
        super().move(OPEN if to == OPEN else CLOSED)


@dataclass(frozen=True)
class BehindAlpaca:
    """A simulated cover calibrator on a server of its own."""

    interface: int
    covered: bool
    flips: ClassVar[bool] = True
    visible: ClassVar[bool] = True
    wired: ClassVar[bool] = False

    @contextmanager
    def bench(self, kind: str, folder: Path) -> Iterator[Bench]:
        """Serve it on a port of its own."""
        light = Light(255)
        panel = LitPanel(light, interface=self.interface, covered=self.covered)
        path = "covercalibrator/0"
        with (
            scripted_alpaca({path: panel.device}) as server,
            connections_to(7624) as connections,
        ):
            options = {"device": server.url(path)}
            yield Bench(kind, lambda: build(kind, options, connections), light=light)


BENCHES = {
    "alpaca": {
        "interface-2": BehindAlpaca(2, covered=True),
        "interface-1": BehindAlpaca(1, covered=False),
    }
}
