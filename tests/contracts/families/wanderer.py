"""Wanderer Astro's covers."""

from panel_bench import SerialFamily, stick_cover

from hardware_sims.serial_panels.wanderer_v3 import SimulatedWandererV3, WandererV3Traits
from hardware_sims.serial_panels.wanderer_v4 import SimulatedWandererV4, WandererV4Traits


def third(**traits: object) -> SerialFamily:
    return SerialFamily(
        lambda light: SimulatedWandererV3(light, WandererV3Traits(motor_s=0.1, **traits)),
        off=b"9999\n",
        covered=True,
        flips=True,
        stick=stick_cover,
        confirms=False,
        clamps=False,
        stranger={"name": "WandererEclipse"},
    )


def fourth(*, clamps: bool = True, **traits: object) -> SerialFamily:
    return SerialFamily(
        lambda light: SimulatedWandererV4(
            light, WandererV4Traits(motor_s=0.15, period_s=0.03, **traits)
        ),
        off=b"9999\n",
        covered=True,
        flips=True,
        stick=stick_cover,
        talks=True,
        clamps=clamps,
        stranger={"model": "WandererEclipse"},
    )


BENCHES = {
    "wanderer-v3": {
        "v3": third(),
    },
    "wanderer-v4": {
        "v4-ec": fourth(),
        "pro-untold-brightness": fourth(
            model="WandererCoverV4Pro", firmware=20240101, clamps=False
        ),
    },
}
