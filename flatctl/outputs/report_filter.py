"""What the report's chapter of a filter shows besides the filter's record."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from flatctl.core.types import Statistics
from flatctl.errors import StorageError
from flatctl.outputs import figures
from flatctl.outputs.record import FilterRecord, RunRecord
from flatctl.outputs.sentences.run import setting
from flatctl.outputs.sentences.sky import exposures, sun_of
from flatctl.outputs.thumbnail import FrameFolder, Thumbnail


class Spread(NamedTuple):
    """The lowest, the middle and the highest of some values; NaN where none is known."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Return the spread of the values that are figures."""
        known = [value for value in values if math.isfinite(value)]
        if not known:
            return cls(math.nan, math.nan, math.nan)
        return cls(min(known), statistics.median(known), max(known))


class Picture(NamedTuple):
    """The first flat that could be opened, if any, and a word on those that couldn't."""

    thumbnail: Thumbnail | None
    name: str
    troubles: Sequence[str]


@dataclass(frozen=True)
class Chapter:
    """A filter, its `summary` in a line, and its set.

    `level` is a fraction of full scale. `statistics` are those of the `measured` flats, by name,
    none where no flat was measured.
    """

    filter: FilterRecord
    summary: str
    level: float
    picture: Picture
    measured: int
    statistics: Mapping[str, Spread]


def chapter(run: RunRecord, record: FilterRecord, frames: FrameFolder) -> Chapter:
    """Return the chapter of a filter."""
    measured = [shot.statistics for shot in record.flats if shot.statistics.count]
    spreads = {
        field.name: Spread.of(getattr(one, field.name) for one in measured)
        for field in (fields(Statistics) if measured else ())
    }
    level = Spread.of(shot.level for shot in record.flats).middle
    if math.isnan(level) and record.latest:
        level = record.latest.level
    summary, picture = _summary(run, record), _picture(record, frames)
    return Chapter(record, summary, level, picture, len(measured), spreads)


def _summary(run: RunRecord, record: FilterRecord) -> str:
    parts = []
    if record.wanted:
        parts.append(f"{record.on_disk} of {figures.plural(record.wanted, 'flat')} on disk")
    if record.present:
        parts.append(f"{record.present} of them from an earlier run")
    if record.of_sky:
        parts.append(f"{exposures(record)} with the Sun at {sun_of(record)}")
    elif record.flats:
        parts.append(f"brightness {setting(run, record.flats[-1])}")
    if record.trials:
        found = "found in" if record.flats else "given up after"
        start = " from the setting of an earlier run" if record.trained and record.fresh else ""
        parts.append(f"{found} {figures.plural(len(record.trials), 'trial')}{start}")
    return " · ".join(parts) if parts else "The run did not come to this filter."


def _picture(record: FilterRecord, frames: FrameFolder) -> Picture:
    there: list[Path] = []
    gone: list[Path] = []
    for path in (shot.path for shot in record.flats if shot.path.name):
        (gone if frames.missing(path) else there).append(path)
    troubles = []
    if gone:
        names = gone[0].name + (f" and {len(gone) - 1} more" if len(gone) > 1 else "")
        troubles.append(f"No longer where it was written: {names}.")
    for path in there:
        try:
            return Picture(frames.thumbnail(path), path.name, troubles)
        except StorageError as error:
            troubles.append(f"{error}.")
    return Picture(None, "", troubles)
