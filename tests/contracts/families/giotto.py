"""PrimaLuceLab's GIOTTO, alone and on an ALTO."""

from dataclasses import dataclass, replace
from pathlib import Path

from panel_bench import Bench, PtyLines, SerialFamily, build

from hardware_sims.serial_panels.giotto import SimulatedAlto, SimulatedGiotto
from hardware_sims.serial_panels.virtual import VirtualLines

OFF = b'{"req":{"set":{"LIGHT":0}}}'


@dataclass(frozen=True)
class OnAlto(SerialFamily):
    """A light on an arm that has a port of its own."""

    def _on(self, lines: VirtualLines | PtyLines, kind: str, folder: Path) -> Bench:
        """Serve both; the faults of the line are those of the light."""
        alone = super()._on(lines, kind, folder)
        arm = SimulatedAlto(alone.light, motor_s=0.1)
        options = {**alone.options, "alto_port": lines.serve(arm, f"{folder}/alto").path}
        return replace(
            alone,
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
