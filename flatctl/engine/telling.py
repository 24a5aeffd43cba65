"""What is told of one set while it is searched for and captured."""

from collections.abc import Callable

from flatctl import events
from flatctl.core.types import FilterPlan, Setting
from flatctl.engine.context import RunContext
from flatctl.engine.shot import Shot


class Telling:
    """Make the events of one set: its name, the time and the figures of a frame come by themselves.

    `exposing` is told before a frame is taken, `shot` after one was measured, `fact` the rest.
    """

    def __init__(self, context: RunContext, plan: FilterPlan) -> None:
        self._context = context
        self._label = events.label(plan.filter)
        self._set = events.set_label(plan)

    def fact(self, event: Callable[..., events.Event], /, **facts: object) -> None:
        """Tell something of the set."""
        now = self._context.clock.now()
        self._context.emit(event(time=now, filter=self._label, set=self._set, **facts))

    def exposing(self, kind: str, n: int, setting: Setting) -> None:
        """Tell that the `n`-th frame of a kind, `trial` or `flat`, is exposed now."""
        brightness, exposure_s = setting
        self.fact(events.Exposing, kind=kind, n=n, brightness=brightness, exposure_s=exposure_s)

    def shot(self, event: Callable[..., events.Event], shot: Shot, /, **facts: object) -> None:
        """Tell what became of a frame."""
        if event is not events.Flat:
            facts["clipped_frac"] = shot.clipped_frac
        if event is not events.Rejected:
            facts["channels"] = {colour: each.median for colour, each in shot.channels.items()}
        self.fact(
            event,
            brightness=shot.setting.brightness,
            exposure_s=shot.setting.exposure_s,
            median_adu=shot.level_adu,
            level=shot.level_adu / self._context.full_scale_adu,
            **facts,
        )
