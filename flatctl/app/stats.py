"""`flatctl stats`: the statistics of any FITS image."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from flatctl.core.pixels.survey import guess_full_scale, survey_channels
from flatctl.fits.header import NotReadable
from flatctl.images.reading import read_image
from flatctl.outputs.tables.statistics import FileStatistics


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
    told = full_scale_adu or image.full_scale_adu
    if told is not None:
        scale, clips = told, True
    try:
        found = survey_channels(pixels, image.pattern, scale if clips else None)
    except (ValueError, MemoryError) as error:
        raise NotReadable(str(error) or "its pixels don't fit into the memory") from error
    return FileStatistics(
        path, "", pixels.shape, str(pixels.dtype), scale, found, images=image.images
    )
