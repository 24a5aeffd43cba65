"""Where the camera's levels end, and how bright the panel is."""

from flatctl.core.calibration.record import clear_adu
from flatctl.core.limits import Limits

FRAMES_MAX = 24
CLIPPED_FRAC = 0.93
USUAL_FULL_ADU = 65535.0
# A level that grows by less than a hundredth while the light grows by half stands still.
_GROWTH_FRAC = 0.01
_STRIDE = 1.5
# On the way up an exposure aims so far (a ratio) past the end, by strides between these.
_PAST_THE_END, _LONGER_MIN, _LONGER_MAX = 1.3, 2.0, 16.0


class FullScale:
    """Find the level at which the median stops growing, and the light that leads there.

    The panel stands at its brightest. `full_adu` is `None` where the longest exposure does not
    reach it; `light_adu_s` is the light of the brightest frame that was not full, `None` where
    even the shortest exposure was.
    """

    def __init__(self, limits: Limits, start_s: float, pedestal_adu: float) -> None:
        self._limits = limits
        self._pedestal_adu = pedestal_adu
        self._seen: list[tuple[float, float]] = []
        self.full_adu: float | None = None
        self.exposure_s: float | None = limits.exposure(start_s)

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
        below = [(t, level) for t, level in self._seen if level < CLIPPED_FRAC * full_adu]
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
        if last_s >= self._limits.longest_s:
            # The longest needs one to be compared with.
            return self._limits.exposure(last_s / 2)
        signal_adu = max(last_adu - self._pedestal_adu, 1.0)
        longer = min(max(_PAST_THE_END * USUAL_FULL_ADU / signal_adu, _LONGER_MIN), _LONGER_MAX)
        return self._limits.exposure(longer * last_s)

    def _down(self) -> float | None:
        """Return a shorter exposure while all frames so far were full, else `None`."""
        if self.light_adu_s is not None:
            return None
        return self._limits.exposure(self._seen[0][0] / 4)
