"""What a full pixel reads: what is said of it, held against what the frames show.

A driver may claim 12 bits and send 16, claim 16 and send 12, or send 8. Whoever believes it takes
flats at a level that nobody asked for, or calls a full camera dim.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from flatctl.core.types import Setting, Statistics

BITS = range(8, 17)
_FULL_16, _FULL_8 = 2**16 - 1, 2**8 - 1
# A level this near (a fraction) below the highest of some number of bits is the camera's end: black
# is taken off, or the well is full a little early.
_NEAR = 0.98
# With fewer bits than these such a level may be a pedestal's: only the very highest counts.
_CLEAR_BITS = 12
# An end this near (a fraction) to the full scale known does not make it wrong: it is kept.
ALIKE_FRAC = 0.98
# Light is this even (deviation over level) in no pixel: it took six million electrons.
_TOO_EVEN = 4e-4
_MAD_TO_STD = 1.4826
# So high (a fraction of full scale) a frame without any structure is full; lower it is broken, or
# shows a pedestal.
_HIGH = 0.1
# A camera that proves it wrong more often is not understood.
_CORRECTIONS_MAX = 6
# So many of the pixels piled up are a full frame; fewer may be stuck ones.
_MOST = 0.5
# Light that grew by this ratio, and pixels piled up in so many more places, are two frames.
_BRIGHTER, _MORE_FRAC = 1.1, 0.001


class Origin(StrEnum):
    """Who says what a full pixel reads."""

    CONFIGURED = "configured"
    CALIBRATED = "calibrated"
    SEEN = "seen"
    CLAIMED = "claimed"


class Proof(StrEnum):
    """What in a frame proves it wrong.

    Pixels `BEYOND` it; values that are multiples of the step of fewer bits, so `SHIFTED` up to 16;
    a `CEILING` where pixels pile up below it; or `EIGHT_BITS` a pixel.
    """

    BEYOND = "beyond"
    SHIFTED = "shifted"
    CEILING = "ceiling"
    EIGHT_BITS = "eight_bits"


class Correction(NamedTuple):
    """Another full scale (ADU) than the one before, the level that proved it, and how."""

    before_adu: float
    full_scale_adu: float
    seen_adu: float
    proof: Proof


@dataclass(frozen=True, slots=True)
class _Seen:
    light: float
    top_adu: int
    top_frac: float


class FullScale:
    """The level of a full pixel (`adu`), as far as the frames so far bear it out.

    `bits` are those that the camera claims, if that is where it is from.
    """

    def __init__(self, adu: float, origin: Origin, bits: int | None = None) -> None:
        self.adu = adu
        self.origin = origin
        self._bits = bits
        self._seen: list[_Seen] = []
        self._left = _CORRECTIONS_MAX

    def learn(
        self, setting: Setting, frames: Iterable[Statistics], *, eight_bits: bool = False
    ) -> Correction | None:
        """Hold a frame against it, and correct it where the frame proves it wrong.

        `frames` are the statistics of the frame and of each of its colours; `eight_bits` tells that
        it was sent with 8 bits a pixel.
        """
        found = list(frames)
        proven = self._proven(setting, found, eight_bits)
        light = max(setting.brightness, 1) * setting.exposure_s
        self._seen += [
            _Seen(light, each.top_adu, each.top_frac)
            for each in found
            if each.top_frac and not without_spread(each)
        ]
        if proven is None or not self._left:
            return None
        self._left -= 1
        adu, seen_adu, proof = proven
        before, self.adu, self.origin = self.adu, float(adu), Origin.SEEN
        return Correction(before, self.adu, float(seen_adu), proof)

    def _proven(
        self, setting: Setting, found: list[Statistics], eight_bits: bool
    ) -> tuple[float, float, Proof] | None:
        highest = max(each.top_adu for each in found)
        if eight_bits and (self.adu != _FULL_8 or self._left == _CORRECTIONS_MAX):
            return _FULL_8, max(each.max for each in found), Proof.EIGHT_BITS
        if self.origin is Origin.CLAIMED and (shifted := self._shifted(found[0])):
            return shifted, highest, Proof.SHIFTED
        if ALIKE_FRAC * highest > self.adu:
            shifted = self._shifted(found[0])
            return shifted or _holding(highest), highest, Proof.BEYOND
        ends = [end for each in found if (end := self._end(setting, each)) is not None]
        if ends and max(ends) < ALIKE_FRAC * self.adu:
            return max(ends), max(ends), Proof.CEILING
        return None

    def _shifted(self, frame: Statistics) -> int | None:
        """Return the full scale of values that are shifted up to 16 bits, None where none are."""
        bits = self._bits
        if bits is None or bits not in BITS or bits == BITS[-1] or not frame.step_adu:
            return None
        shift = BITS[-1] - bits
        return ((1 << bits) - 1) << shift if frame.step_adu % (1 << shift) == 0 else None

    def _end(self, setting: Setting, frame: Statistics) -> float | None:
        """Return the level at which a frame is full, None where nothing in it tells that."""
        if _is_even(frame) and frame.median >= _HIGH * self.adu:
            return frame.median
        if not frame.top_frac:
            return None
        if frame.top_frac >= _MOST and _is_usual(frame.top_adu):
            return frame.top_adu
        if without_spread(frame):
            return None
        light = max(setting.brightness, 1) * setting.exposure_s
        for other in self._seen:
            ratio = max(light / other.light, other.light / light)
            more = (frame.top_frac - other.top_frac) * (1 if light > other.light else -1)
            same = other.top_adu == frame.top_adu
            if same and ratio >= _BRIGHTER and (more >= _MORE_FRAC or frame.top_frac >= _MOST):
                return frame.top_adu
        return None


def without_spread(frame: Statistics) -> bool:
    """Tell whether a frame holds one value only, odd pixels aside: that is no picture."""
    return frame.mad == 0 and max(frame.top_frac, frame.bottom_frac) >= 1 - 2 * _MORE_FRAC


def _is_even(frame: Statistics) -> bool:
    """Tell whether a frame is more even than any light can be."""
    return _MAD_TO_STD * frame.mad <= _TOO_EVEN * frame.median


def _is_usual(level_adu: float) -> bool:
    """Tell whether cameras end at a level: the highest of some number of bits, or just below."""
    for bits in BITS:
        highest = (1 << bits) - 1
        lowest = _NEAR * highest if bits >= _CLEAR_BITS else highest
        if lowest <= level_adu <= highest:
            return True
    return False


def _holding(level_adu: float) -> int:
    """Return the highest level of the fewest bits that hold a level."""
    return next(((1 << b) - 1 for b in BITS if (1 << b) > level_adu), _FULL_16)
