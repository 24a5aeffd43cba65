"""Pedestal and light leak, with the panel off."""

from flatctl.core.calibration.full_scale import USUAL_FULL_ADU
from flatctl.core.limits import Limits

LEAK_EXPOSURE_MAX_S = 10.0
_PEDESTAL_FRAMES = 3
# So much more (of full scale) than the pedestal, and a longer exposure would come near to the end.
_BRIGHT_FRAC = 0.03


class DarkLevels:
    """Find pedestal and light leak with the panel off: short frames, one of a second, a long one.

    The long one is left out where it would come near to full scale.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._short: list[float] = []
        self._long: tuple[float, float] | None = None
        self.exposure_s: float | None = limits.shortest_s

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
        bright = level_adu > self.short_adu + _BRIGHT_FRAC * USUAL_FULL_ADU
        self.exposure_s = self._limits.exposure(following_s)
        if self._long is not None and (bright or self.exposure_s <= done_s):
            self.exposure_s = None

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
        if self._long is None or self._long[0] <= self._limits.shortest_s:
            return 0.0
        long_s, level_adu = self._long
        return max(0.0, (level_adu - self.short_adu) / (long_s - self._limits.shortest_s))

    @property
    def pedestal_adu(self) -> float:
        """Return the level without light and time (ADU)."""
        return max(0.0, self.short_adu - self.leak_adu_s * self._limits.shortest_s)
