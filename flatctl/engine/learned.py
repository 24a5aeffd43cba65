"""What one filter of a run teaches the next."""

from dataclasses import dataclass

from flatctl.core.response import Response
from flatctl.core.search import FlatSearch
from flatctl.core.types import Outcome, Setting


@dataclass(frozen=True)
class Learned:
    """What the filters of a run taught: panel and camera, and the setting accepted last."""

    response: Response | None = None
    setting: Setting | None = None

    def after(self, search: FlatSearch) -> "Learned":
        """Return what is known after one more search."""
        reached = search.outcome is Outcome.REACHED
        return Learned(search.response, Setting(*search.setting) if reached else self.setting)
