"""What to try next by another exposure, where brightness alone is exhausted.

Where any exposure is possible, two steps next to the band are trimmed by the exposure. Where only
listed ones are, the band runs through brightness and exposure like a staircase: the longer the
exposure, the fewer steps it takes. What is open at each exposure is a range of steps, and every
frame closes a corner of the whole: too dim, and all with no more of both goes; too bright, and all
with no less.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import ceil, log2
from typing import TYPE_CHECKING

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings
from flatctl.core.search.evidence import Evidence, Judged
from flatctl.core.types import Setting

if TYPE_CHECKING:
    from flatctl.core.search.forecast import Forecast

OpenSteps = Mapping[float, range]
"""What is open, by exposure (s); none of the ranges is empty."""

RESERVE = 8
"""So many exposures are kept, beyond those that halving needs, for what comes after it."""

BLIND = 2
"""So many clipped frames without a lit one, and guessing stops."""

# From this fraction of full scale on a frame shows more than any pedestal.
_LIT_FRAC = 0.1
# So many exposures are considered for the proof that none is enough, with levels so much above
# (a ratio) those foretold.
_PROOFS, _DOUBT = 20, 1.05
# Of what is open between two frames this part (of its ratio) next to each need not be tried.
_INSIDE = 0.03
# A setting of a measured brightness that costs less than this is tried before all else.
_LIKELY = 0.6


def best_free(
    evidence: Evidence,
    forecast: "Forecast",
    limits: Limits,
    band: Band,
    edges: Sequence[int],
    *,
    early: bool,
) -> Setting | None:
    """Return what to try next, None if nothing is open that may reach the band.

    `edges` are the steps next to the band at the first exposure. While it is `early`, and the light
    does not respond to brightness, a long exposure is made no longer than a proof needs.
    """
    options = []
    for brightness in edges:
        between = evidence.open_exposures(brightness)
        if not limits.dimmest <= brightness <= limits.brightest or between is None:
            continue
        if evidence.at_best(brightness) < band.low_adu:
            continue
        if _blind(evidence, brightness, band):
            options.append((1.0, Setting(brightness, limits.between(*between))))
            continue
        shortest_s, longest_s = _untried(limits, *between)
        exposure_s, cost = forecast.best_exposure(brightness, shortest_s, longest_s)
        if early and exposure_s == limits.longest_s and endings.unresponsive(evidence.frames):
            exposure_s = _proof(evidence, forecast, limits, band, brightness, shortest_s)
        options.append((cost, Setting(brightness, exposure_s)))
    return min(options)[1] if options else None


def _untried(limits: Limits, low_s: float, high_s: float) -> tuple[float, float]:
    """Return the open exposures (s) worth trying: a bound that is a frame, not a limit, is not."""
    inside = (high_s / low_s) ** _INSIDE
    shortest = low_s if low_s == limits.shortest_s else low_s * inside
    longest = high_s if high_s == limits.longest_s else high_s / inside
    return shortest, longest


def _proof(
    evidence: Evidence,
    forecast: "Forecast",
    limits: Limits,
    band: Band,
    brightness: int,
    shortest_s: float,
) -> float:
    """Return the shortest exposure to prove, if all goes as foretold, that none is enough.

    A panel that is not lit is no reason to expose for minutes.
    """
    longest_s = limits.longest_s
    for i in range(_PROOFS):
        exposure_s = shortest_s * float((longest_s / shortest_s) ** (i / _PROOFS))
        level = _DOUBT * forecast.level(brightness, exposure_s)
        frame = Judged(Setting(brightness, exposure_s), level, bright=False, clipped=False)
        if evidence.at_best(brightness, frame) < band.low_adu:
            return exposure_s
    return longest_s


def _blind(evidence: Evidence, brightness: int, band: Band) -> bool:
    """Tell whether frames at a brightness came out clipped, and none so that its light is known."""
    there = [f for f in evidence.frames if f.brightness == brightness]
    lit = any(f.level_adu > _LIT_FRAC * band.full_scale_adu and not f.clipped for f in there)
    return not lit and sum(f.clipped for f in there) >= BLIND


def spare(left: int, count: int) -> int:
    """Return how many of the exposures left halving so many open settings does not need."""
    return left - ceil(log2(count + 1))


def best_listed(
    evidence: Evidence, forecast: "Forecast", limits: Limits, low_adu: float, left: int
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
    measured = forecast.measured
    trims = [forecast.best_of(brightness, times) for brightness, times in _at(open_steps, measured)]
    likely = [trim for trim in trims if trim[0] < _LIKELY]
    if likely:
        return min(likely)[1]
    urgent = spare(left, sum(map(len, open_steps.values()))) <= RESERVE
    cost, guess = min(_guess(forecast, r, t) for t, r in open_steps.items())
    line = forecast.straight(open_steps) if urgent and left % 2 == 0 else None
    if line is not None:
        return line
    if cost < 1 and not (urgent and left % 2):
        return guess
    ends = [s for r in ranges.values() if not r for s in (r.start - 1, r.stop)]
    ends += [limits.dimmest, limits.brightest]
    for brightness, times in _at(open_steps, ends):
        if brightness not in measured:
            return Setting(brightness, times[len(times) // 2])
    if urgent:
        return halving(narrowed(open_steps, forecast.side, measured) or open_steps)
    return guess


def halving(open_steps: OpenSteps) -> Setting:
    """Return the setting that closes the most, whichever side of the band it falls on."""

    def closed(setting: Setting) -> int:
        brightness, exposure_s = setting
        dim = (
            min(brightness + 1, r.stop) - r.start for t, r in open_steps.items() if t <= exposure_s
        )
        bright = (
            r.stop - max(brightness, r.start) for t, r in open_steps.items() if t >= exposure_s
        )
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


def _guess(forecast: "Forecast", steps: range, exposure_s: float) -> tuple[float, Setting]:
    brightness, cost = forecast.best_step(steps, exposure_s)
    return cost, Setting(brightness, exposure_s)
