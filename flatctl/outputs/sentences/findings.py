"""What was found in frames and sets, in words: what it is, and what to do about it."""

from collections.abc import Callable, Mapping, Sequence

from flatctl.core.quality.findings import Figures, Finding, Kind
from flatctl.outputs import figures

_COLOURS = {"R": "red", "G": "green", "B": "blue"}
_SET_BACK = "the camera's offset has changed; set it back, or retake darks and bias frames"
_KEEP_APART = "lights taken before need flats taken before"


def finding_words(finding: Finding) -> str:
    """Return the sentence of a finding."""
    return _SENTENCES[finding.kind](finding.figures)


def all_words(findings: Sequence[Finding]) -> str:
    """Return what is wrong with one frame, all in one sentence."""
    return "; ".join(map(finding_words, findings))


def _gradient(f: Figures) -> str:
    if f["against"] == "set":
        return (
            f"{_difference(Kind.GRADIENT, f)}: keep stray light and torches away, and the panel in "
            "front of the whole aperture"
        )
    return (
        f"a gradient of {_share(f['gradient_frac'])} since the last set, brighter at the "
        f"{f['brighter_at']}: stray light, a panel that no longer covers the whole aperture or "
        "stands at an angle, or a filter that moved"
    )


def _veil(f: Figures) -> str:
    if f["against"] == "set":
        return (
            f"{_difference(Kind.VEIL, f)}: stray light reaches the sensor past the optics, or the "
            "camera's offset changed"
        )
    return (
        f"{_share(f['veil_frac'])} {_more(f['veil_frac'])} even light than in the last set: stray "
        "light reaches the sensor past the optics (a gap at wheel or focuser, a lit room), or did "
        "then"
    )


def _uneven(f: Figures) -> str:
    return (
        f"{_difference(Kind.UNEVEN, f)}: something came in front of the panel, fell on the optics, "
        "or shone in"
    )


def _difference(kind: Kind, f: Figures) -> str:
    """Say how the light of a frame differs from that of the rest of its set."""
    match kind:
        case Kind.GRADIENT:
            return (
                f"a gradient of {_share(f['gradient_frac'])} across the frame, brighter at the "
                f"{f['brighter_at']}, which the rest of the set does not have"
            )
        case Kind.VEIL:
            amount = f"{_share(f['veil_frac'])} of even light {_more(f['veil_frac'])}"
            return f"{amount} than in the rest of the set"
        case _:
            amount = f"{_share(f['change_frac'])} {_more(f['change_frac'])} light"
            place = f"around column {f['col_px']}, row {f['row_px']}"
            return f"{place} there is {amount} than in the rest of the set"


def _odd(f: Figures) -> str:
    return (
        "the first flat of the set differs from all others "
        f"({_difference(Kind(str(f['like'])), f)}): delete it and run again to replace it"
    )


def _banding(f: Figures) -> str:
    if "lines" not in f:
        return (
            f"a pattern of {_share(f['swing_frac'])} every {f['period_px']:.0f} px stands still "
            "from frame to frame, so it is the sensor's own; the flats take it out"
        )
    return (
        f"banding of {_share(f['swing_frac'])} in the {f['lines']}, a wave every "
        f"{f['period_px']:.0f} px: the panel flickers (it is dimmed by pulses) while the "
        "sensor is read; expose longer: raise exposure_s.min, or lower brightness.max"
    )


def _noise(f: Figures) -> str:
    if f["against"] == "set":
        return (
            f"its noise does not fit its light: {f['e_per_adu']:.3g} e-/ADU against "
            f"{f['usual_e_per_adu']:.3g} in the rest of the set; gain, offset or compression of "
            "the camera changed, or the light flickered while the shutter was open"
        )
    return (
        f"the noise says {f['e_per_adu']:.3g} e-/ADU where the last set had "
        f"{f['usual_e_per_adu']:.3g}: the camera's gain, offset or read-out changed, or its frames "
        "are no longer raw"
    )


def _lossy(f: Figures) -> str:
    if "correlation" in f:
        return (
            f"neighbouring pixels share their noise (correlation {f['correlation']:.2f}; raw "
            "frames have 0): the camera or its driver smooths, interpolates or compresses; "
            "switch that off and take raw frames"
        )
    return (
        f"the values are {f['step_adu']} ADU apart, more than the noise of {f['noise_adu']:.0f} "
        f"ADU: the frames have lost depth ({f['bits']} bits are left); choose the camera's raw 12 "
        "to 16 bit mode"
    )


def _offset(f: Figures) -> str:
    if "pedestal_adu" in f:
        return (
            f"the level without light is {f['pedestal_adu']:.0f} ADU, {f['change_adu']:+.0f} "
            f"since the last run: {_SET_BACK}"
        )
    return (
        f"the level without light changed by about {f['change_adu']:+.0f} ADU since the last set: "
        f"{_SET_BACK}"
    )


def _moved(f: Figures) -> str:
    return (
        f"the pattern of dust and vignetting moved by {f['distance_px']:.0f} px towards the "
        f"{f['towards']} since the last set: the filter sits elsewhere in its slot, or camera or "
        f"optics shifted; {_KEEP_APART}"
    )


def _dust(f: Figures) -> str:
    if "spots" in f:
        return (
            f"the dust is not that of the last set ({f['spots']} spots or more differ): the optics "
            f"were cleaned, or camera, filter or focus moved; {_KEEP_APART}"
        )
    return (
        f"dust {'came' if _value(f['depth_frac']) > 0 else 'went'} at column {f['col_px']}, row "
        f"{f['row_px']} since the last set (about {_share(f['depth_frac'])} of the light): use "
        "these flats for lights taken since then only"
    )


def _channels(f: Figures) -> str:
    weak, strong = (_COLOURS[str(f[which])] for which in ("weak", "strong"))
    return (
        f"{weak} gets {figures.percent(_value(f['light_frac']), 0)} of the light of {strong}, so "
        f"its part of the flat is noisier: a sheet of {weak} tint in front of the panel, a panel "
        "of another white, or more flats help; the camera's white balance should be off"
    )


def _leak(f: Figures) -> str:
    return (
        f"with the panel off {_share(f['leak_frac'])} of a flat's light reaches the sensor in "
        f"{f['exposure_s']:g} s ({_share(f['median_frac'])} on the whole): close what lets light "
        "in behind the panel (focuser, filter wheel, a lit room), or take dark flats"
    )


def _level(words: str) -> Callable[[Figures], str]:
    def sentence(f: Figures) -> str:
        level, low, high = (100 * _value(f[key]) for key in ("level", "low", "high"))
        return f"{words}: {level:.1f} %, wanted {low:.1f} to {high:.1f} %"

    return sentence


def _clipped(f: Figures) -> str:
    return f"clipped: {figures.percent(_value(f['clipped_frac']), 2)} of the pixels are full"


def _more(change: float | str) -> str:
    return "more" if _value(change) > 0 else "less"


def _share(fraction: float | str) -> str:
    """Return a fraction of the light as `1.2 %`, without its sign."""
    percent = 100 * abs(_value(fraction))
    return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"


def _value(figure: float | str) -> float:
    return float(figure)


_SENTENCES: Mapping[Kind, Callable[[Figures], str]] = {
    Kind.GRADIENT: _gradient,
    Kind.UNEVEN: _uneven,
    Kind.VEIL: _veil,
    Kind.BANDING: _banding,
    Kind.NOISE: _noise,
    Kind.LOSSY: _lossy,
    Kind.OFFSET: _offset,
    Kind.MOVED: _moved,
    Kind.DUST: _dust,
    Kind.CHANNELS: _channels,
    Kind.LEAK: _leak,
    Kind.ODD: _odd,
    Kind.TOO_DIM: _level("too dim"),
    Kind.TOO_BRIGHT: _level("too bright"),
    Kind.CLIPPED: _clipped,
}
