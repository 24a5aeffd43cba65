"""What is told of one set while it is searched for and captured."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from flatctl import events
from flatctl.core.types import FilterPlan, Outcome, Setting, Verdict
from flatctl.engine.context import RunContext
from flatctl.engine.shot import Shot


class _OfASet(TypedDict):
    time: datetime
    filter: str
    set: str


class _OfAShot(TypedDict):
    brightness: int
    exposure_s: float
    median_adu: float
    level: float


class SetEvents:
    """Tell the events of one set; its name, the time and the figures of a frame are added."""

    def __init__(self, context: RunContext, plan: FilterPlan) -> None:
        self._context = context
        self._label = events.label(plan.filter)
        self._set = events.set_label(plan)

    def started(self, start: Setting, *, trained: bool, wanted: int, present: int) -> None:
        """Tell where the search begins, and how many of the flats `wanted` are there already."""
        self._context.emit(
            events.FilterStarted(
                **self._of_the_set(),
                start_brightness=start.brightness,
                start_exposure_s=start.exposure_s,
                trained=trained,
                wanted=wanted,
                present=present,
            )
        )

    def exposing(self, kind: str, n: int, setting: Setting) -> None:
        """Tell that the `n`-th frame of a kind, `trial` or `flat`, is exposed now."""
        brightness, exposure_s = setting
        self._context.emit(
            events.Exposing(
                **self._of_the_set(), kind=kind, n=n, brightness=brightness, exposure_s=exposure_s
            )
        )

    def trial(self, shot: Shot, *, n: int, verdict: Verdict) -> None:
        """Tell what the `n`-th exposure of the search gave."""
        self._context.emit(
            events.Trial(
                **self._of_the_set(),
                **self._of_the_shot(shot),
                n=n,
                clipped_frac=shot.clipped_frac,
                verdict=verdict,
                channels=_medians(shot),
            )
        )

    def flat(self, shot: Shot, *, index: int, count: int, path: Path) -> None:
        """Tell that a frame is safe on disk."""
        self._context.emit(
            events.Flat(
                **self._of_the_set(),
                **self._of_the_shot(shot),
                index=index,
                count=count,
                path=path,
                statistics=shot.statistics,
                channels=_medians(shot),
            )
        )

    def rejected(self, shot: Shot, why: events.Why) -> None:
        """Tell that a frame is not kept, and why."""
        self._context.emit(
            events.Rejected(
                **self._of_the_set(),
                **self._of_the_shot(shot),
                clipped_frac=shot.clipped_frac,
                why=why,
            )
        )

    def off_ladder(self, why: events.Why) -> None:
        """Tell that no exposure of the ladder serves, and why."""
        self._context.emit(events.OffLadder(**self._of_the_set(), why=why))

    def curve(
        self, *, pedestal_adu: float, brightness: Sequence[int], light_adu_s: Sequence[float]
    ) -> None:
        """Tell what the search has learned of the panel."""
        self._context.emit(
            events.PanelCurve(
                **self._of_the_set(),
                pedestal_adu=pedestal_adu,
                brightness=tuple(brightness),
                light_adu_s=tuple(float(f"{light:.5g}") for light in light_adu_s),
            )
        )

    def finished(self, outcome: Outcome, *, trials: int, flats: int, why: events.Why) -> None:
        """Tell how it ended, and why."""
        self._context.emit(
            events.FilterFinished(
                **self._of_the_set(), outcome=outcome, trials=trials, flats=flats, why=why
            )
        )

    def _of_the_set(self) -> _OfASet:
        return {"time": self._context.clock.now(), "filter": self._label, "set": self._set}

    def _of_the_shot(self, shot: Shot) -> _OfAShot:
        return {
            "brightness": shot.setting.brightness,
            "exposure_s": shot.setting.exposure_s,
            "median_adu": shot.level_adu,
            "level": shot.level_adu / self._context.full_scale_adu,
        }


def _medians(shot: Shot) -> dict[str, float]:
    return {colour: each.median for colour, each in shot.channels.items()}
