"""What to try next where any exposure is possible, and brightness alone is exhausted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from flatctl.core.band import Band
from flatctl.core.limits import Limits
from flatctl.core.search import endings
from flatctl.core.search.evidence import Evidence, Judged
from flatctl.core.types import Setting

if TYPE_CHECKING:
    from flatctl.core.search.forecast import Outlook

BLIND = 2
"""So many clipped frames without a lit one, and guessing stops."""

_LIT_FRAC = 0.1
# So many exposures are considered for the proof that none is enough, with levels so much above
# (a ratio) those foretold.
_PROOFS, _DOUBT = 20, 1.05
# Of what is open between two frames this part (of its ratio) next to each need not be tried.
_INSIDE = 0.03


def best_trim(
    evidence: Evidence,
    outlook: "Outlook",
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
    for step in edges:
        between = evidence.open_exposures(step)
        if not limits.dimmest <= step <= limits.brightest or between is None:
            continue
        if evidence.at_best(step) < band.low_adu:
            continue
        if _blind(evidence, step, band):
            options.append((1.0, Setting(step, limits.between(*between))))
            continue
        shortest_s, longest_s = _untried(limits, *between)
        exposure_s, cost = outlook.best_exposure(step, shortest_s, longest_s)
        if cost >= 1 and _disproved(outlook.enough_s(step), limits, *between):
            exposure_s = limits.between(*between)
        if early and exposure_s == limits.longest_s and endings.unresponsive(evidence.frames):
            exposure_s = _proof(evidence, outlook, limits, band, step, shortest_s)
        options.append((cost, Setting(step, exposure_s)))
    return min(options)[1] if options else None


def _untried(limits: Limits, low_s: float, high_s: float) -> tuple[float, float]:
    """Return the open exposures (s) worth trying: a bound that is a frame, not a limit, is not."""
    inside = (high_s / low_s) ** _INSIDE
    shortest = low_s if low_s == limits.shortest_s else low_s * inside
    longest = high_s if high_s == limits.longest_s else high_s / inside
    return shortest, longest


def _disproved(wished_s: tuple[float, float], limits: Limits, low_s: float, high_s: float) -> bool:
    """Tell whether the outlook wishes for what frames have disproved: it is no guide any more."""
    return wished_s[1] < low_s > limits.shortest_s or wished_s[0] > high_s < limits.longest_s


def _proof(
    evidence: Evidence,
    outlook: "Outlook",
    limits: Limits,
    band: Band,
    step: int,
    shortest_s: float,
) -> float:
    """Return the shortest exposure to prove, if all goes as foretold, that none is enough.

    A panel that is not lit is no reason to expose for minutes.
    """
    longest_s = limits.longest_s
    for i in range(_PROOFS):
        exposure_s = shortest_s * float((longest_s / shortest_s) ** (i / _PROOFS))
        level = _DOUBT * outlook.level(step, exposure_s)
        frame = Judged(Setting(step, exposure_s), level, bright=False, clipped=False)
        if evidence.at_best(step, frame) < band.low_adu:
            return exposure_s
    return longest_s


def _blind(evidence: Evidence, step: int, band: Band) -> bool:
    """Tell whether frames at a step came out clipped, and none so that its light is known."""
    there = [f for f in evidence.frames if f.brightness == step]
    lit = any(f.level_adu > _LIT_FRAC * band.full_scale_adu and not f.clipped for f in there)
    return not lit and sum(f.clipped for f in there) >= BLIND
