"""What a plan, the panel and the camera allow together."""

import math
from dataclasses import dataclass

from flatctl.core import limits
from flatctl.core.types import FilterPlan, Setting
from flatctl.devices.protocols import CameraInfo


@dataclass(frozen=True)
class Limits:
    """Ranges in the panel's steps and in seconds, and where the search starts inside them.

    `exposures_s` are the only exposures possible; empty where every one is. `on_ladder` says that
    they are the plan's preferred ones, and not all there are.
    """

    brightness: tuple[int, int]
    exposure_s: tuple[float, float]
    exposures_s: tuple[float, ...]
    start: Setting
    on_ladder: bool = False

    @staticmethod
    def of(
        plan: FilterPlan, steps: range, info: CameraInfo, *, on_ladder: bool = False
    ) -> "Limits":
        """Return what remains of a plan's wishes with this panel and this camera.

        With `on_ladder` the exposures are the plan's preferred ones, if there are any.
        """
        shortest_s = max(plan.exposure_min_s, info.exposure_min_s or 0.0)
        longest_s = max(shortest_s, min(plan.exposure_max_s, info.exposure_max_s or math.inf))
        rungs = tuple(t for t in plan.ladder_s if on_ladder and shortest_s <= t <= longest_s)
        start_s = min(max(plan.exposure_start_s, shortest_s), longest_s)
        if rungs:
            start_s = min(rungs, key=lambda t: abs(t / start_s - 1))
        return Limits(
            brightness=(_step(steps, plan.brightness_min), _step(steps, plan.brightness_max)),
            exposure_s=(shortest_s, longest_s),
            exposures_s=rungs or plan.exposures_s,
            start=Setting(_step(steps, plan.brightness_start), start_s),
            on_ladder=bool(rungs),
        )

    @property
    def of_search(self) -> limits.Limits:
        """Return them as search and series take them."""
        return limits.Limits.checked(self.brightness, self.exposure_s, self.exposures_s)

    def allow(self, brightness: int, exposure_s: float) -> bool:
        """Say whether a setting lies within them."""
        return self.of_search.allow(Setting(brightness, exposure_s))


def _step(steps: range, fraction: float) -> int:
    """Return the panel's step at that fraction of its range, half a step rounded up."""
    return steps[math.floor(fraction * (len(steps) - 1) + 0.5)]
