"""Which camera setup is taken first of a twilight."""

from collections.abc import Sequence

from flatctl import events
from flatctl.core.sky.filters import SkyFilter, guesses
from flatctl.core.types import CameraSetup, FilterPlan


def by_light(
    plans: Sequence[FilterPlan], own: CameraSetup, *, dawn: bool
) -> list[tuple[CameraSetup, list[FilterPlan]]]:
    """Return the sets of each camera setup, those first whose light is expected first.

    A twilight does not wait for one setup to be done with; that of the filters that pass the least
    is the first at dusk and the last at dawn.
    """
    groups: dict[CameraSetup, list[FilterPlan]] = {}
    for plan in plans:
        groups.setdefault(plan.setup or own, []).append(plan)
    guess = guesses(tuple(_hinted(plan) for plan in plans))

    def light(group: tuple[CameraSetup, list[FilterPlan]]) -> float:
        return sum(guess[events.set_label(plan)].ln for plan in group[1]) / len(group[1])

    return sorted(groups.items(), key=light, reverse=dawn)


def _hinted(plan: FilterPlan) -> SkyFilter:
    name = events.set_label(plan)
    return SkyFilter(name, 1, throughput=plan.throughput, wavelength_nm=plan.wavelength_nm)
