"""The random twilights of the sky benchmark: rigs, filters, skies and clouds, with stated odds."""

from bisect import bisect_right
from dataclasses import dataclass, field
from math import asin, cos, degrees, exp, pi, radians, sin
from random import Random

import numpy as np

DISTRIBUTION = """\
Each of the {rigs} rigs draws: dusk or dawn; a latitude of 0-58 degrees and a declination of the Sun
of ±23.4; L R G B, Ha OIII SII, both, or L R G B Ha, of 10-30 flats each (the same for all filters
of a rig); f/2-f/10 with pixels of 2.4-9 micrometres and wells of 15,000-100,000 e-, efficiencies of
30-70 %; narrow bands of 3-12 nm, each filter another 15 % off; shortest exposures of 0.1-2 s and
longest ones of 8-30 s; 1-15 s between frames, 2 s more for a change of filter; a pedestal of 0.5-3
% of full scale, known in half the rigs; throughputs known to 20 % in half, else by the filter's
name alone. Half the skies are clear (0.3 % of wander), a quarter hazy (3 %), a quarter cloudy (8-25
%), with correlation times of 40-300 s; a night's sky is off by 0.2 magnitudes, its slope by 4 %. A
frame's level scatters by 0.1 %. The mean sky is that of Patat et al. 2006; each exposure integrates
it."""

# Patat et al. 2006; the night sky; colours and widths of filters in nm.
_CURVES = {
    366.0: (11.78, 1.376, -0.039, 22.0),
    438.0: (11.84, 1.411, -0.041, 22.6),
    551.0: (11.84, 1.518, -0.057, 21.6),
    641.0: (11.40, 1.567, -0.064, 20.9),
    798.0: (10.93, 1.470, -0.062, 19.7),
}
_FILTERS = {
    "L": (550, 300), "R": (640, 90), "G": (535, 85), "B": (450, 100),
    "Ha": (656, None), "OIII": (501, None), "SII": (672, None),
}  # fmt: skip
_SETS = (("L", "R", "G", "B"), ("Ha", "OIII", "SII"))
_SETS += ((*_SETS[0], *_SETS[1]), (*_SETS[0], "Ha"))
_PHOTONS = 5.48e10 * (pi / 4) * 4.2545e10
RANGE_DEG = (-12.0, 0.0)
SKIES = ("clear", "clear", "haze", "cloud")
CHANGE_S = 2.0


def ln_sky(altitudes_deg: np.ndarray, wavelength_nm: float, steeper: float = 0.0) -> np.ndarray:
    """Return the logarithm of the sky's brightness; `steeper` is a fraction, about -6 degrees."""

    def magnitudes(heights: np.ndarray) -> np.ndarray:
        nm = sorted(_CURVES)
        a0, a1, a2, _ = (
            np.interp(wavelength_nm, nm, [_CURVES[n][i] for n in nm]) for i in range(4)
        )
        x = np.clip(-5.0 - heights, -9.0, 11.0)
        return a0 + a1 * x + np.where(x > 0, a2, 0.07) * x * x

    night = np.interp(wavelength_nm, sorted(_CURVES), [_CURVES[n][3] for n in sorted(_CURVES)])
    at_six = magnitudes(np.array(-6.0))
    faded = at_six + (magnitudes(altitudes_deg) - at_six) * (1 + steeper)
    return np.logaddexp(-0.921034 * faded, -0.921034 * night)


@dataclass(frozen=True)
class Rig:
    """A telescope with its camera and filters at a place; light is in full scales per second."""

    number: int
    dawn: bool
    latitude_deg: float
    declination_deg: float
    filters: tuple[str, ...]
    flats: int
    shortest_s: float
    longest_s: float
    overhead_s: float
    pedestal: float
    pedestal_known: bool
    sky: str
    throughputs: dict[str, float]
    hints: dict[str, float] | None
    seed: int

    @staticmethod
    def draw(number: int, seed: int) -> "Rig":
        """Draw one of the rigs of a seed."""
        odds = Random(f"sky {seed} {number}")
        names = odds.choice(_SETS)
        ratio, pixel_um = odds.uniform(2, 10), odds.uniform(2.4, 9)
        well_e, whole = odds.uniform(15e3, 1e5), odds.uniform(0.3, 0.7)
        narrow_nm = odds.uniform(3, 12)
        rig = _PHOTONS * (pixel_um * 1e-6 / ratio) ** 2 * whole / well_e
        throughputs = {}
        for name in names:
            colour, width = _FILTERS[name]
            throughputs[name] = rig * (width or narrow_nm) / colour * exp(odds.gauss(0, 0.15))
        hinted = odds.random() < 0.5
        hints = {
            name: k / throughputs[names[0]] * exp(odds.gauss(0, 0.2))
            for name, k in throughputs.items()
        }
        return Rig(
            number,
            odds.random() < 0.5,
            odds.uniform(0, 58),
            odds.uniform(-23.4, 23.4),
            names,
            odds.randint(10, 30),
            exp(odds.uniform(np.log(0.1), np.log(2))),
            odds.uniform(8, 30),
            odds.uniform(1, 15),
            odds.uniform(0.005, 0.03),
            odds.random() < 0.5,
            odds.choice(SKIES),
            throughputs,
            hints if hinted else None,
            seed,
        )

    def sun_altitude(self, time_s: float) -> float:
        """Return the Sun's altitude in degrees; midnight is at 0 s at dawn, noon at dusk."""
        hour = radians(time_s / 240.0 + (180.0 if self.dawn else 0.0))
        latitude, declination = radians(self.latitude_deg), radians(self.declination_deg)
        sine = sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hour)
        return degrees(asin(max(-1.0, min(1.0, sine))))


@dataclass(frozen=True)
class TrueSky:
    """One night's sky against the mean one (natural logarithms); clouds last `clouds_s`."""

    brighter: float
    steeper: float
    clouds: float
    clouds_s: float


@dataclass
class Twilight:
    """One twilight over a rig: what it gives to each exposure, and the frames taken so far.

    Times are seconds; `time_s` begins a little before the window opens. `kept` are the frames of
    each filter that a program kept, `good` those of them that are in the band.
    """

    rig: Rig
    target: float
    tolerance: float
    night: int = 0
    filter: str | None = None
    frames: int = 0
    shots: list[tuple[str, float, float, float]] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    good: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rig = self.rig
        self._odds = Random(f"{rig.seed} {rig.number} {self.night}")
        noise = np.random.default_rng([rig.seed, rig.number, self.night])
        heights = np.array([rig.sun_altitude(60.0 * i) for i in range(721)])
        inside = (heights >= RANGE_DEG[0]) & (heights <= RANGE_DEG[1])
        minutes = np.flatnonzero(inside)
        if minutes.size == 0:
            minutes = np.array([0, 1])
        self.begins_s = max(0.0, 60.0 * minutes[0] - 120.0)
        self.ends_s = 60.0 * minutes[-1] + 120.0
        grid = np.arange(self.begins_s, self.ends_s + rig.longest_s + 60.0)
        sun = np.interp(grid, np.arange(721) * 60.0, heights)
        brighter, clouds, clouds_s = self._drawn_clouds()
        steeper = self._odds.gauss(0, 0.04)
        self.true = TrueSky(brighter, steeper, clouds, clouds_s)
        off = brighter + self._clouds(noise, grid.size)
        self._sums: dict[str, list[float]] = {}
        for name, k in rig.throughputs.items():
            rates = k * np.exp(ln_sky(sun, _FILTERS[name][0], steeper) + off)
            sums = np.concatenate(([0.0], np.cumsum((rates[1:] + rates[:-1]) / 2)))
            self._sums[name] = sums.tolist()
        self.time_s = self.begins_s
        self.kept = dict.fromkeys(rig.filters, 0)
        self.good = dict.fromkeys(rig.filters, 0)

    def _drawn_clouds(self) -> tuple[float, float, float]:
        brighter, cloud = self._odds.gauss(0, 0.2 * 0.921), self._odds.uniform(0.08, 0.25)
        size = {"clear": 0.003, "haze": 0.03}.get(self.rig.sky, cloud)
        return brighter, size, self._odds.uniform(40, 300)

    def _clouds(self, noise: np.random.Generator, size: int) -> np.ndarray:
        spread, decay = self.true.clouds, exp(-1.0 / self.true.clouds_s)
        steps = noise.standard_normal(size) * spread * np.sqrt(1 - decay**2)
        wander = np.empty(size)
        here = spread * float(noise.standard_normal())
        for i in range(size):
            here = here * decay + steps[i]
            wander[i] = here
        return wander

    def begin_again(self) -> None:
        """Forget what was taken, for another program under the same sky."""
        self.time_s, self.filter, self.frames = self.begins_s, None, 0
        self.shots = []
        self.kept = dict.fromkeys(self.rig.filters, 0)
        self.good = dict.fromkeys(self.rig.filters, 0)
        self._odds = Random(f"frames {self.rig.seed} {self.rig.number} {self.night}")

    @property
    def sun_deg(self) -> float:
        """Return the altitude of the Sun now."""
        return self.rig.sun_altitude(self.time_s)

    @property
    def is_over(self) -> bool:
        """Tell whether the Sun is past its range."""
        return self.sun_deg > RANGE_DEG[1] if self.rig.dawn else self.sun_deg < RANGE_DEG[0]

    @property
    def is_before(self) -> bool:
        """Tell whether the Sun is not yet in its range."""
        return self.sun_deg < RANGE_DEG[0] if self.rig.dawn else self.sun_deg > RANGE_DEG[1]

    def light(self, name: str, time_s: float, exposure_s: float) -> float:
        """Return the light of an exposure, in full scales."""
        return self._sum(name, time_s + exposure_s) - self._sum(name, time_s)

    def _sum(self, name: str, time_s: float) -> float:
        sums = self._sums[name]
        place = time_s - self.begins_s
        i = min(max(int(place), 0), len(sums) - 2)
        return sums[i] + (place - i) * (sums[i + 1] - sums[i])

    def exposure_for(self, name: str, time_s: float, light: float) -> float:
        """Return the exposure that collects so much light from a time on."""
        sums = self._sums[name]
        wanted = self._sum(name, time_s) + light
        i = min(bisect_right(sums, wanted), len(sums) - 1) - 1
        step = sums[i + 1] - sums[i]
        return self.begins_s + i + (wanted - sums[i]) / step - time_s if step > 0 else 1e9

    def switch(self, name: str) -> None:
        """Turn the wheel."""
        if name != self.filter:
            self.filter = name
            self.time_s += CHANGE_S

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.time_s += seconds

    def expose(self, exposure_s: float) -> tuple[float, float]:
        """Take a frame; return its level (of full scale) and the fraction of clipped pixels."""
        assert self.filter is not None
        light = self.light(self.filter, self.time_s, exposure_s)
        level = self.rig.pedestal + light * (1 + self._odds.gauss(0, 0.001))
        self.shots.append((self.filter, self.time_s, exposure_s, level))
        self.frames += 1
        self.time_s += exposure_s + self.rig.overhead_s
        return min(level, 1.0), 1.0 if level >= 1.0 else 0.0

    def in_band(self, level: float) -> bool:
        """Tell whether a level is one of a flat."""
        return abs(level - self.target) <= self.tolerance

    def keep(self, level: float) -> None:
        """Count the last frame as a flat."""
        assert self.filter is not None
        self.kept[self.filter] += 1
        self.good[self.filter] += self.in_band(level)

    def done(self, name: str) -> bool:
        """Tell whether a filter has all its flats."""
        return self.kept[name] >= self.rig.flats

    @property
    def complete(self) -> int:
        """Return how many sets are complete, with good frames alone."""
        return sum(good >= self.rig.flats for good in self.good.values())
