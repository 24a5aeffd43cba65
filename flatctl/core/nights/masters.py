"""Which frames are averaged into one master, and which dark flats are taken from which flats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from flatctl.core.nights.plan import TURN_DEG, near
from flatctl.core.nights.rungs import FACTOR
from flatctl.core.types import CameraSetup, FrameKind

ROTATOR_TOLERANCE_DEG = 1.0
EXPOSURE_TOLERANCE_FRAC = 0.1
"""So much may a dark flat's exposure differ from a flat's, since dark current is low."""
SKY_JOIN_DAYS = 7
SKY_FRAMES_LEAST = 7
"""Fewer flats of the sky are too few for stars to be clipped out of them."""
_EXPOSURE_DIGITS = 6
# Between rungs farther apart (a ratio) nobody took dark flats for this flat.
_GAP = 1.1 * FACTOR


@dataclass(frozen=True)
class FrameInfo:
    """How one flat or dark flat was taken; `None` for what is not known.

    `name` is what the caller knows the frame by. `size_px` is (columns, rows) as stored. The
    temperature in `setup` is the one that the cooler was set to. `filter` is what it is called,
    `filter_exact` what tells it from all others, `set_id` what its set is known by. Dark flats have
    none of these, nor a rotator angle; one that is a `bias` fits flats of any exposure.
    """

    name: str
    kind: FrameKind
    rig: str
    camera: str
    night: date
    size_px: tuple[int, int]
    setup: CameraSetup
    exposure_s: float
    filter: str | None = None
    filter_exact: str | None = None
    set_id: str = ""
    rotator_deg: float | None = None
    sky: bool = False
    bias: bool = False


def master_sets(frames: Iterable[FrameInfo]) -> tuple[tuple[FrameInfo, ...], ...]:
    """Return the sets of which masters are made, dark flats first, else by night and name.

    Frames of a master are of one night, rig and camera, equal in size and camera setup; flats also
    of one filter, one set, one light and within a degree of the rotator's angle, dark flats also of
    one exposure. Flats may differ in exposure, since a run trims it. What one twilight did not
    complete the next ones do: flats of the sky may be of several nights, a week apart at most.
    """
    groups: dict[FrameInfo, list[FrameInfo]] = {}
    for frame in frames:
        dark = frame.kind is FrameKind.DARK_FLAT
        exposure_s = round(frame.exposure_s, _EXPOSURE_DIGITS) if dark else 0.0
        night = date.min if frame.sky else frame.night
        key = replace(frame, name="", exposure_s=exposure_s, rotator_deg=None, night=night)
        groups.setdefault(key, []).append(frame)
    sets = [
        tuple(sorted(turned, key=lambda frame: frame.name))
        for group in groups.values()
        for joined in near(group, lambda frame: frame.night.toordinal(), SKY_JOIN_DAYS / 2)
        for turned in near(joined, lambda frame: frame.rotator_deg, ROTATOR_TOLERANCE_DEG, TURN_DEG)
    ]
    return tuple(sorted(sets, key=_place))


def _place(frames: tuple[FrameInfo, ...]) -> tuple[bool, date, str]:
    first = frames[0]
    return first.kind is FrameKind.FLAT, first.night, first.name


def darks_for(flat: FrameInfo, darks: Iterable[FrameInfo]) -> tuple[tuple[FrameInfo, float], ...]:
    """Return which of these dark flats to take from a flat, and their shares; none if none fit.

    That which `dark_for` finds. For a flat of the sky, whose exposure is like no other's, the rungs
    on either side of it in the shares that make up its exposure, else a bias; those of one night.
    """
    known = tuple(darks)
    for night in sorted({each.night for each in known}, key=lambda each: abs(each - flat.night)):
        alike = sorted(
            (each for each in known if each.night == night and _is_alike(each, flat)),
            key=lambda each: (each.exposure_s, each.name),
        )
        if flat.sky and (found := _between(flat, alike)):
            return found
    one = dark_for(flat, known)
    return ((one, 1.0),) if one else ()


def _between(flat: FrameInfo, alike: Sequence[FrameInfo]) -> tuple[tuple[FrameInfo, float], ...]:
    below = [each for each in alike if each.exposure_s <= flat.exposure_s]
    above = [each for each in alike if each.exposure_s >= flat.exposure_s]
    if below and above and above[0].exposure_s <= _GAP * below[-1].exposure_s:
        low, high = below[-1], above[0]
        if high.exposure_s == low.exposure_s:
            return ((low, 1.0),)
        share = (flat.exposure_s - low.exposure_s) / (high.exposure_s - low.exposure_s)
        return (low, 1.0 - share), (high, share)
    return next((((each, 1.0),) for each in alike if each.bias), ())


def dark_for(flat: FrameInfo, darks: Iterable[FrameInfo]) -> FrameInfo | None:
    """Return which of these dark flats to take from a flat; `None` where none is like it.

    It is of the same rig, camera, size and camera setup, and its exposure is within a tenth of the
    flat's. The nearest night counts first, then the nearest exposure.
    """
    alike = [
        dark
        for dark in darks
        if _is_alike(dark, flat)
        and abs(dark.exposure_s - flat.exposure_s) <= EXPOSURE_TOLERANCE_FRAC * flat.exposure_s
    ]
    return min(
        alike,
        key=lambda dark: (
            abs(dark.night - flat.night),
            abs(dark.exposure_s - flat.exposure_s),
            dark.name,
        ),
        default=None,
    )


def _is_alike(dark: FrameInfo, flat: FrameInfo) -> bool:
    return (dark.rig, dark.camera, dark.size_px, dark.setup) == (
        flat.rig,
        flat.camera,
        flat.size_px,
        flat.setup,
    )
