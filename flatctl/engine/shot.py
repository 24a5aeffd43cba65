"""An exposure under way, and the flat as it was read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np

from flatctl.core.band import CLIPPED_FRAC_MAX
from flatctl.core.pixels.channels import ChannelChoice, judged_level, measure_channels
from flatctl.core.pixels.full_scale import ALIKE_FRAC, without_spread
from flatctl.core.pixels.stuck import Stuck, black_frac
from flatctl.core.types import Measurement, Setting, Statistics
from flatctl.devices.protocols import Frame
from flatctl.engine.recovery import Recovery
from flatctl.engine.rig import Rig

T = TypeVar("T")
_NO_PIXELS = np.empty((0, 0), np.uint16)


@dataclass(eq=False)
class Exposure:
    """An exposure that `start` began with `setting`, to be read later.

    Where a device fails on the way, the rig is brought back and the exposure begun anew, if it
    `repeats`. Both the construction and `read` raise what `Recovery.retry` does, else what the
    device does.
    """

    rig: Rig
    recovery: Recovery
    start: Callable[[], None]
    setting: Setting
    repeats: bool = True

    def __post_init__(self) -> None:
        self.disturbances = 0  # how many there had been when it began
        self._begun_s: float | None = self._surviving(self._begin)

    def read(self) -> tuple[Frame, float]:
        """Return the frame, and the middle of its exposure on the monotonic clock."""
        frame, time_s = self._surviving(self._read)
        self.recovery.overcome(frame.refused)
        return frame, time_s

    def _surviving(self, action: Callable[[], T]) -> T:
        return self.recovery.retry(action) if self.repeats else action()

    def _begin(self) -> float:
        self.start()
        self.disturbances = len(self.rig.disturbances)
        return self.rig.clock.monotonic()

    def _read(self) -> tuple[Frame, float]:
        begun_s, self._begun_s = self._begun_s, None
        if begun_s is None:
            begun_s = self._begin()
        exposure_s = self.setting.exposure_s
        return self.rig.read(exposure_s), begun_s + exposure_s / 2


@dataclass(eq=False)
class Shot:
    """A flat as it was read; `time_s` is mid-exposure on the monotonic clock.

    `disturbances` is how often somebody else had interfered with the rig before it was begun.

    It is measured once, when `measure` or one of the figures is asked for first: that takes its
    time. `bayer` is the pattern of its colours, None for mono; `channel` says whose level counts.
    `stuck` are the pixels that light has nothing to do with.
    """

    setting: Setting
    frame: Frame
    time_s: float
    full_scale_adu: float
    bayer: str | None = None
    channel: ChannelChoice = "brightest"
    disturbances: int = 0
    stuck: Stuck = field(default_factory=Stuck)
    _measured: tuple[Statistics, Mapping[str, Statistics]] | None = field(default=None, init=False)

    def measure(self) -> tuple[Statistics, Mapping[str, Statistics]]:
        """Return what the frame measures, and each of its colours; none of these for mono."""
        if self._measured is None:
            self._measured = measure_channels(self.frame.raw, self.full_scale_adu, self.bayer)
        return self._measured

    def rescale(self, full_scale_adu: float) -> None:
        """Measure it anew, against another full scale."""
        self.full_scale_adu, self._measured = full_scale_adu, None
        self.__dict__.pop("_judged", None)

    def release_pixels(self) -> None:
        """Give up the pixels, a hundred megabytes of a large camera; what was measured stays."""
        self.measure()
        frame = self.frame
        self.frame = Frame(
            _NO_PIXELS, frame.header, frame.exposure_s, frame.started, path=frame.path
        )

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
        """The fraction of full pixels, of the worst colour; those that are stuck aside."""
        return max(self._judged[1] - self.stuck.full_frac, 0.0)

    @property
    def has_lost_pixels(self) -> bool:
        """Whether more pixels are full or black than a flat may have."""
        return max(self.clipped_frac, self.black_frac()) > CLIPPED_FRAC_MAX

    def black_frac(self, pedestal_adu: float | None = None) -> float:
        """Return the fraction of black pixels, of the worst colour; those that are stuck aside."""
        return black_frac(*self.measure(), self.stuck, pedestal_adu)

    @property
    def is_blank(self) -> bool:
        """Whether it shows one value only, and not that of a full camera: no picture."""
        full = self.level_adu >= ALIKE_FRAC * self.full_scale_adu
        return without_spread(self.statistics) and not full

    @property
    def measurement(self) -> Measurement:
        """What the exposure gave."""
        return Measurement(self.setting, self.level_adu, self.clipped_frac, self.time_s)

    @cached_property
    def _judged(self) -> tuple[float, float]:
        return judged_level(*self.measure(), self.channel)
