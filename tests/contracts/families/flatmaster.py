"""Pegasus Astro's FlatMasters."""

from panel_bench import SerialFamily, stick_cover

from hardware_sims.serial_panels.flatmaster import FlatMasterTraits, SimulatedFlatMaster
from hardware_sims.serial_panels.flatmaster_wifi import (
    FlatMasterWifiTraits,
    SimulatedFlatMasterWifi,
)


def first(**traits: object) -> SerialFamily:
    return SerialFamily(
        lambda light: SimulatedFlatMaster(light, FlatMasterTraits(**traits)),
        off=b"E:0\n",
        steps=200,
        clamps=False,  # its scale runs backwards: its own tests have this
        stranger={"identity": b"OK_PPB"},
    )


def wifi(*, covered: bool = False, **traits: object) -> SerialFamily:
    return SerialFamily(
        lambda light: SimulatedFlatMasterWifi(light, FlatMasterWifiTraits(motor_s=0.1, **traits)),
        off=b"FE:0\n",
        steps=100,
        covered=covered,
        flips=covered,
        stick=stick_cover if covered else None,
        stranger={"identity": b"UPB2_OK"},
        wired=not covered,
    )


BENCHES = {
    "flatmaster": {
        "firmware-1": first(padded=True, clamp=220),
        "firmware-2": first(ending=b"\n", level_lights=True),
    },
    "flatmaster-wifi": {"wifi": wifi()},
    "flatmaster-neo": {"neo": wifi(covered=True, neo=True, identity=b"FMNEO_A1", ending=b"\n")},
}
