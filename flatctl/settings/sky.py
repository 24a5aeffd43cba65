"""The table of the configuration about the twilight sky as the light."""

from typing import Annotated, Literal

from pydantic import Field

from flatctl.core.nights.masters import SKY_JOIN_DAYS
from flatctl.core.pointing.target import Limits
from flatctl.settings.tables import Name, Table

_USUAL = Limits()

SunAltitude = Annotated[float, Field(ge=-18, le=20)]
Altitude = Annotated[float, Field(ge=0, le=90)]
Azimuth = Annotated[float, Field(ge=0, le=360)]
Direction = Annotated[tuple[Altitude, Azimuth], Field(strict=False)]


class Sky(Table):
    """The twilight sky as the light: where there is no [panel], or with `--light sky`.

    It needs the site of [rig], and a [mount] that may be moved unless `position` is `stay`; a
    [dome] has to be open.
    """

    sun_altitude_deg: Annotated[tuple[SunAltitude, SunAltitude], Field(strict=False)] = (-12.0, 0.0)
    """Flats are taken only while the Sun is between these altitudes."""
    filters: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)] | None = None
    """Filters to take of the sky; their order follows the light. Absent: those of [flats]."""
    position: Literal["null", "zenith", "stay"] | Direction = "null"
    """Where to point: `null` is where the sky is evenest, 75° high and away from the Sun; `stay`
    leaves the telescope as it stands; or [altitude, azimuth] in degrees."""
    repoint_s: float = Field(default=300.0, ge=10, le=3600)
    """Seconds after which the telescope is brought back to `position`."""
    tracking: Literal["off", "on"] = "off"
    """Whether the mount follows the stars during the flats; always off at the end."""
    dither_arcsec: float = Field(default=60.0, ge=0, le=1800)
    """Move between frames in both axes, so that stars leave no trace in the master; 0 for none,
    only with tracking off."""
    sun_distance_deg: float = Field(default=_USUAL.sun_deg, ge=30, le=120)
    """Never point, nor slew through, nearer to the Sun than this."""
    moon_distance_deg: float = Field(default=_USUAL.moon_deg, ge=0, le=120)
    """Never point nearer to the Moon than this while it is up."""
    horizon_deg: float = Field(default=_USUAL.horizon_deg, ge=0, le=85)
    """Never point lower than this."""
    max_wobble: float = Field(default=0.05, ge=0, le=1)
    """A set ends as unstable where the sky's light wobbles by more than this fraction, as under
    clouds; 0 for never."""
    min_frames: int = Field(default=7, ge=1, le=1000)
    """Fewer flats of a filter are told to be too few for a master without stars."""
    end: Literal["stay", "park"] = "stay"
    """How the mount is left: where it is with its tracking off, or parked."""
    join_days: int = Field(default=SKY_JOIN_DAYS, ge=0, le=SKY_JOIN_DAYS)
    """A set that was begun up to so many days ago, with an equal setup, is completed; 0: each night
    begins its own. No master joins flats over more than a week."""
