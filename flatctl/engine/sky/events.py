"""What is told of the sky as the light: the plan, where the telescope points, what is awaited."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flatctl import events
from flatctl.core.sky.planner import Plan
from flatctl.core.sky.steps import Step, Why
from flatctl.engine.context import RunContext
from flatctl.engine.sky.pointing import Pointing
from flatctl.events import Awaited, PlannedFilter, Preparation

# A plan whose times have moved by no more than this is no new one.
_SAME_S = 60.0


def planned_filters(
    plan: Plan, epoch: datetime, sun_deg: Callable[[float], float], full_scale_adu: float
) -> tuple[PlannedFilter, ...]:
    """Return a plan as it is told; its times are seconds since `epoch`."""

    def at(time_s: float) -> datetime:
        return epoch + timedelta(seconds=time_s)

    return tuple(
        PlannedFilter(
            filter=name,
            opens=at(run.opens_s),
            closes=at(run.closes_s),
            sun_altitude_deg=(sun_deg(run.opens_s), sun_deg(run.closes_s)),
            frames=run.frames,
            ends=at(run.ends_s),
            light_adu_s=tuple(float(f"{full_scale_adu * each:.4g}") for each in light),
        )
        for (name, run), light in zip(plan.runs, plan.lights, strict=True)
    )


class SkyEvents:
    """Tell what concerns no frame; what was told already is not told again.

    `epoch` is when the clock of the search began, `sun_deg` the Sun's altitude at a time of it.
    """

    def __init__(
        self, context: RunContext, epoch: datetime, sun_deg: Callable[[float], float]
    ) -> None:
        self._context, self._epoch, self._sun_deg = context, epoch, sun_deg
        self._plan: Plan | None = None
        self._planned: dict[str, tuple[float, float, int]] = {}
        self._pointed: tuple[int, bool] | None = None
        self._awaited: tuple[Why, str] | None = None

    def plan(self, plan: Plan | None, kept: dict[str, int]) -> None:
        """Tell the order that is followed, where it is another one, or foretells other things."""
        if plan is None or plan is self._plan:
            return
        self._plan = plan
        planned = {
            name: (run.opens_s, run.closes_s, run.frames + kept.get(name, 0))
            for name, run in plan.runs
        }
        if self._is_told(planned):
            return
        self._planned = planned
        full_scale_adu = self._context.full_scale_adu
        filters = planned_filters(plan, self._epoch, self._sun_deg, full_scale_adu)
        self._context.emit(events.SkyPlan(time=self._context.clock.now(), filters=filters))

    def pointing(self, here: Pointing) -> None:
        """Tell where the telescope points, where it was pointed anew or tracks otherwise."""
        if (here.pointed, here.tracking) == self._pointed:
            return
        self._pointed = (here.pointed, here.tracking)
        told = events.Pointed(
            time=self._context.clock.now(),
            ra_deg=here.at.ra_deg,
            dec_deg=here.at.dec_deg,
            alt_deg=here.direction.alt_deg,
            az_deg=here.direction.az_deg,
            tracking=here.tracking,
        )
        self._context.emit(told)

    def exposing(self) -> None:
        """Take note of an exposure: what is waited for after it is told anew."""
        self._awaited = None

    def waiting(self, step: Step) -> None:
        """Tell of a wait, where it is for something else than the one before."""
        name = str(step.fact.figures.get("filter", ""))
        if self._awaited == (step.fact.why, name):
            return
        self._awaited = (step.fact.why, name)
        clock = self._context.clock
        what = Awaited(
            Preparation.LIGHT,
            filter=name or None,
            sun_altitude_deg=self._sun_deg(clock.monotonic()),
            left_s=float(step.fact.figures["left_s"]),
        )
        self._context.emit(events.Waiting(time=clock.now(), what=what))

    def _is_told(self, planned: dict[str, tuple[float, float, int]]) -> bool:
        return list(planned) == list(self._planned) and all(
            frames == told[2] and max(abs(opens - told[0]), abs(closes - told[1])) <= _SAME_S
            for (opens, closes, frames), told in zip(
                planned.values(), self._planned.values(), strict=True
            )
        )
