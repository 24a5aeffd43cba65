"""Rigs under a twilight sky, by name."""

from dataclasses import replace

from hardware_sims.lamp import Lamp
from hardware_sims.sky.motion import Doing, MountHabits
from hardware_sims.sky.scene import RoofHabits
from hardware_sims.sky.twilight import Clouds, Sky
from hardware_sims.world import Filter, Scenario

BROAD = (
    Filter("L", 0.95, (550.0, 300.0)),
    Filter("R", 0.9, (640.0, 90.0)),
    Filter("G", 0.9, (535.0, 85.0)),
    Filter("B", 0.9, (450.0, 100.0)),
)
NARROW = (
    Filter("Ha", 0.85, (656.0, 5.0)),
    Filter("OIII", 0.85, (501.0, 5.0)),
    Filter("SII", 0.85, (672.0, 5.0)),
)

DUSK = Scenario(
    name="dusk-clear",
    summary="seven filters under a clear evening sky",
    lamp=Lamp(165_000.0),
    filters=(*BROAD, *NARROW),
    sky=Sky(),
    mount=MountHabits(),
    roof=RoofHabits(),
)
DAWN = replace(
    DUSK,
    name="dawn-clear",
    summary="seven filters under a clear morning sky",
    sky=Sky(dawn=True, starts_deg=-10.0),
)

# All of them get there within a second or two of one and the same sky.
_SHORT = replace(
    DUSK,
    filters=(
        *(replace(each, throughput=each.throughput / 8) for each in BROAD),
        *(replace(each, nm=(each.nm[0], 2 * each.nm[1])) for each in NARROW),
    ),
    mount=MountHabits(speed_deg_s=60.0),
)

SKY_SCENARIOS: dict[str, Scenario] = {
    rig.name: rig
    for rig in (
        DAWN,
        DUSK,
        replace(
            _SHORT,
            name="dusk-short",
            summary="an evening sky of which seven filters take flats within a minute",
            sky=Sky(latitude_deg=5.0, starts_deg=-1.0),
        ),
        replace(
            _SHORT,
            name="dawn-short",
            summary="a morning sky of which seven filters take flats within a minute",
            sky=Sky(latitude_deg=5.0, dawn=True, starts_deg=-1.5),
        ),
        replace(
            DAWN,
            name="dawn-clouds",
            summary="clouds pass in the morning",
            sky=Sky(dawn=True, starts_deg=-10.0, clouds=Clouds(0.15)),
        ),
        replace(
            DUSK,
            name="dusk-narrowband",
            summary="three narrow filters in the evening",
            filters=NARROW,
        ),
        replace(
            DUSK,
            name="tropics",
            summary="the Sun falls straight down: the light halves in two minutes",
            sky=Sky(latitude_deg=5.0),
        ),
        replace(
            DUSK,
            name="summer-58n",
            summary="a slow summer evening far from the equator",
            sky=Sky(latitude_deg=58.0, summer=True),
        ),
        replace(
            DUSK,
            name="moonlit",
            summary="a full Moon lights the evening sky",
            sky=Sky(moon_mag=18.1),
        ),
        replace(
            DUSK,
            name="mount-parked",
            summary="the mount is parked at first",
            mount=MountHabits(starts=Doing.PARKED),
        ),
        replace(
            DUSK,
            name="roof-closed",
            summary="the roof is closed",
            roof=RoofHabits(starts_open=False),
        ),
        replace(
            DUSK,
            name="no-mount",
            summary="the telescope stands on a tripod, and looks up",
            mount=None,
            roof=None,
        ),
    )
}
