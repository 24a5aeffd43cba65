"""Where successive frames of the sky are taken, so that no star falls on the same pixel twice."""

from math import sqrt

# Of two lengths that no ratio of whole numbers fits well: no place comes again, in either axis.
_EAST, _NORTH = (sqrt(5.0) - 1.0) / 2.0, sqrt(2.0) - 1.0


def dither_arcsec(n: int, step_arcsec: float) -> tuple[float, float]:
    """Return how far east and north of the middle the n-th frame is taken, n from 0.

    From each frame to the next both axes move by `step_arcsec` at least; all offsets of an axis
    differ, and none is larger than 1.31 steps. Fractional parts of the multiples of a quadratic
    irrational: the gaps stay as wide as gaps can (Slater 1967, "Gaps and steps for the sequence
    n theta mod 1").
    """
    return (
        _spread(n, _EAST) * step_arcsec / (1.0 - _EAST),
        _spread(n, _NORTH) * step_arcsec / _NORTH,
    )


def _spread(n: int, part: float) -> float:
    return (n * part + 0.5) % 1.0 - 0.5
