"""What a run has told so far, folded once from its events for all who show or keep it."""

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from flatctl import events
from flatctl.core.types import Light, LightSource, Outcome
from flatctl.errors import ExitCode
from flatctl.events import Event, OfSet


def time_of(event: Event) -> datetime | None:
    """Return when it happened (UTC), `None` where a damaged file does not say."""
    return None if event.time == events.UNKNOWN_TIME else event.time


_Taken = TypeVar("_Taken", bound=events.Shot)


def taken_at(shot: events.Shot) -> datetime | None:
    """Return when an exposure began (UTC), when it was told of where a file does not say that."""
    return time_of(shot) if shot.exposed_at in (None, events.UNKNOWN_TIME) else shot.exposed_at


def as_taken(shots: Iterable[_Taken]) -> list[_Taken]:
    """Return exposures in the order in which they began, as they came where one is unknown."""
    came = list(shots)
    times = [t for t in map(taken_at, came) if t]
    if len(times) < len(came):
        return came
    return [came[n] for _, n in sorted(zip(times, range(len(came)), strict=True))]


_KEPT_AS: Mapping[type[Event], str] = {
    events.SetQuality: "quality",
    events.PanelCurve: "curve",
    events.LightCompared: "light",
}
_LATEST_AS: Mapping[type[Event], str] = {
    events.CalibrationUsed: "calibration",
    events.SkyPlan: "sky_plan",
    events.Pointed: "pointing",
}


@dataclass
class FilterRecord:
    """One filter's part of the night; `captured` holds flats and rejected frames as they came.

    Where several runs of the night came to it, the search and what is still `fresh` (flats since
    it was begun) are those of the last one.
    """

    name: str
    target: float = math.nan
    tolerance: float = math.nan
    past_s: float = math.nan  # what a flat took on nights before
    wanted: int = 0
    present: int = 0
    trained: bool = False
    started: bool = False
    outcome: Outcome | None = None
    why: events.Why = ""
    trials: list[events.Trial] = field(default_factory=list)
    quality: events.SetQuality | None = None
    curve: events.PanelCurve | None = None
    light: events.LightCompared | None = None
    off_ladder: events.Why = ""
    fresh: int = 0
    captured: list[events.Flat | events.Rejected] = field(default_factory=list)
    flats: list[events.Flat] = field(default_factory=list)
    rejected: list[events.Rejected] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Return whether all its flats are on disk."""
        return self.outcome is Outcome.COMPLETE

    @property
    def on_disk(self) -> int:
        """Return how many flats there are now, those of an earlier run included."""
        return max(self.present + self.fresh, self.flats[-1].index if self.flats else 0)

    @property
    def latest(self) -> events.Flat | events.Trial | None:
        """Return the exposure that stands for this filter: the last flat, else the last trial."""
        if self.flats:
            return self.flats[-1]
        return self.trials[-1] if self.trials else None

    @property
    def of_sky(self) -> list[events.Flat]:
        """Return the flats that the sky has lit."""
        return [shot for shot in self.flats if shot.sun_altitude_deg is not None]

    @property
    def band(self) -> tuple[float, float]:
        """Return the accepted levels, fractions of full scale (NaN where unknown)."""
        return self.target - self.tolerance, self.target + self.tolerance

    def take(self, event: OfSet) -> None:
        """Add what an event of this filter says."""
        match event:
            case events.FilterStarted():
                self.started = True
                self.outcome, self.why, self.off_ladder = None, "", ""
                self.fresh = 0
                self.trained = event.trained
                self.wanted, self.present = event.wanted, event.present
            case events.Trial():
                if event.n <= 1:
                    self.trials.clear()
                self.trials.append(event)
            case events.OffLadder():
                self.off_ladder = event.why
            case events.Flat():
                self.wanted = event.count or self.wanted
                self.flats.append(event)
                self.fresh += 1
                self.captured.append(event)
            case events.Rejected():
                self.rejected.append(event)
                self.captured.append(event)
            case events.SetQuality() | events.PanelCurve() | events.LightCompared():
                setattr(self, _KEPT_AS[type(event)], event)
            case events.FilterFinished():
                self.outcome, self.why = event.outcome, event.why
            case _:
                pass


@dataclass
class Part:
    """One of the runs of a night: when it was, how it ended, and how many flats it took."""

    started: datetime | None
    finished: datetime | None = None
    exit_code: int | None = None
    reason: str = ""
    flats: int = 0


@dataclass
class RunRecord:
    """A whole run, or several of one night one after the other; `take` adds one event."""

    run: str = ""
    parts: list[Part] = field(default_factory=list)
    rig: str = ""
    camera: str = ""
    panel: str = ""
    folder: Path | None = None
    report: Path | None = None  # where its page goes, once there is a place for it
    started: datetime | None = None
    finished: datetime | None = None
    light_source: LightSource = LightSource.PANEL
    sky_plan: events.SkyPlan | None = None
    pointing: events.Pointed | None = None
    brightness_max: int = 0
    full_scale_adu: float = math.nan
    exit_code: int | None = None
    reason: str = ""
    light: Light | None = None
    cover: str | None = None
    free_bytes: int | None = None
    mount: str | None = None
    duration_s: float = math.nan
    filters: dict[str, FilterRecord] = field(default_factory=dict)
    calibration: events.CalibrationUsed | None = None
    faults: list[events.FaultSeen] = field(default_factory=list)
    skipped: dict[Path, events.Skipped] = field(default_factory=dict)
    dark_flats: list[events.DarkFlat] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, told: Iterable[Event]) -> "RunRecord":
        """Return the record of these events."""
        record = cls()
        for event in told:
            record.take(event)
        return record

    @property
    def flats(self) -> int:
        """Return how many flats this run has put on disk."""
        return sum(len(f.flats) for f in self.filters.values())

    @property
    def complete(self) -> int:
        """Return how many filters are complete."""
        return sum(f.complete for f in self.filters.values())

    @property
    def by_sky(self) -> bool:
        """Return whether the sky lights its flats."""
        return self.light_source is LightSource.SKY

    @property
    def has_panel(self) -> bool:
        """Return whether there is a lamp that could be on."""
        return not self.by_sky or self.brightness_max > 0

    @property
    def light_lost(self) -> bool:
        """Return whether it ended without the light being known to be off."""
        return self.exit_code == ExitCode.LIGHT_UNKNOWN

    @property
    def frames_folder(self) -> Path | None:
        """Return the folder that holds its flats: the night's, or where those of another stayed."""
        folders = {shot.path.parent for each in self.filters.values() for shot in each.flats}
        if self.folder is None or all(each.is_relative_to(self.folder) for each in folders):
            return self.folder
        return Path(os.path.commonpath(folders))

    def of_event(self, event: OfSet) -> FilterRecord:
        """Return the record of the filter, or of the set of it, that an event speaks of.

        A dark flat is of no filter of the run: its record is a blank one, and not kept.
        """
        name = event.set or event.filter
        return self.filters.get(name) or FilterRecord(name)

    def take(self, event: Event) -> None:
        """Add what an event says; one that only says what goes on changes nothing."""
        if event.passing:
            return
        self.told.append(event)
        match event:
            case events.RunStarted():
                self._start(event)
            case events.FullScaleCorrected():
                self.full_scale_adu = event.full_scale_adu
            case events.CalibrationUsed() | events.SkyPlan() | events.Pointed():
                setattr(self, _LATEST_AS[type(event)], event)
            case events.DarkFlat():
                self.dark_flats.append(event)
            case events.FaultSeen():
                self.faults.append(event)
            case events.Skipped():
                self.skipped[event.path] = event
            case events.RunFinished():
                self._finish(event)
            case OfSet():
                self._take_of_set(event)
            case _:
                pass

    def _take_of_set(self, event: OfSet) -> None:
        record = self.of_event(event)
        self.filters.setdefault(record.name, record).take(event)
        if isinstance(event, events.Flat) and self.parts:
            self.parts[-1].flats += 1

    def _start(self, event: events.RunStarted) -> None:
        self.run = event.run
        self.parts.append(Part(time_of(event)))
        self.finished, self.exit_code, self.reason, self.light = None, None, "", None
        self.cover, self.free_bytes, self.mount = None, None, None
        self.rig, self.camera, self.panel = event.rig, event.camera, event.panel
        self.folder = event.folder
        self.started = self.started or time_of(event)
        self.light_source = event.light
        self.sky_plan, self.pointing = None, None
        self.brightness_max = event.brightness_max
        self.full_scale_adu = event.full_scale_adu
        for name in event.sets:
            one = self.filters.setdefault(name, FilterRecord(name))
            one.target = event.target.get(name, math.nan)
            one.tolerance = event.tolerance.get(name, math.nan)
            one.past_s = event.flat_s.get(name, math.nan)

    def _finish(self, event: events.RunFinished) -> None:
        self.finished, self.exit_code = time_of(event), event.exit_code
        self.reason, self.light = event.reason, event.light
        self.cover, self.free_bytes, self.mount = event.cover, event.free_bytes, event.mount
        before_s = self.duration_s if self.duration_s >= 0 else 0.0
        self.duration_s = before_s + event.seconds
        if self.parts:
            last = self.parts[-1]
            last.finished, last.exit_code, last.reason = self.finished, self.exit_code, self.reason
        # A filter that the run never came to has no `filter_finished` of its own.
        for name, outcome in event.sets.items():
            filter_ = self.filters.setdefault(name, FilterRecord(name))
            filter_.outcome = filter_.outcome or outcome


Listener = Callable[[Event, RunRecord], None]
"""Who hears of each event, and of the record that has just taken it."""
