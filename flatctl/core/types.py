"""Values that travel between the layers."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Literal, NamedTuple

# What a run does about a condition that is not met: nothing, wait for it a while, or end at once.
Policy = Literal["ignore", "wait", "stop"]


class Setting(NamedTuple):
    """What a frame is exposed with.

    `brightness` is in the panel's own whole steps, `exposure_s` in seconds.
    """

    brightness: int
    exposure_s: float


class Outcome(Enum):
    """How a search ended."""

    REACHED = "reached"
    TOO_DIM = "too_dim"
    TOO_BRIGHT = "too_bright"
    TOO_COARSE = "too_coarse"
    UNSTABLE = "unstable"


class FilterOutcome(StrEnum):
    """How a filter ended: the words of the `filter_finished` and `run_finished` events."""

    COMPLETE = "complete"
    TOO_DIM = "too_dim"
    TOO_BRIGHT = "too_bright"
    TOO_COARSE = "too_coarse"
    UNSTABLE = "unstable"
    DEVICE = "device"
    STOPPED = "stopped"


class FrameKind(StrEnum):
    """What a frame is taken for."""

    FLAT = "flat"
    DARK_FLAT = "dark_flat"


@dataclass(frozen=True)
class Statistics:
    """Exact statistics of one 16-bit frame; all levels in ADU.

    `std` is the population standard deviation, `mad` the median absolute deviation from the
    median (not scaled), `clipped_frac` the fraction of pixels at or above full scale.
    """

    count: int
    mean: float
    median: float
    std: float
    mad: float
    min: int
    max: int
    clipped_frac: float


@dataclass(frozen=True)
class CameraSetup:
    """How the camera has to stand for the whole run; `None` leaves a value as it is."""

    binning: int = 1
    gain: float | None = None
    offset: float | None = None
    iso: int | None = None
    readout_mode: str | None = None
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
