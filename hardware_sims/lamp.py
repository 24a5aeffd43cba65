"""The lamp behind the panel: how much light a brightness makes, and how it warms up."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray

from hardware_sims.light import Change

Stretch = NDArray[np.float64]


@dataclass(frozen=True)
class Lamp:
    """A lamp with its response.

    `flux_e_s` is the light at full brightness, warm, in electrons per second and unbinned pixel
    at the centre of the field without a filter. `curve` maps the dial to light: `linear`, `gamma`
    (dial to the power of `steepness`) or `exponential` (e to the `steepness` from bottom to top).
    Below `dead_frac` of the dial there is no light; with `steps` > 0 the electronics know only
    so many levels. Switched on cold, it gives `warm_from_frac` of its light and approaches all
    of it with time constant `warm_tau_s`; off, it cools as fast. `flicker_frac` is the standard
    deviation of its light from one exposure to the next. With `pwm_hz` > 0 it is dimmed by
    pulses: what is on for `pwm_duty` of the time is as bright on the whole as the rest says.
    """

    flux_e_s: float
    curve: Literal["linear", "gamma", "exponential"] = "linear"
    steepness: float = 1.0
    dead_frac: float = 0.0
    steps: int = 0
    warm_from_frac: float = 1.0
    warm_tau_s: float = 0.0
    flicker_frac: float = 0.0
    pwm_hz: float = 0.0
    pwm_duty: float = 0.3

    def light_frac(self, dial_frac: float) -> float:
        """Return the light, 0 to 1, at `dial_frac` (0 to 1) of the panel's range."""
        if dial_frac <= self.dead_frac:
            return 0.0
        x = (dial_frac - self.dead_frac) / (1.0 - self.dead_frac)
        if self.steps:
            x = math.ceil(x * self.steps) / self.steps
        match self.curve:
            case "linear":
                return x
            case "gamma":
                return float(x**self.steepness)
            case "exponential":
                return math.expm1(self.steepness * x) / math.expm1(self.steepness)
            case _:
                assert_never(self.curve)

    def pulses(self, start_s: Stretch, exposure_s: float) -> Stretch:
        """Return the light that exposures beginning at `start_s` catch, over the mean of it."""
        ends = [self._pulsed(each) for each in (start_s, start_s + exposure_s)]
        return (ends[1] - ends[0]) / (exposure_s * self.pwm_hz)

    def _pulsed(self, time_s: Stretch) -> Stretch:
        # The light since the epoch in whole pulses: each gives all of its light while it is on.
        whole, part = np.divmod(time_s * self.pwm_hz, 1.0)
        return whole + np.minimum(part / self.pwm_duty, 1.0)

    def dose_s(
        self, changes: Sequence[Change], maximum: int, start_s: float, end_s: float
    ) -> float:
        """Return the light between two moments, in seconds of full brightness of the warm lamp.

        `changes` is the history of the light (oldest first), `maximum` its highest brightness.
        """
        dose_s = 0.0
        warmth = 1.0 if changes[0].lit else 0.0
        ends = [change.time_s for change in changes[1:]] + [max(end_s, changes[-1].time_s)]
        for change, until_s in zip(changes, ends, strict=True):
            low_s, high_s = max(start_s, change.time_s), min(end_s, until_s)
            if change.lit and change.closed and high_s > low_s:
                warm_s = self._warm_s(warmth, low_s - change.time_s, high_s - change.time_s)
                dose_s += self.light_frac(change.brightness / maximum) * warm_s
            warmth = self._warmth(warmth, lit=change.lit, seconds=until_s - change.time_s)
        return dose_s

    def _decay(self, seconds: float) -> float:
        return math.exp(-seconds / self.warm_tau_s) if self.warm_tau_s > 0 else 0.0

    def _warmth(self, warmth: float, *, lit: bool, seconds: float) -> float:
        decay = self._decay(seconds)
        return 1.0 - (1.0 - warmth) * decay if lit else warmth * decay

    def _warm_s(self, warmth: float, after_s: float, until_s: float) -> float:
        # The integral of from + (1 - from) * warmth(t), with warmth(t) = 1 - (1 - w) exp(-t/tau).
        lacking_s = (1.0 - warmth) * self.warm_tau_s * (self._decay(after_s) - self._decay(until_s))
        return until_s - after_s - (1.0 - self.warm_from_frac) * lacking_s
