"""Units of the Alnitak family."""

from collections.abc import Callable

from panel_bench import SerialFamily

from hardware_sims.light import Light
from hardware_sims.serial_panels.alnitak import AlnitakTraits, SimulatedAlnitak
from hardware_sims.serial_panels.line import SimulatedPanel


def alnitak(product: int, **traits: object) -> Callable[[Light], SimulatedPanel]:
    """Return what makes a simulated unit of that product with a quick motor."""
    return lambda light: SimulatedAlnitak(
        light, AlnitakTraits(product=product, motor_s=0.1, **traits)
    )


def stick(panel: SimulatedAlnitak, moves: int) -> None:
    panel.traits.stuck_moves = moves


BENCHES = {
    "alnitak": {
        "flat-man": SerialFamily(alnitak(19), off=b">D000\r"),
        "flat-man-xl": SerialFamily(alnitak(10), off=b">D000\r"),
        "flip-flat": SerialFamily(
            alnitak(99), off=b">D000\r", covered=True, flips=True, stick=stick
        ),
        "letter-o": SerialFamily(
            alnitak(15, filler=b"OOO", terminators=b"\n"),
            off=b">DOOO\n",
            options={"filler": "OOO", "terminator": "lf"},
        ),
    },
    "alnitak-arduino": {
        "box": SerialFamily(
            alnitak(19, firmware=2, terminators=b"\n"), off=b">D000\n", wired=False
        ),
        "el-panel": SerialFamily(
            alnitak(99, firmware=3, filler=b"OOO", blocks=True),
            off=b">D000\n",
            covered=True,
            flips=True,
            wired=False,
        ),
    },
    "artesky": {"box": SerialFamily(alnitak(19, ending=b"\r\n"), off=b">D000\r", wired=False)},
    "geoptik": {
        "generator": SerialFamily(
            alnitak(19, filler=b"OOO", terminators=b"\r", ignores=b"SJ"), off=b">DOOO\r"
        )
    },
}
