"""What a run has told so far, folded from its events for the console, `run.json` and the report.

Events arrive as plain dictionaries, live from the engine or years later from a `run.json` that
somebody may have edited. Whatever is missing or of another type reads as "unknown" (NaN, an empty
text), so that a damaged file still gives a report.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

Plain = Mapping[str, object]


def number(plain: Plain, key: str) -> float:
    """Return a figure, NaN where there is none."""
    value = plain.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    return float(value)


def count(plain: Plain, key: str) -> int:
    """Return a whole number, 0 where there is none."""
    value = number(plain, key)
    return int(value) if math.isfinite(value) else 0


def text(plain: Plain, key: str) -> str:
    """Return a text, empty where there is none."""
    value = plain.get(key)
    return value if isinstance(value, str) else ""


def mapping(plain: Plain, key: str) -> Plain:
    """Return a nested dictionary, empty where there is none."""
    value = plain.get(key)
    return value if isinstance(value, Mapping) else {}


def numbers(plain: Plain, key: str) -> list[float]:
    """Return a list of figures, empty where there is none, NaN for what is no figure."""
    values = plain.get(key)
    found = values if isinstance(values, list | tuple) else []
    return [number({"": value}, "") for value in found]


def moment(plain: Plain, key: str = "time") -> datetime | None:
    """Return a time of day (UTC), `None` where there is none."""
    try:
        return datetime.fromisoformat(text(plain, key))
    except ValueError:
        return None


class ShotKind(StrEnum):
    """What became of an exposure."""

    TRIAL = "trial"
    FLAT = "flat"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Shot:
    """One measured exposure of a filter."""

    kind: ShotKind
    number: int
    brightness: float
    exposure_s: float
    median_adu: float
    level: float
    time: datetime | None
    verdict: str = ""
    reason: str = ""
    path: str = ""
    statistics: Plain = field(default_factory=dict)


@dataclass
class FilterRecord:
    """One filter's part of the run; `captured` holds flats and rejected frames as they came."""

    name: str
    target: float = math.nan
    tolerance: float = math.nan
    wanted: int = 0
    present: int = 0
    trained: bool = False
    started: bool = False
    outcome: str = ""
    reason: str = ""
    trials: list[Shot] = field(default_factory=list)
    quality: Plain = field(default_factory=dict)
    flats: list[Shot] = field(default_factory=list)
    rejected: list[Shot] = field(default_factory=list)
    captured: list[Shot] = field(default_factory=list)

    @property
    def on_disk(self) -> int:
        """Return how many flats there are now, those of an earlier run included."""
        return max(self.present + len(self.flats), self.flats[-1].number if self.flats else 0)

    @property
    def latest(self) -> Shot | None:
        """Return the exposure that stands for this filter: the last flat, else the last trial."""
        if self.flats:
            return self.flats[-1]
        return self.trials[-1] if self.trials else None

    @property
    def band(self) -> tuple[float, float]:
        """Return the accepted levels, fractions of full scale (NaN where unknown)."""
        return self.target - self.tolerance, self.target + self.tolerance

    def take(self, name: str, event: Plain) -> None:
        """Add what an event of this filter says."""
        match name:
            case "filter_started":
                self.started = True
                self.trained = event.get("trained") is True
                self.wanted = count(event, "wanted")
                self.present = count(event, "present")
            case "trial":
                self.trials.append(_shot(ShotKind.TRIAL, event, count(event, "n")))
            case "flat":
                self.wanted = count(event, "count") or self.wanted
                shot = _shot(ShotKind.FLAT, event, count(event, "index"))
                self.flats.append(shot)
                self.captured.append(shot)
            case "rejected":
                shot = _shot(ShotKind.REJECTED, event, len(self.rejected) + 1)
                self.rejected.append(shot)
                self.captured.append(shot)
            case "set_quality":
                self.quality = event
            case "filter_finished":
                self.outcome = text(event, "outcome")
                self.reason = text(event, "reason")


_OF_A_FILTER = frozenset(
    {"filter_started", "trial", "flat", "rejected", "set_quality", "filter_finished"}
)


@dataclass
class RunRecord:
    """A whole run; `take` adds one event."""

    run: str = ""
    rig: str = ""
    camera: str = ""
    panel: str = ""
    folder: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    brightness_max: float = math.nan
    full_scale_adu: float = math.nan
    exit_code: int | None = None
    reason: str = ""
    duration_s: float = math.nan
    filters: dict[str, FilterRecord] = field(default_factory=dict)
    calibration: Plain = field(default_factory=dict)
    faults: list[Plain] = field(default_factory=list)
    dark_flats: list[Plain] = field(default_factory=list)
    leak: Plain = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[object]) -> "RunRecord":
        """Return the record of these events; what is not an event is passed over."""
        record = cls()
        for event in events:
            if isinstance(event, Mapping):
                record.take(event)
        return record

    @property
    def flats(self) -> int:
        """Return how many flats this run has put on disk."""
        return sum(len(f.flats) for f in self.filters.values())

    @property
    def complete(self) -> int:
        """Return how many filters are complete."""
        return sum(f.outcome == "complete" for f in self.filters.values())

    def of_event(self, event: Plain) -> FilterRecord:
        """Return the record of the filter, or of the set of it, that an event speaks of.

        One that nothing is known of, such as that of a dark flat, is no filter of the run.
        """
        name = text(event, "set") or text(event, "filter")
        return self.filters.get(name) or FilterRecord(name)

    def take(self, event: Plain) -> None:
        """Add what an event says; one of an unknown name changes nothing."""
        match text(event, "event"):
            case "run_started":
                self._start(event)
            case "calibration":
                self.calibration = event
            case "light_leak":
                self.leak = event
            case "dark_flat":
                self.dark_flats.append(event)
            case "fault":
                self.faults.append(event)
            case "run_finished":
                self._finish(event)
            case name if name in _OF_A_FILTER:
                filter_ = self.of_event(event)
                self.filters[filter_.name] = filter_
                filter_.take(name, event)

    def _start(self, event: Plain) -> None:
        self.run = text(event, "run")
        self.rig = text(event, "rig")
        self.camera = text(event, "camera")
        self.panel = text(event, "panel")
        self.folder = text(event, "folder")
        self.started = moment(event)
        self.brightness_max = number(event, "brightness_max")
        self.full_scale_adu = number(event, "full_scale_adu")
        names = event.get("sets", event.get("filters"))
        for name in names if isinstance(names, list | tuple) else []:
            target = number(mapping(event, "target"), str(name))
            tolerance = number(mapping(event, "tolerance"), str(name))
            self.filters[str(name)] = FilterRecord(str(name), target, tolerance)

    def _finish(self, event: Plain) -> None:
        self.finished = moment(event)
        self.exit_code = count(event, "exit_code")
        self.reason = text(event, "reason")
        self.duration_s = number(event, "seconds")
        # A filter that the run never came to has no `filter_finished` of its own.
        sets = mapping(event, "sets") or mapping(event, "filters")
        for name, outcome in sets.items():
            filter_ = self.filters.setdefault(name, FilterRecord(name))
            filter_.outcome = filter_.outcome or str(outcome)


def _shot(kind: ShotKind, event: Plain, index: int) -> Shot:
    return Shot(
        kind=kind,
        number=index,
        brightness=number(event, "brightness"),
        exposure_s=number(event, "exposure_s"),
        median_adu=number(event, "median_adu"),
        level=number(event, "level"),
        time=moment(event),
        verdict=text(event, "verdict"),
        reason=text(event, "reason"),
        path=text(event, "path"),
        statistics=mapping(event, "statistics"),
    )
