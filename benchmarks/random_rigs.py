"""The random rigs of the search benchmark: cameras, panels and filters, with stated odds."""

from bisect import bisect
from collections.abc import Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import exp
from random import Random

import numpy as np

SHAPES = ("linear", "dead zone", "gamma", "exponential", "minimum above 0")
DISTRIBUTION = """\
Each of the {rigs} rigs draws, with equal odds: a camera of 12, 14 or 16 bits; a pedestal of 0.2-4 %
of full scale; a panel of 100, 255, 1023 or 4096 steps; one of five curves: linear, dead below 2-15
% of its range, power law of exponent 1.6-2.8, exponential over a factor of e^2-e^5, linear with a
lowest step at 5-15 % of the range. Each of its 5 filters has its own k: full brightness and 1 s
give 0.01-100 times full scale, evenly in the logarithm. Every frame's light scatters by 0.2 %, and
its pixels spread by 25 % about the median (vignetting). A quarter of the lamps start at 70-95 % and
warm up with a time constant of 3-15 s; reading a frame out takes 1 s. Exposures of 0.1-30 s are
allowed, the start is half brightness and 1 s, the target 51 % of full scale. A target counts as
reachable if the warm lamp brings a setting 0.4 % inside the band."""


# The odds that a panel that jumps is dark at its lowest steps.
DARK_AT_FIRST = 0.3


@dataclass(frozen=True)
class Rig:
    """One camera before one panel; `filters` hold k: full scales per second at full brightness."""

    bits: int
    pedestal_frac: float
    dimmest: int
    steps: int
    shape: str
    strength: float
    filters: tuple[float, ...]
    cold_frac: float
    warming_s: float
    seed: int
    number: int
    jumps: tuple[tuple[int, float], ...] = ()

    @staticmethod
    def draw(number: int, seed: int) -> "Rig":
        """Return rig `number` of the series that a seed stands for."""
        odds = Random(f"{seed}/{number}")
        shape = odds.choice(SHAPES)
        steps = odds.choice((100, 255, 1023, 4096))
        strength = {
            "linear": 0.0,
            "dead zone": odds.uniform(0.02, 0.15),
            "gamma": odds.uniform(1.6, 2.8),
            "exponential": odds.uniform(2.0, 5.0),
            "minimum above 0": odds.uniform(0.05, 0.15),
        }[shape]
        cold = odds.uniform(0.05, 0.3) if odds.random() < 0.25 else 0.0
        return Rig(
            bits=odds.choice((12, 14, 16)),
            pedestal_frac=odds.uniform(0.002, 0.04),
            dimmest=round(strength * steps) if shape == "minimum above 0" else 0,
            steps=steps,
            shape=shape,
            strength=strength,
            filters=tuple(10 ** odds.uniform(-2, 2) for _ in range(5)),
            cold_frac=cold,
            warming_s=odds.uniform(3, 15),
            seed=odds.randrange(2**32),
            number=number,
        )

    def jumping(self) -> "Rig":
        """Return the rig with a panel that jumps: a few levels of light, at steps as they come."""
        odds = Random(self.seed)
        firsts = sorted({odds.randrange(1, self.steps + 1) for _ in range(odds.randint(2, 20))})
        lights = [1.0]
        for _ in firsts:
            lights.append(lights[-1] / exp(odds.uniform(0.05, 1.5)))
        if odds.random() < DARK_AT_FIRST:
            lights[-1] = 0.0
        jumps = tuple(zip((0, *firsts), reversed(lights), strict=True))
        return replace(self, shape="jumps", dimmest=0, jumps=jumps)

    def cold(self) -> "Rig":
        """Return the rig with a lamp that warms up, as a quarter of them do."""
        odds = Random(self.seed)
        return replace(self, cold_frac=odds.uniform(0.05, 0.3))

    def high_pedestal(self) -> "Rig":
        """Return the rig with a camera whose offset is set far too high."""
        return replace(self, pedestal_frac=Random(self.seed).uniform(0.04, 0.15))

    def unresponsive(self) -> "Rig":
        """Return the rig with a light that no brightness changes; every other one is out."""
        k = (0.0,) * len(self.filters) if self.number % 2 else self.filters
        return replace(self, shape="constant", dimmest=0, filters=k)

    @property
    def full_scale_adu(self) -> float:
        """Return the level of a full pixel."""
        return 2.0**self.bits - 1

    def curve(self, brightness: int) -> float:
        """Return the light at a step, 1 at the brightest."""
        u = brightness / self.steps
        if self.shape == "dead zone":
            return max(0.0, (u - self.strength) / (1 - self.strength))
        if self.shape == "gamma":
            return u**self.strength
        if self.shape == "jumps":
            return self.jumps[bisect(self.jumps, brightness, key=lambda jump: jump[0]) - 1][1]
        if self.shape == "constant":
            return 1.0
        if self.shape == "exponential":
            return exp(self.strength * (u - 1))
        return u

    def reachable(self, k: float, limits: "Task") -> bool:
        """Tell whether a setting brings the warm lamp into the band, by more than the scatter."""
        if limits.exposures_s:
            return any(self.reachable_at(k, limits, t, t) for t in limits.exposures_s)
        return self.reachable_at(k, limits, limits.shortest_s, limits.longest_s)

    def reachable_at(
        self,
        k: float,
        limits: "Task",
        shortest_s: float,
        longest_s: float,
        without: Set[int] = frozenset(),
    ) -> bool:
        """Tell the same of the exposures of a range, some steps left out."""
        light = k * lights(self)
        low = self.pedestal_frac + light * shortest_s <= limits.high * (1 - 2 * SCATTER)
        high = self.pedestal_frac + light * longest_s >= limits.low * (1 + 2 * SCATTER)
        steps = self.dimmest + np.flatnonzero(low & high)
        return any(step not in without for step in steps.tolist())


@lru_cache(maxsize=8)
def lights(rig: Rig) -> np.ndarray:
    """Return the light at every step of a rig."""
    return np.array([rig.curve(step) for step in range(rig.dimmest, rig.steps + 1)])


@dataclass(frozen=True)
class Task:
    """What every program is asked to do; levels are fractions of full scale."""

    target: float = 0.51
    tolerance: float = 0.05
    shortest_s: float = 0.1
    longest_s: float = 30.0
    start_s: float = 1.0
    exposures_s: tuple[float, ...] = ()

    @property
    def low(self) -> float:
        """Return the lower end of the band."""
        return self.target - self.tolerance

    @property
    def high(self) -> float:
        """Return the upper end of the band."""
        return self.target + self.tolerance

    def with_tolerance(self, tolerance: float) -> "Task":
        """Return the same task with another tolerance."""
        return replace(self, tolerance=tolerance)


READ_OUT_S = 1.0
SCATTER = 0.002
# How much brighter than the median the brightest pixel is: vignetting.
VIGNETTING = 0.25


@dataclass
class Night:
    """A rig in use: time runs, the lamp warms, every frame is counted."""

    rig: Rig
    k: float = 1.0
    now_s: float = 0.0
    frames: int = 0
    open_s: float = 0.0
    last_adu: float = 0.0
    odds: Random = field(init=False)

    def __post_init__(self) -> None:
        self.odds = Random(self.rig.seed)

    def select(self, k: float) -> None:
        """Turn the wheel to a filter, and start counting anew."""
        self.k, self.frames, self.open_s = k, 0, 0.0
        self.now_s += 2.0

    @property
    def lamp(self) -> float:
        """Return the light of the lamp by now, 1 when warm."""
        return 1 - self.rig.cold_frac * exp(-self.now_s / self.rig.warming_s)

    def expose(self, brightness: int, exposure_s: float) -> tuple[float, float]:
        """Return median (whole ADU, as the camera gives it) and fraction of clipped pixels."""
        rig = self.rig
        middle = self.now_s + exposure_s / 2
        lamp = 1 - rig.cold_frac * exp(-middle / rig.warming_s)
        light = self.k * rig.curve(brightness) * exposure_s * lamp
        light *= 1 + SCATTER * self.odds.gauss(0, 1)
        self.now_s += exposure_s + READ_OUT_S
        self.open_s += exposure_s
        self.frames += 1
        median = min(rig.pedestal_frac + light, 1.0) * rig.full_scale_adu
        self.last_adu = float(round(median))
        # Pixels spread evenly between 1 - VIGNETTING and 1 + VIGNETTING times the median light.
        if light <= 0:
            return self.last_adu, 0.0
        over = (1 - rig.pedestal_frac) / light
        clipped = (1 + VIGNETTING - over) / (2 * VIGNETTING)
        return self.last_adu, min(max(clipped, 0.0), 1.0)
