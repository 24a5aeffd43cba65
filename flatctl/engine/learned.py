"""What one filter of a run teaches the next."""

from dataclasses import dataclass, replace

from flatctl.core.search.response import Response
from flatctl.core.search.search import FlatSearch
from flatctl.core.types import Outcome, Setting


@dataclass(frozen=True)
class Learned:
    """What the filters of a run taught: panel and camera, and the settings accepted, in order.

    `deaf` is a panel whose light did not change even after it was reached anew.
    """

    response: Response | None = None
    settings: tuple[Setting, ...] = ()
    deaf: bool = False

    def after(self, search: FlatSearch) -> "Learned":
        """Return what is known after one more search."""
        accepted = (search.setting,) if search.outcome is Outcome.REACHED else ()
        return replace(self, response=search.response, settings=self.settings + accepted)


def spread_steps(dimmest: int, brightest: int, count: int = 49) -> tuple[int, ...]:
    """Return steps from one to the other, at most about `count`, to draw a curve through."""
    span = brightest - dimmest
    return tuple(sorted({dimmest + round(span * n / (count - 1)) for n in range(count)}))
