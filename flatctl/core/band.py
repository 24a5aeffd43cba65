"""The band of accepted levels, and the one judgement that search and capture share."""

from dataclasses import dataclass, replace
from math import isfinite

CLIPPED_FRAC_MAX = 0.001
"""More clipped pixels than this and a frame is not a flat, wherever its median lies."""

# From here on a camera is no longer trusted to be linear: the level is only a lower bound.
LINEAR_FRAC = 0.98
# A median at full scale itself is a bound and no level, however far up the band goes.
_JUST_BELOW = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Band:
    """Hold the accepted levels `low_adu`..`high_adu` and the level aimed at."""

    low_adu: float
    high_adu: float
    aim_adu: float
    full_scale_adu: float

    @staticmethod
    def checked(target_adu: float, tolerance_adu: float, full_scale_adu: float) -> "Band":
        """Return the band around a target.

        Raises:
            ValueError: a figure is not finite and positive, or the target is above full scale.

        """
        for name, value in (
            ("target_adu", target_adu),
            ("tolerance_adu", tolerance_adu),
            ("full_scale_adu", full_scale_adu),
        ):
            if not (isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a positive number of ADU: {value}")
        if target_adu > full_scale_adu:
            raise ValueError(
                f"target_adu must lie below full scale ({full_scale_adu:g}): {target_adu:g}"
            )
        low, high = max(target_adu - tolerance_adu, 0.0), target_adu + tolerance_adu
        return Band(low, min(high, full_scale_adu), target_adu, full_scale_adu)

    @property
    def linear_adu(self) -> float:
        """Return the level (ADU) from which on a frame counts as clipped."""
        full = self.full_scale_adu
        return max(LINEAR_FRAC * full, min(self.high_adu, _JUST_BELOW * full))

    def judge(self, median_adu: float, clipped_frac: float) -> str:
        """Return `accepted`, `too_dim`, `too_bright` or `clipped`.

        Raises:
            ValueError: a figure is not finite, negative, or no fraction.

        """
        if not (isfinite(median_adu) and median_adu >= 0):
            raise ValueError(f"median_adu must be a number >= 0: {median_adu}")
        if not 0 <= clipped_frac <= 1:
            raise ValueError(f"clipped_frac must lie in 0..1: {clipped_frac}")
        if median_adu < self.low_adu:
            return "too_dim"
        if median_adu > self.linear_adu:
            return "clipped"
        if median_adu > self.high_adu:
            return "too_bright"
        return "accepted" if clipped_frac <= CLIPPED_FRAC_MAX else "clipped"

    def below(self, level_adu: float) -> "Band | None":
        """Return the band with an aim well below a level that clips pixels; None if none is left.

        The bounds of what is accepted stay: only the aim moves.
        """
        width = self.high_adu - self.low_adu
        if level_adu < self.low_adu + 0.3 * width:
            return None
        return replace(self, aim_adu=self.low_adu + 0.15 * width)
