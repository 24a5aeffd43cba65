"""The ladder of exposures: few of them, so that few sets of dark flats are needed."""

from collections.abc import Sequence
from math import floor, log10

from flatctl.core.limits import nearest

_STEPS = (1, 2, 5)
# A shutter speed is a rung where it is no farther than this (a ratio) from a round one.
_NEAR = 1.2


def ladder(
    shortest_s: float, longest_s: float, exposures_s: Sequence[float] = ()
) -> tuple[float, ...]:
    """Return the rungs from one exposure to another: 0.1, 0.2, 0.5, 1, 2, 5 s and so on.

    Where `exposures_s` lists the only exposures possible, the rungs are those nearest to these.
    """
    decades = range(floor(log10(shortest_s)), floor(log10(longest_s)) + 1)
    rungs = [float(f"{step}e{decade}") for decade in decades for step in _STEPS]
    if exposures_s:
        found = [nearest(exposures_s, rung) for rung in rungs]
        pairs = zip(found, rungs, strict=True)
        rungs = [t for t, rung in pairs if 1 / _NEAR <= t / rung <= _NEAR]
    return tuple(sorted({t for t in rungs if shortest_s <= t <= longest_s}))
