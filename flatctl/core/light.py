"""What the light will probably do: many candidate panels, weighed by the frames seen so far.

The level of a frame is `pedestal + k * curve(brightness) * exposure`, clipped at full scale.
A candidate is one shape of curve with one pedestal; its `k` follows from the most telling frame.
Every other frame raises or lowers its weight. A candidate is only ever a guess: the bounds of
`flatctl.core.evidence` decide what may be tried at all.

Candidates are rows of arrays; settings are columns.
"""

import os
from collections.abc import Sequence
from copy import copy

import numpy as np
import numpy.typing as npt

from flatctl.core.band import Band
from flatctl.core.evidence import Frame
from flatctl.core.response import Response

Array = npt.NDArray[np.float64]

# How far what was learned earlier is trusted against what is seen now.
_TRUST = 0.97
# How far apart, in ln of light, a measured point and a shape that fits may lie, and a shape that
# does not fit.
_POINT_ERROR = 0.03
_BEND_ERROR = 0.5
# Pedestals tried: fractions of the lowest level seen, and no more than this of full scale.
_PEDESTALS = (0.03, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.997)
_PEDESTAL_MAX_FRAC = float(os.environ.get('PM','.045'))
# A known pedestal is off by so many of its errors, with these odds.
_ERRORS = ((-1.2, 0.25), (0.0, 0.5), (1.2, 0.25))
# Where every useful frame is clipped: how many times full scale the dimmest may be; more than
# `_OVER_MAX` at the brightest step is unlikely.
_OVER = (1.2, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
# The same where corners stayed below full scale while the median did not: mere vignetting.
_PARTLY_OVER = (1.0, 1.1, 1.2, 1.3)
_OVER_MAX = float(os.environ.get('OMAX','100'))
_KEPT = int(os.environ.get('KEPT','80'))
HALF=float(os.environ.get('HALF','.8'));LIN=float(os.environ.get('LIN','4'));DW=float(os.environ.get('DW','.3'));QUAD=float(os.environ.get('QUAD','.1'))
# How much of the belief makes a proof, and by how much (a ratio) it has to miss the band.
_SURE = 0.9
_MARGIN = 1.05
FARL=float(os.environ.get('FARL','.1'));SPA=float(os.environ.get('SPA','.0015'));SPB=float(os.environ.get('SPB','.02'));ONS2=float(os.environ.get('ONS2','.2'));ONS=float(os.environ.get('ONS','.05'));FAR=float(os.environ.get('FAR','.3'));BLIND=float(os.environ.get('BLIND','2'));BOLD=float(os.environ.get('BOLD','.01'))


def _shapes() -> Array:
    """Return the shapes tried, one a row: dead, gamma, bend, floor, weight.

    Dark below `dead` (a fraction of the range), then a power law of exponent `gamma`, or an
    exponential of strength `bend` where that is not 0, on top of a `floor` that shines at the
    very bottom.
    """
    powers = {0.5: 0.1, 0.7: 0.3, 1.0: LIN, 1.4: 1.0, 1.8: 1.0, 2.2: 1.5, 2.6: 1.0, 3.2: 0.5}
    dead = (0.02, 0.035, 0.05, 0.07, 0.09, 0.11, 0.14, 0.18, 0.25)
    bends = (1.5, 2.5, 3.5, 4.5, 6.0)
    rows = [(0.0, gamma, 0.0, 0.0, weight) for gamma, weight in powers.items()]
    rows += [(d, 1.0, 0.0, 0.0, DW) for d in dead]
    rows += [(d, gamma, 0.0, 0.0, 0.1) for d in dead[1::2] for gamma in (1.5, 2.2)]
    rows += [(0.0, gamma, 0.0, f, 0.2) for f in (0.01, 0.03, 0.08, 0.2) for gamma in (1.0, 2.2)]
    rows += [(0.0, 1.0, bend, f, 0.3) for bend in bends for f in (0.0, float(np.exp(-bend)))]
    # The light that does not listen: a panel switched off, a simulator, a lamp of its own.
    rows += [(0.0, 1.0, 0.0, 1.0, 0.3)]
    return np.array(rows)


class Panels:
    """Hold the candidate panels: the shapes, and those bent to what was measured earlier.

    `brightest` is the panel's highest step; `known` holds what earlier searches measured.
    """

    def __init__(self, brightest: int, known: Response, full_scale_adu: float) -> None:
        self._brightest = max(brightest, 1)
        self._shapes = _shapes()
        self.learned = np.zeros(len(self._shapes), dtype=bool)
        self.weight = self._shapes[:, 4] / self._shapes[:, 4].sum()
        self.measured: list[int] = []
        self.darkest = -1
        self._steps = np.array([])
        self._bends: Array | None = None
        if known.runs:
            self._bend(known, full_scale_adu)

    def _bend(self, known: Response, full: float) -> None:
        """Add to every shape its twin that fits all earlier runs.

        One least-squares fit of ln(light / shape) = bend(step) + scale(run), the bends kept small.
        """
        error = known.pedestal_error_adu + 5e-4 * full
        rows = [
            (seen.brightness, (seen.level_adu - (known.pedestal_adu or 0.0)), seen.exposure_s, i)
            for i, run in enumerate(known.runs)
            for seen in run
        ]
        step, signal, time, run = (np.array(column) for column in zip(*rows, strict=True))
        clear = signal > 4 * error
        dark = [(int(s), t, i) for s, t, i in zip(step[~clear], time[~clear], run[~clear], strict=True)]
        step, signal, time, run = step[clear], signal[clear], time[clear], run[clear]
        if not len(step):
            return
        self.measured = sorted({int(s) for s in step})
        self.darkest = max((s for s, _, _ in dark if s < self.measured[0]), default=-1)
        self._steps = np.array(self.measured, dtype=float)
        if self.darkest >= 0:
            self._add(self._onsets(self.darkest, self.measured[0], ONS2))
        plain = self.light(self._steps)
        lit = np.all(plain > 0, axis=1)
        which = np.searchsorted(self._steps, step)
        apart = np.log(signal / time) - np.log(plain[lit][:, which])  # (shapes, frames)
        doubt = np.hypot(_POINT_ERROR / 3, error / signal)
        n, runs = len(self._steps), int(run.max()) + 1
        design = np.zeros((len(step) + n, n + runs))
        design[np.arange(len(step)), which] = 1 / doubt
        design[np.arange(len(step)), n + run] = 1 / doubt
        design[len(step) + np.arange(n), np.arange(n)] = 1 / _BEND_ERROR
        wanted = np.zeros((len(design), lit.sum()))
        wanted[: len(step)] = (apart / doubt).T
        fitted = np.linalg.lstsq(design, wanted, rcond=None)[0]
        bends = fitted[:n].T
        weight = self.weight[lit] / np.prod(1 + (bends / _POINT_ERROR) ** 2, axis=1)
        # A dark frame speaks against the shapes that would have given light there.
        for s, t, i in dark:
            if i < runs:
                glow = self.light(s)[lit, 0] * np.exp(fitted[n + i] + bends[:, 0]) * t
                weight = weight / (1 + (glow / (4 * error)) ** 2) ** 2
        self.weight = np.concatenate([(1 - _TRUST) * self.weight, _TRUST * weight / weight.sum()])
        self._shapes = np.concatenate([self._shapes, self._shapes[lit]])
        self.learned = np.arange(len(self._shapes)) >= len(plain)
        self._bends = np.concatenate([np.zeros((len(plain), n)), bends])

    def with_onsets(self, dark: int, lit: int) -> "Panels":
        """Return the panels, and more that begin to shine between two steps."""
        more = copy(self)
        more._add(self._onsets(dark, lit, ONS))
        return more

    def _onsets(self, dark: int, lit: int, weight: float) -> Array:
        zones = np.linspace(dark, lit, 12)[:-1] / self._brightest
        rows = [(zone, gamma, 0.0, 0.0) for zone in zones for gamma in (1.0, 1.8)]
        return np.array([(*row, weight / len(rows)) for row in rows])

    def _add(self, rows: Array) -> None:
        """Add shapes that nothing measured bends."""
        self._shapes = np.concatenate([self._shapes, rows])
        self.learned = np.concatenate([self.learned, np.zeros(len(rows), dtype=bool)])
        self.weight = np.concatenate([self.weight, rows[:, 4]])
        if self._bends is not None:
            flat = np.zeros((len(rows), self._bends.shape[1]))
            self._bends = np.concatenate([self._bends, flat])

    def light(self, steps: npt.ArrayLike) -> Array:
        """Return the light of every candidate panel (rows) at every step (columns)."""
        fraction = np.atleast_1d(np.asarray(steps, dtype=float)) / self._brightest
        dead, gamma, bend, floor = (self._shapes[:, i : i + 1] for i in range(4))
        above = np.clip((fraction - dead) / (1 - dead), 0, None)
        curved = np.expm1(bend * above) / np.where(bend > 0, np.expm1(bend), 1)
        light = floor + (1 - floor) * np.where(bend > 0, curved, above**gamma)
        if self._bends is not None:
            light = light * np.exp(_interpolate(fraction * self._brightest, self._steps, self._bends))
        return np.asarray(light)


def _interpolate(x: Array, xs: Array, rows: Array) -> Array:
    """Return each row, given at sorted `xs`, at every x: straight between, level beyond."""
    if len(xs) == 1:
        return np.repeat(rows, len(x), axis=1)
    i = np.clip(np.searchsorted(xs, x) - 1, 0, len(xs) - 2)
    share = np.clip((x - xs[i]) / (xs[i + 1] - xs[i]), 0, 1)
    return np.asarray(rows[:, i] * (1 - share) + rows[:, i + 1] * share)


class Outlook:
    """Foretell levels by all explanations of the frames seen at once.

    `pedestal` is (level, error) in ADU where it is known.
    """

    def __init__(
        self,
        panels: Panels,
        frames: Sequence[Frame],
        band: Band,
        pedestal: tuple[float, float] | None,
    ) -> None:
        self._panels = panels
        self._band = band
        full = band.full_scale_adu
        steps = np.array([f.brightness for f in frames])
        times = np.array([f.exposure_s for f in frames])
        levels = np.array([f.level_adu for f in frames])
        clipped = np.array([f.clipped for f in frames])
        ceiling = np.array([_PARTLY_OVER[-1] - 1 if f.partly else np.inf for f in frames]) * full
        self._anchorless = bool(clipped.all())
        dark, lit = _onset(frames, band)
        if 0 <= dark < lit:
            panels = self._panels = panels.with_onsets(dark, lit)
        light = panels.light(steps) * times  # (panels, frames)
        offsets, likely = _pedestals(levels.min(), full, pedestal)
        anchors = _anchors(frames, levels, clipped, band)
        which, start, share = (np.array(column) for column in zip(*anchors, strict=True))
        # One candidate for every panel, pedestal and anchor.
        panel, offset, anchor = (
            grid.ravel()
            for grid in np.meshgrid(
                np.arange(len(light)), np.arange(len(offsets)), np.arange(len(anchors)),
                indexing="ij",
            )
        )
        at_anchor = light[panel, which[anchor]]
        lit = at_anchor > 0
        panel, offset, anchor, at_anchor = panel[lit], offset[lit], anchor[lit], at_anchor[lit]
        k = np.maximum(start[anchor] - offsets[offset], 1e-4 * full) / at_anchor
        weight = panels.weight[panel] * likely[offset] * share[anchor]
        weight /= 1 + k * times[which[anchor]] / (_OVER_MAX * full)
        miss = levels - (offsets[offset][:, None] + k[:, None] * light[panel])
        miss = np.where(clipped & (miss < 0), np.minimum(0.0, miss + ceiling), miss)
        spread = SPA * full + SPB * levels
        weight = weight / np.prod((1 + (miss / spread) ** 2) ** 2, axis=1)

        best = np.argsort(-weight, kind="stable")[:_KEPT]
        self.weight: Array = weight[best] / weight[best].sum()
        self._panel = panel[best]
        self._pedestal = offsets[offset[best]]
        self._ln_k = np.log(k[best])
        self._pin(frames, light)

    def _pin(self, frames: Sequence[Frame], light: Array) -> None:
        """Scale every candidate so that it meets the frames next to the band on both sides."""
        off = {i: abs(f.level_adu - self._band.aim_adu) for i, f in enumerate(frames)}
        clear = [i for i, f in enumerate(frames) if f.level_adu > self._clear and not f.clipped]
        sides = ([i for i in clear if frames[i].bright is bright] for bright in (False, True))
        pins: dict[int, Array] = {}
        for i in sorted((min(side, key=off.__getitem__) for side in sides if side), key=off.__getitem__):
            lit = light[self._panel, i]
            signal = np.maximum(frames[i].level_adu - self._pedestal, 1.0)
            ln_k = np.log(signal / np.where(lit > 0, lit, 1))
            pins.setdefault(frames[i].brightness, np.where(lit > 0, ln_k, self._ln_k))
        self._pins = dict(sorted(pins.items()))

    @property
    def _clear(self) -> float:
        """Return the level (ADU) from which on a frame can't be mostly pedestal."""
        return float(self.pedestal[0] + 0.02 * self._band.full_scale_adu)

    @property
    def pedestal(self) -> tuple[float, float]:
        """Return the pedestal and its error (ADU)."""
        mean = float(self.weight @ self._pedestal)
        return mean, float(np.sqrt(self.weight @ (self._pedestal - mean) ** 2))

    @property
    def learned(self) -> float:
        """Return how much of the belief lies with what was measured earlier, 0..1."""
        return float(self.weight[self._panels.learned[self._panel]].sum())

    def levels(self, steps: npt.ArrayLike, times: npt.ArrayLike) -> Array:
        """Return the levels (ADU, candidates x settings) expected if no camera ever clipped."""
        steps = np.atleast_1d(np.asarray(steps, dtype=float))
        ln_k = self._ln_k[:, None]
        if self._pins:
            ln_k = _interpolate(
                steps,
                np.array(list(self._pins), dtype=float),
                np.column_stack(list(self._pins.values())),
            )
        light = self._panels.light(steps)[self._panel]
        return np.asarray(self._pedestal[:, None] + np.exp(ln_k) * light * np.asarray(times))

    def best_step(self, steps: range, exposure_s: float) -> tuple[int, float]:
        """Return the step worth trying at an exposure, and its cost.

        Where brightness can't do it by a candidate, its limit is what has to be tried.
        """
        low, high = steps[0], steps[-1]
        while True:
            tried = _spread(low, high)
            costs = self._costs(tried, np.full(len(tried), exposure_s), steps[0], steps[-1])
            i = int(np.argmin(costs))
            if len(tried) == high - low + 1:
                return int(tried[i]), float(costs[i])
            low, high = int(tried[max(i - 1, 0)]), int(tried[min(i + 1, len(tried) - 1)])

    def best_exposure(self, step: int, shortest_s: float, longest_s: float) -> tuple[float, float]:
        """Return the exposure (s) worth trying at a step, and its cost."""
        rate = np.maximum(self.levels(step, 1.0)[:, 0] - self._pedestal, 1e-9)
        tried = np.clip((self._band.aim_adu - self._pedestal) / rate, shortest_s, longest_s)
        tried = np.concatenate([[shortest_s, longest_s], tried])
        costs = self._costs(np.full(len(tried), step), tried, step, step)
        i = int(np.argmin(costs))
        return float(tried[i]), float(costs[i])

    def _costs(self, steps: Array, times: Array, dimmest: int, brightest: int) -> Array:
        """Return the mean cost of settings (columns of steps and times, one of them constant)."""
        costs = self.costs(self.levels(steps, times))
        # Where a candidate says that even the limit can't do it, the limit is what must be tried.
        shortest, longest = times.min(), times.max()
        dark = self.levels(brightest, longest) < self._band.low_adu
        bright = self.levels(dimmest, shortest) > self._band.high_adu
        at_top = (steps == brightest) & (times == longest)
        at_bottom = (steps == dimmest) & (times == shortest)
        costs = np.where(dark, np.where(at_top, 1.0, 2.0), costs)
        costs = np.where(bright, np.where(at_bottom, 1.0, 2.0), costs)
        return np.asarray(self.weight @ costs)

    def proven(self, steps: range, exposure_s: float) -> range:
        """Return what the learned curve leaves open of some steps: all of them, or none.

        An empty range lies where the band is crossed. Only steps that were measured earlier count,
        and only while nearly all belief lies with what was measured.
        """
        known = [s for s in self._panels.measured if s in steps]
        if not known or self.learned < _SURE or self._anchorless:
            return steps
        levels = self.levels(known, exposure_s)
        dim = self.weight @ (levels < self._band.low_adu / _MARGIN) > _SURE
        bright = self.weight @ (levels > self._band.high_adu * _MARGIN) > _SURE
        low = max((s + 1 for s, is_dim in zip(known, dim, strict=True) if is_dim), default=steps[0])
        high = min(
            (s for s, is_bright in zip(known, bright, strict=True) if is_bright),
            default=steps[-1] + 1,
        )
        return range(low, high) if low >= high else steps

    def costs(self, levels: Array) -> Array:
        """Return about how many exposures a level costs, by each candidate.

        Nothing if it is accepted; one if it teaches where to go next; two if it comes out clipped
        or as dark as the pedestal. The small share of the distance breaks ties.
        """
        band = self._band
        signal = np.maximum(levels - self._pedestal[:, None], 1.0)
        half = (band.high_adu - band.low_adu) / 2
        off = np.abs(levels - band.aim_adu) / half
        far = np.abs(np.log(signal / (band.aim_adu - self._pedestal[:, None])))
        blind = (levels > band.linear_adu) | (signal < BOLD * band.full_scale_adu)
        cost = np.where(off < HALF, QUAD * off**2, np.where(blind, BLIND, 1.0 + (FAR + (FARL - FAR) * self.learned) * far))
        return np.asarray(cost)


def _spread(low: int, high: int) -> Array:
    """Return steps from low to high: all where they are few, else denser towards the bottom."""
    if high - low < _TRIED:
        return np.arange(low, high + 1, dtype=float)
    even = np.linspace(low, high, _TRIED // 2)
    dense = low - 1 + np.geomspace(1, high - low + 1, _TRIED // 2)
    return np.unique(np.round(np.concatenate([even, dense])))


_TRIED = 80


def _onset(frames: Sequence[Frame], band: Band) -> tuple[int, int]:
    """Return the highest step still dark and the lowest one known to shine, -1 where unknown."""
    lowest = min(f.level_adu for f in frames) + 0.003 * band.full_scale_adu
    dark = [f.brightness for f in frames if f.level_adu <= lowest and not f.bright]
    lit = [f.brightness for f in frames if f.level_adu > lowest]
    return max(dark, default=-1), min(lit, default=-1)


def _pedestals(
    lowest: float, full: float, known: tuple[float, float] | None
) -> tuple[Array, Array]:
    """Return the pedestals tried (ADU) and their odds."""
    tried = np.array(_PEDESTALS) * min(lowest, _PEDESTAL_MAX_FRAC * full)
    odds = np.full(len(tried), 1 / len(tried))
    if known is None:
        return tried, odds
    mean, error = known
    around = [max(mean + error * errors, 0.0) for errors, _ in _ERRORS]
    return (
        np.concatenate([tried, around]),
        np.concatenate([(1 - _TRUST) * odds, [_TRUST * share for _, share in _ERRORS]]),
    )


def _anchors(
    frames: Sequence[Frame], levels: Array, clipped: npt.NDArray[np.bool_], band: Band
) -> list[tuple[int, float, float]]:
    """Return the frames to scale candidates by: (index, its level in ADU, share of belief)."""
    anchors = []
    linear = np.flatnonzero(~clipped)[::-1]
    if len(linear):
        off = np.abs(np.log(np.maximum(levels[linear], 1) / band.aim_adu))
        nearest = int(linear[np.argmin(off)])
        anchors.append((nearest, float(levels[nearest]), 1.0))
    if clipped.any() and np.all(levels[linear] < _PEDESTAL_MAX_FRAC * band.full_scale_adu):
        over = [i for i, f in enumerate(frames) if f.clipped]
        dimmest = min(over, key=lambda i: (frames[i].exposure_s, frames[i].brightness))
        tried = _PARTLY_OVER if frames[dimmest].partly else _OVER
        anchors += [(dimmest, band.full_scale_adu * much, 1 / len(tried)) for much in tried]
    return anchors
