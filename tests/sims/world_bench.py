"""A small world on a virtual clock, whose frames a test can look at."""

from dataclasses import replace

import numpy as np

from hardware_sims.clock import VirtualClock
from hardware_sims.light import Light
from hardware_sims.optics import Optics
from hardware_sims.scenarios import scenario
from hardware_sims.world import Scenario, World

EVEN = Optics(vignetting_frac=0.0, motes=0, prnu_frac=0.0)


class Bench:
    """A small world on a virtual clock."""

    def __init__(self, rig: Scenario | None = None, **changes: object) -> None:
        rig = replace(rig or scenario("mono", rows=96, cols=128), **changes)
        self.rig = replace(rig, sensor=replace(rig.sensor, dark_e_s_at_0c=0.0))
        self.clock = VirtualClock()
        light = Light(self.rig.brightness_max, now=self.clock.monotonic, utc=self.clock.now)
        self.world = World(self.rig, light=light, now=self.clock.monotonic)

    def frame(self, exposure_s: float, **setting: object) -> np.ndarray:
        start_s = self.clock.monotonic()
        self.clock.sleep(exposure_s)
        return self.world.expose(start_s, exposure_s, replace(self.world.neutral(), **setting))

    def level(self, exposure_s: float, **setting: object) -> float:
        return float(np.mean(self.frame(exposure_s, **setting)))


def lit(brightness: int, rig: Scenario | None = None, **changes: object) -> Bench:
    bench = Bench(rig, **changes)
    bench.world.light.set(lit=True, brightness=brightness)
    return bench
