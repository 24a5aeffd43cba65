"""The tables of the configuration about the rig and its devices, and what all tables share."""

import os
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from flatctl.core.nights.sun import Site
from flatctl.core.types import CameraSetup
from flatctl.settings.alpaca import device_of

Name = Annotated[str, Field(min_length=1)]
Seconds = Annotated[float, Field(gt=0, le=3600)]
Fraction = Annotated[float, Field(ge=0, le=1)]

# How a camera has to stand: for the run in [camera], for one set of flats in [[sets]].
Binning = Annotated[int, Field(ge=1, le=16)]
Gain = Annotated[float | None, Field(description="Gain in the driver's own units.")]
Offset = Annotated[float | None, Field(description="Offset in the driver's own units.")]
Iso = Annotated[int | None, Field(gt=0, description="ISO speed of a DSLR.")]
Mode = Annotated[Name | None, Field(description="Readout mode, as the driver names it.")]
ConversionGain = Annotated[
    Name | None, Field(description="Conversion gain, as the driver names it: `High`, `Low`, `HDR`.")
]
LowNoise = Annotated[Name | None, Field(description="Low noise mode: `On` or `Off`.")]
FullWell = Annotated[Name | None, Field(description="High full well mode: `On` or `Off`.")]
CaptureFormat = Annotated[
    Name | None,
    Field(
        description="Format in which the camera delivers pixels, as the driver names it; default: "
        "the deepest raw one."
    ),
]
Celsius = Annotated[float, Field(ge=-150, le=60)]
SETUP = {field.name for field in fields(CameraSetup)}
BINNING = "Binning, the same in both axes."


def _usable_path(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise PydanticCustomError(
            "path", "there is no such user; write the whole path instead of ~"
        ) from None


Place = Annotated[Path, Field(strict=False), AfterValidator(_usable_path)]


def default_history() -> Path:
    """Return where the history lies unless told otherwise (XDG Base Directory)."""
    state = Path(os.environ.get("XDG_STATE_HOME", ""))
    if not state.is_absolute():  # the standard tells to ignore relative ones
        state = Path("~/.local/state").expanduser()
    return state / "flatctl" / "history.sqlite"


class Table(BaseModel):
    """What all tables have in common: no unknown keys, no guessing of types, no changes later."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
    )


class Rig(Table):
    """The name of the rig and its site."""

    name: Name = "rig"
    """Name of the rig; history and files are kept under it."""
    latitude_deg: float | None = Field(default=None, ge=-90, le=90)
    """Latitude of the site in degrees, north positive."""
    longitude_deg: float | None = Field(default=None, ge=-180, le=180)
    """Longitude of the site in degrees, east positive."""
    elevation_m: float | None = Field(default=None, ge=-500, le=9000)
    """Height of the site above the sea in metres."""

    @property
    def site(self) -> Site | None:
        """The site, if it is configured."""
        if self.latitude_deg is None or self.longitude_deg is None:
            return None
        return Site(self.latitude_deg, self.longitude_deg, self.elevation_m)


class Indi(Table):
    """Where the INDI server is."""

    host: Name = "localhost"
    """Host the INDI server runs on."""
    port: int = Field(default=7624, ge=1, le=65535)
    """TCP port of the INDI server."""
    socket: Name = "auto"
    """Local socket of a server on this machine (indiserver's option -u), over which frames come as
    shared memory: a path, `auto` to find it, `off` to use TCP."""
    timeout_s: float = Field(default=30.0, gt=0, le=600)
    """Seconds granted to the server and its devices to appear and connect."""


class Alpaca(Table):
    """What all devices behind Alpaca have in common: those whose `device` is alpaca://..."""

    timeout_s: float = Field(default=30.0, gt=0, le=600)
    """Seconds granted to a device to answer at the start and to connect."""


class Camera(Table):
    """The camera and its setup; what is left out stays as it is."""

    device: Annotated[Name, device_of("camera")]
    """INDI device name of the camera, or alpaca://HOST[:PORT]/camera/0."""
    gain: Gain = None
    offset: Offset = None
    iso: Iso = None
    readout_mode: Mode = None
    conversion_gain: ConversionGain = None
    low_noise: LowNoise = None
    full_well: FullWell = None
    capture_format: CaptureFormat = None
    binning: Binning = Field(default=CameraSetup.binning, description=BINNING)
    temperature_c: Celsius | None = None
    """Sensor temperature in °C, waited for before the first frame."""
    temperature_timeout_s: float = Field(default=1200.0, gt=0, le=86400)
    """Seconds granted to reach the temperature."""
    full_scale_adu: float | None = Field(default=None, gt=0, le=65535)
    """Level of a full pixel, in ADU; default: a stored calibration, else what the camera says."""
    readout_timeout_s: float = Field(default=60.0, gt=0, le=3600)
    """Seconds granted to readout and download after an exposure has ended."""

    @property
    def setup(self) -> CameraSetup:
        """The camera setup of the whole run."""
        return CameraSetup(**self.model_dump(include=SETUP))


class Wheel(Table):
    """The filter wheel; no such table for a camera without one."""

    device: Annotated[Name, device_of("wheel")]
    """INDI device name of the filter wheel, or alpaca://HOST[:PORT]/filterwheel/0."""
    timeout_s: float = Field(default=60.0, gt=0, le=600)
    """Seconds granted to a turn of the wheel."""
    names: dict[Name, Name] = {}
    """What else a filter is called, and the slot's name: { Lum = "L" }. Common ones need no entry:
    Lum, Luminance, Red, H_Alpha, O3 and the like."""


class Rotator(Table):
    """The camera rotator; only sets of flats with a `rotator_deg` turn it."""

    device: Annotated[Name, device_of("rotator")]
    """INDI device name of the rotator, or alpaca://HOST[:PORT]/rotator/0."""
    timeout_s: Seconds = 180.0
    """Seconds granted to a turn of the rotator."""


class Focuser(Table):
    """The focuser; only sets of flats with a `focuser_steps` move it."""

    device: Annotated[Name, device_of("focuser")]
    """INDI device name of the focuser, or alpaca://HOST[:PORT]/focuser/0."""
    timeout_s: Seconds = 180.0
    """Seconds granted to a move of the focuser."""


class Output(Table):
    """Where files go."""

    directory: Place = Field(default=Path("~/flats"), validate_default=True)
    """Folder that gets a folder per night."""
    compress: Literal["none", "rice"] = "none"
    """`rice`: flats and dark flats are stored tile-compressed, losslessly, as `.fits.fz`: about
    half the size. `funpack` makes plain files of them."""
    log: Place | None = None
    """File for what is said to each device and heard from it; at 5 MB it becomes FILE.1.
    Default: none."""
    history: Place = Field(default_factory=default_history)
    """Database of trained settings and past runs; default: ~/.local/state/flatctl/history.sqlite,
    or below $XDG_STATE_HOME."""
