"""What `flatctl stats` answers for a file."""

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Literal

from flatctl.core.advice import Advice
from flatctl.core.pixels.survey import WHOLE, Survey
from flatctl.core.shutter import ladder_of, speed_of
from flatctl.core.types import Verdict
from flatctl.outputs import figures
from flatctl.outputs.sentences.advice import advice_words, band_words, channel_word
from flatctl.outputs.tables import Table

_LABELS = {"average_deviation": "average deviation", "mad": "MAD", "clipped_frac": "clipped"}
_FIGURES = 7
# Of the table that has a row for each file; levels are in ADU.
_HEADINGS = (
    *("Median", "(0-1)", "Std", "Min", "Max", "Clipped", "By channel", "Exposure", "Verdict"),
)
Order = Literal["name", "level", "exposure", "time"]
"""What files are sorted by; the time is that of the exposure."""


class FullScaleFrom(StrEnum):
    """Who says at what level a pixel is full."""

    GIVEN = "given"
    CONFIGURED = "configured"
    CALIBRATED = "calibrated"
    RAW = "raw"
    HEADER = "header"
    SEEN = "seen"
    ASSUMED = "assumed"


_FROM = {
    FullScaleFrom.GIVEN: "as given",
    FullScaleFrom.CONFIGURED: "as configured",
    FullScaleFrom.CALIBRATED: "as calibrated",
    FullScaleFrom.RAW: "as the raw file says",
    FullScaleFrom.HEADER: "as the header says",
    FullScaleFrom.SEEN: "where pixels pile up",
    FullScaleFrom.ASSUMED: "assumed: set it with --full-scale",
}


@dataclass(frozen=True)
class FileStatistics:
    """What one file holds: levels in ADU by channel, or a `problem` and nothing else.

    `shape` is ([planes,] rows, cols). Of several `images` the first was measured. `channels`
    begins with the whole image, `all`. `pedestal_adu` is the level without light, where it is
    known; `exposure_s`, `iso` and the texts are what the file says. `advice` is what to do next,
    by the level of `channel` (empty: of the whole image), where that was wanted.
    """

    path: Path
    problem: str = ""
    shape: tuple[int, ...] = ()
    type: str = ""
    full_scale_adu: float = math.nan
    channels: Mapping[str, Survey] | None = None
    images: int = 1
    full_scale_from: FullScaleFrom = FullScaleFrom.ASSUMED
    pedestal_adu: float | None = None
    exposure_s: float | None = None
    iso: float | None = None
    camera: str = ""
    filter: str = ""
    taken: str = ""
    advice: Advice | None = None
    channel: str = ""

    @property
    def level(self) -> float:
        """The level that it is sorted by, as a fraction of full scale; NaN where unknown."""
        if self.advice is not None:
            return self.advice.level
        return self.channels[WHOLE].median / self.full_scale_adu if self.channels else math.nan

    def verdict(self) -> str | None:
        """Return in one line what to do next, and what that is based on."""
        if self.advice is None:
            return None
        others = [
            f"{channel_word(name)} {figures.percent(one.median / self.full_scale_adu, 0)}"
            for name, one in (self.channels or {}).items()
            if name not in (WHOLE, self.channel)
        ]
        bias = "unknown (--pedestal)"
        if self.pedestal_adu is not None:
            bias = f"{figures.adu(self.pedestal_adu)} ADU"
        based = [", ".join(others), f"full scale {self._scale_words()}", f"without light {bias}"]
        return f"{advice_words(self.advice, self.channel)} [{'; '.join(filter(None, based))}]"

    def _scale_words(self) -> str:
        if not math.isfinite(self.full_scale_adu):
            return "unknown (say it with --full-scale)"
        return f"{self.full_scale_adu:g} ADU ({_FROM[self.full_scale_from]})"

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
            "full_scale_from": self.full_scale_from.value,
            "images": self.images,
            "pedestal_adu": self.pedestal_adu,
            "exposure_s": self.exposure_s,
            "iso": self.iso,
            "camera": self.camera or None,
            "filter": self.filter or None,
            "taken": self.taken or None,
            **({} if self.advice is None else {"advice": self._plain_advice(self.advice)}),
            "adu": {name: asdict(one) for name, one in self.channels.items()},
            "normalised": {
                name: asdict(one.normalised(scale)) for name, one in self.channels.items()
            },
        }

    def _plain_advice(self, advice: Advice) -> dict[str, object]:
        """Return the verdict as JSON can hold it; `ratio` times the light would be right."""
        return {
            "verdict": advice.verdict.value,
            "channel": self.channel or None,
            "level": advice.level,
            "low": advice.low,
            "high": advice.high,
            "clipped_frac": advice.clipped_frac,
            "dark": advice.dark,
            "ratio": advice.ratio,
            "bound": advice.bound.value if advice.ratio is not None else None,
            "next_exposure_s": advice.next_s,
            "next_speed": str(advice.next_speed) if advice.next_speed else None,
            "expected_level": advice.expected,
        }

    def _exposure(self) -> str:
        if self.exposure_s is None:
            return ""
        ladder = ladder_of(self.exposure_s) if self.iso is not None else None
        speed = speed_of(self.exposure_s, ladder) if ladder else None
        return str(speed) if speed else figures.seconds(self.exposure_s)

    def row(self) -> dict[str, str]:
        """Return its figures in short, by heading: of the whole, then each channel's median."""
        channels = dict(self.channels or {})
        if (whole := channels.pop(WHOLE, None)) is None:
            return dict.fromkeys(_HEADINGS, "unknown")
        unit = whole.normalised(self.full_scale_adu)
        scale = self.full_scale_adu
        each = (
            f"{name} {_short(one.median)}"
            + (f" ({figures.percent(one.median / scale, 0)})" if self.advice else "")
            for name, one in channels.items()
        )
        return {
            "Median": _short(whole.median),
            "(0-1)": _short(unit.median),
            "Std": _short(whole.std),
            "Min": _short(whole.min),
            "Max": _short(whole.max),
            "Clipped": _short(unit.clipped_frac),
            "By channel": ", ".join(each),
            "Exposure": self._exposure(),
            "Verdict": figures.words(self.advice.verdict.value) if self.advice else "",
        }

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
        title = f"{self.path}: {size} px, {self.type}, full scale {self._scale_words()}"
        if self.images > 1:
            title += f"; the first of its {self.images} images"
        return Table(title, headings, rows)


def summary(measured: Sequence[FileStatistics]) -> Table:
    """Return a row for each file, below the folder that all of them are in; names come last."""
    folder = os.path.commonpath([one.path.absolute().parent for one in measured])
    rows = [one.row() for one in measured]
    # A column in which nothing stands is none.
    headings = [name for name in _HEADINGS if any(row.get(name) for row in rows)]
    cells = [
        [*(row.get(name, "") for name in headings), _below(one.path, folder)]
        for row, one in zip(rows, measured, strict=True)
    ]
    return Table(f"{folder}, in ADU", [*headings, "File"], cells)


def judged_line(measured: Sequence[FileStatistics]) -> str | None:
    """Return how many of the files lie in the band, None where none was judged."""
    judged = [one.advice for one in measured if one.advice is not None]
    if not judged:
        return None
    good = sum(one.verdict is Verdict.ACCEPTED for one in judged)
    return f"{good} of {figures.plural(len(judged), 'file')} within {band_words(judged[-1])}"


def sorted_by(measured: Iterable[FileStatistics], order: Order) -> list[FileStatistics]:
    """Return the files in that order; what can't be sorted so comes last, by name."""
    files = sorted(measured, key=lambda one: one.path)
    keys: dict[Path, float | str | None] = {one.path: _key(one, order) for one in files}
    known = [one for one in files if keys[one.path] is not None]
    unknown = [one for one in files if keys[one.path] is None]
    return [*sorted(known, key=lambda one: keys[one.path]), *unknown]  # type: ignore[arg-type, return-value]  # no None, all of one type


def _key(one: FileStatistics, order: Order) -> float | str | None:
    match order:
        case "level":
            return None if math.isnan(one.level) else one.level
        case "exposure":
            return one.exposure_s
        case "time":
            return one.taken or None
        case "name":
            return str(one.path)


def _below(path: Path, folder: str) -> str:
    return str(path.absolute().relative_to(folder))


def _short(value: float | int | None) -> str:
    if value is None or not math.isfinite(value):
        return "unknown"
    return f"{value:.{_FIGURES - 2}g}" if abs(value) < 10 else f"{value:.1f}".removesuffix(".0")


def _figure(value: float | int | None) -> str:
    if value is None or not math.isfinite(value):
        return "unknown"
    return str(value) if isinstance(value, int) else f"{value:.{_FIGURES}g}"
