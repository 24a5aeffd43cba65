"""The light of a lamp while it warms up, by the frames of one set.

The light nears its end exponentially: ln light = a - b * exp(-t / tau), with an `a` for each
brightness. What a search saw in the cold is brought up to the light of the end, so that frames of
different moments tell one curve of the panel.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from flatctl.core.types import Measurement

# Time constants tried (s).
_TAUS_S = np.geomspace(2.0, 32.0, 9)
# The scatter of a frame, and how cold a lamp usually is at first, both in ln of light.
_SCATTER, _COLD = 0.003, 0.3


def warmed(
    cold: Sequence[Measurement], frames: Sequence[Measurement], pedestal_adu: float
) -> tuple[Measurement, ...]:
    """Return `cold` readings with the levels that the light of the last of `frames` would give.

    The `frames` of the set, in order, tell how the light went; a few, or steady ones, tell of none.
    """
    since_s = min(r.time_s for r in (*cold, *frames))
    seconds = np.array([r.time_s for r in frames]) - since_s
    signal = np.array([max(r.level_adu - pedestal_adu, 1.0) for r in frames])
    light = np.log(signal / [r.setting.exposure_s for r in frames])
    _, which = np.unique([r.setting.brightness for r in frames], return_inverse=True)
    steps = np.eye(which.max() + 1)[which]
    best = np.inf
    for tau_s in _TAUS_S:
        cooler = -np.exp(-seconds / tau_s)
        rows = np.column_stack([steps, cooler]) / _SCATTER
        usual = np.append(np.zeros(steps.shape[1]), 1 / _COLD)
        rows, wanted = np.vstack([rows, usual]), np.append(light / _SCATTER, 0.0)
        found = np.linalg.lstsq(rows, wanted, rcond=None)[0]
        misfit = float(np.sum((rows @ found - wanted) ** 2))
        if misfit < best:
            best, lacking, slowness_s, last = misfit, float(found[-1]), tau_s, cooler[-1]

    def as_warm(reading: Measurement) -> Measurement:
        cooler = -np.exp(-(reading.time_s - since_s) / slowness_s)
        gain = float(np.exp(lacking * (last - cooler)))
        above = max(reading.level_adu - pedestal_adu, 0.0)
        return replace(reading, level_adu=reading.level_adu + above * (gain - 1))

    return tuple(as_warm(reading) for reading in cold)
