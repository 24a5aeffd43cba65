"""What is told of one set while it is searched for and captured."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from flatctl import events
from flatctl.core.nights.light import Passed
from flatctl.core.quality.findings import Finding
from flatctl.core.search.endings import Ending
from flatctl.core.types import FilterPlan, Outcome, Setting, Verdict
from flatctl.engine.context import RunContext
from flatctl.engine.shot import Shot


class _OfSet(TypedDict):
    time: datetime
    filter: str
    set: str


class _OfShot(_OfSet):
    brightness: int | None
    exposure_s: float
    median_adu: float
    level: float
    exposed_at: datetime


class OfSky(TypedDict, total=False):
    """What is told besides of a frame of the sky, as `events.Shot` has it."""

    sun_altitude_deg: float
    sky_rate_adu_s: float
    predicted_level: float


class SetEvents:
    """Tell the events of one set; its name, the time and the figures of a frame are added.

    Of the sky there is no brightness.
    """

    def __init__(self, context: RunContext, plan: FilterPlan, *, sky: bool = False) -> None:
        self._context = context
        self._sky = sky
        self._tell = context.emit
        self._label = events.label(plan.filter)
        self._set = events.set_label(plan)

    def started(
        self, start: Setting, *, trained: bool, wanted: int, present: int, set_number: int
    ) -> None:
        """Tell where the search begins, and how many of the flats `wanted` are there already."""
        self._tell(
            events.FilterStarted(
                start_brightness=self._lit(start.brightness),
                start_exposure_s=start.exposure_s,
                trained=trained,
                wanted=wanted,
                present=present,
                set_number=set_number,
                **self._of_set(),
            )
        )

    def exposing(self, kind: str, n: int, setting: Setting) -> None:
        """Tell that the `n`-th frame of a kind, `trial` or `flat`, is exposed now."""
        brightness, exposure_s = setting
        self._tell(
            events.Exposing(
                kind=kind,
                n=n,
                brightness=self._lit(brightness),
                exposure_s=exposure_s,
                **self._of_set(),
            )
        )

    def trial(self, shot: Shot, *, n: int, verdict: Verdict, sky: OfSky | None = None) -> None:
        """Tell what the `n`-th exposure of the search gave."""
        self._tell(
            events.Trial(
                n=n,
                verdict=verdict,
                clipped_frac=shot.clipped_frac,
                channels=_medians(shot),
                **self._of_shot(shot),
                **(sky or {}),
            )
        )

    def flat(
        self, shot: Shot, *, index: int, count: int, path: Path, sky: OfSky | None = None
    ) -> None:
        """Tell that a frame is safe on disk."""
        self._tell(
            events.Flat(
                index=index,
                count=count,
                path=path,
                statistics=shot.statistics,
                channels=_medians(shot),
                **self._of_shot(shot),
                **(sky or {}),
            )
        )

    def rejected(self, shot: Shot, why: events.Why, sky: OfSky | None = None) -> None:
        """Tell that a frame is not kept, and why."""
        told = events.Rejected(
            clipped_frac=shot.clipped_frac, why=why, **self._of_shot(shot), **(sky or {})
        )
        self._tell(told)

    def off_ladder(self, why: events.Why) -> None:
        """Tell that no exposure of the ladder serves, and why."""
        self._tell(events.OffLadder(why=why, **self._of_set()))

    def compared(self, passed: Passed, finding: Finding | None) -> None:
        """Tell what a filter lets through against last time, and what is wrong with that."""
        self._tell(
            events.LightCompared(
                factor=passed.factor,
                like=passed.like if finding else None,
                findings=(finding,) if finding else (),
                **self._of_set(),
            )
        )

    def curve(self, pedestal_adu: float, brightness: Sequence[int], light: Sequence[float]) -> None:
        """Tell what the search has learned of the panel: the `light` (ADU/s) of each brightness."""
        light_adu_s = tuple(float(f"{each:.5g}") for each in light)
        self._tell(
            events.PanelCurve(
                pedestal_adu=pedestal_adu,
                brightness=tuple(brightness),
                light_adu_s=light_adu_s,
                **self._of_set(),
            )
        )

    def finished(self, outcome: Outcome, *, trials: int, flats: int, why: events.Why) -> None:
        """Tell how it ended, and why."""
        of_set = self._of_set()
        if isinstance(why, Ending) and len(self._context.steps) == 1:
            why = replace(why, stepless=True)
        self._tell(
            events.FilterFinished(outcome=outcome, trials=trials, flats=flats, why=why, **of_set)
        )

    def given_up(self, why: events.Why) -> None:
        """Tell that none of its flats can be taken, and why."""
        self.finished(Outcome.DEVICE, trials=0, flats=0, why=why)

    def _of_set(self) -> _OfSet:
        return {"time": self._context.clock.now(), "filter": self._label, "set": self._set}

    def _lit(self, brightness: int) -> int | None:
        return None if self._sky else brightness

    def _of_shot(self, shot: Shot) -> _OfShot:
        return {
            **self._of_set(),
            "brightness": self._lit(shot.setting.brightness),
            "exposure_s": shot.setting.exposure_s,
            "median_adu": shot.level_adu,
            "level": shot.level_adu / self._context.full_scale_adu,
            "exposed_at": shot.frame.started,
        }


def _medians(shot: Shot) -> dict[str, float]:
    return {colour: each.median for colour, each in shot.channels.items()}
