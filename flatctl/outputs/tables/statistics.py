"""What `flatctl stats` answers for a file."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from flatctl.core.pixels.survey import Survey
from flatctl.outputs.tables import Table

_LABELS = {"average_deviation": "average deviation", "mad": "MAD", "clipped_frac": "clipped"}
_FIGURES = 7
# Of the table that has a row for each file; levels are in ADU.
_HEADINGS = ("Median", "(0-1)", "Std", "Min", "Max", "Clipped", "By channel")


@dataclass(frozen=True)
class FileStatistics:
    """What one file holds: levels in ADU by channel, or a `problem` and nothing else.

    `shape` is ([planes,] rows, cols). Of several `images` the first was measured. `channels`
    begins with the whole image, `all`.
    """

    path: Path
    problem: str = ""
    shape: tuple[int, ...] = ()
    type: str = ""
    full_scale_adu: float = math.nan
    channels: Mapping[str, Survey] | None = None
    images: int = 1

    def to_plain(self) -> dict[str, object]:
        """Return it as JSON can hold it."""
        if self.channels is None:
            return {"path": str(self.path), "problem": self.problem}
        scale = self.full_scale_adu
        return {
            "path": str(self.path),
            "shape": list(self.shape),
            "type": self.type,
            "full_scale_adu": scale,
            "images": self.images,
            "adu": {name: asdict(one) for name, one in self.channels.items()},
            "normalised": {
                name: asdict(one.normalised(scale)) for name, one in self.channels.items()
            },
        }

    def row(self) -> list[str]:
        """Return its figures in short: of the whole image, then the median of each channel."""
        channels = dict(self.channels or {})
        if (whole := channels.pop("all", None)) is None:
            return ["unknown"] * len(_HEADINGS)
        unit = whole.normalised(self.full_scale_adu)
        return [
            _short(whole.median),
            _short(unit.median),
            _short(whole.std),
            _short(whole.min),
            _short(whole.max),
            _short(unit.clipped_frac),
            ", ".join(f"{name} {_short(one.median)}" for name, one in channels.items()),
        ]

    def table(self) -> Table:
        """Return a row for each figure, two columns for each channel."""
        found = self.channels or {}
        headings = [""]
        for name in found:
            headings += [f"{name} (ADU)", f"{name} (0-1)"]
        rows = [[_LABELS.get(field.name, field.name)] for field in fields(Survey)]
        for one in found.values():
            both = one, one.normalised(self.full_scale_adu)
            for row, field in zip(rows, fields(Survey), strict=True):
                adu, unit = (_figure(getattr(each, field.name)) for each in both)
                match field.name:
                    case "count":
                        row += [adu, ""]
                    case "clipped_frac":
                        row += ["", unit]
                    case _:
                        row += [adu, unit]
        size = " × ".join(str(length) for length in reversed(self.shape))
        full = self.full_scale_adu
        known = f"{full:g} ADU" if math.isfinite(full) else "unknown (say it with --full-scale)"
        title = f"{self.path}: {size} px, {self.type}, full scale {known}"
        if self.images > 1:
            title += f"; the first of its {self.images} images"
        return Table(title, headings, rows)


def summary(measured: Sequence[FileStatistics]) -> Table:
    """Return a row for each file, below the folder that all of them are in; names come last."""
    folder = os.path.commonpath([one.path.absolute().parent for one in measured])
    rows = [one.row() for one in measured]
    headings = list(_HEADINGS)
    if not any(row[-1] for row in rows):
        rows, headings = [row[:-1] for row in rows], headings[:-1]
    names = (str(one.path.absolute().relative_to(folder)) for one in measured)
    rows = [[*row, name] for row, name in zip(rows, names, strict=True)]
    return Table(f"{folder}, in ADU", [*headings, "File"], rows)


def _short(value: float | int | None) -> str:
    if value is None or not math.isfinite(value):
        return "unknown"
    return f"{value:.{_FIGURES - 2}g}" if abs(value) < 10 else f"{value:.1f}".removesuffix(".0")


def _figure(value: float | int | None) -> str:
    if value is None or not math.isfinite(value):
        return "unknown"
    return str(value) if isinstance(value, int) else f"{value:.{_FIGURES}g}"
