"""What differs between two shapes of the same telescope, told apart by what causes it."""

from dataclasses import dataclass

import numpy as np

from flatctl.core.quality.shape import Cells, Shape, scatter

_VIGNETTED = 0.02  # less contrast than this and a veil looks like any other change of level
_DARK = 0.05  # cells with less light than this have no say: an obstruction, a masked edge
_ROUNDS = 3
_CLIP_SIGMA = 5.0


@dataclass(frozen=True, eq=False)
class Change:
    """How a shape differs from a reference.

    `gradient_frac` is the change of the light from edge to edge of the frame, towards
    `direction_deg` (0 to the right, 90 up in the array's own order, that is to higher rows);
    `veil_frac` is even light (or pedestal) added, as a fraction of the mean level, and
    `veil_sigma` its uncertainty (infinite without enough vignetting to see it by). `rest` is what
    remains on each cell after these, and `noise` the noise of a cell of it.
    """

    gradient_frac: float
    gradient_sigma: float
    direction_deg: float
    veil_frac: float
    veil_sigma: float
    rest: Cells
    noise: float


def change(new: Shape, reference: Shape) -> Change:
    """Compare two shapes that fit each other.

    A plane and the inverse of the reference are fitted to their ratio by least squares, without
    the cells that dust changed: stray light that passes no optics adds the same to every pixel,
    which looks like the inverse of the vignetting.
    """
    seen = reference.cells > _DARK
    below = np.where(seen, reference.cells, 1.0)
    ratio = np.where(seen, new.cells / below - 1.0, 0.0)
    rows, cols = ratio.shape
    y = np.linspace(-1.0, 1.0, rows)[:, None] if rows > 1 else np.zeros((1, 1))
    x = np.linspace(-1.0, 1.0, cols)[None, :] if cols > 1 else np.zeros((1, 1))
    inverse = 1.0 / below
    inverse = inverse - inverse[seen].mean() if seen.any() else inverse * 0.0
    veiled = bool(seen.any()) and float(inverse[seen].std()) > _VIGNETTED
    parts = [np.ones_like(ratio), ratio * 0 + x, ratio * 0 + y] + [inverse] * veiled
    terms = np.stack([part.ravel() for part in parts], axis=1)
    noise = scatter(ratio)
    used, flat = seen.ravel().copy(), ratio.ravel()
    found, inverted = np.zeros(terms.shape[1]), np.zeros((terms.shape[1],) * 2)
    for _ in range(_ROUNDS):
        inverted = np.linalg.pinv(terms[used].T @ terms[used])
        found = inverted @ (terms[used].T @ flat[used])
        off = np.abs(flat - terms @ found)
        used = seen.ravel() & (off <= max(_CLIP_SIGMA * noise, float(np.median(off)) * 6))
    sigma = noise * np.sqrt(np.diag(inverted))
    rest = np.where(seen, ratio - (terms @ found).reshape(ratio.shape), 0.0)
    return Change(
        gradient_frac=2.0 * float(np.hypot(found[1], found[2])),
        gradient_sigma=2.0 * float(np.hypot(sigma[1], sigma[2])),
        direction_deg=float(np.degrees(np.arctan2(found[2], found[1]))),
        veil_frac=float(found[3]) if veiled else 0.0,
        veil_sigma=float(sigma[3]) if veiled else float("inf"),
        rest=rest,
        noise=noise,
    )


def towards(direction_deg: float) -> str:
    """Return the side of the picture that an angle points to, rows counted downwards."""
    sides = ("right", "lower right", "bottom", "lower left", "left", "upper left", "top")
    return (*sides, "upper right")[round(direction_deg / 45.0) % 8]
