"""Values that travel between the layers."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

# What a run does about a condition that is not met: nothing, wait for it a while, or end at once.
Policy = Literal["ignore", "wait", "stop"]


class LightSource(StrEnum):
    """What flats are taken of; the names are those of the configuration's tables."""

    PANEL = "panel"
    SKY = "sky"


class Setting(NamedTuple):
    """What a frame is exposed with.

    `brightness` is in the panel's own whole steps, `exposure_s` in seconds.
    """

    brightness: int
    exposure_s: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one exposure gave.

    `level_adu` is the level held against the band, `clipped_frac` the fraction of pixels at full
    scale, `time_s` the middle of the exposure on a monotonic clock.
    """

    setting: Setting
    level_adu: float
    clipped_frac: float = 0.0
    time_s: float = 0.0

    @property
    def brightness(self) -> int:
        """The panel's step it was exposed with."""
        return self.setting.brightness

    @property
    def exposure_s(self) -> float:
        """How long it was exposed."""
        return self.setting.exposure_s


class Light(StrEnum):
    """What is known of a light: the words of `run_finished`.

    `COMMANDED_OFF` has taken the command to go out and can't be asked whether it did.
    """

    OFF = "off"
    ON = "on"
    COMMANDED_OFF = "commanded_off"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """How one frame is judged: the words of the `trial` event.

    `REFUSED` is a frame that is not kept for another reason than its level, `SETTLING` one that
    was only taken to see whether the light stands still.
    """

    ACCEPTED = "accepted"
    TOO_DIM = "too_dim"
    TOO_BRIGHT = "too_bright"
    CLIPPED = "clipped"
    REFUSED = "refused"
    SETTLING = "settling"


class Outcome(StrEnum):
    """How a search or a set ended: the words of `filter_finished` and `run_finished`.

    A search, or the series of a set, ends with one of the first five; a set of a run with any but
    `REACHED`.
    """

    REACHED = "reached"
    TOO_DIM = "too_dim"
    TOO_BRIGHT = "too_bright"
    TOO_COARSE = "too_coarse"
    UNSTABLE = "unstable"
    COMPLETE = "complete"
    DEVICE = "device"
    STOPPED = "stopped"
    OUT_OF_TIME = "out_of_time"


class FrameKind(StrEnum):
    """What a frame is taken for."""

    FLAT = "flat"
    DARK_FLAT = "dark_flat"


@dataclass(frozen=True)
class Statistics:
    """Exact statistics of one 16-bit frame; all levels in ADU.

    `std` is the population standard deviation, `mad` the median absolute deviation from the
    median (not scaled), `clipped_frac` the fraction of pixels at or above full scale.

    The frame's own ends: a thousandth of the pixels reach `top_adu` or more, and `top_frac` of all
    are piled up there, as the pixels of a full camera are; 0 where they thin out towards it, as
    light and noise do. `bottom_adu` and `bottom_frac` are the same of the lowest levels. `step_adu`
    is the distance of the values that occur, 0 where they are too few to tell. `lit_median` leaves
    out what no light reaches: overscan, masked and dead pixels.
    """

    count: int
    mean: float
    median: float
    std: float
    mad: float
    min: int
    max: int
    clipped_frac: float
    top_adu: int = 0
    top_frac: float = 0.0
    bottom_adu: int = 0
    bottom_frac: float = 0.0
    step_adu: int = 0
    lit_median: float = 0.0

    @property
    def full_frac(self) -> float:
        """The fraction of pixels that are full: by the camera's full scale, or by their pile."""
        return max(self.clipped_frac, self.top_frac)


MODES = ("readout_mode", "conversion_gain", "low_noise", "full_well", "capture_format")
"""The fields of a setup that are modes: texts, by the driver's own labels."""


@dataclass(frozen=True)
class CameraSetup:
    """How the camera has to stand for the whole run; `None` leaves a value as it is.

    Modes are the driver's labels; where it has a mere switch for one, `On` or `Off`.
    """

    binning: int = 1
    gain: float | None = None
    offset: float | None = None
    iso: int | None = None
    readout_mode: str | None = None
    conversion_gain: str | None = None
    low_noise: str | None = None
    full_well: str | None = None
    capture_format: str | None = None
    temperature_c: float | None = None


Bank = Literal["low", "high"]
"""A range of light, of the panels that have two."""


@dataclass(frozen=True)
class FilterPlan:
    """The flats wanted of one filter.

    `filter` is the wheel's own slot name, or `None` for a rig without a wheel. `target` and
    `tolerance` are fractions of full scale; the brightness figures are fractions of the panel's
    range, and `exposures_s` lists the only exposures the camera can make (a DSLR's shutter
    speeds), or is empty where any exposure goes. `channel` is the colour whose level counts
    (`brightest`, `green` or `mean`). With `flat_noise` the count is only a first guess: as many
    are taken as bring the noise of the master flat, per pixel, under that fraction of the light.
    `settle_frames` is how many frames the light may take, at most, to stand still before the set
    begins; `None` for a set that begins at once.

    A run may hold several sets of one filter: `name` tells them apart and is empty where the
    filter's name does. `setup` is how the camera has to stand for this one, `None` for the rig's
    own; `rotator_deg` and `focuser_steps` are where these have to stand, `None` for left alone.
    `panel_bank` is the panel's range of light, `None` for the one it is in. Exposures of `ladder_s`
    are preferred; others are made only where none of these serves.

    With a `brightness_step` of the panel's own the light is held there. For flats of the sky
    `throughput` is what the filter passes relative to others, and `wavelength_nm` its colour, where
    they are stated.

    `named` is what the wish calls the filter where that is another name than the wheel's;
    `obstacle` says why the set can't be taken, and is empty where it can.
    """

    filter: str | None
    count: int = 30
    target: float = 0.51
    tolerance: float = 0.05
    exposure_start_s: float = 1.0
    exposure_min_s: float = 0.1
    exposure_max_s: float = 30.0
    exposures_s: tuple[float, ...] = ()
    ladder_s: tuple[float, ...] = ()
    brightness_start: float = 0.5
    brightness_min: float = 0.0
    brightness_max: float = 1.0
    name: str = ""
    setup: CameraSetup | None = None
    rotator_deg: float | None = None
    focuser_steps: int | None = None
    panel_bank: Bank | None = None
    channel: Literal["brightest", "green", "mean"] = "brightest"
    flat_noise: float | None = None
    settle_frames: int | None = None
    brightness_step: int | None = None
    throughput: float | None = None
    wavelength_nm: float | None = None
    named: str = ""
    obstacle: str = ""
