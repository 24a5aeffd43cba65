"""What the telescope does to an even light: vignetting, dust, and the pixels' own response."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Relative = NDArray[np.float32]


@dataclass(frozen=True)
class Mote:
    """A grain of dust: the ring of its shadow takes `depth_frac` of the light."""

    row_px: float
    col_px: float
    radius_px: float
    depth_frac: float


@dataclass(frozen=True)
class Optics:
    """The field of the telescope.

    `vignetting_frac` is the light lost in the farthest corner, falling with the square of the
    distance from a centre that is a little off the sensor's; `motes` dust shadows lie on it;
    `prnu_frac` is the standard deviation of the pixels' sensitivity. `leak_e_s` is stray light
    behind the filter, the same on every pixel, in electrons per second.

    What goes wrong: the panel's light changes by `gradient_frac` from the left edge to the right;
    vignetting and dust stand `shift_px` (down, right) from where they usually are; `mote` is one
    more grain of dust.
    """

    vignetting_frac: float = 0.25
    motes: int = 7
    prnu_frac: float = 0.004
    leak_e_s: float = 0.0
    gradient_frac: float = 0.0
    shift_px: tuple[float, float] = (0.0, 0.0)
    mote: Mote | None = None

    def relative(self, rows: int, cols: int, seed: int) -> Relative:
        """Return the light on each pixel, shape (rows, cols) float32, about 1 at the centre."""
        rng = np.random.default_rng(seed)
        down_px, right_px = self.shift_px
        y = (np.arange(rows, dtype=np.float32) - np.float32(0.48 * rows + down_px))[:, None]
        x = (np.arange(cols, dtype=np.float32) - np.float32(0.53 * cols + right_px))[None, :]
        farthest = float(np.max(np.abs(y)) ** 2 + np.max(np.abs(x)) ** 2)
        light: Relative = np.float32(1.0) - np.float32(self.vignetting_frac / farthest) * (
            y**2 + x**2
        )
        for _ in range(self.motes):
            _cast(light, _drawn_mote(light, rng), self.shift_px)
        if self.mote is not None:
            _cast(light, self.mote, (0.0, 0.0))
        if self.gradient_frac:
            across = np.linspace(-0.5, 0.5, cols, dtype=np.float32)
            light *= 1.0 + np.float32(self.gradient_frac) * across[None, :]
        if self.prnu_frac > 0:
            light *= 1.0 + np.float32(self.prnu_frac) * rng.standard_normal(
                light.shape, dtype=np.float32
            )
        return light


def _drawn_mote(light: Relative, rng: np.random.Generator) -> Mote:
    rows, cols = light.shape
    radius = float(rng.uniform(0.015, 0.05)) * min(rows, cols)
    row, col = float(rng.uniform(0, rows)), float(rng.uniform(0, cols))
    return Mote(row, col, radius, float(rng.uniform(0.02, 0.08)))


def _cast(light: Relative, mote: Mote, shift_px: tuple[float, float]) -> None:
    """Darken a ring in `light`: the shadow of a mote before a telescope with an obstruction."""
    row, col = mote.row_px + shift_px[0], mote.col_px + shift_px[1]
    radius, depth = mote.radius_px, mote.depth_frac
    reach = int(2 * radius) + 2
    top, left = max(0, int(row) - reach), max(0, int(col) - reach)
    patch = light[top : max(0, int(row) + reach), left : max(0, int(col) + reach)]
    y = np.arange(top, top + patch.shape[0])[:, None] - row
    x = np.arange(left, left + patch.shape[1])[None, :] - col
    distance = np.hypot(y, x) / radius
    patch *= (1.0 - depth * np.exp(-(((distance - 0.75) / 0.3) ** 2))).astype(np.float32)


def binned(relative: Relative, across: int, down: int) -> Relative:
    """Return the light summed over bins of `down` rows by `across` columns.

    Rows and columns that fill no whole bin are left out, as cameras do.
    """
    if across == down == 1:
        return relative
    rows, cols = relative.shape[0] // down, relative.shape[1] // across
    whole = relative[: rows * down, : cols * across]
    summed: Relative = whole.reshape(rows, down, cols, across).sum(axis=(1, 3), dtype=np.float32)
    return summed
