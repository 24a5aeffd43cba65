"""What filters let through, held against what they did last time.

A wheel that is not where it says gives one filter the light of another. A panel that was exchanged
changes the light of all filters alike; a lamp that ages takes a fifth of it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from flatctl.core.quality.change import change
from flatctl.core.quality.dust import moved, spots
from flatctl.core.quality.findings import Figures, Finding, Kind
from flatctl.core.quality.shape import Shape

# From where on a filter has changed: lamps age by less, and the curve of a panel is known better.
_CHANGED = 1.6
# As much light as another filter had.
_LIKE = 1.08
# A panel of another kind has another colour: not all filters change by quite the same factor.
_ALIKE = 2.0
# No two filters let through the same to this. Between two steps of a panel its curve has to say, of
# which this is uncertain; further apart than that it does not help.
_EQUAL, _BY_CURVE, _EQUAL_MAX = 0.0015, 0.25, 0.01

Curve = Callable[[Sequence[int]], Sequence[float]]


@dataclass(frozen=True)
class Passed:
    """What a filter lets through, in ADU/s at one brightness: now and `then`, when it was trained.

    `others` are what other filters let through when they were trained, at the same brightness.
    """

    filter: str
    now_adu_s: float
    then_adu_s: float
    others: Mapping[str, float]

    @property
    def factor(self) -> float:
        """How many times more light than then."""
        return self.now_adu_s / self.then_adu_s

    @property
    def is_changed(self) -> bool:
        """Whether that is another filter or another panel."""
        return abs(log(self.factor)) > log(_CHANGED)

    @property
    def like(self) -> str | None:
        """The filter that let through then just what this one does now, where there is one."""
        apart = {
            abs(log(self.now_adu_s / light)): name
            for name, light in self.others.items()
            if abs(log(self.then_adu_s / light)) > log(_CHANGED)
        }
        nearest = min(apart, default=None)
        return apart[nearest] if nearest is not None and nearest < log(_LIKE) else None


def judge_light(passed: Sequence[Passed]) -> Finding | None:
    """Say what is wrong with the light of the last of these filters, None where nothing is.

    They are those of a run, in order: what all have in common is the panel's doing.
    """
    latest = passed[-1]
    if not latest.is_changed:
        return None
    figures: Figures = {"factor": latest.factor}
    if _is_panel(passed):
        return Finding(Kind.PANEL_LIGHT, figures)
    if latest.like is not None:
        return Finding(Kind.FILTER_LIGHT, {**figures, "like": latest.like})
    if len(passed) == 1:
        return Finding(Kind.FILTER_LIGHT, {**figures, "alone": 1.0})
    return Finding(Kind.FILTER_LIGHT, figures)


def _is_panel(passed: Sequence[Passed]) -> bool:
    factors = [each.factor for each in passed]
    return (
        len(passed) > 1
        and all(each.is_changed for each in passed)
        and max(factors) <= _ALIKE * min(factors)
        and not all(each.like for each in passed)
    )


@dataclass(frozen=True, eq=False)
class TakenSet:
    """A set of this run: the light of its filter at `brightness`, in ADU/s, and its shape."""

    filter: str
    brightness: int
    light_adu_s: float
    shape: Shape


def same_filter(
    latest: TakenSet, before: Sequence[TakenSet], curve: Curve, dust_frac: float
) -> Finding | None:
    """Say which earlier set seems to have been taken through the same filter; None where none does.

    `curve` returns what each of some brightnesses gives, in any unit.
    """
    for other in before:
        if other.filter == latest.filter or not latest.shape.fits(other.shape):
            continue
        here, there = curve((latest.brightness, other.brightness))
        limit = min(_EQUAL + _BY_CURVE * abs(log(there / here)), _EQUAL_MAX)
        apart = abs(log(latest.light_adu_s / other.light_adu_s * there / here))
        if apart < limit and _has_same_dust(latest.shape, other.shape, dust_frac):
            figures: Figures = {"like": other.filter, "difference_frac": apart}
            return Finding(Kind.SAME_FILTER, figures)
    return None


def _has_same_dust(one: Shape, other: Shape, dust_frac: float) -> bool:
    return moved(one, other) is None and not spots(change(one, other).rest, one.cell_px, dust_frac)
