"""`flatctl stats`: the statistics of any image, and what its level calls for."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from flatctl.core.advice import Advice, advise
from flatctl.core.band import Band
from flatctl.core.pixels.channels import PATTERNS, ChannelChoice, judged_level, measure_channels
from flatctl.core.pixels.survey import WHOLE, Survey, guess_full_scale, survey_channels
from flatctl.core.shutter import ladder_of
from flatctl.core.types import FilterPlan
from flatctl.errors import StorageError
from flatctl.fits.header import NotReadable
from flatctl.images.facts import Facts, Format, Image
from flatctl.images.kinds import foreign_kind, format_by_name
from flatctl.images.reading import read_image
from flatctl.outputs.tables.statistics import FileStatistics, FullScaleFrom
from flatctl.storage.directory import files_below

# Where our own headers say the level of a frame without light.
_PEDESTAL = "FLATPED"
_OTHER = "other file"


@dataclass(frozen=True)
class Wish:
    """What is known of the camera beforehand, and what its flats are to be like.

    Without a `target` (a fraction of full scale) frames are measured and not judged; without a
    `tolerance` it is that of a run.
    """

    full_scale_adu: float | None = None
    full_scale_from: FullScaleFrom = FullScaleFrom.GIVEN
    pedestal_adu: float | None = None
    target: float | None = None
    tolerance: float | None = None
    channel: ChannelChoice = FilterPlan.channel


@dataclass(frozen=True)
class Selection:
    """The images to look at; what else was found, by kind, and what could not be listed."""

    images: Sequence[Path]
    others: Mapping[str, Sequence[Path]] = field(default_factory=dict)
    problems: Sequence[tuple[Path, str]] = ()


def of_rig(config: Path, wish: Wish) -> Wish:
    """Return the wish with what a rig's configuration and calibration say; what is given counts."""
    # Who names no rig needs none of this, and is answered sooner.
    from flatctl.app.wiring.rig import make_connections, make_rig
    from flatctl.engine.calibrate import known_calibration
    from flatctl.engine.clock import SystemClock
    from flatctl.settings.loading import load
    from flatctl.settings.plan import wanted
    from flatctl.storage.history import History

    settings = load(config)
    plan = wanted(settings.flats, None, None)
    connections = make_connections(settings)
    with connections, History(settings.output.history) as history:
        rig = make_rig(settings, connections, SystemClock())
        known = known_calibration(history, settings.rig.name, rig)
    calibrated = known.calibration if known else None
    full, origin = settings.camera.full_scale_adu, FullScaleFrom.CONFIGURED
    if full is None and calibrated is not None:
        full, origin = calibrated.full_scale_adu, FullScaleFrom.CALIBRATED
    if wish.full_scale_adu is None:
        wish = replace(wish, full_scale_adu=full, full_scale_from=origin)
    if wish.pedestal_adu is None and calibrated is not None:
        wish = replace(wish, pedestal_adu=calibrated.pedestal_adu)
    return replace(
        wish,
        target=plan.target if wish.target is None else wish.target,
        tolerance=plan.tolerance if wish.tolerance is None else wish.tolerance,
        channel=plan.channel,
    )


def select(paths: Sequence[Path]) -> Selection:
    """Return the images among files, and below folders; files that are named count as images.

    Raises `StorageError` for folders without any image.
    """
    images: list[Path] = []
    others: dict[str, list[Path]] = defaultdict(list)
    problems: list[tuple[Path, str]] = []
    for path in paths:
        if not path.is_dir():
            images.append(path)
            continue
        below, trouble = files_below(path)
        problems += trouble
        # Hidden files are an operating system's own: a card has one beside each picture.
        for each in (each for each in below if not each.name.startswith(".")):
            if format_by_name(each) is not None:
                images.append(each)
            else:
                others[foreign_kind(each) or _OTHER].append(each)
    if not images and not problems:
        raise StorageError(f"{paths[0]}: no images here or below")
    return Selection(list(dict.fromkeys(images)), others, problems)


def stats(files: Iterable[Path], wish: Wish) -> Iterator[FileStatistics]:
    """Yield the statistics of each file; what is wrong with one ends nothing.

    Full scale is what is given, else what a raw file or a header says, else where the pixels pile
    up, else what their type can hold.
    """
    for path in files:
        try:
            yield _measure(path, wish)
        except NotReadable as problem:
            yield FileStatistics(path, str(problem))


def _measure(path: Path, wish: Wish) -> FileStatistics:
    image = read_image(path)
    pixels, facts = image.pixels, image.facts
    scale, origin = _full_scale(image, wish)
    clips = scale if origin is not FullScaleFrom.ASSUMED or guess_full_scale(pixels).clips else None
    try:
        found = survey_channels(pixels, image.pattern, clips)
        advice, channel, pedestal_adu = _advice(image, wish, found, scale)
    except (ValueError, MemoryError) as error:
        raise NotReadable(str(error) or "its pixels don't fit into the memory") from error
    return FileStatistics(
        path,
        "",
        pixels.shape,
        str(pixels.dtype),
        scale,
        found,
        images=image.images,
        full_scale_from=origin,
        pedestal_adu=pedestal_adu,
        exposure_s=facts.exposure_s,
        iso=facts.iso,
        camera=facts.camera or "",
        filter=facts.filter or "",
        taken=facts.text("DATE-OBS", "DATE-LOC") or "",
        advice=advice,
        channel=channel,
    )


def _full_scale(image: Image, wish: Wish) -> tuple[float, FullScaleFrom]:
    if wish.full_scale_adu is not None:
        return wish.full_scale_adu, wish.full_scale_from
    if image.full_scale_adu is not None:
        return image.full_scale_adu, FullScaleFrom.RAW if image.white_adu else FullScaleFrom.HEADER
    guess = guess_full_scale(image.pixels)
    return guess.adu, FullScaleFrom.SEEN if guess.seen else FullScaleFrom.ASSUMED


def _advice(
    image: Image, wish: Wish, found: Mapping[str, Survey], scale: float
) -> tuple[Advice | None, str, float | None]:
    """Return what to do next, the channel that says so, and the level without light."""
    colours = {name: one for name, one in found.items() if name != WHOLE}
    if wish.target is None or not math.isfinite(scale):
        return None, "", _pedestal(image, wish, "")
    level_adu, clipped_frac = _judged(image, wish, found, scale)
    channel = "" if wish.channel == "mean" else "G" if wish.channel == "green" else ""
    if colours and wish.channel == "brightest":
        channel = max(colours, key=lambda name: colours[name].median)
    pedestal_adu = _pedestal(image, wish, channel)
    exposure_s = image.facts.exposure_s
    advice = advise(
        Band.of(wish.target, wish.tolerance or FilterPlan.tolerance, scale),
        level_adu,
        clipped_frac,
        pedestal_adu=pedestal_adu,
        exposure_s=exposure_s,
        ladder=ladder_of(exposure_s) if exposure_s and _has_shutter(image.facts) else None,
    )
    return advice, channel if channel in colours else "", pedestal_adu


def _judged(
    image: Image, wish: Wish, found: Mapping[str, Survey], scale: float
) -> tuple[float, float]:
    """Return the level that counts, and the worst channel's part of full pixels, as in a run."""
    pixels, pattern = image.pixels, image.pattern
    if pixels.ndim == 2 and pixels.dtype == np.uint16 and pattern in (None, *PATTERNS):
        whole, channels = measure_channels(pixels, scale, pattern)
        return judged_level(whole, channels, wish.channel)
    colours = {name: one for name, one in found.items() if name != WHOLE} or dict(found)
    clipped_frac = max(one.clipped_frac or 0.0 for one in colours.values())
    medians = [one.median for one in colours.values()]
    if wish.channel == "green" and "G" in colours:
        return colours["G"].median, clipped_frac
    return sum(medians) / len(medians) if wish.channel == "mean" else max(medians), clipped_frac


def _pedestal(image: Image, wish: Wish, channel: str) -> float | None:
    """Return the level without light: as given, of the raw file, of our own header."""
    if wish.pedestal_adu is not None:
        return wish.pedestal_adu
    if image.black_adu:
        return image.black_adu.get(channel, max(image.black_adu.values()))
    return image.facts.number(_PEDESTAL)


def _has_shutter(facts: Facts) -> bool:
    """Tell whether it is a camera with speeds to choose from, not one that takes any exposure."""
    return facts.format is Format.RAW or facts.iso is not None
