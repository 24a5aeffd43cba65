"""A flat as it was read, and what it measures."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from flatctl.core.pixels.channels import ChannelChoice, judged_level, measure_channels
from flatctl.core.types import Setting, Statistics
from flatctl.devices.protocols import Frame

_NO_PIXELS = np.empty((0, 0), np.uint16)


class Shot:
    """A flat as it was read; `time_s` is mid-exposure on the monotonic clock.

    It is measured once, when `measure` or one of the figures is asked for first: that takes its
    time. `bayer` is the pattern of its colours, None for mono; `channel` says whose level counts.
    """

    def __init__(
        self,
        setting: Setting,
        frame: Frame,
        time_s: float,
        full_scale_adu: float,
        bayer: str | None = None,
        channel: ChannelChoice = "brightest",
    ) -> None:
        self.setting = setting
        self.frame = frame
        self.time_s = time_s
        self._full_scale_adu = full_scale_adu
        self._bayer = bayer
        self._channel = channel
        self._measured: tuple[Statistics, Mapping[str, Statistics]] | None = None

    def measure(self) -> tuple[Statistics, Mapping[str, Statistics]]:
        """Return what the frame measures, and each of its colours; none of these for mono."""
        if self._measured is None:
            self._measured = measure_channels(self.frame.raw, self._full_scale_adu, self._bayer)
        return self._measured

    def release_pixels(self) -> None:
        """Give up the pixels, a hundred megabytes of a large camera; what was measured stays."""
        self.measure()
        frame = self.frame
        self.frame = Frame(_NO_PIXELS, frame.header, frame.exposure_s, frame.started)

    @property
    def statistics(self) -> Statistics:
        """What the frame measures."""
        return self.measure()[0]

    @property
    def channels(self) -> Mapping[str, Statistics]:
        """What each colour measures; empty for mono."""
        return self.measure()[1]

    @property
    def level_adu(self) -> float:
        """The level that is held against the target."""
        return self._judged[0]

    @property
    def clipped_frac(self) -> float:
        """The fraction of full pixels, of the worst colour."""
        return self._judged[1]

    @cached_property
    def _judged(self) -> tuple[float, float]:
        return judged_level(*self.measure(), self._channel)
