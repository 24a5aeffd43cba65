"""Where the pixels of a sensor differ: what a picture has besides light and noise.

All of it is off unless asked for. Levels are in ADU of 16 bits, whatever the converter has.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware_sims.optics import Relative, binned

Mask = NDArray[np.bool_]


class Window(NamedTuple):
    """A part of the sensor in unbinned pixels."""

    left: int
    top: int
    width: int
    height: int


@dataclass(frozen=True)
class Tap:
    """A read-out amplifier: by how much its gain differs from the sensor's, and its level."""

    gain_frac: float = 0.0
    pedestal_adu: float = 0.0


@dataclass(frozen=True)
class Overscan:
    """The edges that no light reaches: read out beyond the sensor, or masked.

    They lie `level_adu` above the level of the lit pixels without light, and the first lit line
    beside them lacks `edge_frac` of its light.
    """

    left_px: int = 0
    right_px: int = 0
    top_px: int = 0
    bottom_px: int = 0
    level_adu: float = 0.0
    edge_frac: float = 0.0


@dataclass(frozen=True)
class Blemishes:
    """What pixels, rows and columns have of their own.

    The sensitivity of rows and columns varies by `rows_frac` and `cols_frac`, their level without
    light by `rows_adu` and `cols_adu` (standard deviations, the same in every frame). Of all
    pixels `hot_frac` have a dark current of their own, `hot_e_s` in the mean; `full_frac` are full
    in the dark, `dead_frac` give 0 ADU in any light. So do whole lines: `full_rows`, `full_cols`,
    `dead_rows`, `dead_cols`, negative ones counted from the end; of a failing read-out the last
    `black_frac` of the rows, too.

    `row_noise_frac` is what a whole row has in common and anew in each frame, over a pixel's own
    read noise.
    """

    row_noise_frac: float = 0.0
    rows_frac: float = 0.0
    cols_frac: float = 0.0
    rows_adu: float = 0.0
    cols_adu: float = 0.0
    hot_frac: float = 0.0
    hot_e_s: float = 0.0
    full_frac: float = 0.0
    full_rows: tuple[int, ...] = ()
    full_cols: tuple[int, ...] = ()
    dead_frac: float = 0.0
    dead_rows: tuple[int, ...] = ()
    dead_cols: tuple[int, ...] = ()
    black_frac: float = 0.0


@dataclass(frozen=True)
class Pattern:
    """Maps of a frame, shape (rows, cols); None where all pixels are alike.

    `response` multiplies the light; `open` (0 to 1) dark current and stray light; `hot_e_s` is
    added to them. `gain` multiplies the counts and `level_adu` is added to them. `full` and
    `dead` pixels have their value whatever happens.
    """

    response: Relative | None = None
    open: Relative | None = None
    hot_e_s: Relative | None = None
    gain: Relative | None = None
    level_adu: Relative | None = None
    full: Mask | None = None
    dead: Mask | None = None

    def even_e(self, even_e: float, exposure_s: float) -> float | Relative:
        """Return what pixels get without light: `even_e` electrons each, and the hot ones more."""
        if self.open is None and self.hot_e_s is None:
            return even_e
        shared = np.float32(even_e) * (1.0 if self.open is None else self.open)
        hot = 0.0 if self.hot_e_s is None else self.hot_e_s * np.float32(exposure_s)
        return np.asarray(shared + hot, dtype=np.float32)

    def cut(self, window: Window, across: int, down: int) -> "Pattern":
        """Return the pattern of a frame that shows a part of the sensor, binned."""

        def part(of: Relative | Mask | None, per: int) -> Relative | None:
            if of is None:
                return None
            left, top, width, height = window
            seen = of[top : top + height, left : left + width].astype(np.float32, copy=False)
            return np.ascontiguousarray(binned(seen, across, down) / np.float32(per))

        pixels = across * down
        full, dead = part(self.full, 1), part(self.dead, 1)
        return replace(
            self,
            response=None,
            open=part(self.open, pixels),
            hot_e_s=part(self.hot_e_s, 1),
            gain=part(self.gain, pixels),
            level_adu=part(self.level_adu, pixels),
            # A bin is full with one full pixel, dead only with all of them.
            full=None if full is None else full > 0,
            dead=None if dead is None else dead == pixels,
        )


PLAIN = Pattern()


def drawn(
    rows: int,
    cols: int,
    seed: int,
    *,
    blemishes: Blemishes,
    overscan: Overscan,
    taps: tuple[Tap, ...],
) -> Pattern:
    """Return the pattern of a sensor of that size; equal arguments give equal patterns.

    `taps` are none, or those of the quarters: top left, top right, bottom left, bottom right.
    """
    if (blemishes, overscan, taps) == (Blemishes(), Overscan(), ()):
        return PLAIN
    whole = (rows, cols)
    rng = np.random.default_rng([seed, 1])
    lit = _lit(whole, overscan)
    response = _lines(whole, rng, blemishes.rows_frac, blemishes.cols_frac) + 1.0
    level = _lines(whole, rng, blemishes.rows_adu, blemishes.cols_adu)
    hot = _hot(whole, rng, blemishes)
    full = _struck(whole, rng, blemishes.full_frac, blemishes.full_rows, blemishes.full_cols)
    dead = _struck(whole, rng, blemishes.dead_frac, blemishes.dead_rows, blemishes.dead_cols)
    dead[rows - round(blemishes.black_frac * rows) :] = True
    level += overscan.level_adu * ~lit + _by_tap(whole, taps, lambda tap: tap.pedestal_adu)
    return Pattern(
        response=_unless_all(response * _edge(lit, overscan) * lit, 1.0),
        open=_unless_all(lit.astype(np.float32), 1.0),
        hot_e_s=_unless_all(hot * lit, 0.0),
        gain=_unless_all(_by_tap(whole, taps, lambda tap: tap.gain_frac) + 1.0, 1.0),
        level_adu=_unless_all(level, 0.0),
        full=full if full.any() else None,
        dead=dead if dead.any() else None,
    )


def _unless_all(values: NDArray[np.float64], value: float) -> Relative | None:
    return None if np.all(values == value) else values.astype(np.float32)


def _lit(whole: tuple[int, int], overscan: Overscan) -> Mask:
    lit = np.zeros(whole, dtype=np.bool_)
    lit[
        overscan.top_px : whole[0] - overscan.bottom_px,
        overscan.left_px : whole[1] - overscan.right_px,
    ] = True
    return lit


def _edge(lit: Mask, overscan: Overscan) -> NDArray[np.float64]:
    beside = np.zeros_like(lit)
    beside[:, 1:] |= lit[:, 1:] & ~lit[:, :-1]
    beside[1:, :] |= lit[1:, :] & ~lit[:-1, :]
    lost: NDArray[np.float64] = overscan.edge_frac * beside.astype(np.float64)
    return 1.0 - lost


def _lines(
    whole: tuple[int, int], rng: np.random.Generator, rows_sd: float, cols_sd: float
) -> NDArray[np.float64]:
    down, across = rng.standard_normal(whole[0]), rng.standard_normal(whole[1])
    both: NDArray[np.float64] = rows_sd * down[:, None] + cols_sd * across[None, :]
    return both


def _hot(
    whole: tuple[int, int], rng: np.random.Generator, blemishes: Blemishes
) -> NDArray[np.float64]:
    # Few are very hot: an exponential distribution.
    each_e_s: NDArray[np.float64] = rng.exponential(blemishes.hot_e_s, whole)
    return each_e_s * (rng.random(whole) < blemishes.hot_frac)


def _struck(
    whole: tuple[int, int],
    rng: np.random.Generator,
    frac: float,
    rows: tuple[int, ...],
    cols: tuple[int, ...],
) -> Mask:
    struck: Mask = rng.random(whole) < frac
    struck[list(rows), :] = True
    struck[:, list(cols)] = True
    return struck


def _by_tap(
    whole: tuple[int, int], taps: tuple[Tap, ...], of: Callable[[Tap], float]
) -> NDArray[np.float64]:
    quarters = np.array([of(tap) for tap in taps] or [0.0] * 4, dtype=np.float64).reshape(2, 2)
    down, across = (np.arange(n) * 2 // n for n in whole)
    values: NDArray[np.float64] = quarters[np.ix_(down, across)]
    return values
