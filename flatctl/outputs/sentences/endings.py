"""Why a search or a set ended without its frames: the last figures and what to do about it."""

from math import log2, sqrt

from flatctl.core.band import Band
from flatctl.core.search.endings import Ending, EndingKind
from flatctl.outputs.figures import words

# An exposure foretold within this (a ratio) is as good as known.
_KNOWN = 1.25
# The exposure advised goes so much (a ratio) beyond the one foretold.
_LONGER, _SHORTER = 1.05, 0.95
_PAPER = "put a sheet of white paper over the panel"
_UNLIT = "see whether the light is switched on, in front of the telescope, and the cover open"


def ending_sentence(ending: Ending) -> str:
    """Return why it ended and what to do; its kind alone where a figure for that is missing."""
    try:
        return _sentence(ending)
    except Exception:  # noqa: BLE001 because words must never end a run
        return words(ending.kind)


def _sentence(ending: Ending) -> str:
    match ending.kind:
        case EndingKind.PLATEAU | EndingKind.NO_LIGHT | EndingKind.NEEDS_LONGER:
            return _too_dim(ending)
        case EndingKind.UNRESPONSIVE | EndingKind.UNRESPONSIVE_TO_ALL:
            return _too_dim(ending)
        case EndingKind.NEEDS_SHORTER | EndingKind.ALWAYS_BRIGHT:
            return _too_bright(ending)
        case EndingKind.PIXELS_CLIP:
            return (
                f"Too bright: {_frame(ending)}, at the lower end of the band, and still "
                f"{100 * ending.figures['clipped_frac']:.2f} % of the pixels clip. Lower "
                "flats.target, or see what makes part of the picture so bright."
            )
        case EndingKind.TOO_COARSE:
            return (
                f"Steps too coarse: {_frame(ending)}, {_frame(ending, 'above_')}, and "
                f"the band from {_ends(ending.band)} lies between. Allow more exposures "
                f"(exposure_s.min, exposure_s.max), widen flats.tolerance, or {_PAPER}."
            )
        case EndingKind.UNSTABLE:
            return (
                "Unstable light: the level changed by up to "
                f"{100 * ending.figures['change_frac']:.0f} % without a reason, at last "
                f"{_frame(ending)}. Let the lamp warm up, keep stray light out, or raise "
                "panel.settle_s."
            )
        case EndingKind.NOT_FOUND:
            return (
                f"Not found within {ending.figures['trials']:.0f} exposures: at last "
                f"{_frame(ending)}, the band goes from {_ends(ending.band)}. See whether light and "
                "camera are steady, or widen flats.tolerance."
            )
        case EndingKind.OTHER_LIGHT | EndingKind.BROKEN_FRAMES:
            return _not_the_panels(ending)
        case EndingKind.FADED | EndingKind.GREW | EndingKind.UNSTEADY:
            return _set_broken(ending)


def _not_the_panels(ending: Ending) -> str:
    if ending.kind is EndingKind.OTHER_LIGHT:
        level = _level(ending.figures["level_adu"], ending.band)
        return (
            f"Another light: with the panel off {ending.figures['exposure_s']:.4g} s gave {level}: "
            "daylight, or another lamp, reaches the sensor. Keep it out, or wait until it is dark."
        )
    return (
        f"Broken frames: {ending.figures['frames']:.0f} of them can't be those of any light, at "
        f"last {_frame(ending)}: one value all over, or less light where there was to be more. See "
        "the camera's cable, power and driver."
    )


def _too_dim(ending: Ending) -> str:
    match ending.kind:
        case EndingKind.PLATEAU:
            plateau_adu = ending.figures["level_adu"]
            more = (
                f"The level stays at {plateau_adu:.0f} ADU however much light there is, as if the "
                f"camera delivered {log2(plateau_adu + 1):.0f} bits: set camera.full_scale_adu to "
                "that."
            )
        case _ if ending.lit:
            more = (
                f"There is next to no light, and the panel lit {ending.lit} in this run: see "
                "whether something blocks this slot of the wheel, or its filter passes so little."
            )
        case EndingKind.UNRESPONSIVE:
            more = f"Brightness changes next to nothing: {_UNLIT}."
        case EndingKind.UNRESPONSIVE_TO_ALL:
            more = f"Brightness and exposure change nothing: {_UNLIT}."
        case EndingKind.NEEDS_LONGER:
            more = f"Raise exposure_s.max to {_span(ending, _LONGER)}."
        case _:
            more = f"There is next to no light: {_UNLIT}."
    start = _level(ending.band.low_adu, ending.band)
    return f"Too dim: {_frame(ending)}, and the band starts at {start}. {more}"


def _too_bright(ending: Ending) -> str:
    idle = ending.kind is EndingKind.ALWAYS_BRIGHT
    unresponsive = " Brightness changes nothing: see whether the panel obeys." if idle else ""
    known = "enough_min_s" in ending.figures
    to = f"to {_span(ending, _SHORTER)}" if known else f"below {ending.figures['shortest_s']:g} s"
    end = _level(ending.band.high_adu, ending.band)
    return (
        f"Too bright: {_frame(ending)}, and the band ends at {end}."
        f"{unresponsive} {_PAPER.capitalize()}, or lower exposure_s.min {to}."
    )


def _set_broken(ending: Ending) -> str:
    match ending.kind:
        case EndingKind.FADED:
            remedy = (
                "The light faded and no setting is left to make up for it: raise exposure_s.max, "
                "or let the lamp warm up."
            )
        case EndingKind.GREW:
            remedy = (
                f"The light grew and no setting is left to make up for it: {_PAPER}, or lower "
                "exposure_s.min."
            )
        case _:
            remedy = (
                "The light does not stand still: let the lamp warm up, keep stray light out, or "
                "raise panel.settle_s."
            )
    kept, rejected = ending.figures["kept"], ending.figures["rejected"]
    return (
        f"{rejected:.0f} frames rejected, {kept:.0f} kept; at last {_frame(ending)}, the "
        f"band goes from {_ends(ending.band)}. {remedy}"
    )


def _frame(ending: Ending, which: str = "") -> str:
    """Return what a frame of the ending was exposed with, and what it gave."""
    brightness, exposure_s, level_adu = (
        ending.figures[which + name] for name in ("brightness", "exposure_s", "level_adu")
    )
    band = ending.band
    level = "full scale" if level_adu > band.linear_adu else _level(level_adu, band)
    step = "" if ending.stepless else f"step {brightness:.0f} and "
    return f"{step}{exposure_s:.4g} s gave {level}"


def _level(level_adu: float, band: Band) -> str:
    return f"{level_adu:.0f} ADU ({100 * band.frac(level_adu):.1f} %)"


def _ends(band: Band) -> str:
    return f"{_level(band.low_adu, band)} to {_level(band.high_adu, band)}"


def _span(ending: Ending, margin: float) -> str:
    """Return the words for an exposure known to lie within a span, with a margin (a ratio)."""
    low_s, high_s = ending.figures["enough_min_s"], ending.figures["enough_max_s"]
    if high_s < _KNOWN * low_s:
        return f"about {_rounded(margin * sqrt(low_s * high_s))} s"
    return f"somewhere between {_rounded(low_s)} and {_rounded(high_s)} s"


def _rounded(seconds: float) -> str:
    return f"{float(f'{seconds:.2g}'):g}"
