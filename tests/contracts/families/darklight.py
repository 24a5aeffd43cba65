"""DarkLight Cover/Calibrator, with and without a cover."""

from panel_bench import SerialFamily, stick_cover

from hardware_sims.serial_panels.darklight import DarkLightTraits, SimulatedDarkLight


def unit(*, steps: int = 255, covered: bool = True, **traits: object) -> SerialFamily:
    return SerialFamily(
        lambda light: SimulatedDarkLight(
            light, DarkLightTraits(motor_s=0.1, covered=covered, **traits)
        ),
        off=b"<F>",
        steps=steps,
        covered=covered,
        flips=covered,
        stick=stick_cover if covered else None,
        stranger={"greeting": b"!"},
    )


BENCHES = {
    "darklight": {
        "cover-and-light": unit(settle_s=0.05),
        "light-alone": unit(steps=1023, covered=False),
    }
}
