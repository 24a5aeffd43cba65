"""The colours of a Bayer sensor: which pixel is which, and the statistics of each.

A pattern is four letters, the colours of a 2×2 cell row by row from the first pixel stored
(`RGGB`). The two greens are one channel.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from flatctl.core.pixels.histogram import LEVELS, histogram
from flatctl.core.pixels.sixteen_bits import Pixels16
from flatctl.core.pixels.statistics import check, summarise
from flatctl.core.types import Statistics

ChannelChoice = Literal["brightest", "green", "mean"]
COLOURS = "RGB"
PATTERNS = ("RGGB", "BGGR", "GRBG", "GBRG")
WEAK_FRAC = 0.5
"""A channel with less than this of the light of another one is worth a word."""


class Imbalance(NamedTuple):
    """A channel (`R`, `G`, `B`) that gets only `light_frac` of the light of the strongest."""

    weak: str
    strong: str
    light_frac: float


def stored_pattern(keywords: Mapping[str, object], rows: int) -> str | None:
    """Return the pattern as it lies in the array, from a header's keywords; None for mono.

    `BAYERPAT` counts from pixel (`XBAYROFF`, `YBAYROFF`) on, and from the top of the picture;
    `ROWORDER = 'BOTTOM-UP'` says that the last of the `rows` is the top. Source: the convention
    of Siril and SharpCap, https://free-astro.org/index.php?title=Siril:FITS_orientation.
    """
    pattern = str(keywords.get("BAYERPAT", "")).strip().upper()
    if pattern not in PATTERNS:
        return None
    across, down = _whole(keywords.get("XBAYROFF")), _whole(keywords.get("YBAYROFF"))
    if str(keywords.get("ROWORDER", "")).strip().upper() == "BOTTOM-UP":
        # The first row stored is the bottom one; with an odd count it has the colours of the top.
        down += (rows - 1) % 2
    return shifted(pattern, across, down)


def frame_pattern(keywords: Mapping[str, object], rows: int, known: str | None) -> str | None:
    """Return the pattern of a camera's frame; where its header says nothing, `known` counts."""
    if "BAYERPAT" in keywords:
        return stored_pattern(keywords, rows)
    pattern = (known or "").strip().upper()
    return pattern if pattern in PATTERNS else None


def shifted(pattern: str, across: int, down: int) -> str:
    """Return the pattern as it looks from a pixel `across` columns and `down` rows further."""
    return "".join(
        pattern[2 * ((row + down) % 2) + (col + across) % 2] for row in (0, 1) for col in (0, 1)
    )


def measure_channels(
    pixels: Pixels16, full_scale_adu: float, pattern: str | None
) -> tuple[Statistics, dict[str, Statistics]]:
    """Return the exact statistics of the whole frame and of each of its colours (R, G, B).

    `pixels` has shape (rows, cols), dtype uint16; the colours are empty without a `pattern` and
    for a frame too small to hold them all. Costs as much as measuring the frame once, for the
    histogram of the whole is the sum of those of its parts.

    Raises `ValueError` like `flatctl.core.pixels.statistics.measure`.
    """
    check(pixels, full_scale_adu)
    if pattern is None or min(pixels.shape) < 2:
        return summarise(histogram(pixels), full_scale_adu), {}
    counts = {colour: np.zeros(LEVELS, dtype=np.int64) for colour in COLOURS}
    for place, colour in enumerate(pattern):
        counts[colour] += histogram(pixels[place // 2 :: 2, place % 2 :: 2])
    whole: NDArray[np.int64] = counts["R"] + counts["G"] + counts["B"]
    return summarise(whole, full_scale_adu), {
        colour: summarise(each, full_scale_adu) for colour, each in counts.items()
    }


def judged_level(
    whole: Statistics, channels: Mapping[str, Statistics], choice: ChannelChoice
) -> tuple[float, float]:
    """Return the level (ADU) that is held against the target, and the clipped fraction to judge.

    The clipped fraction is that of the worst channel: a full blue channel is a quarter of the
    pixels at most, and a flat without blue all the same.
    """
    if not channels:
        return whole.lit_median, whole.full_frac
    clipped_frac = max(each.full_frac for each in channels.values())
    medians = {colour: each.lit_median for colour, each in channels.items()}
    match choice:
        case "green":
            level_adu = medians["G"]
        case "mean":
            level_adu = sum(medians.values()) / len(medians)
        case _:
            level_adu = max(medians.values())
    return level_adu, clipped_frac


def imbalance(channels: Mapping[str, Statistics], pedestal_adu: float) -> Imbalance | None:
    """Return the weakest channel where it gets less than half of the strongest one's light.

    The light is the median less `pedestal_adu`.
    """
    light = {c: max(each.median - pedestal_adu, 0.0) for c, each in channels.items()}
    if not light:
        return None
    weak, strong = min(light, key=light.__getitem__), max(light, key=light.__getitem__)
    if light[weak] >= WEAK_FRAC * light[strong]:
        return None
    return Imbalance(weak, strong, light[weak] / light[strong])


def _whole(value: object) -> int:
    try:
        # Some programs put their numbers into quotes.
        return int(float(value)) if isinstance(value, str | int | float) else 0
    except (ValueError, OverflowError):
        return 0
