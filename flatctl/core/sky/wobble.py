"""How much the light of one set scatters about what is expected of it."""

from collections import deque

import numpy as np

# Frames that the scatter is told by; one of them alone, as of a single cloud, does not tell.
_FRAMES = 5
# Of a normal distribution: its standard deviation over the median of what lies off its middle.
_SIGMA_PER_MEDIAN = 1.4826


class Wobble:
    """The last frames of a set against what was expected: how far off each was (a logarithm)."""

    def __init__(self) -> None:
        self._off: deque[float] = deque(maxlen=_FRAMES)

    def take(self, off: float) -> None:
        """Take in one frame."""
        self._off.append(off)

    @property
    def scatter(self) -> float:
        """Return by what fraction the light scatters, 0 while that can't be told."""
        if len(self._off) < _FRAMES:
            return 0.0
        return float(_SIGMA_PER_MEDIAN * np.median(np.abs(self._off)))
