"""The search as it would be if it were told tonight's sky: all but what clouds will do.

It knows how bright the sky is, how it fades, what each filter passes, the pedestal, and how large
clouds are and how fast they pass. What it still loses can't be learned from frames.
"""

from math import log
from typing import Any

import numpy as np
from sky_rigs import Twilight

from flatctl import SkyFlatSearch
from flatctl.core.sky import tonight
from flatctl.core.sky.clouds import Skies

_SURE = 1e-4


class Told(SkyFlatSearch):
    """Search with one kind of sky, the true one, and nothing to learn but its clouds."""

    twilight: Twilight

    def _begin(self, time_s: float) -> Any:
        course = super()._begin(time_s)
        if course is not None:
            self._tell(course.tonight)
        return course

    def _tell(self, state: Any) -> None:
        rig, true = self.twilight.rig, self.twilight.true
        state._kinds = Skies(np.array([true.clouds]), np.array([1.0 / true.clouds_s]))
        state._weights = state._prior = np.ones(1)
        state._means, state._spreads = state._means[:1] * 0.0, state._spreads[:1] * 0.0
        state._set(tonight._SKY, true.brighter, _SURE)
        state._set(tonight._STEEPNESS, true.steeper, _SURE)
        state._set(tonight._PEDESTAL_AT, rig.pedestal, _SURE)
        state._set(tonight._CLOUD, 0.0, true.clouds)
        for name, throughput in rig.throughputs.items():
            state._set(state._place[name], log(throughput), _SURE)
            state.seen.add(name)
