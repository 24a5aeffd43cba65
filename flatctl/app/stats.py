"""`flatctl stats`: the statistics of any FITS image."""

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flatctl.core.pixels.channels import stored_pattern
from flatctl.core.pixels.survey import guess_full_scale, survey_channels
from flatctl.fits.header import NotReadable, parse_value
from flatctl.outputs.tables.statistics import FileStatistics
from flatctl.storage.images import read_image

# Where programs say at what level a pixel is full: ours, and the usual ones.
_FULL_SCALE = ("FLATFULL", "SATURATE", "SATLEVEL")


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
    return FileStatistics(
        path, "", pixels.shape, str(pixels.dtype), scale, found, images=image.images
    )


def _told(keywords: Mapping[str, object]) -> float | None:
    for name in _FULL_SCALE:
        value = keywords.get(name)
        # There are programs that put their numbers into quotes.
        value = parse_value(value) if isinstance(value, str) else value
        if isinstance(value, int | float) and math.isfinite(value) and value > 0:
            return float(value)
    return None
