"""The whole simulated rig in one process: INDI on TCP, the panel on a pseudo-terminal."""

import asyncio
import json
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hardware_sims import camera, lightbox, mount, roof, wheel
from hardware_sims.indi.driver import SimDriver
from hardware_sims.indi.server import SimServer
from hardware_sims.light import write_json
from hardware_sims.panel import alnitak_on_a_pty
from hardware_sims.shared import sized_scenario
from hardware_sims.sky.scene import Scene
from hardware_sims.world import Scenario, World, any_night

CONFIG = """\
# The simulated rig "{scenario}": {summary}.

[rig]
name = {rig}
{more_of_rig}
[indi]
host = "127.0.0.1"
port = {port}
socket = "off"               # this server speaks TCP only

[camera]
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
LEAK_CHECK = """
[quality]
leak_check = true            # two frames with the panel off, at the end
"""
MARK = CONFIG.partition(' "')[0]  # what a configuration begins with that may be written over

SHORTEST_S = 0.05


@dataclass(frozen=True)
class Served:
    """Where to find what is served: the content of the ready file."""

    port: int
    panel: str
    camera: str
    wheel: str
    lightbox: str
    config: str
    panel_log: str
    scenario: str
    mount: str | None = None
    roof: str | None = None
    light: str = "panel"


def serve(
    name: str = "mono",
    port: int = 0,
    ready: Path | None = None,
    config: Path | None = None,
    stop: threading.Event | None = None,
) -> None:
    """Serve the rig of scenario `name` until `stop` is set, or SIGINT or SIGTERM comes.

    `port` 0 takes a free one. `ready` is written once everything can be used, and removed at
    the end; `config` is written before it, and stays. Raises `ValueError` for an unknown
    scenario, `OSError` when the port is taken.
    """
    rig = sized_scenario(name)
    with _folder() as folder:
        try:
            asyncio.run(_serve(rig, port, ready, config, stop or threading.Event(), folder))
        finally:
            if ready is not None:
                ready.unlink(missing_ok=True)


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for the rig's files; at the end only flats that were taken stay in it."""
    folder = Path(tempfile.mkdtemp(prefix="flatctl-sim-"))
    try:
        yield folder
    finally:
        for name in ("flatctl.toml", "light.log"):
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


async def _serve(
    rig: Scenario,
    port: int,
    ready: Path | None,
    config: Path | None,
    stop: threading.Event,
    folder: Path,
) -> None:
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, stop.set)
    world = World(rig, log=folder / "light.log", night=any_night())
    server = SimServer(*_drivers(world), port=port)
    serving = loop.create_task(server.serve())
    stopping = loop.create_task(asyncio.to_thread(stop.wait))
    try:
        with alnitak_on_a_pty(world) as panel:
            listening = loop.create_task(server.listening())
            await asyncio.wait((serving, listening), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                listening.cancel()
                serving.result()
            served = _served(world, await listening, panel.path, folder, config)
            _announce(served, ready)
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        # Python 3.12 and later wait for the clients to leave, unless they are sent away first.
        server.stop()
        serving.cancel()
        await asyncio.gather(serving, stopping, return_exceptions=True)


def _drivers(world: World) -> list[SimDriver]:
    drivers = [camera.SimCamera(world), wheel.SimWheel(world), lightbox.SimLightBox(world)]
    if world.scene is not None and world.scene.mount is not None:
        drivers.append(mount.SimMount(world))
    if world.scene is not None and world.scene.roof is not None:
        drivers.append(roof.SimRoof(world))
    return drivers


def _served(
    world: World, port: int, panel: str, folder: Path, config: Path | None = None
) -> Served:
    rig, scene = world.scenario, world.scene
    site = scene.twilight.site if scene is not None else None
    config = config or folder / "flatctl.toml"
    served = Served(
        port=port,
        panel=panel,
        camera=camera.NAME,
        wheel=wheel.NAME,
        lightbox=lightbox.NAME,
        config=str(config),
        panel_log=str(folder / "light.log"),
        scenario=rig.name,
        mount=mount.NAME if scene is not None and scene.mount is not None else None,
        roof=roof.NAME if scene is not None and scene.roof is not None else None,
        light="panel" if scene is None else "sky",
    )
    # What no driver says of a DSLR: its shutter speeds, and that 16 bits hold 14.
    speeds = [s for s in rig.sensor.shutter_s if s >= SHORTEST_S]
    full_adu = rig.sensor.full_scale_adu if rig.sensor.isos else None
    text = CONFIG.format(
        scenario=rig.name,
        rig=json.dumps(f"simulated-{rig.name.replace('+', '-')}"),
        summary=rig.summary,
        more_of_rig=_lines(
            latitude_deg=site and round(site.latitude_deg, 4),
            longitude_deg=site and round(site.longitude_deg, 4),
            elevation_m=site and site.elevation_m,
        ),
        port=port,
        camera=json.dumps(camera.NAME),
        wheel=json.dumps(wheel.NAME),
        panel=_lines(kind="indi", device=lightbox.NAME)
        if rig.by_lightbox
        else _lines(kind="alnitak", port=panel, boot_delay_s=0.0),
        directory=json.dumps(str(folder / "flats")),
        shortest_s=SHORTEST_S,
        more_of_camera=_lines(
            iso=rig.sensor.isos[0] if rig.sensor.isos else None,
            full_scale_adu=full_adu,
            **dict(rig.camera_keys),
        ),
        tables_of_sky=_tables_of_sky(scene) if scene is not None else "",
        more=LEAK_CHECK if rig.optics.leak_e_s else "",
        more_of_flats=_lines(exposures_s=[round(s, 6) for s in speeds]),
    )
    config.write_text(text, encoding="utf-8")
    return served


def _tables_of_sky(scene: Scene) -> str:
    """Return the tables with which flats of the sky can be taken: `flatctl run --light sky`."""
    tables = ["[sky]\n" + _lines(position="stay" if scene.mount is None else None)]
    if scene.mount is not None:
        tables.append("[mount]\n" + _lines(device=mount.NAME, move=True))
    if scene.roof is not None:
        tables.append("[dome]\n" + _lines(device=roof.NAME, policy="stop"))
    return "\n" + "\n".join(tables)


def _lines(**keys: object) -> str:
    given = {key: value for key, value in keys.items() if value is not None and value != []}
    return "".join(f"{key} = {json.dumps(value)}\n" for key, value in given.items())


def _announce(served: Served, ready: Path | None) -> None:
    print(f"simulated rig: {served.scenario}")
    print(f"  INDI server   127.0.0.1:{served.port}")
    print(f"  camera        {served.camera}")
    print(f"  filter wheel  {served.wheel}")
    print(f"  light box     {served.lightbox} (the same light as the panel)")
    print(f"  panel         {served.panel} (Alnitak)")
    for what, name in (("mount", served.mount), ("roof", served.roof)):
        if name is not None:
            print(f"  {what:13} {name}")
    print(f"  config        {served.config}")
    of_sky = " --light sky" if served.light == "sky" else ""
    print(f"take flats with: flatctl run {served.config}{of_sky}")
    print("stop with Ctrl-C", flush=True)
    if ready is not None:
        write_json(ready, asdict(served))
