"""Conditions around the rig that must be met while flats are taken."""

from typing import Annotated

from pydantic import Field

from flatctl.core.types import Policy
from flatctl.settings.alpaca import device_of
from flatctl.settings.tables import Name, Seconds, Table

_ABOUT = "what to do while it is not: go on anyway, wait (panel off), or end with exit code 6"


class Condition(Table):
    """What all of these have in common."""

    wait_s: float = Field(default=900.0, gt=0, le=86400)
    """Seconds to wait at most, then exit code 6."""


class Mount(Condition):
    """A mount: with a panel it has to be parked before the run and while it lasts.

    For flats of the sky it points the telescope, if it may be moved; else it is never connected.
    """

    device: Annotated[Name, device_of("mount")]
    """INDI device name of the mount, or alpaca://HOST[:PORT]/telescope/0."""
    move: bool = False
    """For flats of the sky: it may be unparked and slewed, and its tracking be switched. False: it
    is never touched."""
    slew_s: Seconds = 180.0
    """For flats of the sky: seconds granted to a slew."""
    park: bool = False
    """With a panel: park it before the run, within `wait_s`."""
    policy: Policy = Field(default="wait", description=f"With a panel it must be parked; {_ABOUT}.")


class Dome(Condition):
    """A dome or roof: closed with a panel, open for the sky. It is never connected, nor moved."""

    device: Annotated[Name, device_of("dome")]
    """INDI device name of the dome or roof, or alpaca://HOST[:PORT]/dome/0."""
    policy: Policy = Field(
        default="wait", description=f"Must be closed, for flats of the sky open; {_ABOUT}."
    )


class Weather(Condition):
    """A weather station or safety monitor that must not report danger."""

    device: Annotated[Name, device_of("weather")]
    """INDI device name of the weather station, or alpaca://HOST[:PORT]/safetymonitor/0."""
    policy: Policy = Field(default="stop", description=f"Must be safe; {_ABOUT}.")
