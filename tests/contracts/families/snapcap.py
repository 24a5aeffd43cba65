"""SnapCap."""

from collections.abc import Callable

from panel_bench import SerialFamily, stick_cover

from hardware_sims.light import Light
from hardware_sims.serial_panels.line import SimulatedPanel
from hardware_sims.serial_panels.snapcap import SimulatedSnapCap, SnapCapTraits


def unit(**traits: object) -> Callable[[Light], SimulatedPanel]:
    """Return what makes a simulated unit with a quick motor."""
    return lambda light: SimulatedSnapCap(light, SnapCapTraits(motor_s=0.1, **traits))


BENCHES = {
    "snapcap": {
        "snapcap": SerialFamily(
            unit(), off=b">D000\r\n", covered=True, flips=True, stick=stick_cover
        ),
    }
}
