"""The panels that may be: shapes of curves, and the same shapes bent to what was measured.

Rows of the arrays are candidate panels; columns are steps or frames.
"""

from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from flatctl.core.search.response import Response

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.signedinteger[Any]]

TRUST = 0.97
"""How much of the belief what was learned earlier gets before anything is seen now."""

# How far apart, in ln of light, a measured point and a shape that fits may lie, and one that
# does not fit; a point itself is known better than a shape.
_FIT_ERROR, _BEND_ERROR, _POINT_ERROR = 0.03, 0.5, 0.01
# Odds, in sum, of panels whose light begins between two given steps: in so many places, of shapes
# with these exponents.
_ONSET_ODDS, _ONSETS, _ONSET_GAMMAS = 0.05, 11, (1.0, 1.8)
# Light counts as seen above so many errors of the pedestal, and of a frame: a fraction of full
# scale, 32 ADU of 16 bits, as much as the median of a dark frame wanders.
_SEEN_ERRORS, _FRAME_ERROR_FRAC = 4.0, 5e-4
# The tails of the odds: a level that misses by n errors counts (1 + n^2)^-2, so that no single
# frame ever rules a panel out.
TAIL = 2.0
# The pedestals tried around the one known, in its errors. Of levels above it by this fraction of
# full scale the light is compared; it is known to so much (of itself), or of full scale.
_TRIED_ERRORS = np.linspace(-3, 3, 13)
_COMPARED_FRAC, _LIGHT_ERROR, _LEVEL_ERROR_FRAC = 0.003, 0.005, 2e-4
# No panel is ruled out for good, and the logarithm of its odds is a number.
_LEAST_ODDS = 1e-300
# Light where a shape has none.
DARK = 1e-12


def _shapes() -> Array:
    """Return the shapes tried, one a row: dead, gamma, bend, floor, odds.

    Dark below `dead` (a fraction of the range), then a power law of exponent `gamma`, or an
    exponential of strength `bend` where that is not 0, on top of a `floor` that shines at the
    very bottom.
    """
    powers = {0.5: 0.1, 0.7: 0.3, 1.0: 4.0, 1.4: 1.0, 1.8: 1.0, 2.2: 1.5, 2.6: 1.0, 3.2: 0.5}
    dead = (0.02, 0.035, 0.05, 0.07, 0.09, 0.11, 0.14, 0.18, 0.25)
    bends = (1.5, 2.5, 3.5, 4.5, 6.0)
    rows = [(0.0, gamma, 0.0, 0.0, odds) for gamma, odds in powers.items()]
    rows += [(d, 1.0, 0.0, 0.0, 0.3) for d in dead]
    rows += [(d, gamma, 0.0, 0.0, 0.1) for d in dead[1::2] for gamma in (1.5, 2.2)]
    rows += [(0.0, gamma, 0.0, f, 0.2) for f in (0.01, 0.03, 0.08, 0.2) for gamma in (1.0, 2.2)]
    rows += [(0.0, 1.0, bend, f, 0.3) for bend in bends for f in (0.0, float(np.exp(-bend)))]
    # The light that does not listen: a panel switched off, a simulator, a lamp of its own.
    rows += [(0.0, 1.0, 0.0, 1.0, 0.3)]
    return np.array(rows)


class Panels:
    """Hold the candidate panels.

    `brightest` is the panel's highest step, `known` what earlier searches measured. `odds` are
    those of the candidates before anything is seen, `learned` marks the bent ones, `measured`
    lists the steps seen lit earlier, that is above `lit_adu`, and `tied` divides them by runs that
    share steps: of the light of others no ratio is known; `pedestal` is (level, error) in ADU where
    it is known.
    """

    def __init__(self, brightest: int, known: Response, full_scale_adu: float) -> None:
        self._brightest = max(brightest, 1)
        self._shapes = _shapes()
        self._steps = np.array([])
        self._bends: Array | None = None
        self.odds = self._shapes[:, 4] / self._shapes[:, 4].sum()
        self.learned = np.zeros(len(self._shapes), dtype=bool)
        self.measured: list[int] = []
        self.tied: list[list[int]] = []
        self.lit_adu = 0.0
        self.pedestal: tuple[float, float] | None = None
        if known.pedestal_adu is not None:
            self.pedestal = (known.pedestal_adu, known.pedestal_error_adu)
        if known.runs:
            self._learn(known, full_scale_adu)

    def light(self, steps: npt.ArrayLike) -> Array:
        """Return the relative light of every candidate (rows) at every step (columns)."""
        step = np.atleast_1d(np.asarray(steps, dtype=float))
        dead, gamma, bend, floor = (self._shapes[:, i : i + 1] for i in range(4))
        above = np.clip((step / self._brightest - dead) / (1 - dead), 0, None)
        curved = np.expm1(bend * above) / np.where(bend > 0, np.expm1(bend), 1)
        light = floor + (1 - floor) * np.where(bend > 0, curved, above**gamma)
        if self._bends is not None:
            light = light * np.exp(interpolate(step, self._steps, self._bends))
        return np.asarray(light)

    def with_onset(self, dark: int, lit: int) -> "Panels":
        """Return the panels, and more whose light begins somewhere between two steps."""
        more = copy(self)
        more._add_onsets(dark, lit)
        return more

    def _add_onsets(self, dark: int, lit: int) -> None:
        zones = np.linspace(dark, lit, _ONSETS + 1)[:-1] / self._brightest
        rows = np.array([(z, gamma, 0.0, 0.0, 0.0) for z in zones for gamma in _ONSET_GAMMAS])
        self._shapes = np.concatenate([self._shapes, rows])
        self.odds = np.concatenate([self.odds, np.full(len(rows), _ONSET_ODDS / len(rows))])
        self.learned = np.concatenate([self.learned, np.zeros(len(rows), dtype=bool)])
        if self._bends is not None:
            flat = np.zeros((len(rows), self._bends.shape[1]))
            self._bends = np.concatenate([self._bends, flat])

    def _learn(self, known: Response, full: float) -> None:
        """Add to every shape its twin, bent to fit all earlier runs.

        One least-squares fit of ln(light / shape) = bend(step) + scale(run), the bends kept small.
        """
        runs = enumerate(known.runs)
        seen = [
            (*s.setting, s.level_adu, i)
            for i, run in runs
            for s in run
            if s.brightness <= self._brightest
        ]
        if not seen:
            return
        step, time, level, run = np.array(seen, dtype=float).T
        mean, error = self.pedestal = _agreed_pedestal(known, step, time, level, run, full)
        faintest = _SEEN_ERRORS * (error + _FRAME_ERROR_FRAC * full)
        self.lit_adu = mean + faintest
        signal = level - mean
        lit, run = signal > faintest, run.astype(int)
        if not lit.any():
            return
        self._steps, which = np.unique(step[lit], return_inverse=True)
        self.measured = self._steps.astype(int).tolist()
        self.tied = _tied(step[lit], run[lit])
        dark = ~lit & (step < self._steps[0])
        if dark.any():
            self._add_onsets(int(step[dark].max()), self.measured[0])

        plain = self.light(self._steps)
        shines = np.all(plain > 0, axis=1)
        apart = np.log(signal[lit] / time[lit]) - np.log(plain[shines][:, which])
        doubt = np.hypot(_POINT_ERROR, faintest / _SEEN_ERRORS / signal[lit])
        count = len(self._steps)
        ridge = np.eye(count, count + run.max() + 1) / _BEND_ERROR
        design = np.concatenate([_design(which, run[lit], doubt, run.max()), ridge])
        wanted = np.concatenate([(apart / doubt).T, np.zeros((count, shines.sum()))])
        fitted = np.linalg.lstsq(design, wanted, rcond=None)[0]
        bends = fitted[:count].T

        fit = np.log(self.odds[shines]) - np.log1p((bends / _FIT_ERROR) ** 2).sum(axis=1)
        # A dark frame speaks against the shapes that would have given light there.
        glow = self.light(step[dark])[shines] * np.exp(fitted[count + run[dark]].T) * time[dark]
        glow = glow * np.exp(bends[:, :1]) / faintest
        odds = np.exp(fit - fit.max() - TAIL * np.log1p(glow**2).sum(axis=1))
        self.learned = np.repeat([False, True], [len(plain), shines.sum()])
        odds = np.maximum(odds / odds.sum(), _LEAST_ODDS)
        self.odds = np.concatenate([(1 - TRUST) * self.odds, TRUST * odds])
        self._shapes = np.concatenate([self._shapes, self._shapes[shines]])
        self._bends = np.concatenate([np.zeros((len(plain), count)), bends])


def _tied(step: Array, run: Index) -> list[list[int]]:
    """Return the steps in groups, each of runs that share steps, directly or by way of others."""
    groups: list[set[int]] = []
    for number in np.unique(run):
        steps = set(step[run == number].astype(int).tolist())
        shared = [group for group in groups if group & steps]
        groups = [group for group in groups if not group & steps] + [steps.union(*shared)]
    return [sorted(group) for group in groups]


def interpolate(x: Array, xs: Array, rows: Array) -> Array:
    """Return each row, given at sorted `xs`, at every x: straight between, level beyond."""
    if len(xs) == 1:
        return np.repeat(rows, len(x), axis=1)
    i = np.clip(np.searchsorted(xs, x) - 1, 0, len(xs) - 2)
    share = np.clip((x - xs[i]) / (xs[i + 1] - xs[i]), 0, 1)
    return np.asarray(rows[:, i] * (1 - share) + rows[:, i + 1] * share)


def _design(which: Index, run: Index, doubt: Array, runs: int) -> Array:
    """Return the matrix of a fit of one term per step and one per run, rows over their doubt."""
    frames, steps = np.arange(len(which)), int(which.max()) + 1
    design = np.zeros((len(which), steps + runs + 1))
    design[frames, which] = 1 / doubt
    design[frames, steps + run] = 1 / doubt
    return design


def _agreed_pedestal(
    known: Response, step: Array, time: Array, level: Array, run: Array, full: float
) -> tuple[float, float]:
    """Return the pedestal (ADU, and its error) by which the earlier runs agree best.

    Filters differ by a factor only: with the right pedestal the ratio of the light of two steps is
    the same in every run, and the light of one step the same at every exposure.
    """
    mean, error = known.pedestal_adu or 0.0, known.pedestal_error_adu
    misfit = _TRIED_ERRORS**2
    tried = mean + error * _TRIED_ERRORS
    for i, pedestal in enumerate(tried):
        signal = level - pedestal
        used = signal > _COMPARED_FRAC * full
        if error == 0 or not used.any():
            return mean, error
        which = np.unique(step[used], return_inverse=True)[1]
        doubt = np.hypot(_LIGHT_ERROR, _LEVEL_ERROR_FRAC * full / signal[used])
        design = _design(which, run[used].astype(int), doubt, int(run.max()))
        wanted = np.log(signal[used] / time[used]) / doubt
        fitted = np.linalg.lstsq(design, wanted, rcond=None)[0]
        misfit[i] += np.sum((design @ fitted - wanted) ** 2)
    misfit = np.where(tried >= 0, misfit, np.inf)
    weight = np.exp(-(misfit - misfit.min()) / 2)
    weight /= weight.sum()
    agreed = float(weight @ tried)
    return agreed, float(np.sqrt(weight @ (tried - agreed) ** 2))
