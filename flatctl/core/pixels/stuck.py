"""Pixels that show no light: those that are full or black whatever reaches them.

A line of the sensor that is stuck says nothing about the light, so a dark frame tells which ends of
a flat are the camera's own. That excuses a few lines; a camera that has lost more of its picture
has failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from flatctl.core.types import Statistics

STUCK_FRAC_MAX = 0.01
"""More pixels than this are never excused."""

# A frame is dark, for this, below this fraction of full scale.
_DARK_FRAC = 0.1
# A pixel below this fraction of the pedestal is below all that the camera makes without light.
_BELOW_PEDESTAL = 0.5
_PEDESTAL_MIN_ADU = 50.0
# Dark frames that are cut off at their lower end have the rest of their pixels within this fraction
# of full scale above it.
_CUT_OFF_FRAC = 0.0015
_BELOW_MIN_FRAC = 0.001


@dataclass(frozen=True)
class Stuck:
    """The fractions of the pixels that are full, and black, in a frame without light.

    `black_is_usual` is a camera whose offset is so low that its dark frames are cut off at their
    lower end: black pixels tell nothing then. `below_pedestal` are black ones of no common level.
    """

    full_frac: float = 0.0
    black_frac: float = 0.0
    black_is_usual: bool = False
    below_pedestal: bool = False

    @property
    def frac(self) -> float:
        """The fraction of both."""
        return self.full_frac + self.black_frac


def stuck_in(
    whole: Statistics, colours: Mapping[str, Statistics], full_scale_adu: float
) -> Stuck | None:
    """Return what is stuck in a frame taken without light; None where there was light."""
    if whole.median > _DARK_FRAC * full_scale_adu:
        return None
    each = colours.values() or (whole,)
    full, black = max(one.full_frac for one in each), max(one.bottom_frac for one in each)
    # Noise about a level so low goes on from the black ones upwards, without a gap.
    near = whole.lit_median - whole.bottom_adu <= _CUT_OFF_FRAC * full_scale_adu
    usual = black > 0 and near and whole.median - whole.bottom_adu <= 3 * whole.mad
    return Stuck(
        full if full <= STUCK_FRAC_MAX else 0.0,
        black if black <= STUCK_FRAC_MAX else 0.0,
        black_is_usual=usual,
        below_pedestal=_is_below(whole, whole.median),
    )


def black_frac(
    whole: Statistics,
    colours: Mapping[str, Statistics],
    stuck: Stuck,
    pedestal_adu: float | None = None,
) -> float:
    """Return the fraction of the pixels that are black, of the worst colour, but for stuck ones.

    Black is what piles up at the lower end, or lies far below a `pedestal_adu` that was measured.
    """
    if stuck.black_is_usual:
        return 0.0
    # A frame of one value is full, or blank.
    each = [one for one in (colours.values() or (whole,)) if one.bottom_adu < one.top_adu]
    black = max((one.bottom_frac for one in each), default=0.0) - stuck.black_frac
    if pedestal_adu is not None and not stuck.below_pedestal and _is_below(whole, pedestal_adu):
        black = max(black, 2 * _BELOW_MIN_FRAC)
    return max(black, 0.0)


def _is_below(frame: Statistics, pedestal_adu: float) -> bool:
    return pedestal_adu >= _PEDESTAL_MIN_ADU and frame.bottom_adu < _BELOW_PEDESTAL * pedestal_adu
