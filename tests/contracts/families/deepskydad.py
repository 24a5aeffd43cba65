"""Deep Sky Dad's flap panels."""

from collections.abc import Callable

from panel_bench import SerialFamily, stick_cover

from hardware_sims.light import Light
from hardware_sims.serial_panels.deepskydad import DeepSkyDadTraits, SimulatedDeepSkyDad
from hardware_sims.serial_panels.line import SimulatedPanel


def unit(**traits: object) -> Callable[[Light], SimulatedPanel]:
    """Return what makes a simulated unit with a quick motor."""
    return lambda light: SimulatedDeepSkyDad(light, DeepSkyDadTraits(motor_s=0.1, **traits))


def family(**traits: object) -> SerialFamily:
    return SerialFamily(
        unit(**traits),
        off=b"[SLON0]",
        steps=4096,
        covered=True,
        flips=True,
        stick=stick_cover,
        stranger={"model": "AF1"},
    )


BENCHES = {
    "deepskydad": {
        "fp1": family(),
        "fp2": family(model="FP2", version="1.0.14.2", ending=b"\r\n"),
    }
}
