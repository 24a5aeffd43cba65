"""What a calibration measures of camera and panel, and what it exposes with to find out.

Each of the small classes below asks for one frame after the other (`exposure_s` or `brightness`,
until that is `None`) and takes in the median it gave. Levels are medians in ADU, times in seconds.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import exp, isfinite, log

from flatctl.core.search.response import Response

BITS = range(8, 17)
FRAMES_MAX = 24

# A level may lie so much (a ratio) beyond a measured one by the rounding of figures alone.
_ROUNDING = 1 + 1e-9

# The panel's curve: its brightest frame comes to this much of full scale, and its steps.
CURVE_LEVEL_FRAC = 0.7
CURVE_STEPS = (1.0, 0.75, 0.5, 0.25, 0.125, 0.0625, 0.03)
CURVE_EXPOSURE_MAX_S = 10.0
_CLIPPED_FRAC = 0.93

LEAK_EXPOSURE_MAX_S = 10.0
_PEDESTAL_FRAMES = 3

_USUAL_FULL_ADU = 65535.0
# A level that grows by less than a hundredth while the light grows by half stands still.
_GROWTH_FRAC = 0.01
_STRIDE = 1.5

SETTLE_AGREE_FRAC = 0.005
SETTLE_LIMIT_S = 180.0
# A lamp that needs longer than this is followed by the series, not waited for at every step.
SETTLE_ADOPTED_MAX_S = 10.0
SETTLE_WATCH_S = 5.0
_SETTLE_FRAMES = 5


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was measured; `None` where it could not be.

    `pedestal_adu` is the level without light and time, `leak_adu_s` what grows with time though
    the panel is off. `full_scale_adu` is the level at which the median stops growing. `settle_s`
    after a change from dark to full brightness the light stays within 0.5 %. `curve` are pairs
    (brightness, median in ADU) at `exposure_s`, sorted; none is clipped. `filter` is the one it was
    all seen through.

    Raises:
        ValueError: a figure is not finite or negative.

    """

    pedestal_adu: float
    leak_adu_s: float
    full_scale_adu: float | None
    settle_s: float | None
    exposure_s: float
    curve: tuple[tuple[int, float], ...]
    filter: str | None = None

    def __post_init__(self) -> None:
        figures = [self.pedestal_adu, self.leak_adu_s, self.exposure_s]
        figures += [self.full_scale_adu or 0.0, self.settle_s or 0.0]
        figures += [figure for point in self.curve for figure in point]
        if not all(isfinite(figure) and figure >= 0 for figure in figures):
            raise ValueError("a figure of a calibration must be a number >= 0")

    @property
    def bits(self) -> int | None:
        """Return of how many bits the camera's data really are, `None` where that is not clear.

        Fewer than 16 bits come as they are (16383) or shifted up (65532).
        """
        if self.full_scale_adu is None:
            return None
        for bits in BITS:
            highest = (1 << bits) - 1
            if self.full_scale_adu in (highest, highest << (16 - bits)):
                return bits
        return None

    @property
    def complete(self) -> bool:
        """Return whether nothing is missing."""
        return (
            self.full_scale_adu is not None
            and self.settle_s is not None
            and len(self.response.runs) == 1
        )

    @property
    def response(self) -> Response:
        """Return what a search makes of it."""
        points = self._points
        if len(points) < 2:
            return Response(self.pedestal_adu)
        return Response.measured(self.pedestal_adu, points)

    def step_for(self, level_adu: float, exposure_s: float) -> int | None:
        """Return the brightness that gives a level through the same filter, `None` where unknown.

        Between two measured steps the light follows a power law; beyond them nothing is known.
        """
        points = [(step, light) for step, light in self._points if step > 0]
        wanted = (level_adu - self.pedestal_adu) / exposure_s
        for (low, dim), (high, bright) in pairwise(points):
            if dim < bright and dim <= wanted * _ROUNDING and wanted <= bright * _ROUNDING:
                share = log(wanted / dim) / log(bright / dim)
                return round(low * exp(share * log(high / low)))
        return None

    @property
    def _points(self) -> list[tuple[int, float]]:
        """Return the steps clearly lit, each with its light (ADU/s)."""
        ground_adu = self.pedestal_adu
        return [
            (step, (level - ground_adu) / self.exposure_s)
            for step, level in self.curve
            if level - ground_adu > clear_adu(ground_adu)
        ]

    def leak_frac(self, level_adu: float, exposure_s: float) -> float:
        """Return which fraction of the light of a flat (level, exposure) leaks in, 0 to 1."""
        light_adu = level_adu - self.pedestal_adu
        return min(self.leak_adu_s * exposure_s / light_adu, 1.0) if light_adu > 0 else 1.0

    def to_json(self) -> str:
        """Return the calibration as JSON text."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Calibration":
        """Return the calibration that `to_json` wrote.

        Raises:
            ValueError: the text is not a calibration.

        """
        try:
            found = json.loads(text)
            points = tuple((int(step), float(level)) for step, level in found.pop("curve"))
            return Calibration(**found, curve=points)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"not a calibration: {error}") from error


@dataclass(frozen=True, slots=True)
class Times:
    """The exposures that can be made: any of a range, or those listed."""

    shortest_s: float
    longest_s: float
    listed_s: tuple[float, ...] = ()

    def near(self, exposure_s: float) -> float:
        """Return the possible exposure that is nearest in ratio."""
        if self.listed_s:
            return min(self.listed_s, key=lambda t: max(t / exposure_s, exposure_s / t))
        return min(max(exposure_s, self.shortest_s), self.longest_s)

    @property
    def first_s(self) -> float:
        """Return the shortest that can be made."""
        return min(self.listed_s, default=self.shortest_s)

    @property
    def last_s(self) -> float:
        """Return the longest that can be made."""
        return max(self.listed_s, default=self.longest_s)


def clear_adu(pedestal_adu: float) -> float:
    """Return how far a level must lie above the pedestal (ADU) to be light for sure."""
    return max(10.0, 0.02 * pedestal_adu)


class DarkLevels:
    """Find pedestal and light leak with the panel off: short frames, one of a second, a long one.

    The long one is left out where it would come near to full scale.
    """

    def __init__(self, times: Times) -> None:
        self._times = times
        self._short: list[float] = []
        self._long: tuple[float, float] | None = None
        self.exposure_s: float | None = times.first_s

    def observe(self, level_adu: float) -> None:
        """Take in the median of the frame exposed with `exposure_s`."""
        if self.exposure_s is None:
            raise ValueError("all frames have been taken")
        done_s = self.exposure_s
        if len(self._short) < _PEDESTAL_FRAMES:
            self._short.append(level_adu)
            following_s = done_s if len(self._short) < _PEDESTAL_FRAMES else 1.0
        else:
            self._long = (done_s, level_adu)
            following_s = LEAK_EXPOSURE_MAX_S
        bright = level_adu > self.short_adu + 0.03 * _USUAL_FULL_ADU
        self.exposure_s = self._times.near(following_s)
        if self._long is not None and (bright or self.exposure_s <= done_s):
            self.exposure_s = None

    @property
    def first_s(self) -> float:
        """Return the exposure of the short frames (s)."""
        return self._times.first_s

    @property
    def has_pedestal(self) -> bool:
        """Return whether the short frames are done."""
        return len(self._short) >= _PEDESTAL_FRAMES

    @property
    def short_adu(self) -> float:
        """Return the level of the short frames (ADU)."""
        return sorted(self._short)[len(self._short) // 2]

    @property
    def leak_adu_s(self) -> float:
        """Return by how much the level grows in a second without light, never below 0."""
        if self._long is None or self._long[0] <= self._times.first_s:
            return 0.0
        long_s, level_adu = self._long
        return max(0.0, (level_adu - self.short_adu) / (long_s - self._times.first_s))

    @property
    def pedestal_adu(self) -> float:
        """Return the level without light and time (ADU)."""
        return max(0.0, self.short_adu - self.leak_adu_s * self._times.first_s)


class FullScale:
    """Find the level at which the median stops growing, and the light that leads there.

    The panel stands at its brightest. `full_adu` is `None` where the longest exposure does not
    reach it; `light_adu_s` is the light of the brightest frame that was not full, `None` where
    even the shortest exposure was.
    """

    def __init__(self, times: Times, start_s: float, pedestal_adu: float) -> None:
        self._times = times
        self._pedestal_adu = pedestal_adu
        self._seen: list[tuple[float, float]] = []
        self.full_adu: float | None = None
        self.exposure_s: float | None = times.near(start_s)

    def observe(self, level_adu: float) -> None:
        """Take in the median of the frame exposed with `exposure_s`."""
        if self.exposure_s is None:
            raise ValueError("the search is over")
        self._seen = sorted([*self._seen, (self.exposure_s, level_adu)])
        if self.full_adu is None:
            self.full_adu = self._standing()
        following_s = self._down() if self.full_adu is not None else self._up()
        tried = {exposure_s for exposure_s, _ in self._seen}
        self.exposure_s = None if following_s in tried else following_s
        if len(self._seen) >= FRAMES_MAX:
            self.exposure_s = None

    @property
    def light_adu_s(self) -> float | None:
        """Return the light of the panel at its brightest, ADU per second."""
        full_adu = self.full_adu or float("inf")
        below = [(t, level) for t, level in self._seen if level < _CLIPPED_FRAC * full_adu]
        if not below:
            return None
        exposure_s, level_adu = below[-1]
        return max(level_adu - self._pedestal_adu, 0.0) / exposure_s

    def _standing(self) -> float | None:
        """Return the level at which the longest exposures stand, `None` while they grow."""
        if len(self._seen) < 2:
            return None
        last_s, last_adu = self._seen[-1]
        signal_adu = last_adu - self._pedestal_adu
        if signal_adu < clear_adu(self._pedestal_adu):
            # Standing still in the dark.
            return None
        for exposure_s, level_adu in self._seen[:-1]:
            if last_s >= _STRIDE * exposure_s and last_adu - level_adu < _GROWTH_FRAC * signal_adu:
                return max(level for _, level in self._seen)
        return None

    def _up(self) -> float:
        """Return the next exposure on the way up: past the end of 16 bits, or by a stride."""
        last_s, last_adu = self._seen[-1]
        if last_s >= self._times.last_s:
            # The longest needs one to be compared with.
            return self._times.near(last_s / 2)
        signal_adu = max(last_adu - self._pedestal_adu, 1.0)
        return self._times.near(min(max(1.3 * _USUAL_FULL_ADU / signal_adu, 2.0), 16.0) * last_s)

    def _down(self) -> float | None:
        """Return a shorter exposure while all frames so far were full, else `None`."""
        if self.light_adu_s is not None:
            return None
        return self._times.near(self._seen[0][0] / 4)


class Curve:
    """Walk down the panel's steps at one exposure; a top that clips is halved, and left out."""

    def __init__(self, steps: range, exposure_s: float, full_scale_adu: float | None) -> None:
        self._steps = steps
        self._limit_adu = _CLIPPED_FRAC * (full_scale_adu or _USUAL_FULL_ADU)
        self._levels: dict[int, float] = {}
        self._top = steps[-1]
        self._frames = 0
        self.exposure_s = exposure_s
        self.brightness: int | None = self._top

    def observe(self, level_adu: float) -> None:
        """Take in the median of the frame exposed at `brightness`."""
        if self.brightness is None:
            raise ValueError("the walk is over")
        self._frames += 1
        if level_adu >= self._limit_adu:
            self._levels = {s: v for s, v in self._levels.items() if s < self.brightness}
            self._top = min(self._top, (self._steps[0] + self.brightness) // 2)
            stuck = self._top >= self.brightness
        else:
            self._levels[self.brightness] = level_adu
            stuck = False
        left = [step for step in self._wanted() if step not in self._levels]
        self.brightness = None if stuck or self._frames >= FRAMES_MAX or not left else left[0]

    @property
    def points(self) -> tuple[tuple[int, float], ...]:
        """Return what was measured, sorted by brightness."""
        return tuple(sorted(self._levels.items()))

    def _wanted(self) -> list[int]:
        lowest, span = self._steps[0], self._top - self._steps[0]
        return sorted({lowest + round(span * part) for part in CURVE_STEPS}, reverse=True)


class Settling:
    """Tell how long after a change the light stands still, from frames taken one after another.

    It stands once the later half of the time since the change, five seconds and five frames at
    least, agree to 0.5 %: so slow lamps are waited for longer. `settle_s` is the start of the first
    frame from which on all agree with the end; `None` when that never came in `limit_s`.
    """

    def __init__(
        self, *, agree_frac: float = SETTLE_AGREE_FRAC, limit_s: float = SETTLE_LIMIT_S
    ) -> None:
        self._agree_frac = agree_frac
        self._limit_s = limit_s
        self._seen: list[tuple[float, float]] = []

    def observe(self, begun_s: float, level_adu: float) -> None:
        """Take in a frame begun `begun_s` after the change, its median less the pedestal."""
        self._seen.append((begun_s, level_adu))

    @property
    def standing(self) -> bool:
        """Return whether the light stands still."""
        if len(self._seen) < _SETTLE_FRAMES or self._seen[-1][0] < SETTLE_WATCH_S:
            return False
        half_s = self._seen[-1][0] / 2
        late = [level for begun_s, level in self._seen if begun_s >= half_s]
        late = late if len(late) >= _SETTLE_FRAMES else [v for _, v in self._seen[-5:]]
        return max(late) - min(late) <= self._agree_frac * late[-1]

    @property
    def over(self) -> bool:
        """Return whether no more frames are wanted."""
        return self.standing or bool(self._seen and self._seen[-1][0] >= self._limit_s)

    @property
    def settle_s(self) -> float | None:
        """Return the settling time, `None` where the light never stood still."""
        if not self.standing:
            return None
        final_adu = self._seen[-1][1]
        settled_s = self._seen[-1][0]
        for begun_s, level_adu in reversed(self._seen):
            if abs(level_adu - final_adu) > self._agree_frac * final_adu:
                break
            settled_s = begun_s
        return settled_s


def curve_exposure(
    times: Times, light_adu_s: float | None, pedestal_adu: float, full_scale_adu: float | None
) -> float:
    """Return the exposure (s) at which the panel at its brightest comes near to full scale.

    `light_adu_s` is its light at its brightest; `None` where even the shortest exposure is full.
    """
    if light_adu_s is None:
        return times.first_s
    wanted_adu = CURVE_LEVEL_FRAC * (full_scale_adu or _USUAL_FULL_ADU) - pedestal_adu
    if light_adu_s <= 0 or wanted_adu <= 0:
        return times.near(min(times.last_s, CURVE_EXPOSURE_MAX_S))
    return times.near(min(wanted_adu / light_adu_s, CURVE_EXPOSURE_MAX_S))


def relative(curve: Sequence[tuple[int, float]], pedestal_adu: float) -> list[float]:
    """Return the light of each point as a fraction of the brightest one's."""
    top = max((level for _, level in curve), default=pedestal_adu) - pedestal_adu
    return [(level - pedestal_adu) / top if top > 0 else 0.0 for _, level in curve]
