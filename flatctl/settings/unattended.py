"""What an unattended rig needs: when to begin, and who is told how it went."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from flatctl.settings.tables import Place, Table

PANEL_SUN_DEG = -6.0
"""Altitude of the Sun at which flats of a panel are due, unless told."""

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Occasion = Literal["finished", "incomplete", "failed", "unsafe", "problem"]
OCCASIONS: tuple[Occasion, ...] = ("finished", "incomplete", "failed", "unsafe", "problem")


class Twilight(Table):
    """What [dawn] and [dusk] have in common."""

    sun_altitude_deg: float | None = Field(default=None, ge=-18, le=30)
    after: str | None = Field(default=None, min_length=1)
    """Shell command that ends with 0 once the camera is free; asked every 20 s from that moment
    on."""
    after_file: Place | None = None
    """File that says that the camera is free, once it was written since last noon."""
    latest: TimeOfDay | None = None
    """Local time after which flats are no longer begun; default, where the next key is missing
    too: 3 hours after the wanted moment."""
    latest_sun_altitude_deg: float | None = Field(default=None, ge=-18, le=90)
    fallback: Literal["none", "sky"] = "none"
    """What is taken where the panel fails for good: `sky` takes the missing flats of the sky, as
    [sky] says, while the Sun is in its window."""


class Dawn(Twilight):
    """When `flatctl dawn` begins with the flats, and when it is too late for them."""

    sun_altitude_deg: float | None = Field(default=None, ge=-18, le=30)
    """Altitude of the rising Sun at which flats begin, in degrees; default: -6 with a panel, else
    the lower one of [sky]."""
    latest_sun_altitude_deg: float | None = Field(default=None, ge=-18, le=90)
    """Altitude of the Sun above which flats are no longer begun, in degrees."""


class Dusk(Twilight):
    """When `flatctl dusk` begins with the flats, and when it is too late for them."""

    sun_altitude_deg: float | None = Field(default=None, ge=-18, le=30)
    """Altitude of the setting Sun at which flats begin, in degrees; default: -6 with a panel, else
    the higher one of [sky]."""
    latest_sun_altitude_deg: float | None = Field(default=None, ge=-90, le=30)
    """Altitude of the Sun below which flats are no longer begun, in degrees."""


class Notify(Table):
    """Messages to the owner, through any service that apprise knows; needs the extra `notify`."""

    urls: Annotated[tuple[SecretStr, ...], Field(strict=False)] = ()
    """Addresses as apprise has them; they are secrets."""
    urls_file: Place | None = None
    """File with one address per line, to keep secrets out of this one."""
    occasions: Annotated[tuple[Occasion, ...], Field(strict=False)] = OCCASIONS
    """What to send messages about."""
    at_most: int = Field(default=5, ge=1, le=50)
    """Messages per night and rig at most."""
