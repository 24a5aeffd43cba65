"""The configuration that fits a simulated rig, however its devices are reached."""

import json
from dataclasses import dataclass
from pathlib import Path

from hardware_sims.sky.scene import Scene
from hardware_sims.world import World

CONFIG = """\
# The simulated rig "{scenario}": {summary}.

[rig]
name = {rig}
{more_of_rig}
{indi}[camera]
device = {camera}
{more_of_camera}
[wheel]
device = {wheel}

[panel]
{panel}settle_s = 0.1
{tables_of_sky}
[flats]
count = 10
target = 0.51
tolerance = 0.05
exposure_s = {{ start = 0.5, min = {shortest_s}, max = 30.0 }}
brightness = {{ start = 0.5 }}
{more_of_flats}{more}
[output]
directory = {directory}
"""
INDI = """\
[indi]
host = "127.0.0.1"
port = {port}
socket = "off"               # this server speaks TCP only

"""
LEAK_CHECK = """
[quality]
leak_check = true            # two frames with the panel off, at the end
"""
MARK = CONFIG.partition(' "')[0]  # what a configuration begins with that may be written over

SHORTEST_S = 0.05


@dataclass(frozen=True)
class Reached:
    """How a configuration names the devices, and what else its panel's table says.

    Without an `indi_port` none of them is behind INDI.
    """

    camera: str
    wheel: str
    panel: dict[str, object]
    mount: str
    roof: str
    indi_port: int | None = None


def configuration(world: World, by: Reached, flats: Path) -> str:
    """Return the configuration of the world's rig, whose frames go to `flats`."""
    rig, scene = world.scenario, world.scene
    site = scene.twilight.site if scene is not None else None
    # What no driver says of a DSLR: its shutter speeds, and that 16 bits hold 14.
    speeds = [s for s in rig.sensor.shutter_s if s >= SHORTEST_S]
    full_adu = rig.sensor.full_scale_adu if rig.sensor.isos else None
    return CONFIG.format(
        scenario=rig.name,
        rig=json.dumps(f"simulated-{rig.name.replace('+', '-')}"),
        summary=rig.summary,
        more_of_rig=_lines(
            latitude_deg=site and round(site.latitude_deg, 4),
            longitude_deg=site and round(site.longitude_deg, 4),
            elevation_m=site and site.elevation_m,
        ),
        indi="" if by.indi_port is None else INDI.format(port=by.indi_port),
        camera=json.dumps(by.camera),
        wheel=json.dumps(by.wheel),
        panel=_lines(**by.panel),
        directory=json.dumps(str(flats)),
        shortest_s=SHORTEST_S,
        more_of_camera=_lines(
            iso=rig.sensor.isos[0] if rig.sensor.isos else None,
            full_scale_adu=full_adu,
            **dict(rig.camera_keys),
        ),
        tables_of_sky=_tables_of_sky(scene, by) if scene is not None else "",
        more=LEAK_CHECK if rig.optics.leak_e_s else "",
        more_of_flats=_lines(exposures_s=[round(s, 6) for s in speeds]),
    )


def _tables_of_sky(scene: Scene, by: Reached) -> str:
    """Return the tables with which flats of the sky can be taken: `flatctl run --light sky`."""
    tables = ["[sky]\n" + _lines(position="stay" if scene.mount is None else None)]
    if scene.mount is not None:
        tables.append("[mount]\n" + _lines(device=by.mount, move=True))
    if scene.roof is not None:
        tables.append("[dome]\n" + _lines(device=by.roof, policy="stop"))
    return "\n" + "\n".join(tables)


def _lines(**keys: object) -> str:
    given = {key: value for key, value in keys.items() if value is not None and value != []}
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items())
