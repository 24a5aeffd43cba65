"""A place to try a kind of panel: the driver as the catalogue builds it, and what it drives."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from indi_served import connections_to
from lines import virtual_lines

from flatctl.devices.catalog import PANELS
from flatctl.devices.protocols import LightPanel
from flatctl.devices.serial.ports import LinkClock
from flatctl.devices.transports import Connections
from flatctl.errors import DeviceError
from hardware_sims.light import Light
from hardware_sims.serial_panels.line import SimulatedPanel
from hardware_sims.serial_panels.server import PtyServer
from hardware_sims.serial_panels.virtual import VirtualLines, VirtualServer


@dataclass
class Bench:
    """A panel to try.

    `light` is what it really shines, `None` where nobody can see that; `wire` the serial line to
    it and `off` the bytes of its light-off command, `stick` what makes so many of its cover's next
    moves fail, `clamp` what makes it take no brightness above a step, `rename` what makes another
    device of it, where there are such. `talks`: it tells its state unasked, whether it hears
    anything or not; `confirms`: it tells its brightness back, if only as an echo. `options` are
    what a panel on a line was built with. `limit_s` is granted to every call, `clock` is the one
    that calls take their time of.
    """

    kind: str
    build: Callable[[], LightPanel]
    limit_s: float = 10.0
    light: Light | None = None
    wire: PtyServer | VirtualServer | None = None
    off: bytes = b""
    stick: Callable[[int], None] | None = None
    clamp: Callable[[int], None] | None = None
    rename: Callable[[], None] | None = None
    talks: bool = False
    confirms: bool = True
    options: Mapping[str, object] = field(default_factory=dict)
    clock: LinkClock = field(default_factory=LinkClock)
    built: list[LightPanel] = field(default_factory=list)

    def panel(self) -> LightPanel:
        """Build a panel, not opened; it is closed when the test is over."""
        self.built.append(self.build())
        if self.wire is not None:
            # Simulated covers are quick.
            self.built[-1].poll_s = 0.05
        return self.built[-1]

    def opened(self) -> LightPanel:
        """Build a panel and open it."""
        panel = self.panel()
        panel.open(self.limit_s)
        return panel

    def clear(self) -> None:
        """Close every panel that was built; on real hardware put out the light first."""
        for panel in self.built:
            if self.light is None:
                with contextlib.suppress(DeviceError):
                    panel.open(self.limit_s)
                    panel.light_off(self.limit_s)
            panel.close()


def build(
    kind: str, options: Mapping[str, object], connections: Connections | None = None
) -> LightPanel:
    """Build a panel as the program does, from the catalogue and checked options."""
    row = PANELS[kind]
    checked = row.options.model_validate({"kind": kind, **options})
    return row.build(checked, connections or connections_to(7624))


class PtyLines(contextlib.ExitStack):
    """Real pseudo-terminals, in real time."""

    clock = LinkClock()

    def serve(self, panel: SimulatedPanel, path: str) -> PtyServer:
        """Serve a simulated panel at `path`, until this is closed."""
        return self.enter_context(PtyServer(panel, link=Path(path)))


@dataclass(frozen=True)
class SerialFamily:
    """A family on a serial line: a simulator, the driver's options, its light-off command.

    `covered`: it has a cover; `flips`: the light sits in the cover and needs it closed; `stick`:
    what makes so many of the next moves of a simulated unit's cover end half-way; `clamps`: its
    trait `clamp` is the highest step it takes and tells; `stranger`: the traits of another device
    that speaks alike; `talks` and `confirms` as on the bench; `wired`: the faults of a line are
    tried here, false where the same driver suffers them as another kind.
    """

    simulate: Callable[[Light], SimulatedPanel]
    off: bytes
    steps: int = 255
    covered: bool = False
    flips: bool = False
    stick: Callable[[Any, int], None] | None = None
    clamps: bool = True
    stranger: Mapping[str, object] = field(default_factory=dict)
    talks: bool = False
    confirms: bool = True
    options: Mapping[str, object] = field(default_factory=dict)
    wired: bool = True
    visible: ClassVar[bool] = True

    @contextmanager
    def bench(
        self, kind: str, folder: Path, lines: VirtualLines | PtyLines | None = None
    ) -> Iterator[Bench]:
        """Serve the simulator on these lines, in memory and virtual time where none are given."""
        with contextlib.ExitStack() as stack:
            yield self._on(lines or stack.enter_context(virtual_lines()), kind, folder)

    def _on(self, lines: VirtualLines | PtyLines, kind: str, folder: Path) -> Bench:
        light = Light(self.steps, now=lines.clock.monotonic)
        simulated, stick = self.simulate(light), self.stick

        def dress(**traits: object) -> None:
            for name, value in traits.items():
                setattr(simulated.traits, name, value)

        wire = lines.serve(simulated, f"{folder}/panel")
        options = {"port": wire.path, "boot_delay_s": 0.0, **self.options}
        return Bench(
            kind,
            lambda: build(kind, options),
            light=light,
            wire=wire,
            off=self.off,
            options=options,
            stick=(lambda moves: stick(simulated, moves)) if stick else None,
            clamp=(lambda step: dress(clamp=step)) if self.clamps else None,
            rename=(lambda: dress(**self.stranger)) if self.stranger else None,
            talks=self.talks,
            confirms=self.confirms,
            clock=lines.clock,
        )


def stick_cover(panel: Any, moves: int) -> None:
    """Make the next moves of a simulated panel's `cover` end half-way."""
    panel.cover.stuck_moves = moves
