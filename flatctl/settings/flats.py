"""The tables of the configuration that say which flats are wanted: [flats], [[sets]] and theirs."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from flatctl.core.nights.plan import Tolerances
from flatctl.core.quality.findings import QualityLimits
from flatctl.core.types import CameraSetup, FilterPlan
from flatctl.settings.tables import (
    BINNING,
    SETUP,
    Binning,
    Camera,
    CaptureFormat,
    Celsius,
    ConversionGain,
    Fraction,
    FullWell,
    Gain,
    Iso,
    LowNoise,
    Mode,
    Name,
    Offset,
    Seconds,
    Table,
)


class Exposures(Table):
    """Exposure times in seconds."""

    start: Seconds = FilterPlan.exposure_start_s
    """Exposure the search starts with."""
    min: Seconds = FilterPlan.exposure_min_s
    """Shortest exposure allowed."""
    max: Seconds = FilterPlan.exposure_max_s
    """Longest exposure allowed."""


class Brightnesses(Table):
    """Brightness as fractions of the panel's range."""

    start: Fraction = FilterPlan.brightness_start
    """Brightness the search starts with."""
    min: Fraction = FilterPlan.brightness_min
    """Lowest brightness allowed."""
    max: Fraction = FilterPlan.brightness_max
    """Highest brightness allowed."""


class FilterFlats(Table):
    """What is wanted of a filter's flats."""

    count: Annotated[int, Field(ge=1, le=10000)] | Literal["auto"] = FilterPlan.count
    """Flats per filter; `auto` takes as many as `flat_noise` asks for."""
    flat_noise: float = Field(default=QualityLimits.noise, gt=0, lt=0.1)
    """With count = auto: the noise that the master flat may add to a pixel, as a fraction of the
    light."""
    settle_frames: int | None = Field(default=None, ge=3, le=1000)
    """For lamps that warm up slowly: begin a set only once three frames in a row agree to 0.5 %, or
    after so many. Absent: begin at once, and follow the drift."""
    channel: Literal["brightest", "green", "mean"] = FilterPlan.channel
    """Colour cameras: the channel whose median is brought to the target."""
    target: float = Field(default=FilterPlan.target, gt=0, lt=1)
    """Median wanted, as a fraction of full scale."""
    tolerance: float = Field(default=FilterPlan.tolerance, gt=0, lt=0.5)
    """Accepted is target ± tolerance; a fraction of full scale."""
    exposure_s: Exposures = Exposures()
    """Exposure in seconds: start, min, max."""
    brightness: Brightnesses = Brightnesses()
    """Brightness as fractions of the panel's range: start, min, max."""
    exposures_s: Annotated[tuple[Seconds, ...], Field(strict=False)] = ()
    """The only exposures the camera can make, in seconds (a DSLR's shutter speeds); empty: any
    exposure from min to max."""
    panel_bank: Literal["low", "high"] | None = None
    """The panel's range of light, of those that have two; default: bank of [panel]."""
    throughput: float | None = Field(default=None, gt=0, le=1000)
    """Flats of the sky: light that the filter lets through, relative to the others; a hint for the
    first twilight."""
    wavelength_nm: float | None = Field(default=None, ge=300, le=1100)
    """Flats of the sky: the middle of what the filter lets through; default: by its name."""


class Flats(FilterFlats):
    """What is wanted of the flats of every filter."""

    filters: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None = None
    """Slot names of the wheel, in the order wanted; default: every slot."""


class WantedSet(Table):
    """One set of flats, as `flatctl plan --write` makes them of the lights.

    Where there are any, they are what a run takes, instead of `filters` of [flats]; a missing key
    is taken from [camera], and how many and how bright from [flats] and [filters.NAME].
    """

    filter: Name | None = None
    """Slot name of the wheel; left out only where there is no wheel."""
    binning: Binning | None = Field(default=None, description=BINNING)
    gain: Gain = None
    offset: Offset = None
    iso: Iso = None
    readout_mode: Mode = None
    conversion_gain: ConversionGain = None
    low_noise: LowNoise = None
    full_well: FullWell = None
    capture_format: CaptureFormat = None
    temperature_c: Celsius | None = None
    """Sensor temperature in °C."""
    rotator_deg: float | None = Field(default=None, ge=0, le=360)
    """Angle of the rotator; needs [rotator]."""
    focuser_steps: int | None = Field(default=None, ge=0)
    """Position of the focuser; needs [focuser]."""
    count: int | None = Field(default=None, ge=1, le=10000)
    """Flats of this set, instead of the filter's."""

    def setup(self, camera: Camera) -> CameraSetup:
        """How the camera has to stand for this set."""
        own = self.model_dump(include=SETUP, exclude_none=True)
        return replace(camera.setup, **own)


class Lights(Table):
    """How alike lights have to be to share a set of flats: read by `flatctl plan`."""

    temperature_tolerance_c: float = Field(default=Tolerances.temperature_c, ge=0, le=100)
    """Temperatures of a set lie within ± this."""
    rotator_tolerance_deg: float = Field(default=Tolerances.rotator_deg, ge=0.5, le=180)
    """Angles of a set lie within ± this."""
    focuser_tolerance_steps: float = Field(default=Tolerances.focuser_steps, ge=10, le=1_000_000)
    """Focuser positions of a set lie within ± this."""

    @property
    def tolerances(self) -> Tolerances:
        """How far from the middle of its set a light may lie."""
        return Tolerances(
            temperature_c=self.temperature_tolerance_c,
            rotator_deg=self.rotator_tolerance_deg,
            focuser_steps=self.focuser_tolerance_steps,
        )


class DarkFlats(Table):
    """Darks of each flat exposure, taken with the panel off."""

    count: int = Field(default=0, ge=0, le=10000)
    """Dark flats per exposure; 0 for none."""
    imagetyp: Literal["DARK", "DARKFLAT"] = "DARK"
    """What IMAGETYP says of them: stackers match `DARK` by its exposure; some scripts want
    `DARKFLAT`."""
    ladder: bool = False
    """Snap the flats' exposures to 0.1, 0.2, 0.5, 1, 2, 5 s and so on, so that few sets of dark
    flats are needed. Where none of these fits, any exposure is used, and the run says so."""
