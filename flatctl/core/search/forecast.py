"""What the light will probably do: all explanations of the frames seen, weighed against another.

The level of a frame is `pedestal + k * curve(brightness) * exposure`, clipped at full scale. An
explanation is a candidate panel with a pedestal; its `k` follows from the most telling frame, and
every other frame raises or lowers its weight. Explanations only guess: the bounds of
`flatctl.core.search.evidence` decide what may be tried at all.

Rows of the arrays are explanations; columns are frames or settings.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from flatctl.core.band import Band
from flatctl.core.search import clues
from flatctl.core.search.evidence import Judged
from flatctl.core.search.panels import DARK, TAIL, Array, Panels, interpolate
from flatctl.core.types import Setting

# A light so many times full scale at the brightest step is unlikely.
_OVER_MAX = 100.0
# The least signal of a frame that sets the scale: 7 ADU of 16 bits, the rounding of its median.
_SIGNAL_MIN_FRAC = 1e-4
# Levels miss what was foretold by this fraction of full scale and this one of themselves: three
# times the scatter of a lamp, for the shapes are none that a panel has to the letter.
_SPREAD_FULL_FRAC, _SPREAD_FRAC = 0.0007, 0.006
# So much of full scale above the pedestal, a frame tells the light of its step by itself.
_CLEAR_FRAC = 0.02
# How many explanations are followed up, and how many steps are compared at a time.
_KEPT, _TRIED = 80, 80
# How much of the belief makes a proof, and by how much (a ratio) it has to miss the band.
_SURE, _MARGIN = 0.9, 1.1

# What a setting costs, in exposures: nothing in the middle of the band, a bit at its ends, for the
# explanation may be off; beyond `_SAFE` of the way to an end, a frame that teaches where to go
# next, the less the further away in ln of light, and most where the panel was measured before; a
# clipped one, or one as dark as the pedestal (below `_DARK_FRAC` of full scale), teaches little.
_AT_END, _SAFE = 0.1, 0.8
_TEACHES, _BLIND = 1.0, 2.0
_PER_LN, _PER_LN_LEARNED = 0.3, 0.1
_DARK_FRAC = 0.01


class Forecast:
    """Foretell levels and choose settings by all explanations of the frames seen at once."""

    def __init__(self, panels: Panels, frames: Sequence[Judged], band: Band) -> None:
        self._band = band
        full = band.full_scale_adu
        self._lit = {f.brightness for f in frames if not f.clipped and f.level_adu > panels.lit_adu}
        dark, lit = clues.onset(frames, full)
        self._panels = panels.with_onset(dark, lit) if 0 <= dark < lit else panels
        times_s = np.array([f.exposure_s for f in frames])
        light = self._panels.light([f.brightness for f in frames]) * times_s

        # Every panel, pedestal and frame that may set the scale, where the panel shines there.
        pedestals, pedestal_odds = clues.pedestals(frames, band, panels.pedestal)
        anchors = clues.anchors(frames, band)
        which, start_adu, share = (np.array(column) for column in zip(*anchors, strict=True))
        shape = (len(light), len(pedestals), len(anchors))
        panel, offset, anchor = (index.ravel() for index in np.indices(shape))
        shines = light[panel, which[anchor]] > 0
        panel, offset, anchor = panel[shines], offset[shines], anchor[shines]

        # The scale follows from that frame alone; the others judge what came of it.
        pedestal = pedestals[offset]
        signal = np.maximum(start_adu[anchor] - pedestal, _SIGNAL_MIN_FRAC * full)
        k = signal / light[panel, which[anchor]]
        odds = self._panels.odds[panel] * pedestal_odds[offset] * share[anchor]
        # Odds that fall with the light far over full scale: a panel is chosen for its camera.
        odds = odds / (1 + k * times_s[which[anchor]] / (_OVER_MAX * full))
        off = _misses(frames, full, pedestal[:, None] + k[:, None] * light[panel])
        fit = np.log(odds) - TAIL * np.log1p(off**2).sum(axis=1)

        best = np.argsort(-fit, kind="stable")[:_KEPT]
        weight = np.exp(fit[best] - fit[best[0]])
        self._weight: Array = weight / weight.sum()
        self._panel = panel[best]
        self._pedestal = pedestal[best]
        self._pins = self._pinned(frames, light[self._panel], np.log(k[best]))

    def _pinned(self, frames: Sequence[Judged], light: Array, ln_k: Array) -> dict[int, Array]:
        """Return ln k by step, scaled to meet the clear frame nearest to the aim of every step.

        Where there is no such frame it is the same at any step.
        """
        clear = self.pedestal[0] + _CLEAR_FRAC * self._band.full_scale_adu
        off = {
            i: abs(f.level_adu - self._band.aim_adu)
            for i, f in enumerate(frames)
            if f.level_adu > clear and not f.clipped
        }
        pins: dict[int, Array] = {}
        for i in sorted(off, key=off.__getitem__):
            lit = light[:, i] > 0
            signal = np.maximum(frames[i].level_adu - self._pedestal, 1.0)
            scale = np.log(signal / np.where(lit, light[:, i], 1.0))
            pins.setdefault(frames[i].brightness, np.where(lit, scale, ln_k))
        self._any_clear = bool(pins)
        return dict(sorted(pins.items())) or {0: ln_k}

    @property
    def pedestal(self) -> tuple[float, float]:
        """Return the pedestal and its error (ADU)."""
        mean = float(self._weight @ self._pedestal)
        return mean, float(np.sqrt(self._weight @ (self._pedestal - mean) ** 2))

    @property
    def measured(self) -> list[int]:
        """Return the steps whose light is known from a clear frame, the dimmest first."""
        return list(self._pins) if self._any_clear else []

    @property
    def learned(self) -> float:
        """Return how much of the belief lies with what was measured earlier, 0..1."""
        return float(self._weight @ self._panels.learned[self._panel])

    def levels(self, steps: npt.ArrayLike, times_s: npt.ArrayLike) -> Array:
        """Return the levels (ADU, explanations x settings) expected if no camera ever clipped."""
        step = np.atleast_1d(np.asarray(steps, dtype=float))
        pins = np.array(list(self._pins), dtype=float)
        ln_k = interpolate(step, pins, np.column_stack(list(self._pins.values())))
        light = self._panels.light(step)[self._panel] * np.asarray(times_s)
        return np.asarray(self._pedestal[:, None] + np.exp(ln_k) * light)

    def level(self, step: int, exposure_s: float) -> float:
        """Return the level (ADU) expected of a setting, the mean of all explanations."""
        return float(self._weight @ self.levels(step, exposure_s)[:, 0])

    def light(self, steps: npt.ArrayLike) -> Array:
        """Return the light (ADU/s) expected of each step, by the likeliest explanation."""
        return np.asarray(self.levels(steps, 1.0)[0] - self._pedestal[0])

    def best_step(self, steps: range, exposure_s: float) -> tuple[int, float]:
        """Return the step worth trying at an exposure (s), and the exposures it costs."""
        low, high = steps[0], steps[-1]
        while True:
            tried = _spread(low, high)
            costs = self._costs(tried, np.full(len(tried), exposure_s), steps[0], steps[-1])
            i = int(np.argmin(costs))
            if len(tried) == high - low + 1:
                return int(tried[i]), float(costs[i])
            low, high = int(tried[max(i - 1, 0)]), int(tried[min(i + 1, len(tried) - 1)])

    def straight(self, open_steps: Mapping[float, range]) -> Setting | None:
        """Return the open setting that a straight line through measured steps foretells best.

        The nearer the levels of the two steps, the better. `open_steps` is by exposure (s).
        """
        known = np.array(self.measured, dtype=float)
        if len(known) < 2:
            return None
        light = np.maximum.accumulate(self.light(known))
        pedestal, found = float(self._pedestal[0]), []
        for exposure_s, steps in open_steps.items():
            wanted = (self._band.aim_adu - pedestal) / exposure_s
            i = int(np.clip(np.searchsorted(light, wanted) - 1, 0, len(known) - 2))
            rise = (light[i + 1] - light[i]) / (known[i + 1] - known[i])
            if rise <= 0:
                continue
            step = round(np.clip(known[i] + (wanted - light[i]) / rise, steps[0], steps[-1]))
            level = pedestal + exposure_s * (light[i] + (step - known[i]) * rise)
            span = exposure_s * np.ptp([light[i], light[i + 1], wanted])
            if self._band.low_adu <= level <= self._band.high_adu:
                found.append((float(span), Setting(int(step), exposure_s)))
        return min(found)[1] if found else None

    def best_exposure(self, step: int, shortest_s: float, longest_s: float) -> tuple[float, float]:
        """Return the exposure (s) worth trying at a step, and the exposures it costs."""
        tried = np.clip(self.exposures_s(step), shortest_s, longest_s)
        cost, (_, exposure_s) = self.best_of(step, [shortest_s, longest_s, *tried])
        return exposure_s, cost

    def best_of(self, step: int, times_s: Sequence[float]) -> tuple[float, Setting]:
        """Return what a step costs at the best of some exposures (s), and that setting."""
        tried = np.asarray(times_s)
        costs = self._costs(np.full(len(tried), step), tried, step, step)
        i = int(np.argmin(costs))
        return float(costs[i]), Setting(step, float(tried[i]))

    def side(self, step: int, exposure_s: float) -> int:
        """Return on which side of the band a setting will fall: -1 below, 1 above, 0 within."""
        level = self.level(step, exposure_s)
        return int(level > self._band.high_adu) - int(level < self._band.low_adu)

    def exposures_s(self, step: int) -> Array:
        """Return the exposure (s) that meets the aim at a step, by each explanation."""
        rate = np.maximum(self.levels(step, 1.0)[:, 0] - self._pedestal, 1e-9)
        return np.asarray((self._band.aim_adu - self._pedestal) / rate)

    def enough_s(self, step: int) -> tuple[float, float]:
        """Return between which exposures (s) nearly all belief sees the one that meets the aim."""
        times = self.exposures_s(step)
        order = np.argsort(times)
        belief = np.cumsum(self._weight[order])
        ends = np.searchsorted(belief, (1 - _SURE, _SURE))
        low, high = times[order][ends]
        return float(low), float(high)

    def proven(self, steps: range, exposure_s: float) -> range:
        """Return what the learned curve leaves open of some steps: all of them, or none.

        An empty range lies where the band is crossed. Only steps measured earlier count, only
        while nearly all belief lies with what was measured, and only where a lit frame of such a
        step, or of one between two, tells how much of that light comes through now. Runs that share
        no step with it tell nothing.
        """
        tied, around = self._measured_around()
        known = [s for s in tied if s in steps]
        if not known or self.learned < _SURE:
            return steps
        # Of a step between two no more is certain than that its light lies between theirs.
        light = np.maximum(self._panels.light(around)[self._panel], DARK)
        below, there, above = light.T[:, :, None]
        signal = self.levels(known, exposure_s) - self._pedestal[:, None]
        most, least = self._pedestal[:, None] + signal * np.stack([there / below, there / above])
        dim = self._weight @ (most < self._band.low_adu / _MARGIN) > _SURE
        bright = self._weight @ (least > self._band.high_adu * _MARGIN) > _SURE
        low = max((s + 1 for s, is_dim in zip(known, dim, strict=True) if is_dim), default=steps[0])
        high = min((s for s, over in zip(known, bright, strict=True) if over), default=steps.stop)
        return range(low, high) if low >= high else steps

    def _measured_around(self) -> tuple[list[int], tuple[int, int, int]]:
        """Return steps measured earlier: those tied together, and the nearest around a lit frame.

        Those around are given with the step of the frame between them.
        """
        found = [
            (tied, (max(m for m in tied if m <= step), step, min(m for m in tied if m >= step)))
            for tied in self._panels.tied
            for step in self._lit
            if tied[0] <= step <= tied[-1]
        ]
        return min(found, key=lambda one: one[1][2] - one[1][0], default=([], (0, 0, 0)))

    def _costs(self, steps: Array, times_s: Array, dimmest: int, brightest: int) -> Array:
        """Return the mean number of exposures that settings cost, the accepted one not counted.

        About none if the frame is accepted; one if it teaches where to go next, more so from far
        away; two if it comes out clipped or as dark as the pedestal. Where an explanation says that
        even a limit can't do it, that limit has to be tried, and all else is wasted.
        """
        band, levels = self._band, self.levels(steps, times_s)
        signal = np.maximum(levels - self._pedestal[:, None], 1.0)
        off = np.abs(levels - band.aim_adu) / (band.width_adu / 2)
        far = np.abs(np.log(signal / (band.aim_adu - self._pedestal[:, None])))
        blind = (levels > band.linear_adu) | (signal < _DARK_FRAC * band.full_scale_adu)
        per_ln = _PER_LN + (_PER_LN_LEARNED - _PER_LN) * self.learned
        cost = np.where(blind, _BLIND, _TEACHES + per_ln * far)
        cost = np.where(off < _SAFE, _AT_END * off**2, cost)
        # Where even a limit is not enough there is nothing to be had, and the limit proves it.
        shortest, longest = times_s.min(), times_s.max()
        dark = self.levels(brightest, longest) < band.low_adu
        bright = self.levels(dimmest, shortest) > band.high_adu
        at_top = (steps == brightest) & (times_s == longest)
        at_bottom = (steps == dimmest) & (times_s == shortest)
        cost = np.where(dark, np.where(at_top, _TEACHES, _BLIND), cost)
        cost = np.where(bright, np.where(at_bottom, _TEACHES, _BLIND), cost)
        return np.asarray(self._weight @ cost)


def _misses(frames: Sequence[Judged], full: float, foretold: Array) -> Array:
    """Return by how many errors every explanation misses every frame.

    A clipped level is a lower bound, so that more light is no miss; but where the corners stayed
    below full scale, it was not much more.
    """
    levels = np.array([f.level_adu for f in frames])
    clipped = np.array([f.clipped for f in frames])
    ceiling = [(clues.PARTLY_OVER[-1] - 1) * full if f.partly else np.inf for f in frames]
    miss = levels - foretold
    miss = np.where(clipped & (miss < 0), np.minimum(miss + ceiling, 0), miss)
    return np.asarray(miss / (_SPREAD_FULL_FRAC * full + _SPREAD_FRAC * levels))


def _spread(low: int, high: int) -> Array:
    """Return steps from low to high: all where they are few, else denser towards the bottom."""
    if high - low < _TRIED:
        return np.arange(low, high + 1, dtype=float)
    even = np.linspace(low, high, _TRIED // 2)
    dense = low - 1 + np.geomspace(1, high - low + 1, _TRIED // 2)
    return np.unique(np.round(np.concatenate([even, dense])))
