"""Cameras and filter wheels to try: the engine's stand-ins, and those behind INDI and Alpaca."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from indi_served import connections_to, indi_served

from flatctl.devices.catalog import CAMERAS, WHEELS
from flatctl.devices.protocols import Camera, FilterWheel
from hardware_sims import camera, wheel
from hardware_sims.alpaca.rig import AlpacaRig
from hardware_sims.camera import SimCamera
from hardware_sims.fakes import FakeRig
from hardware_sims.scenarios import scenario
from hardware_sims.wheel import SimWheel
from hardware_sims.world import World


@dataclass
class RigBench:
    """A camera and a wheel, not opened, and the world they stand in."""

    camera: Camera
    wheel: FilterWheel
    world: World
    limit_s: float = 20.0


@contextmanager
def in_process() -> Iterator[RigBench]:
    """Make the stand-ins on a virtual clock."""
    rig = FakeRig()
    yield RigBench(rig.camera, rig.wheel, rig.world)


@contextmanager
def behind_indi() -> Iterator[RigBench]:
    """Serve a simulated camera and wheel over INDI."""
    world = World(scenario("mono"))
    with (
        indi_served(lambda: [SimCamera(world), SimWheel(world)]) as port,
        connections_to(port) as connections,
    ):
        yield RigBench(
            CAMERAS.build(connections, camera.NAME), WHEELS.build(connections, wheel.NAME), world
        )


@contextmanager
def behind_alpaca() -> Iterator[RigBench]:
    """Serve a simulated camera and wheel over Alpaca."""
    world = World(scenario("mono"))
    with AlpacaRig(world) as rig, connections_to(7624) as connections:
        yield RigBench(
            CAMERAS.build(connections, rig.url("camera")),
            WHEELS.build(connections, rig.url("filterwheel")),
            world,
        )


BENCHES: dict[str, Callable[[], object]] = {"indi": behind_indi, "alpaca": behind_alpaca}
RIGS: dict[str, Callable[[], object]] = {"in-process": in_process, **BENCHES}
