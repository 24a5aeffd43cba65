"""The panel's curve: its light at steps from the brightest down."""

from flatctl.core.calibration.full_scale import CLIPPED_FRAC, FRAMES_MAX, USUAL_FULL_ADU
from flatctl.core.limits import Limits

# The brightest frame comes to this much of full scale.
CURVE_LEVEL_FRAC = 0.7
CURVE_STEPS = (1.0, 0.75, 0.5, 0.25, 0.125, 0.0625, 0.03)
CURVE_EXPOSURE_MAX_S = 10.0


class Curve:
    """Walk down the panel's steps at one exposure; a top that clips is halved, and left out."""

    def __init__(self, steps: range, exposure_s: float, full_scale_adu: float | None) -> None:
        self._steps = steps
        self._limit_adu = CLIPPED_FRAC * (full_scale_adu or USUAL_FULL_ADU)
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


def curve_exposure(
    limits: Limits, light_adu_s: float | None, pedestal_adu: float, full_scale_adu: float | None
) -> float:
    """Return the exposure (s) at which the panel at its brightest comes near to full scale.

    `light_adu_s` is its light at its brightest; `None` where even the shortest exposure is full.
    """
    if light_adu_s is None:
        return limits.shortest_s
    wanted_adu = CURVE_LEVEL_FRAC * (full_scale_adu or USUAL_FULL_ADU) - pedestal_adu
    if light_adu_s <= 0 or wanted_adu <= 0:
        return limits.exposure(min(limits.longest_s, CURVE_EXPOSURE_MAX_S))
    return limits.exposure(min(wanted_adu / light_adu_s, CURVE_EXPOSURE_MAX_S))
