"""What was found in frames and sets, in words: what it is, and what to do about it."""

from collections.abc import Iterator, Mapping, Sequence

from flatctl.core.quality.findings import Figures, Finding, Kind
from flatctl.outputs.figures import words

_SET_BACK = "the camera's offset has changed; set it back, or retake darks and bias frames"
_KEEP_APART = "lights taken before need flats taken before"
_OF_COLOURS = ("weak", "strong")
_COLOURS = {"R": "red", "G": "green", "B": "blue"}

# How the light of a frame differs from that of the rest of its set.
_DIFFERENCES = {
    Kind.GRADIENT: "a gradient of {gradient_frac:share} across the frame, brighter at the "
    "{brighter_at}, which the rest of the set does not have",
    Kind.VEIL: "{veil_frac:share} {veil_frac:more} background light all over the frame "
    "than in the rest of the set",
    Kind.UNEVEN: "around column {col_px:g}, row {row_px:g} there is {change_frac:share} "
    "{change_frac:more} light than in the rest of the set",
}

# By kind, where that says two things by a figure too, or by what it is held against.
_SENTENCES: Mapping[str, str] = {
    "gradient set": _DIFFERENCES[Kind.GRADIENT]
    + ": keep stray light and torches away, and the panel in front of the whole aperture",
    "gradient last_set": "a gradient of {gradient_frac:share} since the last set, brighter "
    "at the {brighter_at}: stray light, a panel that no longer covers the whole aperture or stands "
    "at an angle, or a filter that moved",
    "gradient set sky": _DIFFERENCES[Kind.GRADIENT]
    + ": a cloud, the edge of dome or roof, or a lamp nearby; the sky itself slopes least where "
    'sky.position = "null" points',
    "gradient last_set sky": "a gradient of {gradient_frac:share} since the last set, brighter at "
    "the {brighter_at}: the sky slopes where it is not evenest, with the Moon beside it, or across "
    "more than 2°; half of the flats with the camera turned by 180° take it out",
    "veil set": _DIFFERENCES[Kind.VEIL]
    + ": stray light reaches the sensor past the optics, or the camera's offset changed",
    "veil last_set": "{veil_frac:share} {veil_frac:more} background light all over the frame "
    "than in the last set: "
    "stray light reaches the sensor past the optics (a gap at wheel or focuser, a lit room), or "
    "did then",
    "uneven": _DIFFERENCES[Kind.UNEVEN]
    + ": something came in front of the panel, fell on the optics, or shone in",
    "odd": "the first flat of the set differs from all others ({difference}): delete it "
    "and run again to replace it",
    "banding deep": "a pattern of {swing_frac:share} every {period_px:.0f} px in the {lines}, "
    "deeper than flats can take out: the camera's read-out fails, or something dark lies before "
    "the sensor",
    "banding enough_s": "banding of {swing_frac:share} in the {lines}, a wave every "
    "{period_px:.0f} px: the panel flickers (it is dimmed by pulses) while the sensor is read; "
    "expose at least {enough_s:.2g} s, with less light: raise exposure_s.min to that",
    "banding lines": "banding of {swing_frac:share} in the {lines}, a wave every "
    "{period_px:.0f} px: the panel flickers (it is dimmed by pulses) while the sensor is read; "
    "expose longer: raise exposure_s.min, or lower brightness.max",
    "banding sky": "banding of {swing_frac:share} in the {lines}, a wave every "
    "{period_px:.0f} px, and the sky does not flicker: a lamp nearby does, or the camera's power "
    "or read-out; expose longer: raise exposure_s.min",
    "banding": "a pattern of {swing_frac:share} every {period_px:.0f} px stands still "
    "from frame to frame, so it is the sensor's own; the flats take it out",
    "noise set": "its noise does not fit its light: {e_per_adu:.3g} e-/ADU against "
    "{usual_e_per_adu:.3g} in the rest of the set; gain, offset or compression of the camera "
    "changed, or the light flickered while the shutter was open",
    "noise last_set": "the noise says {e_per_adu:.3g} e-/ADU where the last set had "
    "{usual_e_per_adu:.3g}: the camera's gain, offset or read-out changed, or its frames are no "
    "longer raw",
    "lossy photons_e": "the frames have less noise than light can have ({photons_e:.2g} electrons "
    "a pixel would be needed, and none holds as many): they are no raw frames, or not of light; "
    "switch off what the camera or its driver does to them",
    "lossy correlation": "neighbouring pixels share their noise (correlation "
    "{correlation:.2f}; raw frames have 0): the camera or its driver smooths, interpolates or "
    "compresses; switch that off and take raw frames",
    "lossy": "the values are {step_adu:g} ADU apart, more than the noise of "
    "{noise_adu:.0f} ADU: the frames have lost depth ({bits:g} bits are left); choose the camera's "
    "raw 12 to 16 bit mode",
    "offset pedestal_adu": "the level without light is {pedestal_adu:.0f} ADU, "
    "{change_adu:+.0f} since the last run: " + _SET_BACK,
    "offset": "the level without light changed by about {change_adu:+.0f} ADU since the "
    "last set: " + _SET_BACK,
    "moved": "the pattern of dust and vignetting moved by {distance_px:.0f} px towards "
    "the {towards} since the last set: the filter sits elsewhere in its slot, or camera or optics "
    "shifted; " + _KEEP_APART,
    "dust spots": "the dust is not that of the last set ({spots:g} spots or more differ): "
    "the optics were cleaned, or camera, filter or focus moved; " + _KEEP_APART,
    "dust": "dust {depth_frac:came} at column {col_px:g}, row {row_px:g} since the last "
    "set (about {depth_frac:share} of the light): use these flats for lights taken since then only",
    "channels": "{weak} gets {light_frac:.0%} of the light of {strong}, so its part of the flat is "
    "noisier: a sheet of {weak} tint in front of the panel, a panel of another white, or more "
    "flats help; the camera's white balance should be off",
    "channels sky": "{weak} gets {light_frac:.0%} of the light of {strong}, for the sky has a "
    "colour of its own, so its part of the flat is noisier: more flats help; the camera's white "
    "balance should be off",
    "leak": "with the panel off {leak_frac:share} of a flat's light reaches the sensor in "
    "{exposure_s:g} s ({median_frac:share} on the whole): close what lets light in behind the "
    "panel (focuser, filter wheel, a lit room), or take dark flats",
    "too_dim": "too dim: {level:.1%}, wanted {low:points} to {high:.1%}",
    "too_bright": "too bright: {level:.1%}, wanted {low:points} to {high:.1%}",
    "wheel_turned stands_at": "the filter wheel stands at {stands_at} and was set to {wanted}: "
    "another program or a hand turned it; it is set again",
    "wheel_turned": "the filter wheel no longer says that it stands at {wanted}: another program "
    "or a hand turned it; it is set again",
    "twin": "it is the same picture as {like}, pixel for pixel: the camera or its driver sent one "
    "exposure twice",
    "filter_light like": "it lets through {factor:times} light than last time, just as much "
    "as {like} did: is the right filter in the beam? See whether the wheel stands where it says, "
    "and whether filters were exchanged",
    "filter_light alone": "it lets through {factor:times} light than last time: is the right "
    "filter in the beam, or was the panel exchanged or moved?",
    "filter_light": "it lets through {factor:times} light than last time, and other filters "
    "do not: is the right filter in the beam?",
    "panel_light": "all filters so far get another light than last time, this one {factor:times}: "
    "the panel was exchanged, moved or covered, and the wheel is right",
    "same_filter": "its light is that of {like} to {difference_frac:share}, and so is its dust: "
    "does the wheel turn?",
    "light_changed brightness": "the panel is at brightness {brightness:g} and was set to "
    "{wanted:g}: another program or a hand changed it; it is set again",
    "light_changed": "the panel is off and was set to brightness {wanted:g}: another program or a "
    "hand switched it off; it is lit again",
    "black": "{black_frac:share} of the picture is black ({black_adu:g} ADU): the camera's "
    "read-out fails; see its cable, its power and its driver",
    "too_few": "{flats:g} flats of the sky are too few for a master without stars, which are told "
    "from the flat in {least:g} or more: complete the set in the next twilight, or raise its count",
    "clipped": "clipped: {clipped_frac:.2%} of the pixels are full",
}


class _Figure(float):
    """A figure that can also be written as a share of the light, or as which way it changed."""

    def __format__(self, spec: str) -> str:
        match spec:
            case "share":
                percent = 100 * abs(self)
                return f"{percent:.2g} %" if percent < 10 else f"{percent:.0f} %"
            case "more":
                return "more" if self > 0 else "less"
            case "came":
                return "came" if self > 0 else "went"
            case "times":
                ratio, which = (self, "more") if self > 1 else (1 / self, "less")
                return f"{ratio:.3g} times {which}"
            case "points":
                return f"{100 * self:.1f}"
            case _:
                return super().__format__(spec).replace("%", " %")


def finding_words(finding: Finding) -> str:
    """Return the sentence of a finding; its kind alone where a figure for that is missing."""
    try:
        return _sentence(finding)
    except Exception:  # noqa: BLE001 because words must never end a run
        return words(finding.kind)


def _sentence(finding: Finding) -> str:
    figures = finding.figures
    narrower = (f"{finding.kind} {each}" for each in _narrower(finding))
    sentence = _SENTENCES[next((key for key in narrower if key in _SENTENCES), finding.kind)]
    written = _written(figures)
    if finding.kind is Kind.ODD:
        difference = _DIFFERENCES[Kind(str(figures["like"]))]
        written["difference"] = difference.format_map(written)
    return sentence.format_map(written)


def _narrower(finding: Finding) -> Iterator[object]:
    """Yield what may tell a sentence of its kind from others, the narrowest first."""
    figures = finding.figures
    against, of = figures.get("against"), figures.get("of")
    # Bands so deep, or that stand still, are the camera's, whatever shines.
    is_cameras = finding.kind is Kind.BANDING and ("deep" in figures or "lines" not in figures)
    if of is not None and not is_cameras:
        yield f"{against} {of}"
        yield of
    yield against
    yield from figures


def all_words(findings: Sequence[Finding]) -> str:
    """Return what is wrong with one frame, all in one sentence."""
    return "; ".join(map(finding_words, findings))


def _written(figures: Figures) -> dict[str, object]:
    return {
        name: _Figure(value)
        if not isinstance(value, str)
        else _COLOURS.get(value, value)
        if name in _OF_COLOURS
        else value
        for name, value in figures.items()
    }
