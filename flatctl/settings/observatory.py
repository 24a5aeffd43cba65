"""Conditions around the rig that must be met while flats are taken."""

from pydantic import Field

from flatctl.core.types import Policy
from flatctl.settings.tables import Name, Table

_ABOUT = "what to do while it is not: go on anyway, wait (panel off), or end with exit code 6"


class Condition(Table):
    """What all of these have in common."""

    wait_s: float = Field(default=900.0, gt=0, le=86400)
    """Seconds to wait at most, then exit code 6."""


class Mount(Condition):
    """A mount that has to be parked before the run and while it lasts. It is never connected."""

    device: Name
    """INDI device name of the mount."""
    park: bool = False
    """Park it before the run, within `wait_s`."""
    policy: Policy = Field(default="wait", description=f"Must be parked; {_ABOUT}.")


class Dome(Condition):
    """A dome or roof that has to be closed. It is never connected, and never moved."""

    device: Name
    """INDI device name of the dome or roof."""
    policy: Policy = Field(default="wait", description=f"Must be closed; {_ABOUT}.")


class Weather(Condition):
    """A weather station or safety monitor that must not report danger."""

    device: Name
    """INDI device name of the weather station."""
    policy: Policy = Field(default="stop", description=f"Must be safe; {_ABOUT}.")
