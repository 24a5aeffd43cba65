"""`flatctl stats`: the statistics of any FITS image."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from flatctl.core.pixels.channels import stored_pattern
from flatctl.core.pixels.survey import Survey, guess_full_scale, survey_channels
from flatctl.storage.glance import NotReadable
from flatctl.storage.images import read_image

# Where programs say at what level a pixel is full: ours, and the usual ones.
_FULL_SCALE = ("FLATFULL", "SATURATE", "SATLEVEL")
_LABELS = {"average_deviation": "average deviation", "mad": "MAD", "clipped_frac": "clipped"}
_FIGURES = 7


@dataclass(frozen=True)
class FileStatistics:
    """What one file holds: levels in ADU by channel, or a `problem` and nothing else.

    `shape` is ([planes,] rows, cols). `channels` begins with the whole image, `all`.
    """

    path: Path
    problem: str = ""
    shape: tuple[int, ...] = ()
    type: str = ""
    full_scale_adu: float = math.nan
    channels: Mapping[str, Survey] | None = None

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
            "adu": {name: asdict(one) for name, one in self.channels.items()},
            "normalised": {
                name: asdict(one.normalised(scale)) for name, one in self.channels.items()
            },
        }

    def title(self) -> str:
        """Say in one line what the file is."""
        size = " × ".join(str(length) for length in reversed(self.shape))
        return f"{self.path}: {size} px, {self.type}, full scale {self.full_scale_adu:g} ADU"

    def table(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows: a row for each figure, two columns for each channel."""
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
        return headings, rows


def stats(
    files: Sequence[Path], *, full_scale_adu: float | None = None
) -> Iterator[FileStatistics]:
    """Yield the statistics of each file; what is wrong with one ends nothing.

    Full scale is `full_scale_adu`, else what the header says, else what the pixels' type can hold.
    """
    for path in files:
        try:
            yield _measure(path, full_scale_adu)
        except NotReadable as problem:
            yield FileStatistics(path, str(problem))


def _measure(path: Path, full_scale_adu: float | None) -> FileStatistics:
    image = read_image(path)
    pixels = image.pixels
    scale, clips = guess_full_scale(pixels)
    told = full_scale_adu or _told(image.keywords)
    if told is not None:
        scale, clips = told, True
    pattern = stored_pattern(image.keywords, pixels.shape[-2]) if pixels.ndim == 2 else None
    try:
        found = survey_channels(pixels, pattern, scale if clips else None)
    except (ValueError, MemoryError) as error:
        raise NotReadable(str(error) or "its pixels don't fit into the memory") from error
    return FileStatistics(path, "", pixels.shape, str(pixels.dtype), scale, found)


def _told(keywords: Mapping[str, object]) -> float | None:
    for name in _FULL_SCALE:
        value = keywords.get(name)
        if isinstance(value, int | float) and math.isfinite(value) and value > 0:
            return float(value)
    return None


def _figure(value: float | int | None) -> str:
    if value is None:
        return "unknown"
    return str(value) if isinstance(value, int) else f"{value:.{_FIGURES}g}"
