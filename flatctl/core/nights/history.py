"""What is remembered of earlier nights: the values that the history keeps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flatctl.core.calibration.record import Calibration
from flatctl.core.sky.memory import SkyMemory


@dataclass(frozen=True)
class SettingKey:
    """What a trained setting holds for; `None`, where a value isn't known, equals `None`."""

    rig: str
    camera: str
    filter: str | None
    binning: int
    gain: float | None
    offset: float | None
    readout_mode: str | None
    panel: str | None
    iso: int | None = None
    conversion_gain: str | None = None
    low_noise: str | None = None
    full_well: str | None = None
    capture_format: str | None = None


@dataclass(frozen=True)
class Trained:
    """The setting that was accepted last, its level as a fraction of full scale, and when."""

    brightness: int
    exposure_s: float
    level: float
    time: datetime


@dataclass(frozen=True)
class Calibrated:
    """A calibration, what it holds for, and when it was measured."""

    key: SettingKey
    calibration: Calibration
    time: datetime


@dataclass(frozen=True)
class LearnedSky:
    """What flats of the sky taught, what it holds for, and when.

    Levels of `memory` are fractions of `full_scale_adu`.
    """

    key: SettingKey
    memory: SkyMemory
    full_scale_adu: float
    time: datetime

    def at(self, full_scale_adu: float) -> SkyMemory:
        """Return the memory with its levels as fractions of another full scale."""
        return self.memory.rescaled(self.full_scale_adu / full_scale_adu)


@dataclass(frozen=True)
class PastRun:
    """One run: `filters` maps each filter to its outcome; `started` is time zone aware."""

    run: str
    rig: str
    started: datetime
    seconds: float
    exit_code: int
    frames: int
    directory: str
    filters: Mapping[str, str] = field(default_factory=dict)
