"""What to try next where only listed exposures are possible, and brightness alone is exhausted.

The band runs through brightness and exposure like a staircase: the longer the exposure, the fewer
steps it takes. What is open at each exposure is a range of steps, and every frame closes a corner
of the whole: too dim, and all with no more of both goes; too bright, and all with no less.
"""

from collections.abc import Callable, Iterable, Mapping
from math import ceil, log2
from typing import TYPE_CHECKING

from flatctl.core.limits import Limits
from flatctl.core.search.evidence import Evidence
from flatctl.core.types import Setting

if TYPE_CHECKING:
    from flatctl.core.search.forecast import Outlook

OpenSteps = Mapping[float, range]
"""What is open, by exposure (s); none of the ranges is empty."""

RESERVE = 8
"""So many exposures are kept, beyond those that halving needs, for what comes after it."""

# A setting of a measured step that costs less than this is tried before all else.
_LIKELY = 0.6


def spare(left: int, count: int) -> int:
    """Return how many of the exposures left halving so many open settings does not need."""
    return left - ceil(log2(count + 1))


def best_listed(
    evidence: Evidence, outlook: "Outlook", limits: Limits, low_adu: float, left: int
) -> Setting | None:
    """Return what to try next, None if nothing is open that may reach `low_adu`.

    Steps already measured come first, if an exposure suits them; next what is foretold of the
    others. When the exposures `left` run short, a straight line through what was measured and
    halving take turns, and what is halved first are the exposures of the steps next to the band
    and at the limits: they are few, and a lit frame there tells how much light is wanting.
    """
    ranges = {t: evidence.open_steps(t) for t in limits.exposures_s}
    open_steps = {t: r for t, r in ranges.items() if r and evidence.at_best(r[-1]) >= low_adu}
    if not open_steps:
        return None
    measured = outlook.measured
    trims = [outlook.best_of(step, times) for step, times in _at(open_steps, measured)]
    likely = [trim for trim in trims if trim[0] < _LIKELY]
    if likely:
        return min(likely)[1]
    urgent = spare(left, sum(map(len, open_steps.values()))) <= RESERVE
    cost, guess = min(_guess(outlook, r, t) for t, r in open_steps.items())
    line = outlook.straight(open_steps) if urgent and left % 2 == 0 else None
    if line is not None:
        return line
    if cost < 1 and not (urgent and left % 2):
        return guess
    ends = [s for r in ranges.values() if not r for s in (r.start - 1, r.stop)]
    ends += [limits.dimmest, limits.brightest]
    for step, times in _at(open_steps, ends):
        if step not in measured:
            return Setting(step, times[len(times) // 2])
    if urgent:
        return halving(narrowed(open_steps, outlook.side, measured) or open_steps)
    return guess


def halving(open_steps: OpenSteps) -> Setting:
    """Return the setting that closes the most, whichever side of the band it falls on."""

    def closed(setting: Setting) -> int:
        step, exposure_s = setting
        dim = (min(step + 1, r.stop) - r.start for t, r in open_steps.items() if t <= exposure_s)
        bright = (r.stop - max(step, r.start) for t, r in open_steps.items() if t >= exposure_s)
        return min(sum(max(n, 0) for n in dim), sum(max(n, 0) for n in bright))

    return max((Setting(r[len(r) // 2], t) for t, r in open_steps.items()), key=closed)


def narrowed(
    open_steps: OpenSteps, side: Callable[[int, float], int], known: Iterable[int]
) -> OpenSteps:
    """Return what stays open if the light of the known steps is as foretold.

    `side` tells on which side of the band a setting will fall: below (-1), above (1), or within.
    """
    left = {}
    for t, r in open_steps.items():
        low = max((s + 1 for s in known if side(s, t) < 0), default=r.start)
        high = min((s for s in known if side(s, t) > 0), default=r.stop)
        inside = range(max(low, r.start), min(high, r.stop))
        if inside:
            left[t] = inside
    return left


def _at(open_steps: OpenSteps, steps: Iterable[int]) -> list[tuple[int, list[float]]]:
    """Return those of the steps that are open somewhere, each with the exposures (s) open to it."""
    found = [(s, [t for t, r in open_steps.items() if s in r]) for s in steps]
    return [(s, times) for s, times in found if times]


def _guess(outlook: "Outlook", steps: range, exposure_s: float) -> tuple[float, Setting]:
    step, cost = outlook.best_step(steps, exposure_s)
    return cost, Setting(step, exposure_s)
