"""The tables of the configuration file, one model each."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flatctl.core.nights.plan import Tolerances
from flatctl.core.nights.sun import Site
from flatctl.core.types import CameraSetup

Name = Annotated[str, Field(min_length=1)]


def _usable_path(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise PydanticCustomError(
            "path", "there is no such user; write the whole path instead of ~"
        ) from None


Place = Annotated[Path, Field(strict=False), AfterValidator(_usable_path)]


def default_history() -> Path:
    """Return where trained settings are kept unless the configuration says otherwise."""
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "flatctl" / "history.sqlite"


class Table(BaseModel):
    """What all tables have in common: no unknown keys, no guessing of types, no changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Rig(Table):
    """Who the rig is and where it stands."""

    name: Name = Field(
        default="rig", description="Name of the rig; history and files are kept under it."
    )
    latitude_deg: float | None = Field(
        default=None, ge=-90, le=90, description="Latitude of the site in degrees, north positive."
    )
    longitude_deg: float | None = Field(
        default=None,
        ge=-180,
        le=180,
        description="Longitude of the site in degrees, east positive.",
    )
    elevation_m: float | None = Field(
        default=None, ge=-500, le=9000, description="Height of the site above the sea in metres."
    )

    @property
    def site(self) -> Site | None:
        """Where the rig stands, where that is configured."""
        if self.latitude_deg is None or self.longitude_deg is None:
            return None
        return Site(self.latitude_deg, self.longitude_deg, self.elevation_m)


class Indi(Table):
    """Where the INDI server is."""

    host: Name = Field(default="localhost", description="Host the INDI server runs on.")
    port: int = Field(default=7624, ge=1, le=65535, description="TCP port of the INDI server.")
    socket: Name = Field(
        default="auto",
        description="Local socket of a server on this machine (indiserver's option -u), over which "
        "frames come as shared memory: a path, `auto` to find it, `off` to use TCP.",
    )
    timeout_s: float = Field(
        default=30.0,
        gt=0,
        le=600,
        description="Seconds granted to the server and its devices to appear and connect.",
    )


class Camera(Table):
    """The camera, and how it has to stand; absent keys are left as they are."""

    device: Name = Field(description="INDI device name of the camera.")
    gain: float | None = Field(default=None, description="Gain in the driver's own units.")
    offset: float | None = Field(default=None, description="Offset in the driver's own units.")
    iso: int | None = Field(default=None, gt=0, description="ISO speed of a DSLR.")
    readout_mode: Name | None = Field(
        default=None, description="Readout mode, as the driver names it."
    )
    binning: int = Field(default=1, ge=1, le=16, description="Binning, the same in both axes.")
    temperature_c: float | None = Field(
        default=None,
        ge=-150,
        le=60,
        description="Sensor temperature in °C, waited for before the first frame.",
    )
    temperature_timeout_s: float = Field(
        default=1200.0, gt=0, le=86400, description="Seconds granted to reach the temperature."
    )
    full_scale_adu: float | None = Field(
        default=None,
        gt=0,
        le=65535,
        description="Level at which a pixel is full, in ADU; "
        "absent: a stored calibration, else what the camera says.",
    )
    readout_timeout_s: float = Field(
        default=60.0,
        gt=0,
        le=3600,
        description="Seconds granted to readout and download after an exposure has ended.",
    )

    @property
    def setup(self) -> CameraSetup:
        """How the camera has to stand for the whole run."""
        return CameraSetup(
            binning=self.binning,
            gain=self.gain,
            offset=self.offset,
            iso=self.iso,
            readout_mode=self.readout_mode,
            temperature_c=self.temperature_c,
        )


class Wheel(Table):
    """The filter wheel; no such table for a camera without one."""

    device: Name = Field(description="INDI device name of the filter wheel.")
    timeout_s: float = Field(
        default=60.0, gt=0, le=600, description="Seconds granted to a turn of the wheel."
    )


class Exposures(Table):
    """Exposure times in seconds."""

    start: float = Field(default=1.0, gt=0, le=3600, description="Exposure the search starts with.")
    min: float = Field(default=0.1, gt=0, le=3600, description="Shortest exposure allowed.")
    max: float = Field(default=30.0, gt=0, le=3600, description="Longest exposure allowed.")


class Brightnesses(Table):
    """Brightness as fractions of the panel's range."""

    start: float = Field(default=0.5, ge=0, le=1, description="Brightness the search starts with.")
    min: float = Field(default=0.0, ge=0, le=1, description="Lowest brightness allowed.")
    max: float = Field(default=1.0, ge=0, le=1, description="Highest brightness allowed.")


class Rotator(Table):
    """The camera rotator; only sets of flats with a `rotator_deg` turn it."""

    device: Name = Field(description="INDI device name of the rotator.")
    timeout_s: float = Field(
        default=180.0, gt=0, le=3600, description="Seconds granted to a turn of the rotator."
    )


class Focuser(Table):
    """The focuser; only sets of flats with a `focuser_steps` move it."""

    device: Name = Field(description="INDI device name of the focuser.")
    timeout_s: float = Field(
        default=180.0, gt=0, le=3600, description="Seconds granted to a move of the focuser."
    )


ShutterSpeed = Annotated[float, Field(gt=0, le=3600)]


class FilterFlats(Table):
    """What is wanted of a filter's flats."""

    count: Annotated[int, Field(ge=1, le=10000)] | Literal["auto"] = Field(
        default=30,
        description="Flats per filter; `auto` takes as many as `flat_noise` asks for.",
    )
    flat_noise: float = Field(
        default=0.001,
        gt=0,
        lt=0.1,
        description="With count = auto: the noise that the master flat may add to a pixel, as a "
        "fraction of the light.",
    )
    settle_frames: int | None = Field(
        default=None,
        ge=3,
        le=1000,
        description="For lamps that warm up slowly: begin a set only once three frames in a row "
        "agree to 0.5 %, or after so many. Absent: begin at once, and follow the drift.",
    )
    channel: Literal["brightest", "green", "mean"] = Field(
        default="brightest",
        description="Colour cameras: the channel whose median is brought to the target.",
    )
    target: float = Field(
        default=0.51, gt=0, lt=1, description="Median wanted, as a fraction of full scale."
    )
    tolerance: float = Field(
        default=0.05,
        gt=0,
        lt=0.5,
        description="Accepted is target ± tolerance; a fraction of full scale.",
    )
    exposure_s: Exposures = Field(
        default=Exposures(), description="Exposure in seconds: start, min, max."
    )
    brightness: Brightnesses = Field(
        default=Brightnesses(),
        description="Brightness as fractions of the panel's range: start, min, max.",
    )
    exposures_s: Annotated[tuple[ShutterSpeed, ...], Field(strict=False)] = Field(
        default=(),
        description="The only exposures the camera can make, in seconds (a DSLR's shutter "
        "speeds); empty: any exposure from min to max.",
    )
    panel_bank: Literal["low", "high"] | None = Field(
        default=None,
        description="The panel's range of light, of those that have two; absent: bank of [panel].",
    )


class Flats(FilterFlats):
    """What is wanted of the flats of every filter."""

    filters: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None = Field(
        default=None,
        description="Slot names of the wheel, in the order wanted; absent: every slot.",
    )


class WantedSet(Table):
    """One set of flats, as `flatctl plan --write` makes them of the lights.

    Where there are any, they are what a run takes, instead of `filters` of [flats]; an absent key
    is taken from [camera], and how many and how bright from [flats] and [filters.NAME].
    """

    filter: Name | None = Field(
        default=None, description="Slot name of the wheel; absent only where there is no wheel."
    )
    binning: int | None = Field(
        default=None, ge=1, le=16, description="Binning, the same in both axes."
    )
    gain: float | None = Field(default=None, description="Gain in the driver's own units.")
    offset: float | None = Field(default=None, description="Offset in the driver's own units.")
    iso: int | None = Field(default=None, gt=0, description="ISO speed of a DSLR.")
    readout_mode: Name | None = Field(
        default=None, description="Readout mode, as the driver names it."
    )
    temperature_c: float | None = Field(
        default=None, ge=-150, le=60, description="Sensor temperature in °C."
    )
    rotator_deg: float | None = Field(
        default=None, ge=0, le=360, description="Angle of the rotator; needs [rotator]."
    )
    focuser_steps: int | None = Field(
        default=None, ge=0, description="Position of the focuser; needs [focuser]."
    )
    count: int | None = Field(
        default=None, ge=1, le=10000, description="Flats of this set, instead of the filter's."
    )

    def setup(self, camera: Camera) -> CameraSetup:
        """How the camera has to stand for this set."""
        own = self.model_dump(include=set(_SETUP), exclude_none=True)
        return replace(camera.setup, **own)


_SETUP = ("binning", "gain", "offset", "iso", "readout_mode", "temperature_c")


class Lights(Table):
    """How alike lights have to be to share a set of flats: read by `flatctl plan`."""

    temperature_tolerance_c: float = Field(
        default=2.0, ge=0, le=100, description="Temperatures of a set lie within ± this."
    )
    rotator_tolerance_deg: float = Field(
        default=1.0, ge=0.5, le=180, description="Angles of a set lie within ± this."
    )
    focuser_tolerance_steps: float = Field(
        default=500.0,
        ge=10,
        le=1_000_000,
        description="Focuser positions of a set lie within ± this.",
    )

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

    count: int = Field(
        default=0, ge=0, le=10000, description="Dark flats per exposure; 0 for none."
    )
    imagetyp: Literal["DARK", "DARKFLAT"] = Field(
        default="DARK",
        description="What IMAGETYP says of them: stackers take `DARK` for what they are, by the "
        "exposure; some people's scripts want `DARKFLAT`.",
    )
    ladder: bool = Field(
        default=False,
        description="Snap the flats' exposures to 0.1, 0.2, 0.5, 1, 2, 5 s and so on, so that few "
        "sets of dark flats are needed. Where none of these serves, any exposure does, and the run "
        "says so.",
    )


class Output(Table):
    """Where files go."""

    directory: Place = Field(
        default=Path("~/flats"),
        validate_default=True,
        description="Folder that gets a folder per night.",
    )
    history: Place = Field(
        default_factory=default_history,
        description="Database of trained settings and past runs; absent: "
        "~/.local/state/flatctl/history.sqlite, or below $XDG_STATE_HOME.",
    )
