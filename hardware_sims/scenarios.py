"""The rigs that can be simulated, by name."""

from dataclasses import replace

from hardware_sims.lamp import Lamp
from hardware_sims.optics import Optics
from hardware_sims.quirks import QUIRKS
from hardware_sims.sky.scenarios import SKY_SCENARIOS
from hardware_sims.world import Filter, Scenario

# Half scale at the default gain is about 7700 electrons: with this lamp the luminance filter
# gets there in 0.05 s of full light, the hydrogen filter in 1.7 s.
FLUX_E_S = 165_000.0

# Thirds of a stop, as cameras list them.
SHUTTER_S = (
    *(
        round(1 / n, 6)
        for n in (200, 160, 125, 100, 80, 60, 50, 40, 30, 25, 20, 15, 13, 10, 8, 6, 5, 4)
    ),
    *(0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.3, 1.6, 2.0, 2.5, 3.2, 4.0, 5.0),
)

FILTERS = (
    Filter("L", 1.0),
    Filter("R", 0.30),
    Filter("G", 0.34),
    Filter("B", 0.26),
    Filter("Ha", 0.03),
)

MONO = Scenario(
    name="mono",
    summary="monochrome camera, five filters, a well-behaved panel",
    lamp=Lamp(FLUX_E_S, curve="gamma", steepness=1.3),
    filters=FILTERS,
)

SCENARIOS: dict[str, Scenario] = {
    rig.name: rig
    for rig in (
        MONO,
        replace(
            MONO,
            name="bright",
            summary="the panel is far too bright: its lowest step is too much for a second",
            lamp=Lamp(40 * FLUX_E_S),
        ),
        replace(
            MONO,
            name="dim",
            summary="the panel is dim: full brightness is not enough, only time helps",
            lamp=Lamp(4_000.0),
            filters=(
                Filter("L", 1.0),
                Filter("R", 0.5),
                Filter("G", 0.5),
                Filter("B", 0.45),
                Filter("Ha", 0.1),
            ),
        ),
        replace(
            MONO,
            name="gamma",
            summary="a panel with a steep response and nothing in its lowest steps",
            lamp=Lamp(FLUX_E_S, curve="gamma", steepness=2.2, dead_frac=0.05),
        ),
        replace(
            MONO,
            name="warmup",
            summary="a lamp that starts at 70 % of its light and takes half a minute to settle",
            lamp=replace(MONO.lamp, warm_from_frac=0.7, warm_tau_s=8.0),
        ),
        replace(
            MONO,
            name="twelve",
            summary="a wheel of twelve filters alike",
            filters=tuple(Filter(f"F{number}", 0.3) for number in range(1, 13)),
        ),
        replace(
            MONO,
            name="dead-filter",
            summary="the Ha slot is blocked",
            filters=tuple(replace(f, throughput=0.0) if f.name == "Ha" else f for f in FILTERS),
        ),
        replace(
            MONO,
            name="leak",
            summary="stray light reaches the sensor beside the panel's",
            optics=Optics(leak_e_s=2_000.0),
        ),
        replace(
            MONO,
            name="14-bit",
            summary="a camera of 14 bits whose driver claims 16: nothing lies above 16383",
            sensor=replace(MONO.sensor, bits=14, shifted=False),
        ),
        replace(
            MONO,
            name="pwm",
            summary="the panel is dimmed by slow pulses, which a rolling shutter makes bands of",
            lamp=replace(MONO.lamp, pwm_hz=47.5),
            sensor=replace(MONO.sensor, line_s=1e-3),
        ),
        replace(
            MONO,
            name="osc",
            summary="colour camera (Bayer pattern) whose red gets little of the panel's light",
            sensor=replace(MONO.sensor, bayer="RGGB", colour_frac=(0.4, 1.0, 0.7)),
        ),
        replace(
            MONO,
            name="dslr",
            summary="a DSLR: ISO speeds, fixed shutter speeds, 14 bits, colour, no cooling",
            sensor=replace(
                MONO.sensor,
                bits=14,
                shifted=False,
                bayer="RGGB",
                pedestal_per_offset_adu=0.0,
                pedestal_error_adu=2048.0 * 4,
                isos=(100, 200, 400, 800, 1600),
                shutter_s=SHUTTER_S,
            ),
        ),
    )
}


def scenario(name: str = "mono", *, rows: int | None = None, cols: int | None = None) -> Scenario:
    """Return the scenario of that name, with another size of sensor if given.

    A name may go on with quirks, each after a plus; quirks alone are those of `mono`. Raises
    `ValueError` when there is no scenario or quirk of that name.
    """
    first, *others = name.split("+")
    rigs = SCENARIOS | SKY_SCENARIOS
    quirks = others if first in rigs else [first, *others]
    rig = rigs.get(first, MONO)
    for each in quirks:
        if each not in QUIRKS:
            known = ", ".join(rigs)
            besides = ", ".join(QUIRKS)
            raise ValueError(f"no scenario {each!r}; there are {known}; with a plus: {besides}")
        rig = QUIRKS[each].change(rig)
    if quirks:
        rig = replace(rig, name=name, summary="; ".join(QUIRKS[each].summary for each in quirks))
    sensor = replace(
        rig.sensor,
        height_px=rows or rig.sensor.height_px,
        width_px=cols or rig.sensor.width_px,
    )
    return replace(rig, sensor=sensor)
