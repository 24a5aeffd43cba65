"""What an unattended rig needs: when to begin, and who is told how it went."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from flatctl.settings.tables import Place, Table

TimeOfDay = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Occasion = Literal["finished", "incomplete", "failed", "unsafe", "problem"]
OCCASIONS: tuple[Occasion, ...] = ("finished", "incomplete", "failed", "unsafe", "problem")


class Dawn(Table):
    """When `flatctl dawn` begins with the flats, and when it is too late for them."""

    sun_altitude_deg: float = Field(default=-6.0, ge=-18, le=30)
    """Altitude of the rising Sun at which flats begin, in degrees."""
    after: str | None = Field(default=None, min_length=1)
    """Shell command that ends with 0 once the imaging is over; asked every 20 s from that moment
    on."""
    after_file: Place | None = None
    """File that says that the imaging is over, once it was written since last noon."""
    latest: TimeOfDay | None = None
    """Local time after which flats are no longer begun; absent, with the next key absent too: 3
    hours after the wanted moment."""
    latest_sun_altitude_deg: float | None = Field(default=None, ge=-18, le=90)
    """Altitude of the Sun above which flats are no longer begun, in degrees."""


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
