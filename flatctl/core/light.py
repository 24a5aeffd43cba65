"""What the light will probably do: many candidate panels, weighed by the frames seen so far.

The level of a frame is `pedestal + k * curve(brightness) * exposure`, clipped at full scale.
A candidate is one shape of curve with one pedestal; its `k` follows from the most telling frame.
Every other frame raises or lowers its weight. A candidate is only ever a guess: the bounds of
`flatctl.core.evidence` decide what may be tried at all.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, expm1, log

from flatctl.core.band import Band
from flatctl.core.evidence import Frame
from flatctl.core.types import Setting


@dataclass(frozen=True, slots=True)
class Shape:
    """Describe a panel: light as a function of brightness, both as fractions of the range.

    Dark below `dead`, then a power law of exponent `gamma`, or an exponential of strength `bend`
    where that is not 0, on top of a `floor` that shines at the very bottom.
    """

    dead: float
    gamma: float
    bend: float
    floor: float
    prior: float

    def light(self, fraction: float) -> float:
        """Return the light, 0..1, at a fraction 0..1 of the range."""
        above = (fraction - self.dead) / (1 - self.dead)
        if above <= 0:
            return self.floor
        risen = expm1(self.bend * above) / expm1(self.bend) if self.bend else above**self.gamma
        return self.floor + (1 - self.floor) * risen


def _shapes() -> tuple[Shape, ...]:
    gammas = {0.5: 0.5, 0.7: 0.7, 1.0: 3.0, 1.4: 1.0, 1.8: 1.0, 2.2: 1.5, 2.8: 0.7, 3.5: 0.3}
    powers = [Shape(0, g, 0, 0, w) for g, w in gammas.items()]
    dead = [Shape(d, g, 0, 0, 0.4) for d in (0.03, 0.07, 0.12, 0.2, 0.3) for g in (1.0, 2.2)]
    floors = [Shape(0, g, 0, f, 0.4) for f in (0.01, 0.03, 0.1, 0.25) for g in (1.0, 2.2)]
    bends = [Shape(0, 1, a, f, 0.5) for a in (1.5, 3.0, 4.5, 6.0) for f in (0.0, exp(-a))]
    # The light that does not listen: a switched-off panel, a simulator, a lamp on its own mains.
    deaf = [Shape(0, 1, 0, 0.999999, 0.3)]
    return tuple(powers + dead + floors + bends + deaf)


SHAPES = _shapes()


# How far what was learned earlier is trusted against what is seen now.
_TRUST = 0.97


class Curve:
    """Give the light of one candidate panel at each step, 1 at the brightest.

    `points` are pairs (brightness, ln of measured light over the shape's): what was measured
    bends the shape so that it passes through.
    """

    def __init__(
        self, shape: Shape, brightest: int, weight: float, points: Sequence[tuple[int, float]] = ()
    ) -> None:
        self.weight = weight
        self._shape = shape
        self._brightest = max(brightest, 1)
        self._points = points
        self._known: dict[int, float] = {}

    @property
    def learned(self) -> bool:
        """Tell whether the curve passes through measured points."""
        return bool(self._points)

    def __call__(self, brightness: int) -> float:
        """Return the relative light at a step."""
        light = self._known.get(brightness)
        if light is None:
            light = self._shape.light(brightness / self._brightest)
            if self._points:
                light *= exp(interpolate(self._points, brightness))
            self._known[brightness] = light
        return light


def curves_of(brightest: int, points: Sequence[tuple[int, float]]) -> list[Curve]:
    """Return the candidate panels, led by those bent through measured points (step, light)."""
    guesses = [Curve(shape, brightest, shape.prior) for shape in SHAPES]
    if not points:
        return guesses
    bent = []
    for guess, shape in zip(guesses, SHAPES, strict=True):
        if guess(points[0][0]) <= 0:
            continue
        apart = [(step, log(light / guess(step))) for step, light in points]
        mean = sum(a for _, a in apart) / len(apart)
        weight = shape.prior
        for _, a in apart:
            weight /= 1 + ((a - mean) / _POINT_ERROR) ** 2
        bent.append(Curve(shape, brightest, weight, apart))
    total, trust = sum(c.weight for c in bent), _TRUST / (1 - _TRUST)
    for curve in bent:
        curve.weight *= trust * sum(g.weight for g in guesses) / total
    return guesses + sorted(bent, key=lambda c: -c.weight)[:_SHAPES_KEPT]


# How far apart, in ln of light, a measured point and a shape that fits may lie.
_POINT_ERROR = 0.03
_SHAPES_KEPT = 12


def interpolate(points: Sequence[tuple[int, float]], x: int) -> float:
    """Return y at x between the (x, y) of sorted points; beyond them that of the nearest."""
    i = bisect_left(points, (x, float("-inf")))
    if i == 0:
        return points[0][1]
    if i == len(points):
        return points[-1][1]
    (x0, y0), (x1, y1) = points[i - 1], points[i]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Hold one explanation of the frames seen: curve, pedestal (ADU) and `k` (ADU per second)."""

    curve: Curve
    pedestal_adu: float
    k: float
    weight: float

    def level(self, brightness: int, exposure_s: float) -> float:
        """Return the level (ADU) expected, as if the camera never clipped."""
        return self.pedestal_adu + self.k * self.curve(brightness) * exposure_s

    def step_for(self, steps: range, exposure_s: float, level_adu: float) -> int:
        """Return the step, of those given, whose level comes nearest, in ratio, to one."""
        wanted = (level_adu - self.pedestal_adu) / (self.k * exposure_s)
        i = bisect_left(steps, wanted, key=self.curve)
        if i == 0 or i == len(steps):
            return steps[min(i, len(steps) - 1)]
        below, above = self.curve(steps[i - 1]), self.curve(steps[i])
        return steps[i - 1] if below * above > wanted * wanted else steps[i]

    def exposure_for(self, brightness: int, level_adu: float) -> float:
        """Return the exposure (s) that gives a level at a brightness; infinite in the dark."""
        rate = self.k * self.curve(brightness)
        return (level_adu - self.pedestal_adu) / rate if rate > 0 else float("inf")


# Pedestals tried, as fractions of the highest possible one.
_PEDESTALS = (0.03, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97, 0.997)
_SPREAD = ((-1.2, 0.25), (0.0, 0.5), (1.2, 0.25))
# Where all frames are clipped: how many times full scale the dimmest of them may be.
_OVER = (1.3, 3.0, 8.0, 20.0, 60.0)
_PEDESTAL_MAX_FRAC = 0.1
def explain(
    frames: Sequence[Frame],
    curves: Iterable[Curve],
    band: Band,
    pedestal: tuple[float, float] | None,
) -> list[Candidate]:
    """Return the likely explanations of the frames, weights adding up to 1.

    `pedestal` is (level, error) in ADU where it is known.
    """
    full = band.full_scale_adu
    highest = min(min(f.level_adu for f in frames), _PEDESTAL_MAX_FRAC * full)
    pedestals = [(highest * p, 1.0 / len(_PEDESTALS)) for p in _PEDESTALS]
    if pedestal is not None:
        mean, error = pedestal
        pedestals = [(p, (1 - _TRUST) * w) for p, w in pedestals]
        pedestals += [(max(mean + error * d, 0.0), _TRUST * w) for d, w in _SPREAD]
    linear = [f for f in frames if not f.clipped]
    if linear:
        anchor = min(reversed(linear), key=lambda f: abs(log(max(f.level_adu, 1) / band.aim_adu)))
        levels = [(anchor.level_adu, 1.0)]
    else:
        anchor = min(frames, key=lambda f: (f.exposure_s, f.brightness))
        levels = [(full * over, 1.0) for over in _OVER]
        pedestals = [(0.01 * full, 1.0)]
    found = []
    for curve in curves:
        light = curve(anchor.brightness) * anchor.exposure_s
        if light <= 0:
            continue
        for offset, likely in pedestals:
            for level, share in levels:
                k = max(level - offset, 1e-4 * full) / light
                found.append(Candidate(curve, offset, k, curve.weight * likely * share))
    others = [f for f in frames if f is not anchor]
    return _heaviest([_weighed(c, others, band) for c in found])


def _weighed(candidate: Candidate, frames: Sequence[Frame], band: Band) -> Candidate:
    """Return a candidate with its weight multiplied by how well it foretells the frames."""
    weight = candidate.weight
    for frame in frames:
        level = candidate.level(frame.brightness, frame.exposure_s)
        miss = frame.level_adu - level
        if frame.clipped:
            miss = max(miss, 0.0)
        spread = 0.0015 * band.full_scale_adu + 0.02 * max(frame.level_adu, 0.0)
        weight /= (1 + (miss / spread) ** 2) ** 2
    return Candidate(candidate.curve, candidate.pedestal_adu, candidate.k, weight)


def _heaviest(candidates: list[Candidate]) -> list[Candidate]:
    """Return the heaviest candidates, weights adding up to 1."""
    candidates = sorted(candidates, key=lambda c: -c.weight)[:_KEPT]
    total = sum(c.weight for c in candidates)
    return [Candidate(c.curve, c.pedestal_adu, c.k, c.weight / total) for c in candidates]


_KEPT = 60


def cost(candidate: Candidate, setting: Setting, band: Band) -> float:
    """Return about how many exposures a setting costs if a candidate is true.

    Nothing if it is accepted; one if it teaches where to go next; two if it comes out clipped or
    as dark as the pedestal.
    """
    level = candidate.level(*setting)
    half = 0.8 * (band.high_adu - band.low_adu) / 2
    if abs(level - band.aim_adu) <= half:
        return 0.0
    if level > band.linear_adu or level - candidate.pedestal_adu < 0.01 * band.full_scale_adu:
        return 2.0
    return 1.0


def cheapest(candidates: Sequence[Candidate], settings: Iterable[Setting], band: Band) -> Setting:
    """Return the setting that costs the fewest exposures on average."""
    return min(settings, key=lambda s: sum(c.weight * cost(c, s, band) for c in candidates))
