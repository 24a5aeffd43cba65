"""Master dark flats and master flats: what is taken from what, averaged, normalised and stored."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flatctl.core.nights.masters import SKY_FRAMES_LEAST, FrameInfo, darks_for
from flatctl.core.pixels.ordering import Floats
from flatctl.core.quality.stars import standing_stars
from flatctl.errors import StorageError
from flatctl.fits.header import number
from flatctl.storage.master_file import MasterRecord, digest, find_master, write_master
from flatctl.storage.master_frames import Source
from flatctl.storage.stacking import Blend, Dark, Layer, Method, Stacked, places, stack
from flatctl.storage.verify import verify_file

Progress = Callable[[int, int], None]
# Pixels with less than this part of the mean light have none, those with more than its inverse are
# full where nothing else is.
_UNLIT_FRAC = 0.05
# In fewer frames a star that moved is as bright in their median as one that did not.
_SEEN_STANDING = 3
_MEDIAN_NOISE = 1.25  # of a median over that of a mean
_LIT_PASSES = 20  # more than a frame needs of which a hundredth is lit


class NoMaster(ValueError):
    """The frames make no master."""


class NoLight(NoMaster):
    """The flats are no brighter than what is subtracted from them."""


class StandingStars(NoMaster):
    """Stars stand on the same pixels in all flats of the sky, and no clipping takes them out."""


@dataclass(frozen=True)
class MasterDark(Dark):
    """A master dark flat on disk, of frames taken like `info`; `inputs` is its digest."""

    info: FrameInfo
    inputs: str

    @classmethod
    def read(cls, path: Path, info: FrameInfo) -> "MasterDark":
        """Read it back. Raises `StorageError` where it is not what was written."""
        verdict = verify_file(path)
        level_adu, inputs = number(verdict.cards, "FLATMED"), verdict.cards.get("FLATINP")
        if verdict.problems or level_adu is None:
            raise StorageError(f"{path}: {'; '.join(verdict.problems)}; check the disk")
        return cls(path, verdict.data_start, level_adu, info, str(inputs))


@dataclass(frozen=True)
class Subtraction:
    """What is taken from each flat of a set, in their order: master dark flats or a level (ADU).

    `kind` is `DARKFLAT`, `BIAS`, `PEDESTAL` or `NONE`; `words` say it in full.
    """

    kind: str
    words: str
    darks: Sequence[Blend | float]

    @property
    def level_adu(self) -> float:
        """Its mean level."""
        return sum(map(_level, self.darks)) / len(self.darks)

    @property
    def inputs(self) -> str:
        """What tells it from any other."""
        return f"{self.kind} {' '.join(sorted(map(_inputs, self.darks)))}"


def subtraction_for(
    sources: Sequence[Source], darks: Iterable[MasterDark], given_adu: float | None
) -> Subtraction:
    """Return what to take from these flats.

    Master dark flats, where every flat has one like it; else the pedestal that was `given_adu`;
    else the one that the flats' headers tell; else nothing.
    """
    by_info = {dark.info: dark for dark in darks}
    found = [darks_for(source.info, by_info) for source in sources]
    if all(found):
        blends = [Blend(tuple((by_info[info], share) for info, share in each)) for each in found]
        infos = {info for each in found for info, _ in each}
        bias = all(info.bias for info in infos)
        return Subtraction("BIAS" if bias else "DARKFLAT", _dark_words(blends, bias=bias), blends)
    if given_adu is not None:
        words = f"a pedestal of {given_adu:g} ADU, as given: no dark flats match"
        return Subtraction("PEDESTAL", words, [given_adu] * len(sources))
    told = [source.number("FLATPED") for source in sources]
    known = [level_adu for level_adu in told if level_adu is not None]
    if len(known) == len(sources):
        mean_adu = sum(known) / len(known)
        words = f"a pedestal of {mean_adu:g} ADU, by the flats' headers: no dark flats match"
        return Subtraction("PEDESTAL", words, known)
    return Subtraction(
        "NONE",
        "nothing (no matching dark flats, no bias level calibrated before them)",
        [0.0] * len(sources),
    )


def master_dark(
    sources: Sequence[Source], folder: Path, memory_bytes: int, progress: Progress | None = None
) -> tuple[Path, bool]:
    """Average dark flats; return the file, and whether it was made now or there already."""
    inputs = digest(sources, "")
    if (present := find_master(folder, sources, inputs)) is not None:
        return present, False
    pattern = sources[0].pattern
    ones = dict.fromkeys(pattern, 1.0)
    layers = [Layer(source.path, source.data_start, 0.0, ones) for source in sources]
    stacked = stack(layers, _shape(sources), pattern, memory_bytes, progress)
    record = MasterRecord(
        sources=sources,
        inputs=inputs,
        median_adu=float(np.median(stacked.pixels)),
        noise=_noise(stacked, len(sources)),
        clipped_frac=stacked.clipped_frac,
    )
    return write_master(folder, stacked.pixels, record), True


def master_flat(
    sources: Sequence[Source],
    subtraction: Subtraction,
    folder: Path,
    memory_bytes: int,
    progress: Progress | None = None,
) -> tuple[Path, bool]:
    """Average flats to a mean of 1; return the file, and whether it was made now or before.

    Each colour of a Bayer pattern has a mean of 1, so that the colour of the panel's light does
    not get into the lights. Pixels without light are 1. Flats of the sky have stars in them, which
    are clipped; too few of these are not averaged, their median is taken. Raises `NoLight`,
    `StandingStars`, and `StorageError`.
    """
    inputs = digest(sources, subtraction.inputs)
    if (present := find_master(folder, sources, inputs)) is not None:
        return present, False
    pattern = sources[0].pattern
    layers = [
        Layer(source.path, source.data_start, dark, _light(source, dark))
        for source, dark in zip(sources, subtraction.darks, strict=True)
    ]
    method = _method(sources)
    stacked = stack(layers, _shape(sources), pattern, memory_bytes, progress, method)
    means, dead_px = _normalise(stacked, pattern)
    if method is not Method.CLIPPED and len(sources) >= _SEEN_STANDING:
        _refuse_standing_stars(stacked.pixels, len(sources))
    light_adu = {
        colour: mean * sum(layer.light_adu[colour] for layer in layers) / len(layers)
        for colour, mean in means.items()
    }
    record = MasterRecord(
        sources=sources,
        inputs=inputs,
        subtracted=subtraction.kind,
        words=subtraction.words,
        dark_adu=subtraction.level_adu,
        light_adu=light_adu,
        noise=_noise(stacked, len(sources)) * (_MEDIAN_NOISE if method is Method.MEDIAN else 1),
        clipped_frac=stacked.clipped_frac,
        dead_px=dead_px,
        method=method,
    )
    return write_master(folder, stacked.pixels, record), True


def _method(sources: Sequence[Source]) -> Method:
    if not sources[0].info.sky:
        return Method.CLIPPED
    return Method.STARS if len(sources) >= SKY_FRAMES_LEAST else Method.MEDIAN


def _refuse_standing_stars(pixels: Floats, count: int) -> None:
    found = standing_stars(pixels)
    if found:
        at = ", ".join(f"row {each.row_px} column {each.col_px}" for each in found[:3])
        raise StandingStars(
            f"{len(found)} stars stand on the same pixels in all {count} flats (the brightest at "
            f"{at}), so they can't be told from the flat: take the set again with tracking off, or "
            "with a dither between the frames"
        )


def _dark_words(blends: Sequence[Blend], *, bias: bool) -> str:
    """Say which master dark flats are subtracted, and how much of each on the mean."""
    total: dict[str, float] = {}
    for dark, share in (each for blend in blends for each in blend.shares):
        total[dark.path.name] = total.get(dark.path.name, 0.0) + share
    if all(len(blend.shares) == 1 for blend in blends):
        names = ", ".join(total)
        return f"master dark flat {names}" + (", which fits every exposure" if bias else "")
    shares = (f"{name} ({share / len(blends):.0%})" for name, share in total.items())
    return f"master dark flats in shares that make up each exposure: {', '.join(shares)}"


def _light(source: Source, dark: Blend | float) -> Mapping[str, float]:
    light = {colour: median - _level(dark) for colour, median in source.medians_adu.items()}
    if min(light.values()) <= 0:
        raise NoLight(f"{source.path.name} is no brighter than what is to be subtracted from it")
    return light


def _level(dark: Blend | float) -> float:
    return dark.level_adu if isinstance(dark, Blend) else dark


def _inputs(dark: Blend | float) -> str:
    if not isinstance(dark, Blend):
        return f"{dark:.6g}"
    return "+".join(
        f"{each.inputs if isinstance(each, MasterDark) else each.path.name}"
        + ("" if share == 1 else f"*{share:.6g}")
        for each, share in dark.shares
    )


def _normalise(stacked: Stacked, pattern: str) -> tuple[dict[str, float], int]:
    """Divide each colour by the mean of its lit pixels, in place.

    Return those means, and how many pixels are 1 since they say nothing of the light: overscan and
    masked lines, which are noise about nothing, would multiply a light by millions, and what is
    full in the dimmest flat would blot one out.
    """
    parts: dict[str, list[Floats]] = {}
    for colour, place in places(pattern):
        parts.setdefault(colour, []).append(stacked.pixels[place])
    means: dict[str, float] = {}
    dead_px = 0
    for colour, of_colour in parts.items():
        means[colour] = _lit_mean(of_colour)
        for part in of_colour:
            part /= np.float32(means[colour])
            dead = ~((part > _UNLIT_FRAC) & (part < 1 / _UNLIT_FRAC))
            part[dead] = 1
            dead_px += int(np.count_nonzero(dead))
    return means, dead_px


def _lit_mean(parts: Sequence[Floats]) -> float:
    """Return the mean of the pixels that have light by that very mean, however few they are."""
    low, high, mean = 0.0, math.inf, 0.0
    for _ in range(_LIT_PASSES):
        lit = [part[(part > low) & (part < high)] for part in parts]
        if not (count := sum(part.size for part in lit)):
            raise NoLight("no pixel of them has light")
        before, mean = mean, sum(float(part.sum(dtype=np.float64)) for part in lit) / count
        if mean == before:
            break
        low, high = _UNLIT_FRAC * mean, mean / _UNLIT_FRAC
    return mean


def _noise(stacked: Stacked, count: int) -> float:
    """Return the noise of a pixel of the mean, of the noisiest colour."""
    return max(stacked.noise.values()) / math.sqrt(count)


def _shape(sources: Sequence[Source]) -> tuple[int, int]:
    cols, rows = sources[0].info.size_px
    return rows, cols
