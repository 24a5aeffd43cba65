"""DarkSkyGeek's panel."""

from panel_bench import SerialFamily

from hardware_sims.serial_panels.darkskygeek import SimulatedDarkSkyGeek

BENCHES = {
    "darkskygeek": {
        "darkskygeek": SerialFamily(
            SimulatedDarkSkyGeek,
            b"COMMAND:CALIBRATOR:OFF\n",
            stranger={"guid": b"00000000-0000-0000-0000-000000000000"},
        )
    }
}
