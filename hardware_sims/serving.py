"""The whole simulated rig in one process: INDI on TCP, the panel on a pseudo-terminal, Alpaca."""

import asyncio
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hardware_sims import camera, lightbox, mount, roof, wheel
from hardware_sims.alpaca import discovery
from hardware_sims.alpaca.habits import AlpacaHabits, named_rig
from hardware_sims.alpaca.rig import EVERYWHERE, LOOPBACK, AlpacaRig
from hardware_sims.configuration import Reached, configuration
from hardware_sims.indi.driver import SimDriver
from hardware_sims.indi.server import SimServer
from hardware_sims.light import write_json
from hardware_sims.panel import alnitak_on_a_pty
from hardware_sims.serial_panels.alnitak import SimulatedAlnitak
from hardware_sims.shared import sized_scenario
from hardware_sims.world import Scenario, World, any_night


@dataclass(frozen=True)
class Served:
    """Where to find what is served: the content of the ready file."""

    port: int
    panel: str | None
    camera: str
    wheel: str
    lightbox: str
    config: str
    panel_log: str
    scenario: str
    mount: str | None = None
    roof: str | None = None
    light: str = "panel"
    alpaca: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What is to be served, and how.

    `port` 0 takes a free one; it is INDI's, or Alpaca's where the devices are to be reached so.
    `ready` is written once everything can be used, and removed at the end; `config` is written
    before it, and stays. With `lan`, other machines can find and use what is behind Alpaca.
    """

    name: str = "mono"
    port: int = 0
    ready: Path | None = None
    config: Path | None = None
    alpaca: bool = False
    lan: bool = False

    def rig(self) -> tuple[Scenario, AlpacaHabits]:
        """Return the rig of that name. Raises `ValueError` when there is none to be reached so."""
        return named_rig(self.name, alpaca=self.alpaca, sized=sized_scenario)


def serve(wanted: Wanted, stop: threading.Event | None = None) -> None:
    """Serve a rig until `stop` is set, or SIGINT or SIGTERM comes.

    Raises `ValueError` for an unknown scenario, `OSError` when the port is taken.
    """
    rig, habits = wanted.rig()
    with _folder() as folder:
        try:
            asyncio.run(_serve(rig, habits, wanted, stop or threading.Event(), folder))
        finally:
            if wanted.ready is not None:
                wanted.ready.unlink(missing_ok=True)


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
    habits: AlpacaHabits,
    wanted: Wanted,
    stop: threading.Event,
    folder: Path,
) -> None:
    loop = asyncio.get_running_loop()
    if threading.current_thread() is threading.main_thread():
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, stop.set)
    world = World(rig, log=folder / "light.log", night=any_night())
    server = SimServer(*_drivers(world), port=0 if wanted.alpaca else wanted.port)
    serving = loop.create_task(server.serve())
    stopping = loop.create_task(asyncio.to_thread(stop.wait))
    try:
        with _serial_panel(world) as panel, _alpaca(world, habits, wanted) as alpaca:
            listening = loop.create_task(server.listening())
            await asyncio.wait((serving, listening), return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                listening.cancel()
                serving.result()
            served = _served(world, await listening, panel, alpaca, wanted, folder)
            _announce(served, wanted.ready)
            await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        # Python 3.12 and later wait for the clients to leave, unless they are sent away first.
        server.stop()
        serving.cancel()
        await asyncio.gather(serving, stopping, return_exceptions=True)


@contextmanager
def _serial_panel(world: World) -> Iterator[str | None]:
    """Serve the panel on a pseudo-terminal, if it has the steps of its kind; give that's path."""
    if world.light.maximum != SimulatedAlnitak.maximum:
        yield None
        return
    with alnitak_on_a_pty(world) as panel:
        yield panel.path


@contextmanager
def _alpaca(world: World, habits: AlpacaHabits, wanted: Wanted) -> Iterator[AlpacaRig | None]:
    if not wanted.alpaca:
        yield None
        return
    where = EVERYWHERE if wanted.lan else LOOPBACK
    found = discovery.PORT if wanted.lan else None
    rig = AlpacaRig(world, habits, host=where, port=wanted.port, discovery_port=found)
    with rig:
        yield rig


def _drivers(world: World) -> list[SimDriver]:
    drivers = [camera.SimCamera(world), wheel.SimWheel(world), lightbox.SimLightBox(world)]
    if world.scene is not None and world.scene.mount is not None:
        drivers.append(mount.SimMount(world))
    if world.scene is not None and world.scene.roof is not None:
        drivers.append(roof.SimRoof(world))
    return drivers


def _served(
    world: World,
    port: int,
    panel: str | None,
    alpaca: AlpacaRig | None,
    wanted: Wanted,
    folder: Path,
) -> Served:
    scene = world.scene
    config = wanted.config or folder / "flatctl.toml"
    served = Served(
        port=port,
        panel=panel,
        camera=camera.NAME,
        wheel=wheel.NAME,
        lightbox=lightbox.NAME,
        config=str(config),
        panel_log=str(folder / "light.log"),
        scenario=world.scenario.name,
        mount=mount.NAME if scene is not None and scene.mount is not None else None,
        roof=roof.NAME if scene is not None and scene.roof is not None else None,
        light="panel" if scene is None else "sky",
        alpaca=None if alpaca is None else alpaca.port,
    )
    by = _by_indi(served, world.scenario.by_lightbox) if alpaca is None else _by_alpaca(alpaca)
    text = configuration(world, by, folder / "flats")
    config.write_text(text, encoding="utf-8")
    return served


def _by_indi(served: Served, by_lightbox: bool) -> Reached:
    serial: dict[str, object] = {"kind": "alnitak", "port": served.panel, "boot_delay_s": 0.0}
    box: dict[str, object] = {"kind": "indi", "device": lightbox.NAME}
    panel = box if by_lightbox else serial
    return Reached(camera.NAME, wheel.NAME, panel, mount.NAME, roof.NAME, served.port)


def _by_alpaca(rig: AlpacaRig) -> Reached:
    panel: dict[str, object] = {"kind": "alpaca", "device": rig.url("covercalibrator")}
    of = rig.url
    return Reached(of("camera"), of("filterwheel"), panel, of("telescope"), of("dome"))


def _announce(served: Served, ready: Path | None) -> None:
    print(f"simulated rig: {served.scenario}")
    print(f"  INDI server   127.0.0.1:{served.port}")
    if served.alpaca is not None:
        print(f"  Alpaca server 127.0.0.1:{served.alpaca} (the same devices)")
    print(f"  camera        {served.camera}")
    print(f"  filter wheel  {served.wheel}")
    print(f"  light box     {served.lightbox} (the same light as the panel)")
    serial = served.panel and f"{served.panel} (Alnitak)"
    for what, name in (("panel", serial), ("mount", served.mount), ("roof", served.roof)):
        if name is not None:
            print(f"  {what:13} {name}")
    print(f"  config        {served.config}")
    of_sky = " --light sky" if served.light == "sky" else ""
    print(f"take flats with: flatctl run {served.config}{of_sky}")
    print("stop with Ctrl-C", flush=True)
    if ready is not None:
        write_json(ready, asdict(served))
