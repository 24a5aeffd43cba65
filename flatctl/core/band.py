"""The band of accepted levels, and the one judgement that search and capture share."""

from dataclasses import dataclass, replace
from math import isfinite

from flatctl.core.types import Verdict

CLIPPED_FRAC_MAX = 0.001
"""More clipped pixels than this and a frame is not a flat, wherever its level lies."""

# From here on a camera is no longer trusted to be linear: the level is only a lower bound.
_LINEAR_FRAC = 0.98
# A level at full scale itself is a bound and no level, however far up the band goes.
_JUST_BELOW = 1 - 1e-9
# Where pixels clip within the band the aim goes down to this part of its width; a level below the
# second one is so near to the lower end that no lower aim would help.
_LOWER_AIM, _LOWER_AIM_FROM = 0.15, 0.3


@dataclass(frozen=True, slots=True)
class Band:
    """Hold the accepted levels: `target_adu` ± `tolerance_adu`, cut off at 0 and full scale.

    It is made once for a set, and whoever asks what counts as good asks it. The aim is the target,
    or `lowered` towards the lower end because pixels clip at the target.

    Raises:
        ValueError: a figure is not finite and positive, or the target is above full scale.

    """

    target_adu: float
    tolerance_adu: float
    full_scale_adu: float
    lowered: bool = False

    def __post_init__(self) -> None:
        for name in ("target_adu", "tolerance_adu", "full_scale_adu"):
            value = getattr(self, name)
            if not (isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a positive number of ADU: {value}")
        if self.target_adu > self.full_scale_adu:
            raise ValueError(
                f"target_adu must lie below full scale ({self.full_scale_adu:g}): "
                f"{self.target_adu:g}"
            )

    @staticmethod
    def of(target: float, tolerance: float, full_scale_adu: float) -> "Band":
        """Return the band of a target and a tolerance that are fractions of full scale."""
        return Band(target * full_scale_adu, tolerance * full_scale_adu, full_scale_adu)

    @property
    def low_adu(self) -> float:
        """Return the lowest level accepted."""
        return max(self.target_adu - self.tolerance_adu, 0.0)

    @property
    def high_adu(self) -> float:
        """Return the highest level accepted."""
        return min(self.target_adu + self.tolerance_adu, self.full_scale_adu)

    @property
    def width_adu(self) -> float:
        """Return how far apart the ends are."""
        return self.high_adu - self.low_adu

    @property
    def aim_adu(self) -> float:
        """Return the level aimed at."""
        return self.low_adu + _LOWER_AIM * self.width_adu if self.lowered else self.target_adu

    @property
    def linear_adu(self) -> float:
        """Return the level from which on a frame counts as clipped."""
        full = self.full_scale_adu
        return max(_LINEAR_FRAC * full, min(self.high_adu, _JUST_BELOW * full))

    @property
    def low(self) -> float:
        """Return the lowest level accepted, as a fraction of full scale."""
        return self.frac(self.low_adu)

    @property
    def high(self) -> float:
        """Return the highest level accepted, as a fraction of full scale."""
        return self.frac(self.high_adu)

    def frac(self, level_adu: float) -> float:
        """Return a level as a fraction of full scale."""
        return level_adu / self.full_scale_adu

    def judge(self, level_adu: float, clipped_frac: float) -> Verdict:
        """Return whether a frame of that level is accepted, and if not, why.

        Raises:
            ValueError: a figure is not finite, negative, or no fraction.

        """
        if not (isfinite(level_adu) and level_adu >= 0):
            raise ValueError(f"median_adu must be a number >= 0: {level_adu}")
        if not 0 <= clipped_frac <= 1:
            raise ValueError(f"clipped_frac must lie in 0..1: {clipped_frac}")
        if level_adu < self.low_adu:
            return Verdict.TOO_DIM
        if level_adu > self.linear_adu:
            return Verdict.CLIPPED
        if level_adu > self.high_adu:
            return Verdict.TOO_BRIGHT
        return Verdict.ACCEPTED if clipped_frac <= CLIPPED_FRAC_MAX else Verdict.CLIPPED

    def below(self, level_adu: float) -> "Band | None":
        """Return the band with an aim well below a level that clips pixels; None if none is left.

        The bounds of what is accepted stay: only the aim moves.
        """
        if level_adu < self.low_adu + _LOWER_AIM_FROM * self.width_adu:
            return None
        return replace(self, lowered=True)
