"""RBF Excalibur."""

from panel_bench import SerialFamily, stick_cover

from hardware_sims.serial_panels.excalibur import ExcaliburTraits, SimulatedExcalibur

BENCHES = {
    "excalibur": {
        "excalibur": SerialFamily(
            lambda light: SimulatedExcalibur(light, ExcaliburTraits(motor_s=0.1)),
            off=b"L0##",
            steps=3000,
            covered=True,
            flips=True,
            stick=stick_cover,
            stranger={"greeting": b"FLAT.FLIP?"},
        )
    }
}
