"""A twilight over INDI: `flatctl` against a camera under a sky, and what truly happened."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from indi_served import indi_served

from flatctl.app.run import run
from flatctl.core.pointing.bodies import sun_at
from flatctl.core.pointing.directions import separation_deg
from flatctl.core.types import LightSource
from flatctl.errors import FlatctlError
from flatctl.outputs.jsonlines import to_plain
from flatctl.settings.alpaca import TYPES
from flatctl.storage.verify import verify_file
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.camera import SimCamera
from hardware_sims.indi.driver import SimDriver
from hardware_sims.mount import NAME as MOUNT
from hardware_sims.mount import SimMount
from hardware_sims.roof import NAME as ROOF
from hardware_sims.roof import SimRoof
from hardware_sims.scenarios import scenario
from hardware_sims.sky.motion import Motion
from hardware_sims.sky.scene import RoofHabits
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World

SHORT = "dusk-short"
SUN_DEG = 40.0


@dataclass
class Twilight:
    """A rig under a sky, and what `flatctl` told of it."""

    world: World
    drivers: list[SimDriver]
    folder: Path
    config: Path
    error: FlatctlError | None = None

    def run(self, *, count: int = 1, filters: tuple[str, ...] = ("Ha",)) -> int:
        """Run it in this process and return the exit code."""
        self.told: list[dict] = []
        listeners = [lambda event, _: self.told.append(to_plain(event))]
        try:
            return run(
                self.config,
                filters=filters,
                count=count,
                light=LightSource.SKY,
                listeners=listeners,
            )
        except FlatctlError as error:
            self.error = error
            return error.exit_code

    def all(self, event: str) -> list[dict]:
        """Return what was told of that kind."""
        return [each for each in self.told if each["event"] == event]

    @property
    def mount(self) -> SimMount:
        """Its driver."""
        return next(each for each in self.drivers if isinstance(each, SimMount))

    @property
    def motion(self) -> Motion:
        """How it moved."""
        return self.world.scene.mount

    @property
    def frames(self) -> list[Path]:
        """The flats on disk."""
        return sorted(self.folder.rglob("*.fits"))

    @property
    def bad_frames(self) -> list[Path]:
        """Those of them that are none."""
        return [path for path in self.frames if verify_file(path).problems]

    def nearest_and_lowest_deg(self) -> tuple[float, float]:
        """Return how near to the Sun, and how low, the telescope has pointed on all its ways."""
        now_s, twilight = self.world.now(), self.world.scene.twilight
        began_s = now_s - (twilight.utc(now_s) - self.began).total_seconds()
        seconds = [began_s + i / 10 for i in range(int(10 * (now_s - began_s)) + 1)]
        way = [(twilight.utc(each), self.motion.direction(each)) for each in seconds]
        suns = [separation_deg(at, sun_at(when, twilight.site)) for when, at in way]
        return min(suns), min(at.alt_deg for _, at in way)

    def __post_init__(self) -> None:
        self.began = self.world.scene.twilight.utc(self.world.now())


@contextmanager
def twilight(
    folder: Path,
    name: str = SHORT,
    *,
    roof: RoofHabits | None = None,
    sky: str = "",
    move: bool = True,
    away_deg: float = 0.0,
    alpaca: bool = False,
    **habits: object,
) -> Iterator[Twilight]:
    """Serve a rig whose mount has these habits, over INDI or Alpaca; `sky` is added to [sky].

    Its configuration has a site that is `away_deg` east of where it is.
    """
    rig = scenario(name, rows=64, cols=64)
    rig = replace(rig, mount=replace(rig.mount, **habits), roof=roof or rig.roof)
    world = World(rig)
    drivers: list[SimDriver] = []

    def make() -> list[SimDriver]:
        drivers.extend(kind(world) for kind in (SimCamera, SimWheel, SimMount, SimRoof))
        return drivers

    names = {"camera": "Sim CCD", "wheel": "Sim Wheel", "mount": MOUNT, "dome": ROOF}
    if alpaca:
        with AlpacaRig(world) as served:
            urls = {table: served.url(TYPES[table]) for table in names}
            config = _config(folder, world, 7624, move, sky, away_deg, urls)
            yield Twilight(world, drivers, folder, config)
        return
    with indi_served(make) as port:
        config = _config(folder, world, port, move, sky, away_deg, names)
        yield Twilight(world, drivers, folder, config)


def _config(
    folder: Path,
    world: World,
    port: int,
    move: bool,
    sky: str,
    away_deg: float,
    names: dict[str, str],
) -> Path:
    site = world.scene.twilight.site
    path = folder / "rig.toml"
    path.write_text(f"""
[rig]
latitude_deg = {site.latitude_deg}
longitude_deg = {(site.longitude_deg + away_deg + 180.0) % 360.0 - 180.0}
[indi]
host = "127.0.0.1"
port = {port}
socket = "off"
timeout_s = 10
[camera]
device = "{names["camera"]}"
[wheel]
device = "{names["wheel"]}"
[flats]
exposure_s = {{ min = 0.05, start = 0.5, max = 20.0 }}
[sky]
{sky}
[mount]
device = "{names["mount"]}"
move = {json.dumps(move)}
slew_s = 10
[dome]
device = "{names["dome"]}"
policy = "stop"
[output]
directory = "{folder / "flats"}"
history = "{folder / "history.sqlite"}"
""")
    return path
