"""What differs between two shapes of the same telescope, told apart by what causes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from flatctl.core.quality.shape import Cells, Shape, scatter, smoothed

_CONTRAST_MIN = 0.05  # with less from dark to bright a veil looks like any change of level
VEIL_SHAPE_FRAC = 0.005
"""A veil that changes a flat by less than this, from its corner to its centre, harms none."""
_ROUNDS = 3
_CLIP_SIGMA = 5.0


@dataclass(frozen=True, eq=False)
class Change:
    """How a shape differs from a reference.

    `gradient_frac` is the change of the light from edge to edge of the frame, towards
    `direction_deg` (0 to the right, 90 up in the array's own order, that is to higher rows);
    `veil_frac` is even light (or pedestal) added, as a fraction of the mean level, `veil_sigma` its
    uncertainty (infinite without enough vignetting to see it by), and `veil_shape_frac` what it
    does to the flat from its darkest to its brightest part. `rest` is what remains on each cell
    after these, and `noise` the noise of a cell of it.
    """

    gradient_frac: float
    gradient_sigma: float
    direction_deg: float
    veil_frac: float
    veil_sigma: float
    veil_shape_frac: float
    rest: Cells
    noise: float


def change(new: Shape, reference: Shape) -> Change:
    """Compare two shapes that fit each other.

    A plane and the inverse of the reference are fitted to their ratio by least squares, without
    the cells that dust changed: stray light that passes no optics adds the same to every pixel,
    which looks like the inverse of the vignetting. A lamp whose light got rounder looks much the
    same, dust aside: where a bowl fits better, or there is too little contrast to tell, it is no
    veil.
    """
    seen = reference.lit & new.lit
    below = np.where(seen, reference.cells, 1.0)
    ratio = np.where(seen, new.cells / below - 1.0, 0.0)
    rows, cols = ratio.shape
    y = np.linspace(-1.0, 1.0, rows)[:, None] if rows > 1 else np.zeros((1, 1))
    x = np.linspace(-1.0, 1.0, cols)[None, :] if cols > 1 else np.zeros((1, 1))
    inverse: Cells = 1.0 / below
    inverse = inverse - (float(inverse[seen].mean()) if seen.any() else 1.0)
    bowl = np.asarray(x**2 + y**2)
    plane: list[Cells] = [np.ones_like(ratio), ratio * 0 + x, ratio * 0 + y]
    noise = scatter(ratio)
    level = fit = _fitted(ratio, seen, plane, noise)
    contrast, veiled = _range(inverse[seen]), False
    if contrast > _CONTRAST_MIN:
        with_veil = _fitted(ratio, seen, [*plane, inverse], noise)
        veiled = with_veil.misfit <= _fitted(ratio, seen, [*plane, bowl], noise).misfit
        fit = with_veil if veiled else fit
    found, sigma = fit.found, fit.sigma
    harm = min(abs(float(found[3])) * contrast, _range(smoothed(ratio, 3)[seen])) if veiled else 0.0
    # A veil too thin to matter must not lend its shape to a gradient that is none.
    slope, doubt = (found, sigma) if harm > VEIL_SHAPE_FRAC else (level.found, level.sigma)
    return Change(
        gradient_frac=2.0 * float(np.hypot(slope[1], slope[2])),
        gradient_sigma=2.0 * float(np.hypot(doubt[1], doubt[2])),
        direction_deg=float(np.degrees(np.arctan2(slope[2], slope[1]))),
        veil_frac=float(found[3]) if veiled else 0.0,
        veil_sigma=float(sigma[3]) if veiled else float("inf"),
        veil_shape_frac=harm,
        rest=np.where(seen, fit.rest, 0.0),
        noise=noise,
    )


class _Fit(NamedTuple):
    found: Cells
    sigma: Cells
    rest: Cells
    misfit: float


def _fitted(ratio: Cells, seen: NDArray[np.bool_], parts: Sequence[Cells], noise: float) -> _Fit:
    """Fit the parts to a ratio by least squares, without the cells that are far off."""
    terms = np.stack([part.ravel() for part in parts], axis=1)
    used, flat = seen.ravel().copy(), ratio.ravel()
    found: Cells = np.zeros(terms.shape[1])
    inverted: Cells = np.zeros((terms.shape[1],) * 2)
    off = np.abs(flat)
    for _ in range(_ROUNDS):
        inverted = np.asarray(np.linalg.pinv(terms[used].T @ terms[used]), np.float64)
        found = inverted @ (terms[used].T @ flat[used])
        off = np.asarray(np.abs(flat - terms @ found))
        used = seen.ravel() & (off <= max(_CLIP_SIGMA * noise, float(np.median(off)) * 6))
    rest = (flat - terms @ found).reshape(ratio.shape)
    misfit = float(np.minimum(off[seen.ravel()], _CLIP_SIGMA * noise).sum())
    return _Fit(found, noise * np.sqrt(np.diag(inverted)), rest, misfit)


def _range(values: Cells) -> float:
    """Return how far the values spread, the odd ones aside."""
    if not values.size:
        return 0.0
    low, high = np.quantile(values, (0.01, 0.99))
    return float(high - low)


def towards(direction_deg: float) -> str:
    """Return the side of the picture that an angle points to, rows counted downwards."""
    sides = ("right", "lower right", "bottom", "lower left", "left", "upper left", "top")
    return (*sides, "upper right")[round(direction_deg / 45.0) % 8]
